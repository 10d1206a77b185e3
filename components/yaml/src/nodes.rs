//! Events to nodes: what a document is made of, before anybody asks what its scalars mean.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::events::{Event, Events, Placed, Properties, STANDARD};
use crate::scan::Step;
use crate::source::{Fault, Mark};

/// The place of a node in the list of all.
pub type Id = usize;

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A scalar's text.
    Scalar(String),
    /// Elements.
    Sequence(Vec<Id>),
    /// Keys and values.
    Mapping(Vec<(Id, Id)>),
    /// The node with an anchor, and the anchor's name.
    Alias(Id, String),
}

/// A node.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it holds.
    pub content: Content,
    /// Its tag in short form: its own, or what its form says. Empty for scalars of which the text decides, and for aliases.
    pub tag: Cow<'static, str>,
    /// The line it begins in, from 1.
    pub line: usize,
}

/// A collection that is open, with the key whose value comes next.
struct Open {
    id: Id,
    key: Option<Id>,
}

/// Builds nodes.
pub struct Builder {
    events: Events,
    /// All nodes.
    pub nodes: Vec<Node>,
    anchors: BTreeMap<String, Id>,
}

impl Builder {
    /// Reads a text.
    pub fn new(text: &str) -> Step<Builder> {
        Ok(Builder {
            events: Events::new(text)?,
            nodes: Vec::new(),
            anchors: BTreeMap::new(),
        })
    }

    /// The next document; nothing at the end.
    pub fn document(&mut self) -> Step<Option<Id>> {
        if self.events.next()?.event == Event::StreamEnd {
            return Ok(None);
        }
        let mut root = None;
        let mut open: Vec<Open> = Vec::new();
        loop {
            let Placed { event, properties, mark } = self.events.next()?;
            let begins = matches!(event, Event::SequenceStart | Event::MappingStart);
            let id = match event {
                Event::StreamEnd | Event::DocumentStart | Event::DocumentEnd => return Ok(root),
                Event::CollectionEnd => {
                    open.pop();
                    continue;
                }
                Event::Alias(name) => {
                    let Some(target) = self.anchors.get(&name).copied() else {
                        return Err(Fault::new(&["unknown anchor '", &name, "' referenced"].concat()));
                    };
                    self.add(Content::Alias(target, name), properties, false, mark)
                }
                Event::Scalar(text, plain) => self.add(Content::Scalar(text), properties, plain, mark),
                Event::SequenceStart => self.add(Content::Sequence(Vec::new()), properties, false, mark),
                Event::MappingStart => self.add(Content::Mapping(Vec::new()), properties, false, mark),
            };
            match open.last_mut() {
                Some(parent) => self.attach(parent, id),
                None => root = Some(id),
            }
            if begins {
                open.push(Open { id, key: None });
            }
        }
    }

    fn attach(&mut self, parent: &mut Open, id: Id) {
        match self.nodes.get_mut(parent.id).map(|node| &mut node.content) {
            Some(Content::Sequence(elements)) => elements.push(id),
            Some(Content::Mapping(pairs)) => match parent.key.take() {
                Some(key) => pairs.push((key, id)),
                None => parent.key = Some(id),
            },
            _ => {}
        }
    }

    fn add(&mut self, content: Content, properties: Properties, plain: bool, mark: Mark) -> Id {
        let tag = match &content {
            _ if !properties.tag.is_empty() && properties.tag != "!" => match properties.tag.strip_prefix(STANDARD) {
                Some(name) => Cow::Owned(["!!", name].concat()),
                None => Cow::Owned(properties.tag),
            },
            Content::Sequence(_) => Cow::Borrowed("!!seq"),
            Content::Mapping(_) => Cow::Borrowed("!!map"),
            Content::Scalar(_) if !plain => Cow::Borrowed("!!str"),
            Content::Scalar(text) if text == "<<" => Cow::Borrowed("!!merge"),
            Content::Scalar(_) | Content::Alias(..) => Cow::Borrowed(""),
        };
        self.nodes.push(Node {
            content,
            tag,
            line: mark.line + 1,
        });
        let id = self.nodes.len() - 1;
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor, id);
        }
        id
    }
}
