//! YAML as a value of `serde_json`. What is open is a list: documents may be nested deeper than the stack is.

use serde_json::{Map, Number, Value};

use crate::{Error, Floats, Sink, Standard, float_json, read, text_of};

/// Reads the first document of a stream.
///
/// # Errors
/// The bytes are not YAML, or have no form in JSON.
pub fn json(bytes: &[u8]) -> Result<Value, Error> {
    let mut values = Values::default();
    read(&text_of(bytes)?, &mut values)?;
    Ok(values.value)
}

/// A collection that is open.
enum Open {
    Array(Vec<Value>),
    /// With the key whose value comes next.
    Object(Map<String, Value>, String),
}

/// Builds a value.
#[derive(Default)]
struct Values {
    open: Vec<Open>,
    value: Value,
}

impl Values {
    fn add(&mut self, value: Value) {
        match self.open.last_mut() {
            Some(Open::Array(items)) => items.push(value),
            Some(Open::Object(fields, key)) => drop(fields.insert(std::mem::take(key), value)),
            None => self.value = value,
        }
    }

    fn number(&mut self, text: &str) {
        self.add(Value::Number(Number::from_string_unchecked(text.to_owned())));
    }
}

impl Floats for Values {
    fn parse_float(text: &str) -> Option<f64> {
        Standard::parse_float(text)
    }

    fn float_key(value: f64) -> String {
        Standard::float_key(value)
    }
}

impl Sink for Values {
    fn null(&mut self) {
        self.add(Value::Null);
    }

    fn boolean(&mut self, value: bool) {
        self.add(Value::Bool(value));
    }

    fn integer(&mut self, digits: &str) {
        self.number(digits);
    }

    fn float(&mut self, value: f64) {
        self.number(&float_json(value));
    }

    fn string(&mut self, text: &str) {
        self.add(Value::String(text.to_owned()));
    }

    fn begin_array(&mut self) {
        self.open.push(Open::Array(Vec::new()));
    }

    fn begin_object(&mut self) {
        self.open.push(Open::Object(Map::new(), String::new()));
    }

    fn key(&mut self, name: &str) {
        if let Some(Open::Object(_, key)) = self.open.last_mut() {
            name.clone_into(key);
        }
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(Open::Array(items)) => self.add(Value::Array(items)),
            Some(Open::Object(fields, _)) => self.add(Value::Object(fields)),
            None => {}
        }
    }
}
