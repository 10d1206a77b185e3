//! Types that are made of others, kept once: a type built of equal parts is the same node again. A policy of a few lines can describe types whose
//! trees have billions of nodes (`b2 := {"a": b1, "b": b1}`, and so on); as long as equal parts are one node, comparing them is comparing addresses.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::{Rc, Weak};

use rustc_hash::{FxBuildHasher, FxHasher};

use super::{ArrayType, Known, ObjectType, Type, is_unknown};
use crate::syntax::ast::Value;

/// A node of a type.
#[derive(Debug)]
pub struct Shared<T>(Rc<Node<T>>);

/// A value, and what is asked of it often.
#[derive(Debug)]
pub struct Node<T> {
    unknown: bool,
    value: T,
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> Shared<T> {
    /// Whether something in it is not known.
    pub(super) fn is_unknown(&self) -> bool {
        self.0.unknown
    }

    /// Whether both are the same node.
    pub(super) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// The node's address.
    pub(super) fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }
}

impl<T: Parts> Shared<T> {
    /// The node of this value.
    pub(super) fn new(value: T) -> Self {
        let mut hasher = FxHasher::default();
        let kept_once = value.hash(&mut hasher);
        let hash = hasher.finish();
        if kept_once && let Some(known) = NODES.with_borrow(|nodes| T::nodes(nodes).get(&hash).and_then(|known| find(known, &value))) {
            return known;
        }
        let unknown = value.is_unknown();
        let node = Rc::new(Node { unknown, value });
        if kept_once {
            NODES.with_borrow_mut(|nodes| {
                let known = T::nodes_mut(nodes).entry(hash).or_default();
                known.retain(|node| node.strong_count() > 0);
                known.push(Rc::downgrade(&node));
            });
        }
        Self(node)
    }
}

fn find<T: Parts>(known: &[Weak<Node<T>>], value: &T) -> Option<Shared<T>> {
    let mut nodes = known.iter().filter_map(Weak::upgrade);
    nodes.find(|node| node.value.equals(value)).map(Shared)
}

/// Forgets the nodes that nobody holds any more.
pub(super) fn forget() {
    NODES.take();
}

/// Nodes by hash.
pub type Table<T> = HashMap<u64, Vec<Weak<Node<T>>>, FxBuildHasher>;

/// All nodes.
#[derive(Debug, Default)]
pub struct Nodes {
    arrays: Table<ArrayType>,
    objects: Table<ObjectType>,
    sets: Table<Known>,
}

thread_local! {
    static NODES: RefCell<Nodes> = RefCell::default();
}

/// What a node is made of.
pub trait Parts: Sized {
    /// Hashes the parts by address; `false` if equal ones cannot be told.
    fn hash(&self, hasher: &mut FxHasher) -> bool;
    /// Whether both have the same parts.
    fn equals(&self, other: &Self) -> bool;
    /// Whether one of them is not known, or something in it.
    fn is_unknown(&self) -> bool;
    /// The known nodes of this kind.
    fn nodes(nodes: &Nodes) -> &Table<Self>;
    /// The same, to change them.
    fn nodes_mut(nodes: &mut Nodes) -> &mut Table<Self>;
}

fn hash_type(tpe: &Known, hasher: &mut FxHasher) {
    let Some(tpe) = tpe else { return hasher.write_u8(u8::MAX) };
    hasher.write_u8(tpe.rank());
    match tpe {
        Type::Array(array) => hasher.write_usize(array.address()),
        Type::Object(object) => hasher.write_usize(object.address()),
        Type::Set(of) => hasher.write_usize(of.address()),
        Type::Any(of) => of.iter().for_each(|tpe| hasher.write_u8(tpe.rank())),
        _ => {}
    }
}

fn hash_key(key: &Value, hasher: &mut FxHasher) -> bool {
    match key {
        Value::Null => hasher.write_u8(0),
        Value::Bool(value) => hasher.write_u8(1 + u8::from(*value)),
        Value::Number(text) | Value::String(text) => text.hash(hasher),
        _ => return false,
    }
    true
}

fn same_key(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) | (Value::String(a), Value::String(b)) => a == b,
        _ => false,
    }
}

impl Parts for ArrayType {
    fn hash(&self, hasher: &mut FxHasher) -> bool {
        self.fixed.iter().chain([&self.rest]).for_each(|tpe| hash_type(tpe, hasher));
        true
    }

    fn equals(&self, other: &Self) -> bool {
        self.fixed == other.fixed && self.rest == other.rest
    }

    fn is_unknown(&self) -> bool {
        let unknown = |tpe: &Known| is_unknown(tpe.as_ref());
        self.fixed.iter().any(unknown) || self.rest.as_ref().is_some_and(|rest| is_unknown(Some(rest)))
    }

    fn nodes(nodes: &Nodes) -> &Table<Self> {
        &nodes.arrays
    }

    fn nodes_mut(nodes: &mut Nodes) -> &mut Table<Self> {
        &mut nodes.arrays
    }
}

impl Parts for ObjectType {
    fn hash(&self, hasher: &mut FxHasher) -> bool {
        if let Some((key, value)) = &self.rest {
            hash_type(key, hasher);
            hash_type(value, hasher);
        }
        self.fixed.iter().all(|(key, tpe)| {
            hash_type(tpe, hasher);
            hash_key(key, hasher)
        })
    }

    fn equals(&self, other: &Self) -> bool {
        let properties = || self.fixed.iter().zip(&other.fixed);
        self.fixed.len() == other.fixed.len() && self.rest == other.rest && properties().all(|((k, v), (l, w))| same_key(k, l) && v == w)
    }

    fn is_unknown(&self) -> bool {
        let unknown = |tpe: &Known| is_unknown(tpe.as_ref());
        self.fixed.iter().any(|(_, value)| unknown(value)) || self.rest.as_ref().is_some_and(|(k, v)| unknown(k) || unknown(v))
    }

    fn nodes(nodes: &Nodes) -> &Table<Self> {
        &nodes.objects
    }

    fn nodes_mut(nodes: &mut Nodes) -> &mut Table<Self> {
        &mut nodes.objects
    }
}

impl Parts for Known {
    fn hash(&self, hasher: &mut FxHasher) -> bool {
        hash_type(self, hasher);
        true
    }

    fn equals(&self, other: &Self) -> bool {
        self == other
    }

    fn is_unknown(&self) -> bool {
        is_unknown(self.as_ref())
    }

    fn nodes(nodes: &Nodes) -> &Table<Self> {
        &nodes.sets
    }

    fn nodes_mut(nodes: &mut Nodes) -> &mut Table<Self> {
        &mut nodes.sets
    }
}
