//! Objects: a table of pairs.

use super::index::Index;
use super::table::{Found, Table};
use crate::compare::equal;
use crate::mem;
use crate::value::Value;
use warrego_abi::{self as abi, object as layout};

/// An object, by its header's address.
#[derive(Clone, Copy)]
pub struct Object(u32);

/// The pairs of an object.
#[derive(Clone)]
pub struct Pairs {
    at: u32,
    end: u32,
}

impl Iterator for Pairs {
    type Item = (Value, Value);

    #[inline]
    fn next(&mut self) -> Option<(Value, Value)> {
        if self.at == self.end {
            return None;
        }
        let pair = (Value::from_word(mem::load64(self.at)), Value::from_word(mem::load64(self.at + 8)));
        self.at += 16;
        Some(pair)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = ((self.end - self.at) / 16) as usize;
        (len, Some(len))
    }
}

impl ExactSizeIterator for Pairs {}

impl Object {
    /// The object whose header is at an address.
    pub const fn at(address: u32) -> Object {
        Object(address)
    }

    const fn table(self) -> Table {
        Table(self.0, 16)
    }

    /// An empty object with room for some pairs.
    pub fn with_capacity(cap: u32) -> Object {
        Object(Table::with_capacity(16, cap).0)
    }

    /// An empty object.
    pub fn new() -> Object {
        Object::with_capacity(4)
    }

    /// An empty object that nobody may add to.
    #[inline(always)]
    pub fn empty() -> Object {
        #[repr(align(8))]
        struct Header([u32; layout::SIZE as usize / 4]);
        static EMPTY: Header = {
            let mut header = Header([0; layout::SIZE as usize / 4]);
            header.0[layout::FLAGS as usize / 4] = abi::SORTED;
            header
        };
        Object(mem::address(EMPTY.0.as_ptr().cast::<u8>()))
    }

    /// Makes an object of pairs that were written at an address and may repeat keys: the last one wins.
    pub(crate) fn settle(header: u32, entries: u32, len: u32) -> Object {
        let table = Table(header, 16);
        table.init(entries, len, len, 0);
        table.settle();
        Object(header)
    }

    /// The value.
    #[inline]
    pub fn value(self) -> Value {
        if self.0 == 0 {
            return Value::ERROR;
        }
        Value::from_word(abi::header(abi::OBJECT, self.0))
    }

    /// How many pairs.
    #[inline]
    pub fn len(self) -> u32 {
        self.table().len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    #[inline]
    pub fn get(self, key: Value) -> Option<Value> {
        match self.table().find(key) {
            Found::At(position) => Some(self.value_at(position)),
            Found::Nothing(_) => None,
        }
    }

    /// The value of a key that is a string.
    #[inline]
    pub fn get_string(self, key: Value) -> Option<Value> {
        match self.table().find_string(key) {
            Found::At(position) => Some(self.value_at(position)),
            Found::Nothing(_) => None,
        }
    }

    /// The value of a key that is a string with these bytes.
    pub fn get_bytes(self, key: &'static [u8]) -> Option<Value> {
        self.get_string(Value::string_static(key))
    }

    #[inline]
    fn value_at(self, position: u32) -> Value {
        Value::from_word(mem::load64(self.table().entries().at(position) + 8))
    }

    /// Sets the value of a key. A key that is there stays as it is written.
    pub fn insert(self, key: Value, value: Value) {
        match self.table().find(key) {
            Found::At(position) => mem::store64(self.table().entries().at(position) + 8, value.word()),
            Found::Nothing(hash) => self.table().push(key, value, hash),
        }
    }

    /// Sets the value of a key, which from now on is written as here (`1.0` for `1`).
    pub fn insert_written_anew(self, key: Value, value: Value) {
        match self.table().find(key) {
            Found::At(position) => {
                let entry = self.table().entries().at(position);
                mem::store64(entry, key.word());
                mem::store64(entry + 8, value.word());
            }
            Found::Nothing(hash) => self.table().push(key, value, hash),
        }
    }

    /// Sets the value of a key; `false` if it has another value already, which stays.
    pub fn insert_once(self, key: Value, value: Value) -> bool {
        match self.table().find(key) {
            Found::At(position) => equal(self.value_at(position), value),
            Found::Nothing(hash) => {
                self.table().push(key, value, hash);
                true
            }
        }
    }

    /// Removes a key.
    pub(crate) fn remove(self, key: Value) {
        if let Found::At(position) = self.table().find(key) {
            self.table().remove(position);
        }
    }

    /// Fills an empty index and makes it this sorted object's, unless the keys defeat it.
    pub(crate) fn index_by(self, index: Index) {
        self.table().index_by(index);
    }

    /// Puts the pairs into Rego's order and gives the address of the first.
    pub fn sorted(self) -> u32 {
        self.table().sort();
        self.table().entries().start
    }

    /// The pairs in Rego's order.
    pub fn iter(self) -> Pairs {
        self.table().sort();
        self.iter_unordered()
    }

    /// The pairs in any order.
    pub fn iter_unordered(self) -> Pairs {
        let (at, len) = match self.len() {
            0 => (8, 0),
            len => (self.table().entries().start, len),
        };
        Pairs { at, end: at + len * 16 }
    }

    /// A copy with room for more pairs, which shares keys and values.
    pub fn duplicate(self, more: u32) -> Object {
        Object(self.table().duplicate(more).0)
    }
}

impl Default for Object {
    fn default() -> Self {
        Object::new()
    }
}

impl IntoIterator for Object {
    type Item = (Value, Value);
    type IntoIter = Pairs;

    fn into_iter(self) -> Pairs {
        self.iter()
    }
}
