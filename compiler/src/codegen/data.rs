//! Static data: constants and base documents, laid out at compile time in the form in which they are used (D5 of the design: sorted, hashed,
//! ready to be pointed at). Addresses are final: the data begins at [`STATIC_BASE`].

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;
use warrego_abi::{self as abi, STATIC_BASE, Word, array, index, object, set};

use crate::budget;
use crate::optimise::constants::Const;
use crate::optimise::projection::Projection;

/// Static data under construction.
#[derive(Debug, Default)]
pub struct Data {
    bytes: Vec<u8>,
    strings: HashMap<Box<[u8]>, Word>,
    values: HashMap<Const, Word>,
}

/// Static data became larger than Wasm's memory or a string longer than a word can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl Data {
    /// The bytes laid out so far.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many bytes are laid out so far.
    pub fn len(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Whether nothing is laid out yet.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A string's word; equal strings have the same.
    pub fn string(&mut self, text: &[u8]) -> Result<Word, TooLarge> {
        if let Some(&word) = self.strings.get(text) {
            return Ok(word);
        }
        let word = self.slice(abi::STRING, text)?;
        self.strings.insert(text.into(), word);
        Ok(word)
    }

    /// A number's word, from its text.
    pub fn number(&mut self, text: &str) -> Result<Word, TooLarge> {
        match small_int(text).and_then(abi::int) {
            Some(word) => Ok(word),
            None => {
                let word = self.string(text.as_bytes())?;
                Ok(word & !abi::TAG_MASK | abi::NUMBER_TEXT)
            }
        }
    }

    /// A constant's word; equal constants have the same.
    pub fn constant(&mut self, value: &Const) -> Result<Word, TooLarge> {
        let composite = match value {
            Const::Null => return Ok(abi::NULL),
            Const::Bool(false) => return Ok(abi::FALSE),
            Const::Bool(true) => return Ok(abi::TRUE),
            Const::Number(text) => return self.number(text),
            Const::String(text) => return self.string(text.as_bytes()),
            composite => composite,
        };
        budget::tick();
        if let Some(&word) = self.values.get(composite) {
            return Ok(word);
        }
        let word = match composite {
            Const::Array(items) => {
                let words = items.iter().map(|item| self.constant(item)).collect::<Result<Vec<_>, _>>()?;
                self.array(&words)?
            }
            Const::Set(items) => {
                let mut items: Vec<&Const> = items.iter().collect();
                items.sort_by(|a, b| compare(a, b));
                items.dedup_by(|a, b| compare(a, b) == Ordering::Equal);
                let words = items.iter().map(|item| self.constant(item)).collect::<Result<Vec<_>, _>>()?;
                let hashes: Option<Vec<u32>> = items.iter().map(|item| hash(item)).collect();
                self.set(&words, hashes.as_deref())?
            }
            Const::Object(entries) => {
                let mut last: Vec<&(Const, Const)> = entries.iter().collect();
                last.reverse();
                last.sort_by(|a, b| compare(&a.0, &b.0));
                last.dedup_by(|later, kept| compare(&later.0, &kept.0) == Ordering::Equal);
                let mut words = Vec::with_capacity(last.len());
                for (key, value) in &last {
                    words.push((self.constant(key)?, self.constant(value)?));
                }
                let hashes: Option<Vec<u32>> = last.iter().map(|(key, _)| hash(key)).collect();
                self.object(&words, hashes.as_deref())?
            }
            _ => abi::UNDEFINED,
        };
        self.values.insert(composite.clone(), word);
        Ok(word)
    }

    /// A document's word.
    pub fn json(&mut self, value: &Json) -> Result<Word, TooLarge> {
        match value {
            Json::Null => Ok(abi::NULL),
            Json::Bool(value) => Ok(if *value { abi::TRUE } else { abi::FALSE }),
            Json::Number(number) => self.number(&number.to_string()),
            Json::String(text) => self.string(text.as_bytes()),
            Json::Array(items) => {
                let words = items.iter().map(|item| self.json(item)).collect::<Result<Vec<_>, _>>()?;
                self.array(&words)
            }
            Json::Object(entries) => {
                let mut entries: Vec<(&String, &Json)> = entries.iter().collect();
                entries.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
                let mut words = Vec::with_capacity(entries.len());
                for (key, value) in &entries {
                    words.push((self.string(key.as_bytes())?, self.json(value)?));
                }
                let hashes: Vec<u32> = entries.iter().map(|(key, _)| abi::hash_bytes(key.as_bytes())).collect();
                self.object(&words, Some(&hashes))
            }
        }
    }

    /// A tree of paths: objects, and `true` where a path ends. What is below the end of a path does not show.
    pub fn paths(&mut self, paths: &[Vec<String>]) -> Result<Word, TooLarge> {
        #[derive(Default)]
        struct Node<'p> {
            ends: bool,
            children: BTreeMap<&'p str, usize>,
        }
        let mut nodes = vec![Node::default()];
        for path in paths {
            let mut at = 0;
            for step in path {
                let new = nodes.len();
                at = *nodes[at].children.entry(step).or_insert(new);
                if at == new {
                    nodes.push(Node::default());
                }
            }
            nodes[at].ends = true;
        }
        // Children come after their parents.
        let mut words = vec![abi::TRUE; nodes.len()];
        for (at, node) in nodes.iter().enumerate().rev().filter(|(_, node)| !node.ends) {
            let mut entries = Vec::with_capacity(node.children.len());
            for (key, child) in &node.children {
                entries.push((self.string(key.as_bytes())?, words[*child]));
            }
            let hashes: Vec<u32> = node.children.keys().map(|key| abi::hash_bytes(key.as_bytes())).collect();
            words[at] = self.object(&entries, Some(&hashes))?;
        }
        Ok(words[0])
    }

    /// An object from words; the keys are in Rego's order.
    pub fn object(&mut self, entries: &[(Word, Word)], hashes: Option<&[u32]>) -> Result<Word, TooLarge> {
        self.align();
        let items = self.address()?;
        for (key, value) in entries {
            self.bytes.extend(key.to_le_bytes());
            self.bytes.extend(value.to_le_bytes());
        }
        let index = self.index(hashes)?;
        let address = self.header(
            object::SIZE,
            &[
                (object::ENTRIES, items),
                (object::LEN, entries.len() as u32),
                (object::CAP, entries.len() as u32),
                (object::FLAGS, abi::SORTED),
                (object::INDEX, index),
            ],
        )?;
        Ok(abi::header(abi::OBJECT, address))
    }

    /// An array from words.
    pub fn array(&mut self, words: &[Word]) -> Result<Word, TooLarge> {
        let items = self.words(words)?;
        let fields = [
            (array::ITEMS, items),
            (array::LEN, words.len() as u32),
            (array::CAP, words.len() as u32),
        ];
        Ok(abi::header(abi::ARRAY, self.header(array::SIZE, &fields)?))
    }

    /// A projection's address; 0 if everything is read.
    pub fn projection(&mut self, projection: &Projection) -> Result<u32, TooLarge> {
        use abi::projection::{CHILD, ELEMENTS, FIELD, FIELD_COUNT, FIELDS, FLAGS, NODE, WHOLE};
        if projection.whole() {
            return Ok(0);
        }
        let mut tables = Vec::with_capacity(projection.nodes.len());
        for node in &projection.nodes {
            let fields = node.in_order();
            let mut words = Vec::with_capacity(fields.len());
            for (key, child) in fields {
                words.push((self.string(key.as_bytes())?, child as u32, abi::hash_bytes(key.as_bytes())));
            }
            self.align();
            tables.push((self.address()?, words.len() as u32));
            for (key, child, hash) in words {
                self.bytes.extend(key.to_le_bytes());
                self.bytes.extend(child.to_le_bytes());
                self.bytes.extend(hash.to_le_bytes());
            }
            debug_assert_eq!(FIELD, 16);
        }
        self.align();
        let address = self.address()?;
        for (node, (fields, count)) in projection.nodes.iter().zip(tables) {
            let mut flags = if node.whole { WHOLE } else { 0 };
            flags |= if node.elements.is_some() { ELEMENTS } else { 0 };
            self.header(
                NODE,
                &[
                    (FLAGS, flags),
                    (CHILD, node.elements.unwrap_or(0) as u32),
                    (FIELDS, fields),
                    (FIELD_COUNT, count),
                ],
            )?;
        }
        Ok(address)
    }

    /// Words at the next free address.
    pub fn words(&mut self, words: &[Word]) -> Result<u32, TooLarge> {
        self.align();
        let address = self.address()?;
        for word in words {
            self.bytes.extend(word.to_le_bytes());
        }
        Ok(address)
    }

    /// Bytes as they are, at the next free address (aligned to 8).
    pub fn raw(&mut self, bytes: &[u8]) -> Result<u32, TooLarge> {
        self.align();
        let address = self.address()?;
        self.bytes.extend_from_slice(bytes);
        Ok(address)
    }

    fn set(&mut self, words: &[Word], hashes: Option<&[u32]>) -> Result<Word, TooLarge> {
        let items = self.words(words)?;
        let index = self.index(hashes)?;
        let address = self.header(
            set::SIZE,
            &[
                (set::ITEMS, items),
                (set::LEN, words.len() as u32),
                (set::CAP, words.len() as u32),
                (set::FLAGS, abi::SORTED),
                (set::INDEX, index),
            ],
        )?;
        Ok(abi::header(abi::SET, address))
    }

    /// The hash index of a collection that is large enough for one; 0 if it is not, if a hash is not known, or if a key would lie further than
    /// [`index::FAR`] from its place. The runtime searches without an index then, by halving.
    fn index(&mut self, hashes: Option<&[u32]>) -> Result<u32, TooLarge> {
        let Some(hashes) = hashes.filter(|hashes| hashes.len() as u32 > index::THRESHOLD) else {
            return Ok(0);
        };
        let slots = (hashes.len() * 2).next_power_of_two();
        let mask = slots as u32 - 1;
        let mut table = vec![(0_u32, 0_u32); slots];
        for (position, &hash) in hashes.iter().enumerate() {
            let probed = (0..index::FAR).map(|far| (hash.wrapping_add(far) & mask) as usize);
            let Some(slot) = probed.into_iter().find(|&slot| table[slot].0 == 0) else {
                return Ok(0);
            };
            table[slot] = (position as u32 + 1, hash);
        }
        self.align();
        let address = self.address()?;
        self.bytes.extend(mask.to_le_bytes());
        self.bytes.extend(index::FAR.to_le_bytes());
        for (position, hash) in table {
            self.bytes.extend(position.to_le_bytes());
            self.bytes.extend(hash.to_le_bytes());
        }
        Ok(address)
    }

    fn header(&mut self, size: u32, fields: &[(u32, u32)]) -> Result<u32, TooLarge> {
        self.align();
        let address = self.address()?;
        let start = self.bytes.len();
        self.bytes.resize(start + size as usize, 0);
        for &(offset, value) in fields {
            let at = start + offset as usize;
            self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        Ok(address)
    }

    fn slice(&mut self, tag: Word, text: &[u8]) -> Result<Word, TooLarge> {
        let length = u32::try_from(text.len())
            .ok()
            .filter(|&length| length <= abi::LENGTH_MAX)
            .ok_or(TooLarge)?;
        let address = self.address()?;
        self.bytes.extend_from_slice(text);
        Ok(abi::slice(tag, address, length))
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
    }

    /// The next free address. Leaves room for the runtime above.
    fn address(&self) -> Result<u32, TooLarge> {
        let limit = u32::MAX - STATIC_BASE - (64 << 20);
        u32::try_from(self.bytes.len())
            .ok()
            .filter(|&length| length < limit)
            .map(|length| STATIC_BASE + length)
            .ok_or(TooLarge)
    }
}

/// The integer that a number's text stands for, if the text is that integer's own and it fits a word: not `1.0`, `-0`, `1e2`.
pub fn small_int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    if !canonical || text == "-0" {
        return None;
    }
    text.parse().ok().filter(|&value| abi::int(value).is_some())
}

/// Rego's order, for constants whose numbers are all small integers.
pub fn compare(a: &Const, b: &Const) -> Ordering {
    fn rank(value: &Const) -> u8 {
        match value {
            Const::Null => 0,
            Const::Bool(_) => 1,
            Const::Number(_) => 2,
            Const::String(_) => 3,
            Const::Array(_) => 4,
            Const::Object(_) => 5,
            Const::Set(_) => 6,
        }
    }
    match (a, b) {
        (Const::Bool(a), Const::Bool(b)) => a.cmp(b),
        (Const::Number(a), Const::Number(b)) => small_int(a).cmp(&small_int(b)),
        (Const::String(a), Const::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Const::Array(a), Const::Array(b)) => lexicographic(a.iter(), b.iter()),
        (Const::Set(a), Const::Set(b)) => {
            let sorted = |items: &[Const]| {
                let mut items = items.to_vec();
                items.sort_by(compare);
                items.dedup_by(|a, b| compare(a, b) == Ordering::Equal);
                items
            };
            lexicographic(sorted(a).iter(), sorted(b).iter())
        }
        (Const::Object(a), Const::Object(b)) => {
            let sorted = |entries: &[(Const, Const)]| {
                let mut entries: Vec<(Const, Const)> = entries.iter().rev().cloned().collect();
                entries.sort_by(|a, b| compare(&a.0, &b.0));
                entries.dedup_by(|later, kept| compare(&later.0, &kept.0) == Ordering::Equal);
                entries
            };
            // Keys and values in turn, as OPA compares objects.
            let flat = |entries: Vec<(Const, Const)>| entries.into_iter().flat_map(|(key, value)| [key, value]).collect::<Vec<_>>();
            lexicographic(flat(sorted(a)).iter(), flat(sorted(b)).iter())
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

fn lexicographic<'a>(mut a: impl Iterator<Item = &'a Const>, mut b: impl Iterator<Item = &'a Const>) -> Ordering {
    loop {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) => match compare(a, b) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
            (a, b) => return a.is_some().cmp(&b.is_some()),
        }
    }
}

/// The hash of a key that the compiler can hash: a string or a small integer.
fn hash(value: &Const) -> Option<u32> {
    match value {
        Const::String(text) => Some(abi::hash_bytes(text.as_bytes())),
        Const::Number(text) => small_int(text).map(abi::hash_int),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The index of a collection in the data.
    fn index_of(data: &Data, collection: Word, offset: u32) -> u32 {
        let at = ((collection >> 32) as u32 - STATIC_BASE + offset) as usize;
        u32::from_le_bytes(data.bytes[at..at + 4].try_into().unwrap())
    }

    /// Strings of one hash: the second word undoes what the first one did.
    fn colliding(count: usize) -> Vec<String> {
        let first = |number: u64| abi::hash_step(abi::HASH_SEED ^ 16, number);
        let ascii = |word: u64| word.to_le_bytes().iter().all(|byte| (b' '..0x7f).contains(byte));
        let digits = |number: u64| u64::from_le_bytes(format!("{number:08x}").as_bytes().try_into().unwrap());
        let target = first(digits(0)) ^ digits(0);
        let pairs = (0..u64::from(u32::MAX)).map(|number| [digits(number), first(digits(number)) ^ target]);
        let words = pairs.filter(|[_, second]| ascii(*second)).take(count);
        words
            .map(|words| words.iter().flat_map(|word| word.to_le_bytes()).map(char::from).collect())
            .collect()
    }

    #[test]
    fn no_index_where_keys_collide() {
        let keys = colliding(index::FAR as usize + 1);
        let hashes: Vec<u32> = keys.iter().map(|key| abi::hash_bytes(key.as_bytes())).collect();
        assert!(hashes.iter().all(|hash| *hash == hashes[0]));
        for (count, indexed) in [(index::FAR as usize, true), (index::FAR as usize + 1, false)] {
            let mut data = Data::default();
            let document = keys[..count].iter().map(|key| (key.clone(), Json::Null)).collect();
            let document = data.json(&Json::Object(document)).unwrap();
            assert_eq!(index_of(&data, document, object::INDEX) != 0, indexed);
            let items = keys[..count].iter().map(|key| Const::String(key.as_str().into())).collect();
            let set = data.constant(&Const::Set(items)).unwrap();
            assert_eq!(index_of(&data, set, set::INDEX) != 0, indexed);
        }
        let mut data = Data::default();
        let document = (0..10_000).map(|number| (format!("key {number}"), Json::Null)).collect();
        let document = data.json(&Json::Object(document)).unwrap();
        assert_ne!(index_of(&data, document, object::INDEX), 0);
    }
}
