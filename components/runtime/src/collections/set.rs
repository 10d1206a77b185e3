//! Sets: a table of elements.

use super::table::{Found, Table};
use super::{Elements, Object};
use crate::mem;
use crate::value::Value;
use warrego_abi as abi;

/// A set, by its header's address.
#[derive(Clone, Copy)]
pub struct Set(u32);

impl Set {
    /// The set whose header is at an address.
    pub const fn at(address: u32) -> Set {
        Set(address)
    }

    const fn table(self) -> Table {
        Table(self.0, 8)
    }

    /// An empty set with room for some elements.
    pub fn with_capacity(cap: u32) -> Set {
        Set(Table::with_capacity(8, cap).0)
    }

    /// An empty set.
    pub fn new() -> Set {
        Set::with_capacity(4)
    }

    /// The elements of an iterator.
    pub fn from_values(values: impl Iterator<Item = Value>) -> Set {
        let set = Set::with_capacity(values.size_hint().0.max(4) as u32);
        values.for_each(|value| set.add(value));
        set
    }

    /// The keys of an object.
    pub fn of_keys(object: Object) -> Set {
        let len = object.len();
        let set = Set::with_capacity(len.max(4));
        if set.0 != 0 && len != 0 {
            let (from, to) = (object.sorted(), set.table().entries().start);
            for position in 0..len {
                mem::store64(to + position * 8, mem::load64(from + position * 16));
            }
            mem::store32(set.0 + abi::set::LEN, len);
        }
        set
    }

    /// The value.
    #[inline]
    pub fn value(self) -> Value {
        if self.0 == 0 {
            return Value::ERROR;
        }
        Value::from_word(abi::header(abi::SET, self.0))
    }

    /// How many elements.
    #[inline]
    pub fn len(self) -> u32 {
        self.table().len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The element that equals a value, as it is written in the set.
    #[inline]
    pub fn get(self, value: Value) -> Option<Value> {
        match self.table().find(value) {
            Found::At(position) => Some(self.table().entries().key(position)),
            Found::Nothing(_) => None,
        }
    }

    /// Whether a value is in the set.
    pub fn contains(self, value: Value) -> bool {
        self.get(value).is_some()
    }

    /// Adds an element. One that is there stays as it is written.
    pub fn add(self, value: Value) {
        if let Found::Nothing(hash) = self.table().find(value) {
            self.table().push(value, Value::UNDEFINED, hash);
        }
    }

    /// Puts the elements into Rego's order and gives the address of the first.
    pub fn sorted(self) -> u32 {
        self.table().sort();
        self.table().entries().start
    }

    /// The elements in Rego's order.
    pub fn iter(self) -> Elements {
        self.table().sort();
        self.iter_unordered()
    }

    /// The elements in any order.
    pub fn iter_unordered(self) -> Elements {
        match self.len() {
            0 => Elements::new(8, 0),
            len => Elements::new(self.table().entries().start, len),
        }
    }

    /// The address of the elements in Rego's order, or of a copy of them in any.
    pub fn unordered(self) -> u32 {
        let table = self.table();
        if self.is_empty() || table.flags() & abi::SORTED != 0 {
            return self.sorted();
        }
        let copy = crate::arena::alloc(self.len() * 8);
        if copy == 0 {
            return self.sorted();
        }
        mem::copy_words(table.entries().start, copy, self.len());
        copy
    }

    /// A copy with room for more elements.
    pub fn duplicate(self, more: u32) -> Set {
        Set(self.table().duplicate(more).0)
    }
}

impl Default for Set {
    fn default() -> Self {
        Set::new()
    }
}

impl IntoIterator for Set {
    type Item = Value;
    type IntoIter = Elements;

    fn into_iter(self) -> Elements {
        self.iter()
    }
}
