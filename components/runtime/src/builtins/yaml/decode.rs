//! Nodes to data: aliases followed, keys made strings, mappings merged, duplicates dropped.
//!
//! Aliases make small texts large. As in the library that OPA uses, what comes from them may be only so much of the whole.

use super::nodes::{Builder, Content, Id, Node};
use super::resolve::{Meaning, tagged};
use super::source::Fault;
use crate::builtins::double;
use crate::builtins::quote::quote;
use crate::builtins::tree::Tree;
use std::collections::BTreeMap;

/// A document, or a part of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Nothing.
    Null,
    /// A boolean.
    Boolean(bool),
    /// An integer by its text.
    Integer(String),
    /// A double.
    Float(f64),
    /// A string.
    String(String),
    /// Elements.
    List(Vec<Data>),
    /// Pairs by key.
    Map(BTreeMap<String, Data>),
    /// A mapping with a key that cannot be one, in words.
    Unkeyed(String),
}

struct Decoder<'a> {
    nodes: &'a [Node],
    /// Aliases that are being followed.
    open: Vec<Id>,
    decoded: u64,
    by_alias: u64,
    /// Mistakes that do not end decoding at once.
    mistakes: Vec<String>,
    /// Moments without a tag stay strings, and of equal keys the last counts.
    lenient: bool,
}

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

/// The first document of a text. All others have to be well-formed. `lenient` as OPA reads YAML; else as it reads JSON that is to become YAML.
pub fn load(text: &[u8], lenient: bool) -> Step<Data> {
    let mut builder = Builder::new(text)?;
    let first = builder.document()?;
    while first.is_some() && builder.document()?.is_some() {}
    let Some(root) = first else {
        return Ok(Data::Null);
    };
    let mut decoder = Decoder {
        nodes: &builder.nodes,
        open: Vec::new(),
        decoded: 0,
        by_alias: 0,
        mistakes: Vec::new(),
        lenient,
    };
    let data = decoder.data(root)?;
    if decoder.mistakes.is_empty() {
        return Ok(data);
    }
    Err(Fault::new(&["unmarshal errors:\n  ", &decoder.mistakes.join("\n  ")].concat()))
}

impl<'a> Decoder<'a> {
    fn node(&self, id: Id) -> Step<&'a Node> {
        self.nodes.get(id).ok_or_else(|| Fault::new("unknown node"))
    }

    /// Counts a step.
    fn count(&mut self) -> Step {
        self.decoded += 1;
        self.by_alias += u64::from(!self.open.is_empty());
        let share = self.by_alias as f64 / self.decoded as f64;
        if self.by_alias > 100 && self.decoded > 1000 && share > allowed_share(self.decoded) {
            return Err(Fault::new("document contains excessive aliasing"));
        }
        Ok(())
    }

    /// Follows an alias.
    fn follow<T>(&mut self, alias: Id, name: &str, target: Id, then: impl FnOnce(&mut Self, Id) -> Step<T>) -> Step<T> {
        if self.open.contains(&alias) {
            return Err(Fault::new(&["anchor '", name, "' value contains itself"].concat()));
        }
        if self.open.len() > super::scan::DEPTH_MAX {
            return Err(Fault::new(super::scan::TOO_DEEP));
        }
        self.open.push(alias);
        let result = then(self, target);
        self.open.pop();
        result
    }

    fn meaning(&self, node: &Node, text: &str) -> Step<Meaning> {
        if node.tag == "!!timestamp" && node.plain && self.lenient {
            return Ok(Meaning::String);
        }
        tagged(&node.tag, text)
    }

    fn data(&mut self, id: Id) -> Step<Data> {
        self.count()?;
        let node = self.node(id)?;
        match &node.content {
            Content::Alias(target, name) => self.follow(id, name, *target, Self::data),
            Content::Scalar(text) => {
                if node.tag == "!!binary" {
                    return binary(text);
                }
                Ok(match self.meaning(node, text)? {
                    Meaning::Timestamp => Data::String(moment(text)),
                    meaning => scalar(meaning, text),
                })
            }
            Content::Sequence(elements) => {
                let data = elements.iter().map(|element| self.data(*element));
                Ok(Data::List(data.collect::<Step<_>>()?))
            }
            Content::Mapping(_) => {
                let mut map = BTreeMap::new();
                let mut unkeyed = None;
                self.mapping(id, &mut map, &mut unkeyed, None)?;
                Ok(match unkeyed {
                    Some(problem) => Data::Unkeyed(problem),
                    None => Data::Map(map),
                })
            }
        }
    }

    fn is_merge(&self, id: Id) -> bool {
        self.nodes
            .get(id)
            .is_some_and(|node| node.tag == "!!merge" && matches!(&node.content, Content::Scalar(text) if text == "<<"))
    }

    /// The pairs of a mapping that count: of equal keys the first one's place and the last one's value; several merges as one.
    fn pairs(&mut self, pairs: &[(Id, Id)]) -> Step<(Pairs, Vec<Id>)> {
        let mut kept: Pairs = Vec::with_capacity(pairs.len());
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut merges = Vec::new();
        for (key, value) in pairs {
            if self.is_merge(*key) {
                merges.push(*value);
                continue;
            }
            let node = self.node(*key)?;
            if let Content::Scalar(text) = &node.content
                && let Ok(meaning) = self.meaning(node, text)
                && let Some(name) = key_of(&scalar(meaning, text))
            {
                if let Some(place) = places.get(&name) {
                    if let Some(pair) = kept.get_mut(*place) {
                        pair.1 = *value;
                    }
                    continue;
                }
                places.insert(name, kept.len());
            }
            kept.push((*key, *value));
        }
        Ok((kept, merges))
    }

    /// Notes keys that come twice and could not be told to be the same.
    fn note_duplicates(&mut self, pairs: &[(Id, Id)]) -> bool {
        let label = |id: &Id| {
            let node = self.nodes.get(*id)?;
            Some(match &node.content {
                Content::Scalar(text) => (0, text.as_str(), node.line),
                Content::Alias(_, name) => (1, name.as_str(), node.line),
                Content::Sequence(_) => (2, "", node.line),
                Content::Mapping(_) => (3, "", node.line),
            })
        };
        let labels: Vec<_> = pairs.iter().filter_map(|(key, _)| label(key)).collect();
        let mut sorted: Vec<_> = labels.iter().map(|(kind, text, _)| (*kind, *text)).collect();
        sorted.sort_unstable();
        if sorted.windows(2).all(|pair| pair[0] != pair[1]) {
            return false;
        }
        let mut seen: BTreeMap<(u8, &str), Vec<usize>> = BTreeMap::new();
        labels
            .iter()
            .for_each(|(kind, text, line)| seen.entry((*kind, text)).or_default().push(*line));
        let mut found = Vec::new();
        for (kind, text, line) in &labels {
            let lines = seen.get(&(*kind, *text)).map(Vec::as_slice).unwrap_or_default();
            for later in lines.iter().filter(|later| *later > line) {
                let mut quoted = Vec::new();
                quote(text.as_bytes(), false, &mut quoted);
                let quoted = String::from_utf8_lossy(&quoted).into_owned();
                found.push(
                    [
                        "line ",
                        &later.to_string(),
                        ": mapping key ",
                        &quoted,
                        " already defined at line ",
                        &line.to_string(),
                    ]
                    .concat(),
                );
            }
        }
        self.mistakes.extend(found);
        true
    }

    /// Decodes a mapping into pairs. `taken`: keys that are not to be set any more, when it is merged into another.
    fn mapping(
        &mut self,
        id: Id,
        map: &mut BTreeMap<String, Data>,
        unkeyed: &mut Option<String>,
        mut taken: Option<&mut Vec<String>>,
    ) -> Step {
        let Content::Mapping(pairs) = &self.node(id)?.content else {
            return Ok(());
        };
        let (pairs, merges) = self.pairs(pairs)?;
        if self.note_duplicates(&pairs) {
            return Ok(());
        }
        let mut own = Vec::new();
        for (key, value) in &pairs {
            let key = self.data(*key)?;
            if matches!(key, Data::List(_) | Data::Map(_) | Data::Unkeyed(_)) {
                return Err(Fault::new(&["invalid map key: ", &go_syntax(&key)].concat()));
            }
            let name = key_of(&key);
            if let (Some(taken), Some(name)) = (taken.as_deref_mut(), &name) {
                if taken.contains(name) {
                    continue;
                }
                taken.push(name.clone());
            }
            let value = self.data(*value)?;
            match name {
                Some(name) => {
                    if !merges.is_empty() {
                        own.push(name.clone());
                    }
                    map.insert(name, value);
                }
                None => {
                    let problem = ["unsupported map key of type: %!s(<nil>), key: <nil>, value: ", &go_syntax(&value)];
                    unkeyed.get_or_insert_with(|| problem.concat());
                }
            }
        }
        for merge in merges {
            match &mut taken {
                Some(taken) => self.merge(merge, map, unkeyed, taken)?,
                None => self.merge(merge, map, unkeyed, &mut own)?,
            }
        }
        Ok(())
    }

    /// Merges one mapping, or a sequence of them.
    fn merge(&mut self, id: Id, map: &mut BTreeMap<String, Data>, unkeyed: &mut Option<String>, taken: &mut Vec<String>) -> Step {
        match &self.node(id)?.content {
            Content::Sequence(elements) => elements
                .iter()
                .try_for_each(|element| self.merge_one(*element, map, unkeyed, taken)),
            _ => self.merge_one(id, map, unkeyed, taken),
        }
    }

    fn merge_one(&mut self, id: Id, map: &mut BTreeMap<String, Data>, unkeyed: &mut Option<String>, taken: &mut Vec<String>) -> Step {
        self.count()?;
        match &self.node(id)?.content {
            Content::Mapping(_) => self.mapping(id, map, unkeyed, Some(taken)),
            Content::Alias(target, name) if matches!(self.node(*target)?.content, Content::Mapping(_)) => {
                self.follow(id, name, *target, |decoder, target| {
                    decoder.count()?;
                    decoder.mapping(target, map, unkeyed, Some(taken))
                })
            }
            _ => Err(Fault::new("map merge requires map or sequence of maps as the value")),
        }
    }
}

fn scalar(meaning: Meaning, text: &str) -> Data {
    match meaning {
        Meaning::Null | Meaning::Timestamp => Data::Null,
        Meaning::Boolean(value) => Data::Boolean(value),
        Meaning::Integer(text) => Data::Integer(text),
        Meaning::Float(double) => Data::Float(double),
        Meaning::String => Data::String(text.to_owned()),
        Meaning::Merge => Data::String("<<".to_owned()),
    }
}

/// The bytes of a scalar in base64, as far as they are text.
fn binary(text: &str) -> Step<Data> {
    let bytes = crate::builtins::base64::codec::decode_standard(text.as_bytes());
    let bytes = bytes.map_err(|_| Fault::new("!!binary value contains invalid base64 data"))?;
    let mut out = String::new();
    for (rune, _) in crate::builtins::text::Runes(&bytes) {
        out.push(char::from_u32(rune).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Ok(Data::String(out))
}

/// A moment as Go's JSON writes it, if it is a day; others keep their text.
fn moment(text: &str) -> String {
    match text.as_bytes() {
        [_, _, _, _, b'-', _, _, b'-', _, _] => [text, "T00:00:00Z"].concat(),
        _ => text.replacen([' ', 't'], "T", 1),
    }
}

/// The string that stands for a scalar as a key.
fn key_of(key: &Data) -> Option<String> {
    Some(match key {
        Data::String(text) | Data::Integer(text) => text.clone(),
        Data::Boolean(value) => if *value { "true" } else { "false" }.to_owned(),
        Data::Float(double) if double.is_nan() => ".nan".to_owned(),
        Data::Float(double) if double.is_infinite() => if *double > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        Data::Float(double) => {
            let mut out = Vec::new();
            double::write_single(*double, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        }
        _ => return None,
    })
}

/// Data as Go's `%#v` shows it.
fn go_syntax(data: &Data) -> String {
    let inner = |data: &Data| match data {
        Data::Null => "interface {}(nil)".to_owned(),
        data => go_syntax(data),
    };
    let quoted = |text: &str| {
        let mut out = Vec::new();
        quote(text.as_bytes(), false, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    };
    match data {
        Data::Null => "<nil>".to_owned(),
        Data::Boolean(value) => if *value { "true" } else { "false" }.to_owned(),
        Data::Integer(text) => text.clone(),
        Data::Float(double) => {
            let mut out = Vec::new();
            double::write_general(*double, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        }
        Data::String(text) => quoted(text),
        Data::List(elements) => {
            let elements: Vec<String> = elements.iter().map(inner).collect();
            ["[]interface {}{", &elements.join(", "), "}"].concat()
        }
        Data::Map(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| [quoted(key), inner(value)].join(":")).collect();
            ["map[string]interface {}{", &pairs.join(", "), "}"].concat()
        }
        Data::Unkeyed(_) => "map[interface {}]interface {}{}".to_owned(),
    }
}

/// The JSON document of data, or why it has none.
pub fn to_tree(data: Data) -> Result<Tree, String> {
    Ok(match data {
        Data::Null => Tree::Null,
        Data::Boolean(value) => Tree::Boolean(value),
        Data::Integer(text) => Tree::Number(text.into()),
        Data::Float(double) if !double.is_finite() => {
            let mut name = Vec::new();
            double::write_general(double, &mut name);
            return Err(["json: unsupported value: ", &String::from_utf8_lossy(&name)].concat());
        }
        Data::Float(double) => {
            let mut text = Vec::new();
            double::write_json(double, &mut text);
            Tree::Number(String::from_utf8_lossy(&text).into())
        }
        Data::String(text) => Tree::String(text.into()),
        Data::List(elements) => Tree::Array(elements.into_iter().map(to_tree).collect::<Result<_, _>>()?),
        Data::Map(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| Ok((key.into(), to_tree(value)?)));
            Tree::Object(pairs.collect::<Result<_, String>>()?)
        }
        Data::Unkeyed(problem) => return Err(problem),
    })
}
