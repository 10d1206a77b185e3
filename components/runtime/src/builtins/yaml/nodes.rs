//! Tokens to nodes: what a document is made of, before anybody asks what its scalars mean.

use super::resolve;
use super::scan::{DEPTH_MAX, Kind, Scanner, Step, TOO_DEEP};
use super::source::{Fault, Mark, Source};
use std::borrow::Cow;
use std::collections::BTreeMap;

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
    /// Its tag in short form: its own, or what its form says.
    pub tag: Cow<'static, str>,
    /// A scalar without quotes and without a tag of its own.
    pub plain: bool,
    /// The line it begins in, from 1.
    pub line: usize,
}

/// A fault that the parser finds: between tokens, in something that began at `context`.
fn fault<T>(context: Mark, place: Mark, problem: &str) -> Step<T> {
    Err(Fault {
        line: if context.line != 0 { context.line } else { place.line },
        problem: problem.to_owned(),
    })
}

/// The prefix of tags that YAML defines.
const STANDARD: &str = "tag:yaml.org,2002:";

/// Builds nodes.
pub struct Builder {
    scanner: Scanner,
    /// All nodes.
    pub nodes: Vec<Node>,
    anchors: BTreeMap<String, Id>,
    /// Handles and what they stand for, in this document.
    handles: Vec<(String, String)>,
    depth: usize,
    /// The first document is still to come.
    first: bool,
}

/// What stands before a node.
#[derive(Default)]
struct Properties {
    anchor: Option<String>,
    tag: String,
}

impl Builder {
    /// Reads a text.
    pub fn new(text: &[u8]) -> Step<Builder> {
        Ok(Builder {
            scanner: Scanner::new(Source::new(text)?),
            nodes: Vec::new(),
            anchors: BTreeMap::new(),
            handles: Vec::new(),
            depth: 0,
            first: true,
        })
    }

    /// The next document; nothing at the end.
    pub fn document(&mut self) -> Step<Option<Id>> {
        if !self.first {
            while self.scanner.peek()?.kind == Kind::DocumentEnd {
                self.scanner.take()?;
            }
        }
        let kind = &self.scanner.peek()?.kind;
        if *kind == Kind::StreamEnd {
            return Ok(None);
        }
        let bare = !matches!(kind, Kind::Version(..) | Kind::TagDirective(..) | Kind::DocumentStart);
        let implicit = self.first && bare;
        self.first = false;
        self.directives()?;
        let root = if implicit {
            self.node(true, false)?
        } else {
            let token = self.scanner.peek()?;
            if token.kind != Kind::DocumentStart {
                return fault(Mark::default(), token.start, "did not find expected <document start>");
            }
            self.scanner.take()?;
            let token = self.scanner.peek()?;
            let mark = token.start;
            match token.kind {
                Kind::Version(..) | Kind::TagDirective(..) | Kind::DocumentStart | Kind::DocumentEnd | Kind::StreamEnd => self.empty(mark),
                _ => self.node(true, false)?,
            }
        };
        if self.scanner.peek()?.kind == Kind::DocumentEnd {
            self.scanner.take()?;
        }
        self.handles.clear();
        Ok(Some(root))
    }

    fn directives(&mut self) -> Step {
        let mut version = false;
        loop {
            let token = self.scanner.peek()?;
            let start = token.start;
            match &token.kind {
                Kind::Version(..) if version => return fault(Mark::default(), start, "found duplicate %YAML directive"),
                Kind::Version(1, 1) => version = true,
                Kind::Version(..) => return fault(Mark::default(), start, "found incompatible YAML document"),
                Kind::TagDirective(handle, prefix) => {
                    let (handle, prefix) = (handle.clone(), prefix.clone());
                    if self.handles.iter().any(|(other, _)| *other == handle) {
                        return fault(Mark::default(), start, "found duplicate %TAG directive");
                    }
                    self.handles.push((handle, prefix));
                }
                _ => break,
            }
            self.scanner.take()?;
        }
        for (handle, prefix) in [("!", "!"), ("!!", STANDARD)] {
            if !self.handles.iter().any(|(other, _)| other == handle) {
                self.handles.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(())
    }

    fn add(&mut self, content: Content, properties: Properties, plain: bool, mark: Mark) -> Id {
        let own = !properties.tag.is_empty() && properties.tag != "!";
        let tag = match &content {
            _ if own => match properties.tag.strip_prefix(STANDARD) {
                Some(name) => Cow::Owned(["!!", name].concat()),
                None => Cow::Owned(properties.tag),
            },
            Content::Sequence(_) => Cow::Borrowed("!!seq"),
            Content::Mapping(_) => Cow::Borrowed("!!map"),
            Content::Alias(..) => Cow::Borrowed(""),
            Content::Scalar(_) if !plain => Cow::Borrowed("!!str"),
            Content::Scalar(text) if text == "<<" => Cow::Borrowed("!!merge"),
            Content::Scalar(text) => Cow::Borrowed(resolve::plain(text).tag()),
        };
        self.nodes.push(Node {
            content,
            tag,
            plain: plain && !own,
            line: mark.line + 1,
        });
        let id = self.nodes.len() - 1;
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor, id);
        }
        id
    }

    fn empty(&mut self, mark: Mark) -> Id {
        self.add(Content::Scalar(String::new()), Properties::default(), true, mark)
    }

    /// A node. `indentless`: a sequence may begin without being deeper.
    fn node(&mut self, block: bool, indentless: bool) -> Step<Id> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Fault::new(TOO_DEEP));
        }
        let node = self.node_within(block, indentless);
        self.depth -= 1;
        node
    }

    fn node_within(&mut self, block: bool, indentless: bool) -> Step<Id> {
        let first = self.scanner.peek()?;
        let start = first.start;
        if let Kind::Alias(name) = &first.kind {
            let name = name.clone();
            let Some(target) = self.anchors.get(&name).copied() else {
                return Err(Fault::new(&["unknown anchor '", &name, "' referenced"].concat()));
            };
            self.scanner.take()?;
            return Ok(self.add(Content::Alias(target, name), Properties::default(), false, start));
        }
        let properties = self.properties(start)?;
        let bare = properties.anchor.is_none() && properties.tag.is_empty();
        let token = self.scanner.peek()?;
        let mark = token.start;
        match token.kind {
            Kind::BlockEntry if indentless => {
                let id = self.add(Content::Sequence(Vec::new()), properties, false, start);
                self.indentless_sequence(id)?;
                Ok(id)
            }
            Kind::Scalar(..) => match self.scanner.take()?.kind {
                Kind::Scalar(text, plain) => Ok(self.add(Content::Scalar(text), properties, plain, start)),
                _ => fault(start, mark, "did not find expected node content"),
            },
            Kind::FlowSequenceStart => {
                let id = self.add(Content::Sequence(Vec::new()), properties, false, start);
                self.flow_sequence(id)?;
                Ok(id)
            }
            Kind::FlowMappingStart => {
                let id = self.add(Content::Mapping(Vec::new()), properties, false, start);
                self.flow_mapping(id)?;
                Ok(id)
            }
            Kind::BlockSequenceStart if block => {
                let id = self.add(Content::Sequence(Vec::new()), properties, false, start);
                self.block_sequence(id)?;
                Ok(id)
            }
            Kind::BlockMappingStart if block => {
                let id = self.add(Content::Mapping(Vec::new()), properties, false, start);
                self.block_mapping(id)?;
                Ok(id)
            }
            _ if !bare => Ok(self.add(Content::Scalar(String::new()), properties, true, start)),
            _ => fault(start, mark, "did not find expected node content"),
        }
    }

    /// Anchor and tag, in either order.
    fn properties(&mut self, start: Mark) -> Step<Properties> {
        let mut properties = Properties::default();
        let mut tag = None;
        for _ in 0..2 {
            let token = self.scanner.peek()?;
            let mark = token.start;
            match &token.kind {
                Kind::Anchor(name) if properties.anchor.is_none() => properties.anchor = Some(name.clone()),
                Kind::Tag(handle, suffix) if tag.is_none() => tag = Some((handle.clone(), suffix.clone(), mark)),
                _ => break,
            }
            self.scanner.take()?;
        }
        if let Some((handle, suffix, mark)) = tag {
            if handle.is_empty() {
                properties.tag = suffix;
            } else {
                let Some((_, prefix)) = self.handles.iter().find(|(other, _)| *other == handle) else {
                    return fault(start, mark, "found undefined tag handle");
                };
                properties.tag = [prefix.as_str(), &suffix].concat();
            }
        }
        Ok(properties)
    }

    fn push_element(&mut self, sequence: Id, element: Id) {
        if let Some(Node {
            content: Content::Sequence(elements),
            ..
        }) = self.nodes.get_mut(sequence)
        {
            elements.push(element);
        }
    }

    fn push_pair(&mut self, mapping: Id, key: Id, value: Id) {
        if let Some(Node {
            content: Content::Mapping(pairs),
            ..
        }) = self.nodes.get_mut(mapping)
        {
            pairs.push((key, value));
        }
    }

    /// A node in a block, or nothing if one of these tokens follows.
    fn block_node_unless(&mut self, ends: &[Kind], indentless: bool, mark: Mark) -> Step<Id> {
        if ends.contains(&self.scanner.peek()?.kind) {
            return Ok(self.empty(mark));
        }
        self.node(true, indentless)
    }

    fn block_sequence(&mut self, id: Id) -> Step {
        let start = self.scanner.take()?.start;
        loop {
            let token = self.scanner.take()?;
            match token.kind {
                Kind::BlockEntry => {
                    let element = self.block_node_unless(&[Kind::BlockEntry, Kind::BlockEnd], false, token.start)?;
                    self.push_element(id, element);
                }
                Kind::BlockEnd => return Ok(()),
                _ => return fault(start, token.start, "did not find expected '-' indicator"),
            }
        }
    }

    fn indentless_sequence(&mut self, id: Id) -> Step {
        while self.scanner.peek()?.kind == Kind::BlockEntry {
            let mark = self.scanner.take()?.start;
            let ends = [Kind::BlockEntry, Kind::Key, Kind::Value, Kind::BlockEnd];
            let element = self.block_node_unless(&ends, false, mark)?;
            self.push_element(id, element);
        }
        Ok(())
    }

    fn block_mapping(&mut self, id: Id) -> Step {
        const ENDS: [Kind; 3] = [Kind::Key, Kind::Value, Kind::BlockEnd];
        let start = self.scanner.take()?.start;
        loop {
            let token = self.scanner.take()?;
            match token.kind {
                Kind::Key => {
                    let key = self.block_node_unless(&ENDS, true, token.start)?;
                    let token = self.scanner.peek()?;
                    let mark = token.start;
                    let value = if token.kind == Kind::Value {
                        self.scanner.take()?;
                        self.block_node_unless(&ENDS, true, mark)?
                    } else {
                        self.empty(mark)
                    };
                    self.push_pair(id, key, value);
                }
                Kind::BlockEnd => return Ok(()),
                _ => return fault(start, token.start, "did not find expected key"),
            }
        }
    }

    /// A node in brackets, or nothing if one of these tokens follows.
    fn flow_node_unless(&mut self, ends: &[Kind]) -> Step<Id> {
        let token = self.scanner.peek()?;
        let mark = token.start;
        if ends.contains(&token.kind) {
            return Ok(self.empty(mark));
        }
        self.node(false, false)
    }

    /// The value behind a key in brackets, which may be missing.
    fn flow_value(&mut self, end: &Kind) -> Step<Id> {
        let token = self.scanner.peek()?;
        let mark = token.start;
        if token.kind != Kind::Value {
            return Ok(self.empty(mark));
        }
        self.scanner.take()?;
        self.flow_node_unless(&[Kind::FlowEntry, end.clone()])
    }

    /// Passes the comma before an entry that is not the first.
    fn flow_separator(&mut self, first: &mut bool, start: Mark, problem: &str) -> Step {
        if !core::mem::take(first) {
            let token = self.scanner.peek()?;
            if token.kind != Kind::FlowEntry {
                return fault(start, token.start, problem);
            }
            self.scanner.take()?;
        }
        Ok(())
    }

    fn flow_sequence(&mut self, id: Id) -> Step {
        const END: Kind = Kind::FlowSequenceEnd;
        let start = self.scanner.take()?.start;
        let mut first = true;
        while self.scanner.peek()?.kind != END {
            self.flow_separator(&mut first, start, "did not find expected ',' or ']'")?;
            let token = self.scanner.peek()?;
            let mark = token.start;
            let element = match token.kind {
                END => break,
                Kind::Key => {
                    // A mapping of one pair.
                    self.scanner.take()?;
                    let pair = self.add(Content::Mapping(Vec::new()), Properties::default(), false, mark);
                    let token = self.scanner.peek()?;
                    let mark = token.start;
                    let key = if matches!(token.kind, Kind::Value | Kind::FlowEntry | END) {
                        // Like the library, which passes over what it has seen.
                        self.scanner.take()?;
                        self.empty(mark)
                    } else {
                        self.node(false, false)?
                    };
                    let value = self.flow_value(&END)?;
                    self.push_pair(pair, key, value);
                    pair
                }
                _ => self.node(false, false)?,
            };
            self.push_element(id, element);
        }
        self.scanner.take()?;
        Ok(())
    }

    fn flow_mapping(&mut self, id: Id) -> Step {
        const END: Kind = Kind::FlowMappingEnd;
        let start = self.scanner.take()?.start;
        let mut first = true;
        while self.scanner.peek()?.kind != END {
            self.flow_separator(&mut first, start, "did not find expected ',' or '}'")?;
            let kind = &self.scanner.peek()?.kind;
            if *kind == END {
                break;
            }
            if *kind == Kind::Key {
                self.scanner.take()?;
                let key = self.flow_node_unless(&[Kind::Value, Kind::FlowEntry, END])?;
                let value = self.flow_value(&END)?;
                self.push_pair(id, key, value);
            } else {
                let key = self.node(false, false)?;
                let mark = self.scanner.peek()?.start;
                let value = self.empty(mark);
                self.push_pair(id, key, value);
            }
        }
        self.scanner.take()?;
        Ok(())
    }
}
