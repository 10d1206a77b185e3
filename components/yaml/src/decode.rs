//! Nodes to a sink: aliases followed, keys made strings, mappings merged, duplicates dropped.
//!
//! Aliases make small texts large. As in the library that OPA uses, what comes from them may be only so much of the whole; and where many refer
//! to long strings, so many bytes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::nodes::{Builder, Content, Id, Node};
use crate::resolve::{self, Meaning, tagged};
use crate::source::Fault;
use crate::{Error, Floats, Sink};

/// How many bytes of strings aliases may add.
const ALIASED_MAX: usize = 256 << 20;

/// How many mistakes are listed.
const MISTAKES_MAX: usize = 100;

/// The share of decoding that aliases may cause, as a fraction.
fn allowed_share(decoded: u64) -> f64 {
    const LOW: u64 = 400_000;
    const HIGH: u64 = 4_000_000;
    match decoded {
        0..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * ((decoded - LOW) as f64 / (HIGH - LOW) as f64),
    }
}

type Step<T = ()> = Result<T, Fault>;

/// Keys and values.
type Pairs = Vec<(Id, Id)>;

/// What a scalar stands for.
enum Scalar<'a> {
    Null,
    Boolean(bool),
    Integer(String),
    Float(f64),
    Text(Cow<'a, str>),
    Moment(String),
}

/// A key of a mapping: what it is called in JSON, and what tells it from keys of other types. A key that JSON does not have has no name.
struct Key {
    name: Result<String, &'static str>,
    kind: char,
}

/// What is being decoded.
enum Frame {
    /// The alias that led to what is above it.
    Alias(Id),
    /// Elements from one on.
    Elements(Id, usize),
    /// The pairs of a mapping.
    Body(Body),
}

struct Body {
    pairs: Pairs,
    next: usize,
    /// Mappings to be merged, after the pairs.
    merges: Vec<Id>,
    merged: usize,
    /// All keys are strings: those of merged mappings count by their text.
    strings: bool,
    /// The frame of the object that this is merged into; its own object without one.
    into: Option<usize>,
    /// Keys that merged mappings cannot set any more.
    taken: Option<BTreeSet<(char, String)>>,
}

/// What a mapping's pairs come to.
struct Normal {
    pairs: Pairs,
    merges: Vec<Id>,
    /// Merge keys that are left beside the first.
    repeated: Option<Id>,
}

struct Decoder<'a, S> {
    nodes: &'a [Node],
    sink: &'a mut S,
    frames: Vec<Frame>,
    /// How many arrays and objects are open.
    depth: usize,
    /// Aliases that are being followed.
    open: BTreeSet<Id>,
    decoded: u64,
    by_alias: u64,
    aliased_bytes: usize,
    /// Mistakes that do not end decoding at once.
    mistakes: Vec<String>,
    /// What JSON does not have, found on the way: a key, then a number.
    unkeyed: Option<String>,
    unsupported: Option<&'static str>,
}

/// Reads the first document of a text; `null` if there is none. All others have to be well-formed.
///
/// # Errors
/// The text is not YAML, or has no form in JSON.
pub fn read<S: Sink>(text: &str, sink: &mut S) -> Result<(), Error> {
    let mut builder = Builder::new(text)?;
    let Some(root) = builder.document()? else {
        sink.null();
        return Ok(());
    };
    let first = builder.nodes.len();
    while builder.document()?.is_some() {
        builder.nodes.truncate(first);
    }
    let mut decoder = Decoder {
        nodes: &builder.nodes,
        sink,
        frames: Vec::new(),
        depth: 0,
        open: BTreeSet::new(),
        decoded: 0,
        by_alias: 0,
        aliased_bytes: 0,
        mistakes: Vec::new(),
        unkeyed: None,
        unsupported: None,
    };
    decoder.count()?;
    let nested = decoder.document(root)?;
    if !decoder.mistakes.is_empty() {
        return Err(Fault::new(&["unmarshal errors:\n  ", &decoder.mistakes.join("\n  ")].concat()).into());
    }
    let unsupported = decoder.unsupported.map(|what| ["json: unsupported value: ", what].concat());
    let too_deep = (!nested).then(|| match S::DEPTH_MAX {
        crate::DEPTH_MAX => "exceeded max depth".to_owned(),
        limit => ["yaml: exceeded max depth of ", &limit.to_string()].concat(),
    });
    match decoder.unkeyed.or(unsupported).or(too_deep) {
        Some(message) => Err(Error { line: 0, message }),
        None => Ok(()),
    }
}

impl<'a, S: Sink> Decoder<'a, S> {
    fn node(&self, id: Id) -> Step<&'a Node> {
        self.nodes.get(id).ok_or_else(|| Fault::new("unknown node"))
    }

    /// Counts a step.
    fn count(&mut self) -> Step {
        self.decoded += 1;
        self.by_alias += u64::from(!self.open.is_empty());
        let share = self.by_alias as f64 / self.decoded as f64;
        let excessive = self.by_alias > 100 && self.decoded > 1000 && share > allowed_share(self.decoded);
        if excessive || self.aliased_bytes > ALIASED_MAX {
            return Err(Fault::new("document contains excessive aliasing"));
        }
        Ok(())
    }

    /// Counts the bytes of a string.
    fn count_bytes(&mut self, text: &str) {
        if !self.open.is_empty() {
            self.aliased_bytes = self.aliased_bytes.saturating_add(text.len());
        }
    }

    fn mistake(&mut self, message: String) {
        if self.mistakes.len() < MISTAKES_MAX {
            self.mistakes.push(message);
        }
    }

    /// Begins to follow an alias.
    fn follow(&mut self, alias: Id, name: &str) -> Step {
        if !self.open.insert(alias) {
            return Err(Fault::new(&["anchor '", name, "' value contains itself"].concat()));
        }
        Ok(())
    }

    /// Decodes a document; `false` if it is nested too deeply.
    fn document(&mut self, root: Id) -> Step<bool> {
        self.value(root)?;
        while self.depth <= S::DEPTH_MAX {
            let place = self.frames.len().wrapping_sub(1);
            match self.frames.last_mut() {
                None => return Ok(true),
                Some(Frame::Alias(id)) => {
                    self.open.remove(&*id);
                    self.frames.pop();
                }
                Some(Frame::Elements(id, next)) => {
                    let (id, at) = (*id, *next);
                    *next += 1;
                    match self.nodes.get(id).map(|node| &node.content) {
                        Some(Content::Sequence(elements)) if at < elements.len() => {
                            let element = elements.get(at).copied().unwrap_or_default();
                            self.value(element)?;
                        }
                        _ => self.end(),
                    }
                }
                Some(Frame::Body(body)) => {
                    if let Some((key, value)) = body.pairs.get(body.next).copied() {
                        body.next += 1;
                        let (strings, into) = (body.strings, body.into);
                        self.pair(key, value, strings, into)?;
                    } else if let Some(merge) = body.merges.get(body.merged).copied() {
                        body.merged += 1;
                        let (strings, owner) = (body.strings, body.into.unwrap_or(place));
                        self.begin_merging(owner)?;
                        self.merge(merge, strings, owner)?;
                    } else if body.into.is_some() {
                        self.frames.pop();
                    } else {
                        self.end();
                    }
                }
            }
        }
        Ok(false)
    }

    /// Ends the array or object of the last frame.
    fn end(&mut self) {
        self.sink.end();
        self.depth -= 1;
        self.frames.pop();
    }

    /// Begins a value.
    fn value(&mut self, id: Id) -> Step {
        self.count()?;
        let mut id = id;
        if let Content::Alias(target, name) = &self.node(id)?.content {
            self.follow(id, name)?;
            self.frames.push(Frame::Alias(id));
            self.count()?;
            id = *target;
        }
        let node = self.node(id)?;
        match &node.content {
            Content::Alias(..) => {}
            Content::Scalar(text) => {
                let scalar = scalar::<S>(node, text)?;
                self.scalar(scalar);
            }
            Content::Sequence(_) => {
                self.sink.begin_array();
                self.depth += 1;
                self.frames.push(Frame::Elements(id, 0));
            }
            Content::Mapping(pairs) => {
                let strings = self.has_string_keys(pairs)?;
                self.sink.begin_object();
                self.depth += 1;
                self.body(pairs, strings, None)?;
            }
        }
        Ok(())
    }

    fn scalar(&mut self, scalar: Scalar<'_>) {
        match scalar {
            Scalar::Null => self.sink.null(),
            Scalar::Boolean(value) => self.sink.boolean(value),
            Scalar::Integer(digits) => self.sink.integer(&digits),
            Scalar::Float(value) if value.is_finite() => self.sink.float(value),
            Scalar::Float(value) => {
                let name = match value {
                    f64::INFINITY => "+Inf",
                    f64::NEG_INFINITY => "-Inf",
                    _ => "NaN",
                };
                self.unsupported.get_or_insert(name);
                self.sink.null();
            }
            Scalar::Text(text) => {
                self.count_bytes(&text);
                self.sink.string(&text);
            }
            Scalar::Moment(text) => self.sink.string(&text),
        }
    }

    /// The type of a key, for what depends on whether all are strings; `true` for strings and merges.
    fn has_string_keys(&self, pairs: &[(Id, Id)]) -> Step<bool> {
        for (key, _) in pairs {
            let mut node = self.node(*key)?;
            if let Content::Alias(target, _) = &node.content {
                node = self.node(*target)?;
            }
            let is_string = match (&*node.tag, &node.content) {
                ("!!str" | "!!merge", _) => true,
                ("", Content::Scalar(text)) => matches!(resolve::plain::<S>(text), Meaning::String | Meaning::Timestamp(_)),
                _ => false,
            };
            if !is_string {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Begins with the pairs of a mapping.
    fn body(&mut self, pairs: &[(Id, Id)], strings: bool, into: Option<usize>) -> Step {
        let mut normal = self.normal(pairs)?;
        if self.note_duplicates(&normal) {
            normal.pairs.clear();
            normal.merges.clear();
        }
        self.frames.push(Frame::Body(Body {
            pairs: normal.pairs,
            next: 0,
            merges: normal.merges,
            merged: 0,
            strings,
            into,
            taken: None,
        }));
        Ok(())
    }

    fn is_merge(&self, id: Id) -> bool {
        self.nodes
            .get(id)
            .is_some_and(|node| node.tag == "!!merge" && matches!(&node.content, Content::Scalar(text) if text == "<<"))
    }

    /// The pairs of a mapping that count: of equal keys the first one's place and the last one's value; several merges as one.
    fn normal(&mut self, pairs: &[(Id, Id)]) -> Step<Normal> {
        let mut normal = Normal {
            pairs: Vec::with_capacity(pairs.len()),
            merges: Vec::new(),
            repeated: None,
        };
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut keys: Vec<Id> = Vec::new();
        for (key, value) in pairs {
            if self.is_merge(*key) {
                keys.push(*key);
                match &self.node(*value)?.content {
                    Content::Sequence(elements) => normal.merges.extend(elements),
                    _ => normal.merges.push(*value),
                }
                continue;
            }
            let node = self.node(*key)?;
            // A moment is a string only after duplicates have been looked for.
            if let Content::Scalar(text) = &node.content
                && !(node.tag.is_empty() && matches!(resolve::plain::<S>(text), Meaning::Timestamp(_)))
                && let Ok(scalar) = scalar::<S>(node, text)
                && let Ok(name) = named::<S>(&scalar)
            {
                if let Some(place) = places.get(&name) {
                    if let Some(pair) = normal.pairs.get_mut(*place) {
                        pair.1 = *value;
                    }
                    continue;
                }
                places.insert(name, normal.pairs.len());
            }
            normal.pairs.push((*key, *value));
        }
        if normal.merges.len() < 2 {
            normal.repeated = keys.get(1).copied();
        }
        Ok(normal)
    }

    /// Notes keys that come twice and were not taken for the same.
    fn note_duplicates(&mut self, normal: &Normal) -> bool {
        let keys = normal.pairs.iter().map(|(key, _)| *key);
        let label = |id: Id| {
            let node = self.nodes.get(id)?;
            Some(match &node.content {
                Content::Scalar(text) => (0, text.as_str(), node.line),
                Content::Alias(_, name) => (1, name.as_str(), node.line),
                Content::Sequence(_) => (2, "", node.line),
                Content::Mapping(_) => (3, "", node.line),
            })
        };
        let mut labels: Vec<(u8, &str, usize)> = keys.filter_map(label).collect();
        labels.sort_unstable();
        let mut found = Vec::new();
        for pair in labels.windows(2) {
            if let [(kind, text, line), (other, same, later)] = pair
                && (kind, text) == (other, same)
            {
                found.push(duplicate(text, *line, *later));
            }
        }
        if let Some(node) = normal.repeated.and_then(|id| self.nodes.get(id)) {
            found.push(duplicate("<<", node.line, node.line));
        }
        let any = !found.is_empty();
        found.into_iter().for_each(|message| self.mistake(message));
        any
    }

    /// Reads a key; nothing if its pair is to be passed over.
    fn key(&mut self, id: Id, strings: bool) -> Step<Option<Key>> {
        self.count()?;
        let mut node = self.node(id)?;
        let alias = match &node.content {
            Content::Alias(target, name) => {
                self.follow(id, name)?;
                self.count()?;
                node = self.node(*target)?;
                true
            }
            _ => false,
        };
        let key = match &node.content {
            Content::Scalar(text) => {
                let scalar = scalar::<S>(node, text)?;
                match scalar {
                    Scalar::Null if strings => None,
                    Scalar::Text(text) => Some(Key {
                        name: Ok(text.into_owned()),
                        kind: 's',
                    }),
                    _ if strings => Some(Key {
                        name: Ok(text.clone()),
                        kind: 's',
                    }),
                    scalar => Some(Key {
                        name: named::<S>(&scalar),
                        kind: match scalar {
                            Scalar::Boolean(_) => 'b',
                            Scalar::Integer(_) => 'i',
                            Scalar::Float(_) => 'f',
                            _ => 'n',
                        },
                    }),
                }
            }
            _ if strings => {
                self.mistake(["line ", &node.line.to_string(), ": cannot unmarshal ", &node.tag, " into string"].concat());
                None
            }
            _ => return Err(Fault::new(&["invalid map key: ", &self.go_syntax(node, 0)].concat())),
        };
        if alias {
            self.open.remove(&id);
        }
        if let Some(Key { name: Ok(name), .. }) = &key {
            self.count_bytes(name);
        }
        Ok(key)
    }

    /// Reads a pair's key, and begins its value unless the key has been taken.
    fn pair(&mut self, key: Id, value: Id, strings: bool, into: Option<usize>) -> Step {
        let Some(key) = self.key(key, strings)? else {
            return Ok(());
        };
        if let Some(Frame::Body(owner)) = into.and_then(|owner| self.frames.get_mut(owner)) {
            let name = key.name.clone().unwrap_or_default();
            if !owner.taken.get_or_insert_default().insert((key.kind, name)) {
                return Ok(());
            }
        }
        match key.name {
            Ok(name) => self.sink.key(&name),
            Err(kind) => {
                let problem = [
                    "unsupported map key of type: ",
                    kind,
                    ", value: ",
                    &self.go_syntax(self.node(value)?, 0),
                ];
                self.unkeyed.get_or_insert_with(|| problem.concat());
                self.sink.key("");
            }
        }
        self.value(value)
    }

    /// Notes the keys of an object that mappings are merged into.
    fn begin_merging(&mut self, owner: usize) -> Step {
        let keys: Vec<Id> = match self.frames.get(owner) {
            Some(Frame::Body(body)) if body.taken.is_none() => body.pairs.iter().map(|(key, _)| *key).collect(),
            _ => return Ok(()),
        };
        // The merge key itself is one.
        self.count()?;
        let mut taken = BTreeSet::from([('s', "<<".to_owned())]);
        for key in keys {
            if let Some(key) = self.key(key, false)? {
                taken.insert((key.kind, key.name.unwrap_or_default()));
            }
        }
        if let Some(Frame::Body(body)) = self.frames.get_mut(owner) {
            body.taken = Some(taken);
        }
        Ok(())
    }

    /// Begins to merge a mapping.
    fn merge(&mut self, id: Id, strings: bool, owner: usize) -> Step {
        let refusal = || Err(Fault::new("map merge requires map or sequence of maps as the value"));
        let pairs = match &self.node(id)?.content {
            Content::Mapping(pairs) => pairs,
            Content::Alias(target, name) => {
                let Content::Mapping(pairs) = &self.node(*target)?.content else {
                    return refusal();
                };
                self.count()?;
                self.follow(id, name)?;
                self.frames.push(Frame::Alias(id));
                pairs
            }
            _ => return refusal(),
        };
        self.count()?;
        self.body(pairs, strings, Some(owner))
    }

    /// A node as Go's `%#v` shows it, as far as a message needs it.
    fn go_syntax(&self, node: &Node, depth: usize) -> String {
        const SHOWN: usize = 8;
        let inner = |id: &Id| match self.nodes.get(*id) {
            Some(node) if depth < SHOWN => match self.go_syntax(node, depth + 1) {
                text if text == "<nil>" => "interface {}(nil)".to_owned(),
                text => text,
            },
            _ => "...".to_owned(),
        };
        match &node.content {
            Content::Scalar(text) => match scalar::<S>(node, text) {
                Ok(Scalar::Null) => "<nil>".to_owned(),
                Ok(Scalar::Text(text)) => quoted(&text),
                _ => text.clone(),
            },
            Content::Alias(target, _) => match self.nodes.get(*target) {
                Some(node) if depth < SHOWN => self.go_syntax(node, depth + 1),
                _ => "...".to_owned(),
            },
            Content::Sequence(elements) => {
                let elements: Vec<String> = elements.iter().take(SHOWN).map(inner).collect();
                ["[]interface {}{", &elements.join(", "), "}"].concat()
            }
            Content::Mapping(pairs) => {
                let pair = |(key, value): &(Id, Id)| [inner(key), inner(value)].join(":");
                let pairs: Vec<String> = pairs.iter().take(SHOWN).map(pair).collect();
                ["map[string]interface {}{", &pairs.join(", "), "}"].concat()
            }
        }
    }
}

/// A string as Go quotes it, but for characters that nobody can see.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

pub(crate) fn duplicate(text: &str, line: usize, later: usize) -> String {
    let [line, later] = [line, later].map(|line| line.to_string());
    ["line ", &later, ": mapping key ", &quoted(text), " already defined at line ", &line].concat()
}

/// What a scalar stands for.
fn scalar<'a, S: Floats>(node: &'a Node, text: &'a str) -> Step<Scalar<'a>> {
    let meaning = match &*node.tag {
        "!!binary" => return Ok(Scalar::Text(Cow::Owned(binary(text)?))),
        "" => match resolve::plain::<S>(text) {
            Meaning::Timestamp(_) => Meaning::String,
            meaning => meaning,
        },
        tag => tagged::<S>(tag, text)?,
    };
    Ok(match meaning {
        Meaning::Null => Scalar::Null,
        Meaning::Boolean(value) => Scalar::Boolean(value),
        Meaning::Integer(digits) => Scalar::Integer(digits),
        Meaning::Float(value) => Scalar::Float(value),
        Meaning::String => Scalar::Text(Cow::Borrowed(text)),
        Meaning::Timestamp(moment) => Scalar::Moment(moment),
    })
}

/// The name of a scalar as a key, or Go's name of its type.
fn named<S: Floats>(scalar: &Scalar<'_>) -> Result<String, &'static str> {
    Ok(match scalar {
        Scalar::Text(text) => text.clone().into_owned(),
        Scalar::Integer(digits) => digits.clone(),
        Scalar::Boolean(value) => if *value { "true" } else { "false" }.to_owned(),
        Scalar::Float(value) if value.is_nan() => ".nan".to_owned(),
        // Go writes keys with 32 bits.
        Scalar::Float(value) if (*value as f32).is_infinite() => if *value > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        Scalar::Float(value) => S::float_key(*value),
        Scalar::Null => return Err("%!s(<nil>), key: <nil>"),
        Scalar::Moment(_) => return Err("time.Time"),
    })
}

/// The bytes of a scalar in base64, as far as they are text: each byte that is not becomes U+FFFD.
pub(crate) fn binary(text: &str) -> Step<String> {
    let bytes = base64(text).ok_or_else(|| Fault::new("!!binary value contains invalid base64 data"))?;
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| out.push(char::REPLACEMENT_CHARACTER));
    }
    Ok(out)
}

/// Decodes base64 as Go does: line breaks are passed over, padding is required, and bits that are left over do not matter.
fn base64(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let padding = letters.iter().rev().take(2).take_while(|letter| **letter == b'=').count();
    if !letters.len().is_multiple_of(4) {
        return None;
    }
    let digits = letters.get(..letters.len() - padding)?;
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 3);
    for group in digits.chunks(4) {
        let mut bits = 0u32;
        for letter in group {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        let [_, whole @ ..] = (bits << (6 * (4 - group.len()))).to_be_bytes();
        bytes.extend(whole.iter().take(group.len() - 1));
    }
    Some(bytes)
}

#[cfg(test)]
pub mod tests;
