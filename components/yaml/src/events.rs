//! Tokens to events: the grammar of a stream. What is open is a stack of states, since documents may be nested deeper than the program's stack.

use crate::scan::{Kind, Scanner, Step, Token};
use crate::source::{Fault, Mark, Source};

/// What a document consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// No document follows.
    StreamEnd,
    /// A document begins.
    DocumentStart,
    /// It ends.
    DocumentEnd,
    /// A reference to the node with an anchor.
    Alias(String),
    /// A scalar; `true` without quotes.
    Scalar(String, bool),
    /// A sequence begins.
    SequenceStart,
    /// A mapping begins.
    MappingStart,
    /// The sequence or mapping that was begun last ends.
    CollectionEnd,
}

/// What stands before a node.
#[derive(Debug, Default)]
pub struct Properties {
    /// Its anchor.
    pub anchor: Option<String>,
    /// Its tag in full, empty without one.
    pub tag: String,
}

/// An event and where it begins.
pub struct Placed {
    /// What it is.
    pub event: Event,
    /// What stands before it.
    pub properties: Properties,
    /// Where it begins.
    pub mark: Mark,
}

/// The prefix of tags that YAML defines.
pub const STANDARD: &str = "tag:yaml.org,2002:";

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    ImplicitDocument,
    Document,
    DocumentContent,
    DocumentEnd,
    Node,
    BlockEntry { first: bool },
    IndentlessEntry,
    BlockKey { first: bool },
    BlockValue,
    FlowEntry { first: bool },
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowKey { first: bool },
    FlowValue,
    FlowEmptyValue,
    End,
}

/// Reads events.
pub struct Events {
    scanner: Scanner,
    state: State,
    /// Where to go on after the nodes that are open.
    states: Vec<State>,
    /// Where the collections that are open begin.
    marks: Vec<Mark>,
    /// Handles and what they stand for, in this document.
    handles: Vec<(String, String)>,
}

/// A fault between tokens, in something that began at `context`.
fn fault<T>(context: Mark, place: Mark, problem: &str) -> Step<T> {
    Err(Fault {
        line: if context.line != 0 { context.line } else { place.line },
        problem: problem.to_owned(),
    })
}

fn placed(event: Event, mark: Mark) -> Step<Placed> {
    Ok(Placed {
        event,
        properties: Properties::default(),
        mark,
    })
}

/// A scalar that is not there.
fn empty(mark: Mark) -> Step<Placed> {
    placed(Event::Scalar(String::new(), true), mark)
}

impl Events {
    /// Reads a text.
    pub fn new(text: &str) -> Step<Events> {
        Ok(Events {
            scanner: Scanner::new(Source::new(text)?),
            state: State::ImplicitDocument,
            states: Vec::new(),
            marks: Vec::new(),
            handles: Vec::new(),
        })
    }

    /// The next event.
    pub fn next(&mut self) -> Step<Placed> {
        match self.state {
            State::ImplicitDocument => self.document_start(true),
            State::Document => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::Node => self.node(true, false),
            State::BlockEntry { first } => self.block_entry(first),
            State::IndentlessEntry => self.indentless_entry(),
            State::BlockKey { first } => self.block_key(first),
            State::BlockValue => self.block_value(),
            State::FlowEntry { first } => self.flow_entry(first),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => {
                self.state = State::FlowEntry { first: false };
                placed(Event::CollectionEnd, self.start()?)
            }
            State::FlowKey { first } => self.flow_key(first),
            State::FlowValue => self.flow_value(false),
            State::FlowEmptyValue => self.flow_value(true),
            State::End => placed(Event::StreamEnd, Mark::default()),
        }
    }

    fn kind(&mut self) -> Step<&Kind> {
        Ok(&self.scanner.peek()?.kind)
    }

    /// Where the next token begins.
    fn start(&mut self) -> Step<Mark> {
        Ok(self.scanner.peek()?.start)
    }

    fn take(&mut self) -> Step<Token> {
        self.scanner.take()
    }

    /// Goes on where the node that ends here began.
    fn resume(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// Takes the token that begins a collection, if it has not been taken.
    fn open(&mut self, first: bool) -> Step {
        if first {
            let mark = self.take()?.start;
            self.marks.push(mark);
        }
        Ok(())
    }

    fn close(&mut self) -> Step<Placed> {
        self.resume();
        self.marks.pop();
        let token = self.take()?;
        placed(Event::CollectionEnd, token.start)
    }

    /// A fault in the collection that was opened last.
    fn fault_within<T>(&mut self, problem: &str) -> Step<T> {
        let context = self.marks.last().copied().unwrap_or_default();
        fault(context, self.start()?, problem)
    }

    fn document_start(&mut self, implicit: bool) -> Step<Placed> {
        if !implicit {
            while *self.kind()? == Kind::DocumentEnd {
                self.take()?;
            }
        }
        let start = self.start()?;
        match self.kind()? {
            Kind::StreamEnd => {
                self.state = State::End;
                return placed(Event::StreamEnd, start);
            }
            Kind::Version(..) | Kind::TagDirective(..) | Kind::DocumentStart => {}
            _ if implicit => {
                self.directives()?;
                self.states.push(State::DocumentEnd);
                self.state = State::Node;
                return placed(Event::DocumentStart, start);
            }
            _ => {}
        }
        self.directives()?;
        if *self.kind()? != Kind::DocumentStart {
            return fault(Mark::default(), self.start()?, "did not find expected <document start>");
        }
        self.take()?;
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        placed(Event::DocumentStart, start)
    }

    fn document_content(&mut self) -> Step<Placed> {
        match self.kind()? {
            Kind::Version(..) | Kind::TagDirective(..) | Kind::DocumentStart | Kind::DocumentEnd | Kind::StreamEnd => {
                self.resume();
                empty(self.start()?)
            }
            _ => self.node(true, false),
        }
    }

    fn document_end(&mut self) -> Step<Placed> {
        let start = self.start()?;
        if *self.kind()? == Kind::DocumentEnd {
            self.take()?;
        }
        self.handles.clear();
        self.state = State::Document;
        placed(Event::DocumentEnd, start)
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
            self.take()?;
        }
        for (handle, prefix) in [("!", "!"), ("!!", STANDARD)] {
            if !self.handles.iter().any(|(other, _)| other == handle) {
                self.handles.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(())
    }

    /// A node. `indentless`: a sequence may begin without being deeper.
    fn node(&mut self, block: bool, indentless: bool) -> Step<Placed> {
        let start = self.start()?;
        if let Kind::Alias(name) = self.kind()? {
            let event = Event::Alias(name.clone());
            self.resume();
            self.take()?;
            return placed(event, start);
        }
        let properties = self.properties(start)?;
        let bare = properties.anchor.is_none() && properties.tag.is_empty();
        let mark = self.start()?;
        let (state, event) = match self.kind()? {
            Kind::BlockEntry if indentless => (State::IndentlessEntry, Event::SequenceStart),
            Kind::Scalar(..) => {
                let Kind::Scalar(text, plain) = self.take()?.kind else {
                    return fault(start, mark, "did not find expected node content");
                };
                self.resume();
                (self.state, Event::Scalar(text, plain))
            }
            Kind::FlowSequenceStart => (State::FlowEntry { first: true }, Event::SequenceStart),
            Kind::FlowMappingStart => (State::FlowKey { first: true }, Event::MappingStart),
            Kind::BlockSequenceStart if block => (State::BlockEntry { first: true }, Event::SequenceStart),
            Kind::BlockMappingStart if block => (State::BlockKey { first: true }, Event::MappingStart),
            _ if !bare => {
                self.resume();
                (self.state, Event::Scalar(String::new(), true))
            }
            _ => return fault(start, mark, "did not find expected node content"),
        };
        self.state = state;
        Ok(Placed {
            event,
            properties,
            mark: start,
        })
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
            self.take()?;
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

    /// A node after which `then` follows; an empty one if the token that comes next is one of `ends`.
    fn node_unless(&mut self, ends: &[Kind], then: State, block: bool, indentless: bool, mark: Mark) -> Step<Placed> {
        if ends.contains(self.kind()?) {
            self.state = then;
            return empty(mark);
        }
        self.states.push(then);
        self.node(block, indentless)
    }

    fn block_entry(&mut self, first: bool) -> Step<Placed> {
        self.open(first)?;
        match self.kind()? {
            Kind::BlockEntry => {
                let mark = self.take()?.start;
                let ends = [Kind::BlockEntry, Kind::BlockEnd];
                self.node_unless(&ends, State::BlockEntry { first: false }, true, false, mark)
            }
            Kind::BlockEnd => self.close(),
            _ => self.fault_within("did not find expected '-' indicator"),
        }
    }

    fn indentless_entry(&mut self) -> Step<Placed> {
        if *self.kind()? != Kind::BlockEntry {
            self.resume();
            return placed(Event::CollectionEnd, self.start()?);
        }
        let mark = self.take()?.start;
        let ends = [Kind::BlockEntry, Kind::Key, Kind::Value, Kind::BlockEnd];
        self.node_unless(&ends, State::IndentlessEntry, true, false, mark)
    }

    fn block_key(&mut self, first: bool) -> Step<Placed> {
        self.open(first)?;
        match self.kind()? {
            Kind::Key => {
                let mark = self.take()?.start;
                let ends = [Kind::Key, Kind::Value, Kind::BlockEnd];
                self.node_unless(&ends, State::BlockValue, true, true, mark)
            }
            Kind::BlockEnd => self.close(),
            _ => self.fault_within("did not find expected key"),
        }
    }

    fn block_value(&mut self) -> Step<Placed> {
        let then = State::BlockKey { first: false };
        let mark = self.start()?;
        if *self.kind()? != Kind::Value {
            self.state = then;
            return empty(mark);
        }
        self.take()?;
        self.node_unless(&[Kind::Key, Kind::Value, Kind::BlockEnd], then, true, true, mark)
    }

    /// Passes the comma before an entry that is not the first.
    fn separator(&mut self, first: bool, problem: &str) -> Step {
        if !first {
            if *self.kind()? != Kind::FlowEntry {
                return self.fault_within(problem);
            }
            self.take()?;
        }
        Ok(())
    }

    fn flow_entry(&mut self, first: bool) -> Step<Placed> {
        const END: Kind = Kind::FlowSequenceEnd;
        self.open(first)?;
        if *self.kind()? == END {
            return self.close();
        }
        self.separator(first, "did not find expected ',' or ']'")?;
        match self.kind()? {
            Kind::Key => {
                // A mapping of one pair.
                self.state = State::FlowPairKey;
                let mark = self.take()?.start;
                placed(Event::MappingStart, mark)
            }
            Kind::FlowSequenceEnd => self.close(),
            _ => {
                self.states.push(State::FlowEntry { first: false });
                self.node(false, false)
            }
        }
    }

    fn flow_pair_key(&mut self) -> Step<Placed> {
        if matches!(self.kind()?, Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd) {
            // As in the library, which passes over what it has seen.
            self.state = State::FlowPairValue;
            let mark = self.take()?.start;
            return empty(mark);
        }
        self.states.push(State::FlowPairValue);
        self.node(false, false)
    }

    fn flow_pair_value(&mut self) -> Step<Placed> {
        self.flow_value_then(State::FlowPairEnd, &Kind::FlowSequenceEnd)
    }

    /// The value behind a key in brackets, which may be missing.
    fn flow_value_then(&mut self, then: State, end: &Kind) -> Step<Placed> {
        let mark = self.start()?;
        if *self.kind()? != Kind::Value {
            self.state = then;
            return empty(mark);
        }
        self.take()?;
        let mark = self.start()?;
        self.node_unless(&[Kind::FlowEntry, end.clone()], then, false, false, mark)
    }

    fn flow_key(&mut self, first: bool) -> Step<Placed> {
        const END: Kind = Kind::FlowMappingEnd;
        self.open(first)?;
        if *self.kind()? == END {
            return self.close();
        }
        self.separator(first, "did not find expected ',' or '}'")?;
        match self.kind()? {
            Kind::Key => {
                self.take()?;
                let mark = self.start()?;
                self.node_unless(&[Kind::Value, Kind::FlowEntry, END], State::FlowValue, false, false, mark)
            }
            Kind::FlowMappingEnd => self.close(),
            _ => {
                self.states.push(State::FlowEmptyValue);
                self.node(false, false)
            }
        }
    }

    fn flow_value(&mut self, missing: bool) -> Step<Placed> {
        let then = State::FlowKey { first: false };
        if missing {
            self.state = then;
            return empty(self.start()?);
        }
        self.flow_value_then(then, &Kind::FlowMappingEnd)
    }
}
