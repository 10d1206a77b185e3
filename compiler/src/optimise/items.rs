//! The elements of a constant collection, shared, with what is asked of all of them worked out once: collections can be nested deep and share parts.

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use rustc_hash::FxHasher;

use super::constants::{Const, ordered};

/// Elements of a collection.
#[derive(Debug)]
pub struct Items<T>(Rc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    hash: u64,
    size: u64,
    ordered: bool,
    items: Box<[T]>,
}

/// An element, or a key with its value.
pub trait Item: Hash {
    /// The number of values in it, each counted as often as it occurs.
    fn size(&self) -> u64;
    /// Whether it can be put in its place among others.
    fn ordered(&self) -> bool;
}

impl Item for Const {
    fn size(&self) -> u64 {
        Const::size(self)
    }

    fn ordered(&self) -> bool {
        ordered(self)
    }
}

impl Item for (Const, Const) {
    fn size(&self) -> u64 {
        self.0.size().saturating_add(self.1.size())
    }

    fn ordered(&self) -> bool {
        ordered(&self.0) && ordered(&self.1)
    }
}

impl<T> Items<T> {
    /// The number of values, each counted as often as it occurs; the collection itself is one.
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// Whether all elements can be put in their places among others.
    pub fn ordered(&self) -> bool {
        self.0.ordered
    }
}

impl<T: Item> From<Vec<T>> for Items<T> {
    fn from(items: Vec<T>) -> Self {
        let mut hasher = FxHasher::default();
        items.hash(&mut hasher);
        Self(Rc::new(Shared {
            hash: hasher.finish(),
            size: items.iter().fold(1, |size: u64, item| size.saturating_add(item.size())),
            ordered: items.iter().all(Item::ordered),
            items: items.into(),
        }))
    }
}

impl<T: Item> FromIterator<T> for Items<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        items.into_iter().collect::<Vec<_>>().into()
    }
}

impl<T> Deref for Items<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0.items
    }
}

impl<T> Clone for Items<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: PartialEq> PartialEq for Items<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || (self.0.hash == other.0.hash && self.0.items == other.0.items)
    }
}

impl<T: Eq> Eq for Items<T> {}

impl<T> Hash for Items<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.0.hash);
    }
}
