//! The base documents of a policy after everything that was pushed: what a new instance has to be given, and nothing that later pushes made void.
//!
//! What the policy was built with is not visible from outside, so a [`Node`] may be *as built*. Pushed values stay JSON text until a push leads into them;
//! then that level, and no other, becomes an [`Object`] or an [`Array`]. Where a push leads into something as built, an instance is asked whether
//! that is an array, and of what length ([`Document::prepare`]): in an array the meaning of a step depends on the pushes before it.
//!
//! INVARIANT: a document changes only by pushes that an instance has accepted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pointer::{self, Place};
use super::text::{self, Level};

/// A value, or part of a document, of more bytes than this is pushed on its own, so that a new instance needs no more memory at once than the pushes did.
const LARGE: usize = 1 << 20;

/// A push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Where.
    pub(super) path: Arc<str>,
    /// The new value as JSON text; `None` removes the old one.
    pub(super) value: Option<Arc<[u8]>>,
}

impl Change {
    /// What it costs to keep, in bytes.
    pub(super) fn weight(&self) -> usize {
        64 + self.path.len() + self.value.as_ref().map_or(0, |value| value.len())
    }
}

/// The document, and how it differs from the one as built.
pub(super) struct Document {
    root: Node,
}

/// A value in the document.
enum Node {
    /// As built, and present or not as it was then.
    Built,
    /// As built, but removed.
    Removed,
    /// Pushed.
    Text(Arc<[u8]>),
    Object(Object),
    Array(Array),
}

/// An object into which a push leads.
#[derive(Default)]
struct Object {
    /// Whether keys without an entry are as built.
    built: bool,
    /// Whether a push made sure that the object exists.
    exists: bool,
    entries: BTreeMap<String, Node>,
}

/// An array into which a push leads.
struct Array {
    /// The length as built, if it is an array as built.
    built: Option<usize>,
    items: Vec<Item>,
}

struct Item {
    /// The position as built, if the element, or the one that it replaced, was built in.
    origin: Option<usize>,
    node: Node,
}

/// The document does not allow what an instance has accepted.
#[derive(Debug)]
pub(super) struct Contradiction;

impl Default for Document {
    /// As built.
    fn default() -> Self {
        let root = Node::Object(Object {
            built: true,
            exists: true,
            entries: BTreeMap::new(),
        });
        Self { root }
    }
}

impl Document {
    /// Gets ready for a push at a path: finds out what is on the way. `length` returns the length of an array in the document, or `None` for an object
    /// or nothing. The document stays the same.
    pub(super) fn prepare<E: From<Contradiction>>(
        &mut self,
        steps: &[String],
        sets: bool,
        length: &mut dyn FnMut(&str) -> Result<Option<usize>, E>,
    ) -> Result<(), E> {
        let mut node = &mut self.root;
        let mut at = String::new();
        for (number, step) in steps.iter().enumerate() {
            node.open(&at, sets && !pointer::is_place(step), length)?;
            let last = number + 1 == steps.len();
            let next = match node {
                Node::Object(_) if last => return Ok(()),
                Node::Object(object) => object.member(step),
                Node::Array(array) => match pointer::place(step, array.items.len()) {
                    Place::Element(_) if last => return Ok(()),
                    Place::Element(position) => array.items.get_mut(position).map(|item| &mut item.node),
                    Place::Nowhere if sets => return Err(Contradiction.into()),
                    Place::End | Place::Nowhere => return Ok(()),
                },
                _ => return Err(Contradiction.into()),
            };
            match next {
                // What is removed or absent is made on the way, or there is nothing to remove.
                None | Some(Node::Removed) => return Ok(()),
                Some(next) => node = next,
            }
            pointer::push(&mut at, step);
        }
        Ok(())
    }

    /// Makes a push that [`Document::prepare`] got ready for.
    pub(super) fn apply(&mut self, steps: &[String], value: Option<Arc<[u8]>>) {
        let Some((last, way)) = steps.split_last() else {
            self.root = value.map_or_else(Node::empty, Node::Text);
            return;
        };
        let mut node = &mut self.root;
        for step in way {
            match node.child(step, value.is_some()) {
                Some(child) => node = child,
                None => return,
            }
        }
        match value {
            Some(text) => node.set(last, Node::Text(text)),
            None => node.remove(last),
        }
    }

    /// The pushes that make this document of the one as built.
    pub(super) fn script(&self) -> Vec<Change> {
        let mut script = Script::default();
        script.node(&self.root, &mut String::new());
        script.changes
    }
}

impl Node {
    /// An object without members.
    fn empty() -> Self {
        Self::Object(Object {
            exists: true,
            ..Object::default()
        })
    }

    /// Makes an object or an array of what is in `at`. With `object` it cannot be an array.
    fn open<E>(&mut self, at: &str, object: bool, length: &mut dyn FnMut(&str) -> Result<Option<usize>, E>) -> Result<(), E> {
        match self {
            Self::Built => {
                let length = if object { None } else { length(at)? };
                *self = match length {
                    Some(length) => Self::Array(Array {
                        built: Some(length),
                        items: (0..length).map(|position| Item::new(Some(position), Self::Built)).collect(),
                    }),
                    None => Self::Object(Object {
                        built: true,
                        ..Object::default()
                    }),
                };
            }
            Self::Text(text) => {
                let node = |text: &[u8]| Self::Text(text.into());
                match text::split(text) {
                    Level::Object(members) => {
                        let entries = members.into_iter().map(|(key, text)| (key, node(text))).collect();
                        *self = Self::Object(Object {
                            built: false,
                            exists: true,
                            entries,
                        });
                    }
                    Level::Array(elements) => {
                        let items = elements.into_iter().map(|text| Item::new(None, node(text))).collect();
                        *self = Self::Array(Array { built: None, items });
                    }
                    Level::Scalar => {}
                }
            }
            Self::Removed | Self::Object(_) | Self::Array(_) => {}
        }
        Ok(())
    }

    /// The member to which a push leads, made if the push sets something.
    fn child(&mut self, step: &str, sets: bool) -> Option<&mut Self> {
        match self {
            Self::Object(object) => {
                object.exists |= sets;
                if sets && object.member(step).is_none_or(|child| matches!(child, Self::Removed)) {
                    object.entries.insert(step.to_owned(), Self::empty());
                }
                object.member(step).filter(|child| !matches!(child, Self::Removed))
            }
            Self::Array(array) => {
                let position = match pointer::place(step, array.items.len()) {
                    Place::Element(position) => position,
                    Place::End if sets => {
                        array.items.push(Item::new(None, Self::empty()));
                        array.items.len() - 1
                    }
                    Place::End | Place::Nowhere => return None,
                };
                array.items.get_mut(position).map(|item| &mut item.node)
            }
            Self::Built | Self::Removed | Self::Text(_) => None,
        }
    }

    fn set(&mut self, step: &str, value: Self) {
        match self {
            Self::Object(object) => {
                object.exists = true;
                object.entries.insert(step.to_owned(), value);
            }
            Self::Array(array) => match pointer::place(step, array.items.len()) {
                Place::Element(position) => {
                    if let Some(item) = array.items.get_mut(position) {
                        item.node = value;
                    }
                }
                Place::End => array.items.push(Item::new(None, value)),
                Place::Nowhere => {}
            },
            Self::Built | Self::Removed | Self::Text(_) => {}
        }
    }

    fn remove(&mut self, step: &str) {
        match self {
            Self::Object(object) if object.built => {
                object.entries.insert(step.to_owned(), Self::Removed);
            }
            Self::Object(object) => {
                object.entries.remove(step);
            }
            Self::Array(array) => {
                if let Place::Element(position) = pointer::place(step, array.items.len()) {
                    array.items.remove(position);
                }
            }
            Self::Built | Self::Removed | Self::Text(_) => {}
        }
    }

    /// Whether its text is long.
    fn is_large(&self) -> bool {
        let mut weight = 0;
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            match node {
                Self::Built | Self::Removed => {}
                Self::Text(text) => weight += text.len(),
                Self::Object(object) => {
                    weight += object.entries.keys().map(String::len).sum::<usize>();
                    open.extend(object.entries.values());
                }
                Self::Array(array) => open.extend(array.items.iter().map(|item| &item.node)),
            }
            if weight > LARGE {
                return true;
            }
        }
        false
    }
}

impl Object {
    fn member(&mut self, step: &str) -> Option<&mut Node> {
        if self.built {
            return Some(self.entries.entry(step.to_owned()).or_insert(Node::Built));
        }
        self.entries.get_mut(step)
    }
}

impl Item {
    fn new(origin: Option<usize>, node: Node) -> Self {
        Self { origin, node }
    }
}

/// Pushes under way.
#[derive(Default)]
struct Script {
    changes: Vec<Change>,
}

impl Script {
    fn push(&mut self, path: &str, value: Option<Vec<u8>>) {
        self.changes.push(Change {
            path: path.into(),
            value: value.map(Arc::from),
        });
    }

    /// What makes a node of what was built at `at`.
    fn node(&mut self, node: &Node, at: &mut String) {
        match node {
            Node::Built => {}
            Node::Removed => self.push(at, None),
            Node::Object(object) if object.built => self.object(object, at),
            Node::Array(Array {
                built: Some(length),
                items,
            }) => self.array(*length, items, at),
            Node::Text(text) => self.changes.push(Change {
                path: at.as_str().into(),
                value: Some(Arc::clone(text)),
            }),
            pushed => self.pushed(pushed, at),
        }
    }

    fn object(&mut self, object: &Object, at: &mut String) {
        let before = self.changes.len();
        for (key, node) in &object.entries {
            within(at, key, |at| self.node(node, at));
        }
        // A push makes the objects on its way, and they stay when it is taken back.
        let made = self.changes.iter().skip(before).any(|change| change.value.is_some());
        let removed = object.entries.iter().find(|(_, node)| matches!(node, Node::Removed));
        if let (true, false, false, Some((key, _))) = (object.exists, made, at.is_empty(), removed) {
            within(at, key, |at| {
                self.push(at, Some(b"null".to_vec()));
                self.push(at, None);
            });
        }
    }

    fn array(&mut self, length: usize, items: &[Item], at: &mut String) {
        let mut kept = items.iter().rev().filter_map(|item| item.origin).peekable();
        for position in (0..length).rev() {
            if kept.next_if_eq(&position).is_none() {
                within(at, &position.to_string(), |at| self.push(at, None));
            }
        }
        for (position, item) in items.iter().enumerate() {
            within(at, &position.to_string(), |at| self.node(&item.node, at));
        }
    }

    /// Pushes a node of which nothing is as built; large members on their own.
    fn pushed(&mut self, node: &Node, at: &mut String) {
        let mut later = Vec::new();
        let mut text = Vec::new();
        write(node, &mut text, at, &mut later);
        self.push(at, Some(text));
        for (mut at, node) in later {
            self.node(node, &mut at);
        }
    }
}

/// Writes a node as JSON. Large members of objects are left out, those of arrays are `null`; they go to `later` with their paths.
fn write<'n>(node: &'n Node, to: &mut Vec<u8>, at: &mut String, later: &mut Vec<(String, &'n Node)>) {
    match node {
        // INVARIANT: neither occurs below what was pushed.
        Node::Built | Node::Removed => {}
        Node::Text(text) => to.extend_from_slice(text),
        Node::Object(object) => {
            to.push(b'{');
            let mut first = true;
            for (key, node) in &object.entries {
                within(at, key, |at| {
                    if node.is_large() {
                        later.push((at.clone(), node));
                        return;
                    }
                    if !std::mem::take(&mut first) {
                        to.push(b',');
                    }
                    to.extend_from_slice(serde_json::Value::from(key.as_str()).to_string().as_bytes());
                    to.push(b':');
                    write(node, to, at, later);
                });
            }
            to.push(b'}');
        }
        Node::Array(array) => {
            to.push(b'[');
            for (position, item) in array.items.iter().enumerate() {
                if position > 0 {
                    to.push(b',');
                }
                within(at, &position.to_string(), |at| {
                    if item.node.is_large() {
                        later.push((at.clone(), &item.node));
                        to.extend_from_slice(b"null");
                    } else {
                        write(&item.node, to, at, later);
                    }
                });
            }
            to.push(b']');
        }
    }
}

/// Does something one step further.
fn within<T>(at: &mut String, step: &str, then: impl FnOnce(&mut String) -> T) -> T {
    let length = at.len();
    pointer::push(at, step);
    let result = then(at);
    at.truncate(length);
    result
}
