//! Nodes to a tree, as the library has them before OPA makes JSON of them: with lines, with the text of scalars as it is written, with keys of any type. So
//! metadata is read.

use std::collections::{BTreeMap, BTreeSet};

use crate::decode::{binary, duplicate};
use crate::nodes::{self, Builder, Id, Node};
use crate::resolve::{Meaning, plain, tagged};
use crate::source::Fault;
use crate::{Error, Standard};

/// How deep a tree may be: those who read one call themselves.
const DEPTH_MAX: usize = 500;

/// How many nodes a tree may have, with those that aliases repeat.
const NODES_MAX: usize = 1_000_000;

/// A node of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The line it begins in, from 1.
    pub line: usize,
    /// A scalar's text as it is written.
    pub text: String,
    /// What it holds.
    pub content: Content,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing.
    Null,
    /// A boolean.
    Boolean(bool),
    /// An integer, in JSON's notation.
    Integer(String),
    /// A double, also infinite or none.
    Float(f64),
    /// A string.
    String(String),
    /// A moment, as JSON writes it.
    Moment(String),
    /// Elements.
    Sequence(Vec<Tree>),
    /// Keys and values; no key comes twice.
    Mapping(Vec<(Tree, Tree)>),
}

type Step<T> = Result<T, Fault>;

/// Reads the first document of a text; nothing if there is none.
///
/// # Errors
/// The text is not YAML, or has a key twice.
pub fn tree(text: &str) -> Result<Option<Tree>, Error> {
    let mut builder = Builder::new(text)?;
    let Some(root) = builder.document()? else {
        return Ok(None);
    };
    let mut trees = Trees {
        nodes: &builder.nodes,
        open: BTreeSet::new(),
        count: 0,
        mistakes: Vec::new(),
    };
    let tree = trees.tree(root, 0)?;
    match trees.mistakes.first() {
        None => Ok(Some(tree)),
        Some((line, _)) => {
            let messages: Vec<&str> = trees.mistakes.iter().map(|(_, message)| message.as_str()).collect();
            Err(Error {
                line: *line,
                message: ["yaml: unmarshal errors:\n  ", &messages.join("\n  ")].concat(),
            })
        }
    }
}

struct Trees<'a> {
    nodes: &'a [Node],
    /// Aliases that are being followed.
    open: BTreeSet<Id>,
    count: usize,
    /// Keys that come twice, with their lines.
    mistakes: Vec<(usize, String)>,
}

impl<'a> Trees<'a> {
    fn node(&self, id: Id) -> Step<&'a Node> {
        self.nodes.get(id).ok_or_else(|| Fault::new("unknown node"))
    }

    fn tree(&mut self, id: Id, depth: usize) -> Step<Tree> {
        self.count += 1;
        if self.count > NODES_MAX {
            return Err(Fault::new("document contains excessive aliasing"));
        }
        if depth > DEPTH_MAX {
            return Err(Fault::new("exceeded max depth of 500"));
        }
        let node = self.node(id)?;
        let (text, content) = match &node.content {
            nodes::Content::Alias(target, name) => {
                if !self.open.insert(id) {
                    return Err(Fault::new(&["anchor '", name, "' value contains itself"].concat()));
                }
                let tree = self.tree(*target, depth + 1);
                self.open.remove(&id);
                return tree;
            }
            nodes::Content::Scalar(text) => (text.clone(), scalar(node, text)?),
            nodes::Content::Sequence(elements) => {
                let elements = elements.iter().map(|element| self.tree(*element, depth + 1));
                (String::new(), Content::Sequence(elements.collect::<Step<_>>()?))
            }
            nodes::Content::Mapping(pairs) => (String::new(), Content::Mapping(self.mapping(pairs, depth)?)),
        };
        Ok(Tree {
            line: node.line,
            text,
            content,
        })
    }

    fn mapping(&mut self, pairs: &[(Id, Id)], depth: usize) -> Step<Vec<(Tree, Tree)>> {
        let mut out: Vec<(Tree, Tree)> = Vec::with_capacity(pairs.len());
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        let mut merge = None;
        for (key, value) in pairs {
            let node = self.node(*key)?;
            if node.tag == "!!merge" {
                merge = Some(*value);
                continue;
            }
            let key = self.tree(*key, depth + 1)?;
            if matches!(key.content, Content::Sequence(_) | Content::Mapping(_)) {
                return Err(Fault::new("invalid map key"));
            }
            if let Some(first) = lines.get(&key.text) {
                self.mistakes.push((key.line, duplicate(&key.text, *first, key.line)));
                continue;
            }
            lines.insert(key.text.clone(), key.line);
            out.push((key, self.tree(*value, depth + 1)?));
        }
        let Some(merge) = merge else { return Ok(out) };
        let merged = match &self.node(merge)?.content {
            nodes::Content::Sequence(elements) => elements.clone(),
            _ => vec![merge],
        };
        for id in merged {
            let Content::Mapping(pairs) = self.tree(id, depth + 1)?.content else {
                return Err(Fault::new("map merge requires map or sequence of maps as the value"));
            };
            for (key, value) in pairs {
                if lines.insert(key.text.clone(), key.line).is_none() {
                    out.push((key, value));
                }
            }
        }
        Ok(out)
    }
}

fn scalar(node: &Node, text: &str) -> Step<Content> {
    let meaning = match &*node.tag {
        "!!binary" => return Ok(Content::String(binary(text)?)),
        "" => plain::<Standard>(text),
        tag => tagged::<Standard>(tag, text)?,
    };
    Ok(match meaning {
        Meaning::Null => Content::Null,
        Meaning::Boolean(value) => Content::Boolean(value),
        Meaning::Integer(digits) => Content::Integer(digits),
        Meaning::Float(value) => Content::Float(value),
        Meaning::String => Content::String(text.to_owned()),
        Meaning::Timestamp(moment) => Content::Moment(moment),
    })
}
