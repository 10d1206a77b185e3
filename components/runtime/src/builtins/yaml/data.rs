//! What the reader reports as data outside of the arena, which `emit` writes: it needs mappings whole.

use std::collections::BTreeMap;

use warrego_yaml::{Floats, Sink};

use super::values::Values;

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
}

/// Builds data.
#[derive(Default)]
pub struct Builder {
    /// Collections that are open, with the key whose value comes next.
    open: Vec<(Data, String)>,
    data: Option<Data>,
}

impl Builder {
    /// The data that was built.
    pub fn data(self) -> Data {
        self.data.unwrap_or(Data::Null)
    }

    fn add(&mut self, data: Data) {
        match self.open.last_mut() {
            Some((Data::List(elements), _)) => elements.push(data),
            Some((Data::Map(pairs), key)) => drop(pairs.insert(core::mem::take(key), data)),
            _ => self.data = Some(data),
        }
    }
}

impl Floats for Builder {
    fn parse_float(text: &str) -> Option<f64> {
        Values::parse_float(text)
    }

    fn float_key(value: f64) -> String {
        Values::float_key(value)
    }
}

impl Sink for Builder {
    // What is written calls itself.
    const DEPTH_MAX: usize = 500;

    fn null(&mut self) {
        self.add(Data::Null);
    }

    fn boolean(&mut self, value: bool) {
        self.add(Data::Boolean(value));
    }

    fn integer(&mut self, digits: &str) {
        self.add(Data::Integer(digits.to_owned()));
    }

    fn float(&mut self, value: f64) {
        self.add(Data::Float(value));
    }

    fn string(&mut self, text: &str) {
        self.add(Data::String(text.to_owned()));
    }

    fn begin_array(&mut self) {
        self.open.push((Data::List(Vec::new()), String::new()));
    }

    fn begin_object(&mut self) {
        self.open.push((Data::Map(BTreeMap::new()), String::new()));
    }

    fn key(&mut self, name: &str) {
        if let Some((_, key)) = self.open.last_mut() {
            name.clone_into(key);
        }
    }

    fn end(&mut self) {
        if let Some((data, _)) = self.open.pop() {
            self.add(data);
        }
    }
}
