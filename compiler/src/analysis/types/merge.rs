//! The types of documents: a tree of what rules give, path by path. Rules of one path, and rules within an object that others
//! make, add to each other.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::shared::Shared;
use super::{Known, ObjectType, Type, or, type_of};
use crate::analysis::tree::Key;
use crate::syntax::ast::{Term, Value};

/// A document's type, or those of the documents below.
#[derive(Debug, Clone, Default)]
pub struct TypeTree {
    /// The type of the document here.
    pub tpe: Known,
    /// What is below.
    pub children: BTreeMap<Key, TypeTree>,
}

impl TypeTree {
    /// What is below, under a constant.
    pub fn child(&self, term: &Term) -> Option<&TypeTree> {
        self.children.get(&Key::of(term)?)
    }

    /// Sets the type at a path; without one, there is a place for it, and what is known there stays.
    pub fn put(&mut self, path: &[Term], tpe: Known) {
        let mut node = self;
        for key in path.iter().filter_map(Key::of) {
            node = node.children.entry(key).or_default();
        }
        if tpe.is_some() {
            node.tpe = tpe;
        }
    }

    /// Adds a type at a path.
    pub fn insert(&mut self, path: &[Term], tpe: Type) {
        let mut node = self;
        for (i, key) in path.iter().filter_map(Key::of).enumerate() {
            node = node.children.entry(key).or_default();
            if i + 1 < path.len()
                && let Some(Type::Object(object)) = &node.tpe
            {
                node.tpe = Some(insert_into(object, &path[i + 1..], Some(tpe.clone())));
            }
        }
        let is_object = matches!(tpe, Type::Object(_));
        node.tpe = merge(node.tpe.take(), Some(tpe));
        if is_object && !node.children.is_empty() {
            let mut leaves = Vec::new();
            node.collect_leaves(&mut Vec::new(), &mut leaves);
            for (path, leaf) in leaves {
                if let Some(Type::Object(object)) = &node.tpe {
                    node.tpe = Some(insert_keys(object, &path, leaf));
                }
            }
        }
    }

    fn collect_leaves(&self, path: &mut Vec<Known>, leaves: &mut Vec<(Vec<Known>, Known)>) {
        for (key, child) in &self.children {
            path.push(key_type(key));
            if child.tpe.is_some() {
                leaves.push((path.clone(), child.tpe.clone()));
            } else {
                child.collect_leaves(path, leaves);
            }
            path.pop();
        }
    }

    /// The type of everything here: of the document, or an object of those below.
    pub fn extent(&self) -> Type {
        if let Some(tpe) = &self.tpe {
            return tpe.clone();
        }
        let property = |(key, child): (&Key, &TypeTree)| match key {
            Key::Null => None,
            Key::Bool(b) => Some((Value::Bool(*b), Some(child.extent()))),
            Key::Number(n) => Some((Value::Number(n.clone()), Some(child.extent()))),
            Key::String(s) => Some((Value::String(s.clone()), Some(child.extent()))),
        };
        // Base documents may add anything.
        ObjectType::of(
            self.children.iter().filter_map(property).collect(),
            Some((Some(Type::String), Some(Type::any()))),
        )
    }
}

fn key_type(key: &Key) -> Known {
    Some(match key {
        Key::Null => Type::Null,
        Key::Bool(_) => Type::Boolean,
        Key::Number(_) => Type::Number,
        Key::String(_) => Type::String,
    })
}

fn insert_into(object: &Shared<ObjectType>, path: &[Term], tpe: Known) -> Type {
    let keys: Vec<Known> = path.iter().map(|term| type_of(&term.value)).collect();
    insert_keys(object, &keys, tpe)
}

fn insert_keys(object: &Shared<ObjectType>, path: &[Known], tpe: Known) -> Type {
    let Some((key, rest)) = path.split_first() else {
        return Type::Object(object.clone());
    };
    let value = if rest.is_empty() {
        tpe
    } else {
        Some(insert_keys(&Shared::new(ObjectType::default()), rest, tpe))
    };
    let dynamic = match &object.rest {
        Some((k, v)) => (or(k.clone(), key.clone()), or(v.clone(), value)),
        None => (key.clone(), value),
    };
    Type::Object(Shared::new(ObjectType {
        fixed: object.fixed.clone(),
        rest: Some(dynamic),
    }))
}

/// The type of a document that gets values of both: sets and objects without known keys join their elements, keys and values.
pub fn merge(a: Known, b: Known) -> Known {
    let (a, b) = match (a, b) {
        (None, other) | (other, None) => return other,
        (Some(a), Some(b)) => (a, b),
    };
    match (&a, &b) {
        (Type::Object(x), Type::Object(y)) if x.fixed.is_empty() && y.fixed.is_empty() => match (&x.rest, &y.rest) {
            (None, _) => return Some(b),
            (_, None) => return Some(a),
            (Some((k, v)), Some((l, w))) => {
                let rest = (or(k.clone(), l.clone()), merge(v.clone(), w.clone()));
                return Some(ObjectType::of(Vec::new(), Some(rest)));
            }
        },
        (Type::Object(x), Type::Any(of)) | (Type::Any(of), Type::Object(x)) => {
            if let Some(any) = merge_into_any(x, of) {
                return Some(any);
            }
        }
        (Type::Set(x), Type::Set(y)) => return Some(Type::set(or((**x).clone(), (**y).clone()))),
        _ => {}
    }
    or(Some(a), Some(b))
}

fn merge_into_any(object: &ObjectType, of: &[Type]) -> Option<Type> {
    let (key, value) = object.rest.as_ref().filter(|_| object.fixed.is_empty())?;
    let index = of
        .iter()
        .position(|tpe| matches!(tpe, Type::Object(other) if other.fixed.is_empty() && other.rest.is_some()))?;
    let mut all = of.to_vec();
    if let Type::Object(other) = &of[index]
        && let Some((k, v)) = &other.rest
    {
        all[index] = ObjectType::of(Vec::new(), Some((or(k.clone(), key.clone()), or(v.clone(), value.clone()))));
    }
    all.sort();
    Some(Type::Any(Rc::new(all)))
}
