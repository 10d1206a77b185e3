//! Documents outside the arena: what schemas are compiled from and YAML is turned into. Values ([`crate::Value`]) live for one decision, these as long as
//! their owner. Strings are UTF-8 and keys are strings, as in JSON.

use super::double;
use super::text::{Runes, Sink, encode};
use crate::arena::Buffer;
use crate::collections::{Array, Object};
use crate::json::key_text;
use crate::number;
use crate::value::{Kind, Value};

/// How deep a tree may be: functions on trees call themselves.
pub const DEPTH_MAX: u32 = 500;

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// `null`
    Null,
    /// `true` and `false`
    Boolean(bool),
    /// A number by its text.
    Number(Box<str>),
    /// A string.
    String(Box<str>),
    /// Elements in their order.
    Array(Vec<Tree>),
    /// Pairs in the order of their keys, none of which comes twice.
    Object(Vec<(Box<str>, Tree)>),
}

/// Why a value is no tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTree {
    /// It is nested too deeply.
    Depth,
    /// It has a number that JSON does not have.
    Number,
}

fn string(bytes: &[u8]) -> Box<str> {
    match core::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => {
            // One replacement for each byte, as Go does it.
            let mut text = Vec::with_capacity(bytes.len() + 8);
            for (rune, _) in Runes(bytes) {
                let (bytes, len) = encode(rune);
                text.extend_from_slice(bytes.get(..len).unwrap_or_default());
            }
            String::from_utf8(text).unwrap_or_default().into()
        }
    }
}

impl Tree {
    /// The tree of a value.
    pub fn of(value: Value) -> Result<Tree, NoTree> {
        Tree::of_level(value, 0)
    }

    fn of_level(value: Value, depth: u32) -> Result<Tree, NoTree> {
        if depth > DEPTH_MAX {
            return Err(NoTree::Depth);
        }
        match value.kind() {
            Kind::Array | Kind::Set => {
                let mut trees = Vec::new();
                for element in super::args::elements(value).into_iter().flatten() {
                    trees.push(Tree::of_level(element, depth + 1)?);
                }
                Ok(Tree::Array(trees))
            }
            Kind::Object => {
                let mut pairs = Vec::new();
                for (key, value) in value.as_object().into_iter().flatten() {
                    let tree = Tree::of_level(value, depth + 1)?;
                    Tree::add(key, tree, &mut pairs);
                }
                Ok(Tree::object(pairs))
            }
            _ => Tree::leaf(value),
        }
    }

    /// Adds a pair; on its own, to keep the stack of what calls itself small.
    #[inline(never)]
    fn add(key: Value, tree: Tree, pairs: &mut Vec<(Box<str>, Tree)>) {
        let key = key.as_str().unwrap_or_else(|| key_text(key).as_str().unwrap_or_default());
        pairs.push((string(key), tree));
    }

    /// The tree of what is neither array, set nor object.
    #[inline(never)]
    fn leaf(value: Value) -> Result<Tree, NoTree> {
        Ok(match value.kind() {
            Kind::Boolean => Tree::Boolean(value.as_bool() == Some(true)),
            Kind::String => Tree::String(string(value.str_bytes())),
            Kind::Number => {
                let mut text = Buffer::with_capacity(24);
                if !number::write_text(value, &mut text) {
                    return Err(NoTree::Number);
                }
                Tree::Number(string(text.as_bytes()))
            }
            _ => Tree::Null,
        })
    }

    /// An object of pairs in any order; of equal keys the last counts.
    pub fn object(mut pairs: Vec<(Box<str>, Tree)>) -> Tree {
        if !pairs.is_sorted_by(|(a, _), (b, _)| a < b) {
            // Stable, and the last of equals is to stay.
            pairs.reverse();
            pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
            pairs.dedup_by(|(later, _), (earlier, _)| later == earlier);
        }
        Tree::Object(pairs)
    }

    /// The value of a tree.
    pub fn value(&self) -> Value {
        match self {
            Tree::Null => Value::NULL,
            Tree::Boolean(value) => Value::boolean(*value),
            Tree::Number(text) => match number::plain_integer(text.as_bytes()).and_then(Value::int) {
                Some(small) => small,
                None => Value::number_text(text.as_bytes()),
            },
            Tree::String(text) => Value::string(text.as_bytes()),
            Tree::Array(trees) => Array::from_values(trees.iter().map(Tree::value)).value(),
            Tree::Object(pairs) => {
                let object = Object::with_capacity(pairs.len() as u32);
                for (key, tree) in pairs {
                    object.insert(Value::string(key.as_bytes()), tree.value());
                }
                object.value()
            }
        }
    }

    /// The pairs of an object.
    pub fn as_object(&self) -> Option<&[(Box<str>, Tree)]> {
        match self {
            Tree::Object(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The elements of an array.
    pub fn as_array(&self) -> Option<&[Tree]> {
        match self {
            Tree::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Tree::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        let pairs = self.as_object()?;
        let place = pairs.binary_search_by(|(other, _)| (**other).cmp(key)).ok()?;
        pairs.get(place).map(|(_, tree)| tree)
    }

    /// Appends JSON text as Go writes it when it takes all numbers for doubles; `Err` with the first number that is none.
    pub fn write_doubles(&self, out: &mut Vec<u8>) -> Result<(), &str> {
        match self {
            Tree::Null => out.extend_from_slice(b"null"),
            Tree::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Tree::Number(text) => match double::parse(text.as_bytes()) {
                Some(double) => double::write_json(double, out),
                None => return Err(text),
            },
            Tree::String(text) => write_string(text, out),
            Tree::Array(trees) => {
                out.push(b'[');
                for (position, tree) in trees.iter().enumerate() {
                    if position > 0 {
                        out.push(b',');
                    }
                    tree.write_doubles(out)?;
                }
                out.push(b']');
            }
            Tree::Object(pairs) => {
                out.push(b'{');
                for (position, (key, tree)) in pairs.iter().enumerate() {
                    if position > 0 {
                        out.push(b',');
                    }
                    write_string(key, out);
                    out.push(b':');
                    tree.write_doubles(out)?;
                }
                out.push(b'}');
            }
        }
        Ok(())
    }
}

/// Appends a JSON string as Go's `json.Marshal` writes it.
pub fn write_string(text: &str, out: &mut impl Sink) {
    out.push(b'"');
    let mut bytes = [0; 4];
    for c in text.chars() {
        let short = match c {
            '"' | '\\' => Some(c as u8),
            '\u{8}' => Some(b'b'),
            '\u{c}' => Some(b'f'),
            '\n' => Some(b'n'),
            '\r' => Some(b'r'),
            '\t' => Some(b't'),
            _ => None,
        };
        match c {
            _ if short.is_some() => out.extend(&[b'\\', short.unwrap_or_default()]),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.extend(b"\\u");
                for place in (0..4).rev() {
                    let digit = c as u32 >> (4 * place) & 0xf;
                    out.push(char::from_digit(digit, 16).unwrap_or('0') as u8);
                }
            }
            c => out.extend(c.encode_utf8(&mut bytes).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_doubles() {
        let number = |text: &str| Tree::Number(text.into());
        let tree = Tree::object(vec![
            (
                "b".into(),
                Tree::Array(vec![number("1.0"), number("1e21"), number("1e-7"), Tree::Null]),
            ),
            ("a".into(), Tree::String("<\u{1}\n\"é".into())),
            ("b".into(), Tree::Array(vec![number("100"), number("-0"), number("0.10")])),
        ]);
        let mut out = Vec::new();
        assert_eq!(tree.write_doubles(&mut out), Ok(()));
        assert_eq!(
            String::from_utf8_lossy(&out),
            "{\"a\":\"\\u003c\\u0001\\n\\\"é\",\"b\":[100,-0,0.1]}"
        );
        assert_eq!(tree.get("a").and_then(Tree::as_str), Some("<\u{1}\n\"é"));
        assert_eq!(Tree::Array(vec![number("1e400")]).write_doubles(&mut out), Err("1e400"));
    }
}
