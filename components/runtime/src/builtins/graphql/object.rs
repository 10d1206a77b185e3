//! Trees that policies give as objects, back to documents. Field names are OPA's, upper and lower case alike; what is not known is passed over, what is
//! missing is empty, and places there are none.
//!
//! Whatever is selected is taken for a field: a tree does not say what else it could be, and OPA does the same.

use core::cell::Cell;

use super::ast::{
    Argument, Child, Comments, Definition, Described, Directive, DirectiveDefinition, EnumValue, Field, FieldDefinition, Fragment,
    Operation, OperationKind, Query, Resolved, RootOperation, SchemaDefinition, SchemaDocument, Selection, Shape, Type, TypeKind, Value,
    ValueKind, Variable,
};
use super::parser::DEPTH_MAX;
use super::report::{Refusal, TOO_DEEP};

/// A document from a policy.
#[derive(Debug)]
pub enum Tree {
    /// Null, or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as text.
    Number(String),
    /// A string.
    Text(String),
    /// An array or a set.
    List(Vec<Tree>),
    /// An object's pairs whose keys are strings.
    Object(Vec<(String, Tree)>),
}

type Read<T> = Result<T, Refusal>;

/// How deep trees may be: each level of a document takes up to four.
pub const TREE_DEPTH_MAX: u32 = 4 * DEPTH_MAX;

static NULL: Tree = Tree::Null;

/// The query of a tree.
pub fn query(tree: &Tree) -> Read<Query> {
    let node = Node::of(tree, "QueryDocument", 0)?;
    Ok(Query {
        operations: node.list("Operations", operation)?,
        fragments: node.list("Fragments", fragment)?,
    })
}

/// The schema of a tree.
pub fn schema(tree: &Tree) -> Read<SchemaDocument> {
    let node = Node::of(tree, "SchemaDocument", 0)?;
    Ok(SchemaDocument {
        schema: node.list("Schema", schema_definition)?,
        schema_extensions: node.list("SchemaExtension", schema_definition)?,
        directives: node.list("Directives", directive_definition)?,
        definitions: node.list("Definitions", definition)?,
        extensions: node.list("Extensions", definition)?,
        comments: node.comments("Comment")?,
    })
}

/// An object that is read as something.
struct Node<'t> {
    pairs: &'t [(String, Tree)],
    what: &'static str,
    depth: u32,
}

fn wrong<T>(what: &'static str, key: &str, got: &Tree) -> Read<T> {
    let got = match got {
        Tree::Null => "null",
        Tree::Bool(_) => "bool",
        Tree::Number(_) => "number",
        Tree::Text(_) => "string",
        Tree::List(_) => "array",
        Tree::Object(_) => "object",
    };
    Err(Refusal::Tree(format!(
        "json: cannot unmarshal {got} into Go struct field {what}.{key}"
    )))
}

fn lacks<T>(what: &'static str, key: &str) -> Read<T> {
    Err(Refusal::Tree(format!("GraphQL tree is incomplete: {what} has no {key}")))
}

impl<'t> Node<'t> {
    fn of(tree: &'t Tree, what: &'static str, depth: u32) -> Read<Self> {
        if depth > TREE_DEPTH_MAX {
            return Err(TOO_DEEP.into());
        }
        match tree {
            Tree::Object(pairs) => Ok(Self { pairs, what, depth }),
            Tree::Null => Ok(Self { pairs: &[], what, depth }),
            other => wrong(what, "", other),
        }
    }

    fn get(&self, key: &str) -> &'t Tree {
        let found = self.pairs.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map_or(&NULL, |(_, tree)| tree)
    }

    fn text(&self, key: &'static str) -> Read<String> {
        match self.get(key) {
            Tree::Null => Ok(String::new()),
            Tree::Text(text) => Ok(text.clone()),
            other => wrong(self.what, key, other),
        }
    }

    fn flag(&self, key: &'static str) -> Read<bool> {
        match self.get(key) {
            Tree::Null => Ok(false),
            Tree::Bool(value) => Ok(*value),
            other => wrong(self.what, key, other),
        }
    }

    fn items(&self, key: &'static str) -> Read<&'t [Tree]> {
        match self.get(key) {
            Tree::Null => Ok(&[]),
            Tree::List(items) => Ok(items),
            other => wrong(self.what, key, other),
        }
    }

    fn list<T>(&self, key: &'static str, read: impl Fn(Node<'t>) -> Read<T>) -> Read<Vec<T>> {
        let items = self.items(key)?;
        items.iter().map(|item| read(Node::of(item, self.what, self.depth + 1)?)).collect()
    }

    fn texts(&self, key: &'static str) -> Read<Vec<String>> {
        let text = |item: &Tree| match item {
            Tree::Text(text) => Ok(text.clone()),
            other => wrong(self.what, key, other),
        };
        self.items(key)?.iter().map(text).collect()
    }

    fn optional<T>(&self, key: &'static str, read: impl Fn(Node<'t>) -> Read<T>) -> Read<Option<T>> {
        match self.get(key) {
            Tree::Null => Ok(None),
            tree => read(Node::of(tree, self.what, self.depth + 1)?).map(Some),
        }
    }

    fn required<T>(&self, key: &'static str, read: impl Fn(Node<'t>) -> Read<T>) -> Read<T> {
        match self.optional(key, read)? {
            Some(node) => Ok(node),
            None => lacks(self.what, key),
        }
    }

    fn comments(&self, key: &'static str) -> Read<Comments> {
        let list = |node: Node<'t>| node.list("List", |comment| comment.text("Value"));
        Ok(self.optional(key, list)?.unwrap_or_default())
    }

    fn described(&self) -> Read<Described> {
        Ok(Described {
            text: self.text("Description")?,
            before: self.comments("BeforeDescriptionComment")?,
            after: self.comments("AfterDescriptionComment")?,
            end: self.comments("EndOfDefinitionComment")?,
        })
    }

    fn operation_kind(&self) -> Read<OperationKind> {
        let word = self.text("Operation")?;
        OperationKind::of(&word).map_or_else(|| lacks(self.what, "Operation that is known"), Ok)
    }
}

fn operation(node: Node<'_>) -> Read<Operation> {
    Ok(Operation {
        kind: node.operation_kind()?,
        name: node.text("Name")?,
        variables: node.list("VariableDefinitions", variable)?,
        directives: node.list("Directives", directive)?,
        selections: node.list("SelectionSet", selection)?,
        pos: None,
        comments: Comments::new(),
    })
}

fn variable(node: Node<'_>) -> Read<Variable> {
    Ok(Variable {
        name: node.text("Variable")?,
        ty: node.required("Type", ty)?,
        default: node.optional("DefaultValue", value)?,
        directives: node.list("Directives", directive)?,
        pos: None,
        comments: node.comments("Comment")?,
        used: Cell::new(node.flag("Used")?),
    })
}

fn selection(node: Node<'_>) -> Read<Selection> {
    Ok(Selection::Field(Field {
        alias: node.text("Alias")?,
        name: node.text("Name")?,
        arguments: node.list("Arguments", argument)?,
        directives: node.list("Directives", directive)?,
        selections: node.list("SelectionSet", selection)?,
        pos: None,
        comments: Comments::new(),
        parent: Cell::new(None),
        resolved: Cell::new(Resolved::Unknown),
    }))
}

fn fragment(node: Node<'_>) -> Read<Fragment> {
    Ok(Fragment {
        name: node.text("Name")?,
        variables: node.list("VariableDefinition", variable)?,
        condition: node.text("TypeCondition")?,
        directives: node.list("Directives", directive)?,
        selections: node.list("SelectionSet", selection)?,
        pos: None,
        comments: Comments::new(),
    })
}

fn argument(node: Node<'_>) -> Read<Argument> {
    Ok(Argument {
        name: node.text("Name")?,
        value: node.required("Value", value)?,
        pos: None,
        comments: node.comments("Comment")?,
    })
}

fn directive(node: Node<'_>) -> Read<Directive> {
    Ok(Directive {
        name: node.text("Name")?,
        arguments: node.list("Arguments", argument)?,
        pos: None,
    })
}

fn value(node: Node<'_>) -> Read<Value> {
    let number = match node.get("Kind") {
        Tree::Null => Some(0),
        Tree::Number(text) => text.parse::<usize>().ok(),
        other => return wrong(node.what, "Kind", other),
    };
    let Some(kind) = number.and_then(|number| ValueKind::ALL.get(number)) else {
        return lacks(node.what, "Kind that is known");
    };
    let child = |node: Node<'_>| {
        Ok(Child {
            name: node.text("Name")?,
            value: node.required("Value", value)?,
            pos: None,
            comments: node.comments("Comment")?,
        })
    };
    Ok(Value {
        kind: *kind,
        raw: node.text("Raw")?,
        children: node.list("Children", child)?,
        pos: None,
        comments: node.comments("Comment")?,
    })
}

fn ty(node: Node<'_>) -> Read<Type> {
    let name = node.text("NamedType")?;
    let shape = match node.optional("Elem", ty)? {
        _ if !name.is_empty() => Shape::Named(name),
        Some(element) => Shape::List(Box::new(element)),
        None => return lacks(node.what, "NamedType"),
    };
    Ok(Type {
        shape,
        non_null: node.flag("NonNull")?,
        pos: None,
    })
}

fn schema_definition(node: Node<'_>) -> Read<SchemaDefinition> {
    let root = |node: Node<'_>| {
        Ok(RootOperation {
            kind: node.operation_kind()?,
            ty: node.text("Type")?,
            pos: None,
            comments: node.comments("Comment")?,
        })
    };
    Ok(SchemaDefinition {
        description: node.described()?,
        directives: node.list("Directives", directive)?,
        operations: node.list("OperationTypes", root)?,
        pos: None,
    })
}

fn definition(node: Node<'_>) -> Read<Definition> {
    let kind = node.text("Kind")?;
    let Some(kind) = TypeKind::ALL.into_iter().find(|known| known.name() == kind) else {
        return lacks(node.what, "Kind that is known");
    };
    let enum_value = |node: Node<'_>| {
        Ok(EnumValue {
            description: node.described()?,
            name: node.text("Name")?,
            directives: node.list("Directives", directive)?,
            pos: None,
        })
    };
    Ok(Definition {
        kind,
        description: node.described()?,
        name: node.text("Name")?,
        directives: node.list("Directives", directive)?,
        interfaces: node.texts("Interfaces")?,
        fields: node.list("Fields", field_definition)?,
        members: node.texts("Types")?.into_iter().map(|name| (name, None)).collect(),
        values: node.list("EnumValues", enum_value)?,
        pos: None,
        built_in: node.flag("BuiltIn")?,
    })
}

fn field_definition(node: Node<'_>) -> Read<FieldDefinition> {
    Ok(FieldDefinition {
        description: node.described()?,
        name: node.text("Name")?,
        arguments: node.list("Arguments", field_definition)?,
        default: node.optional("DefaultValue", value)?,
        ty: node.required("Type", ty)?,
        directives: node.list("Directives", directive)?,
        pos: None,
    })
}

fn directive_definition(node: Node<'_>) -> Read<DirectiveDefinition> {
    Ok(DirectiveDefinition {
        description: node.described()?,
        name: node.text("Name")?,
        arguments: node.list("Arguments", field_definition)?,
        locations: node.texts("Locations")?,
        repeatable: node.flag("IsRepeatable")?,
        pos: None,
    })
}
