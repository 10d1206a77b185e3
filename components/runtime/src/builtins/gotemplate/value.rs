//! Values while a template runs: those of the document, whose numbers are texts (`json.Number`), and those of Go that constants and functions make.

use crate::builtins::double;
use crate::builtins::tree::Tree;

/// A value.
#[derive(Debug, Clone)]
pub enum Val<'a> {
    /// None: a key that is not there, or null taken out of its box.
    Invalid,
    /// A part of the document. Elements of collections come boxed (`interface {}`); a boxed null is a value.
    Doc(&'a Tree, bool),
    /// Some elements of an array.
    Part(&'a [Tree]),
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `uint8`
    Byte(u8),
    /// `float64`
    Float(f64),
    /// `string`
    Text(Vec<u8>),
    /// `json.Number`, cut out of another.
    Digits(Vec<u8>),
}

impl<'a> Val<'a> {
    /// The value out of its box.
    pub fn unboxed(self) -> Val<'a> {
        match self {
            Val::Doc(Tree::Null, _) => Val::Invalid,
            Val::Doc(tree, _) => Val::Doc(tree, false),
            other => other,
        }
    }

    /// Whether it is null in a box.
    pub fn is_boxed_null(&self) -> bool {
        matches!(self, Val::Doc(Tree::Null, _))
    }

    /// The type as Go names it; a box has a type of its own.
    pub fn type_name(&self) -> &'static str {
        match self {
            Val::Doc(_, true) => "interface {}",
            _ => self.inner_type(),
        }
    }

    /// The type of what is in the box.
    pub fn inner_type(&self) -> &'static str {
        match self {
            Val::Invalid | Val::Doc(Tree::Null, _) => "<nil>",
            Val::Doc(Tree::Boolean(_), _) | Val::Bool(_) => "bool",
            Val::Doc(Tree::Number(_), _) | Val::Digits(_) => "json.Number",
            Val::Doc(Tree::String(_), _) | Val::Text(_) => "string",
            Val::Doc(Tree::Array(_), _) | Val::Part(_) => "[]interface {}",
            Val::Doc(Tree::Object(_), _) => "map[string]interface {}",
            Val::Int(_) => "int",
            Val::Byte(_) => "uint8",
            Val::Float(_) => "float64",
        }
    }

    /// The elements of a sequence.
    pub fn elements(&self) -> Option<&'a [Tree]> {
        match self {
            Val::Doc(Tree::Array(elements), _) => Some(elements),
            Val::Part(elements) => Some(elements),
            _ => None,
        }
    }

    /// The bytes of a string or of a number's text.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Val::Doc(Tree::String(text) | Tree::Number(text), _) => Some(text.as_bytes()),
            Val::Text(bytes) | Val::Digits(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether a condition holds.
    pub fn is_true(&self) -> bool {
        match self {
            Val::Invalid | Val::Doc(Tree::Null, _) => false,
            Val::Doc(Tree::Boolean(value), _) => *value,
            Val::Doc(Tree::Object(pairs), _) => !pairs.is_empty(),
            Val::Bool(value) => *value,
            Val::Int(value) => *value != 0,
            Val::Byte(value) => *value != 0,
            Val::Float(value) => *value != 0.0,
            other => match (other.bytes(), other.elements()) {
                (Some(bytes), _) => !bytes.is_empty(),
                (_, elements) => elements.is_some_and(|elements| !elements.is_empty()),
            },
        }
    }

    /// Appends it as Go prints it.
    pub fn print(&self, out: &mut Vec<u8>) {
        match self {
            Val::Invalid => out.extend_from_slice(b"<nil>"),
            Val::Doc(tree, _) => print_tree(tree, out),
            Val::Part(elements) => print_elements(elements, out),
            Val::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Val::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Val::Byte(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Val::Float(value) => double::write_general(*value, out),
            Val::Text(bytes) | Val::Digits(bytes) => out.extend_from_slice(bytes),
        }
    }

    /// As Go prints it.
    pub fn printed(&self) -> String {
        let mut out = Vec::new();
        self.print(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

fn print_elements(elements: &[Tree], out: &mut Vec<u8>) {
    out.push(b'[');
    for (position, element) in elements.iter().enumerate() {
        if position > 0 {
            out.push(b' ');
        }
        print_tree(element, out);
    }
    out.push(b']');
}

fn print_tree(tree: &Tree, out: &mut Vec<u8>) {
    match tree {
        Tree::Null => out.extend_from_slice(b"<nil>"),
        Tree::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Tree::Number(text) | Tree::String(text) => out.extend_from_slice(text.as_bytes()),
        Tree::Array(elements) => print_elements(elements, out),
        Tree::Object(pairs) => {
            out.extend_from_slice(b"map[");
            for (position, (key, value)) in pairs.iter().enumerate() {
                if position > 0 {
                    out.push(b' ');
                }
                out.extend_from_slice(key.as_bytes());
                out.push(b':');
                print_tree(value, out);
            }
            out.push(b']');
        }
    }
}
