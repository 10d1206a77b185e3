//! Values as plans see them: collections are shared and changed in place.

#![allow(clippy::mutable_key_type, reason = "a collection that is a key is never changed again")]

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A Rego value.
#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Rc<str>),
    String(Rc<str>),
    Array(Rc<RefCell<Vec<Value>>>),
    Object(Rc<RefCell<BTreeMap<Value, Value>>>),
    Set(Rc<RefCell<BTreeSet<Value>>>),
}

impl Value {
    pub fn number(text: &str) -> Self {
        Self::Number(text.into())
    }

    pub fn string(text: &str) -> Self {
        Self::String(text.into())
    }

    pub fn float(value: f64) -> Self {
        if value.fract() == 0.0 && value.abs() < 1e15 {
            Self::number(&(value as i64).to_string())
        } else {
            Self::number(&value.to_string())
        }
    }

    pub fn array(items: Vec<Value>) -> Self {
        Self::Array(Rc::new(RefCell::new(items)))
    }

    pub fn object(items: impl IntoIterator<Item = (Value, Value)>) -> Self {
        Self::Object(Rc::new(RefCell::new(items.into_iter().collect())))
    }

    pub fn set(items: impl IntoIterator<Item = Value>) -> Self {
        Self::Set(Rc::new(RefCell::new(items.into_iter().collect())))
    }

    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn len(&self) -> Option<usize> {
        Some(match self {
            Self::String(text) => text.chars().count(),
            Self::Array(items) => items.borrow().len(),
            Self::Object(items) => items.borrow().len(),
            Self::Set(items) => items.borrow().len(),
            _ => return None,
        })
    }

    pub fn get(&self, key: &Value) -> Option<Value> {
        match self {
            Self::Array(items) => {
                let index = key.as_f64().filter(|index| index.fract() == 0.0 && *index >= 0.0)?;
                items.borrow().get(index as usize).cloned()
            }
            Self::Object(items) => items.borrow().get(key).cloned(),
            Self::Set(items) => items.borrow().get(key).cloned(),
            _ => None,
        }
    }

    /// A number as the text that is written like it, and a text as the number that is.
    pub fn respelt(&self) -> Option<Value> {
        match self {
            Self::String(text) => text.parse::<u32>().ok().map(|position| Value::number(&position.to_string())),
            number => number.as_f64().map(|_| Value::string(&number.to_string())),
        }
    }

    pub fn entries(&self) -> Vec<(Value, Value)> {
        match self {
            Self::Array(items) => items
                .borrow()
                .iter()
                .enumerate()
                .map(|(index, item)| (Self::number(&index.to_string()), item.clone()))
                .collect(),
            Self::Object(items) => items.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            Self::Set(items) => items.borrow().iter().map(|item| (item.clone(), item.clone())).collect(),
            _ => Vec::new(),
        }
    }

    pub fn append(&self, value: Value) {
        if let Self::Array(items) = self {
            items.borrow_mut().push(value);
        }
    }

    pub fn insert(&self, key: Value, value: Value) {
        if let Self::Object(items) = self {
            items.borrow_mut().insert(key, value);
        }
    }

    pub fn add(&self, value: Value) {
        if let Self::Set(items) = self {
            items.borrow_mut().insert(value);
        }
    }

    /// What both objects have, deeply; this one's values count.
    pub fn merge(&self, other: &Value) -> Value {
        let (Self::Object(a), Self::Object(b)) = (self, other) else {
            return self.clone();
        };
        let mut merged = b.borrow().clone();
        for (key, value) in a.borrow().iter() {
            let value = match b.borrow().get(key) {
                Some(other) => value.merge(other),
                None => value.clone(),
            };
            merged.insert(key.clone(), value);
        }
        Self::object(merged)
    }

    /// A copy with a value at a path; objects are made on the way.
    pub fn patched(old: Option<&Value>, path: &[Value], value: Value) -> Value {
        let Some((key, rest)) = path.split_first() else { return value };
        let mut items = match old {
            Some(Self::Object(items)) => items.borrow().clone(),
            _ => BTreeMap::new(),
        };
        let inner = Self::patched(items.get(key), rest, value);
        items.insert(key.clone(), inner);
        Self::object(items)
    }

    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::number(&number.to_string()),
            serde_json::Value::String(text) => Self::string(text),
            serde_json::Value::Array(items) => Self::array(items.iter().map(Self::from_json).collect()),
            serde_json::Value::Object(items) => Self::object(items.iter().map(|(key, value)| (Self::string(key), Self::from_json(value)))),
        }
    }

    /// The value as OPA writes it in results: sets are arrays, keys are strings.
    pub fn as_result(&self) -> Value {
        match self {
            Self::Array(items) => Self::array(items.borrow().iter().map(Self::as_result).collect()),
            Self::Set(items) => Self::array(items.borrow().iter().map(Self::as_result).collect()),
            Self::Object(items) => Self::object(
                items
                    .borrow()
                    .iter()
                    .map(|(key, value)| (Self::string(&key.as_key()), value.as_result())),
            ),
            other => other.clone(),
        }
    }

    /// The value with all arrays sorted, for comparing what stands for sets.
    pub fn sorted(&self) -> Value {
        match self {
            Self::Array(items) => {
                let mut items: Vec<Value> = items.borrow().iter().map(Self::sorted).collect();
                items.sort();
                Self::array(items)
            }
            Self::Object(items) => Self::object(items.borrow().iter().map(|(key, value)| (key.clone(), value.sorted()))),
            other => other.clone(),
        }
    }

    fn as_key(&self) -> String {
        match self {
            Self::String(text) => text.to_string(),
            // JSON, without spaces.
            other => other.as_result().to_string().replace(": ", ":").replace(", ", ","),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::String(_) => 3,
            Self::Array(_) => 4,
            Self::Object(_) => 5,
            Self::Set(_) => 6,
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |f: &mut std::fmt::Formatter<'_>, items: &mut dyn Iterator<Item = String>| {
            write!(f, "{}", items.collect::<Vec<_>>().join(", "))
        };
        match self {
            Self::Null => write!(f, "null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(text) => write!(f, "{text}"),
            Self::String(text) => write!(f, "{text:?}"),
            Self::Array(items) => {
                write!(f, "[")?;
                list(f, &mut items.borrow().iter().map(ToString::to_string))?;
                write!(f, "]")
            }
            Self::Object(items) => {
                write!(f, "{{")?;
                list(
                    f,
                    &mut items
                        .borrow()
                        .iter()
                        .map(|(key, value)| format!("{}: {value}", Value::string(&key.as_key()))),
                )?;
                write!(f, "}}")
            }
            Self::Set(items) if items.borrow().is_empty() => write!(f, "set()"),
            Self::Set(items) => {
                write!(f, "{{")?;
                list(f, &mut items.borrow().iter().map(ToString::to_string))?;
                write!(f, "}}")
            }
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => match (a.parse::<i128>(), b.parse::<i128>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                _ => a.parse::<f64>().unwrap_or(0.0).total_cmp(&b.parse::<f64>().unwrap_or(0.0)),
            },
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::Array(a), Self::Array(b)) => a.borrow().cmp(&b.borrow()),
            (Self::Object(a), Self::Object(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                a.iter().cmp(b.iter())
            }
            (Self::Set(a), Self::Set(b)) => a.borrow().cmp(&b.borrow()),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}
