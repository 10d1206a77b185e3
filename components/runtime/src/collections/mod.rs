//! Arrays, objects and sets, laid out as `warrego_abi` says.
//!
//! A collection is the address of a header; the header stays where it is while entries are added, and entries move when they need more room. Address 0
//! stands for a collection that found no memory: it stays empty, adding to it does nothing, and its value is [`crate::Value::ERROR`].
//!
//! Collections are built by one owner and not changed once they are reachable from anywhere else, but for two caches: objects and sets are put into
//! Rego's order when somebody first asks for it, and get a hash index when somebody first searches a large one. Iterators read memory as they go, so
//! adding to a collection while iterating over it is a mistake.

mod array;
mod index;
mod merge;
mod object;
mod set;
mod sort;
mod table;
mod with;

pub use array::Array;
pub(crate) use index::Index;
pub use merge::merge;
pub use object::{Object, Pairs};
pub use set::Set;
pub use with::with;

use crate::mem;
use crate::value::Value;

/// The elements of an array or a set, in order.
#[derive(Clone)]
pub struct Elements {
    at: u32,
    end: u32,
}

impl Elements {
    pub(crate) fn new(at: u32, len: u32) -> Elements {
        Elements { at, end: at + len * 8 }
    }
}

impl Iterator for Elements {
    type Item = Value;

    #[inline]
    fn next(&mut self) -> Option<Value> {
        if self.at == self.end {
            return None;
        }
        let value = Value::from_word(mem::load64(self.at));
        self.at += 8;
        Some(value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = ((self.end - self.at) / 8) as usize;
        (len, Some(len))
    }
}

impl DoubleEndedIterator for Elements {
    fn next_back(&mut self) -> Option<Value> {
        if self.at == self.end {
            return None;
        }
        self.end -= 8;
        Some(Value::from_word(mem::load64(self.end)))
    }
}

impl ExactSizeIterator for Elements {}
