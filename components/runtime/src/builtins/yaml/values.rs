//! What the reader reports as values. What is open is a list, for documents may be nested deeper than the stack is.

use warrego_yaml::{Floats, Sink};

use crate::builtins::double;
use crate::collections::{Array, Object};
use crate::number;
use crate::value::Value;

/// A collection that is open.
enum Open {
    Array(Array),
    /// With the key whose value comes next.
    Object(Object, Value),
}

/// Builds a value.
pub struct Values {
    open: Vec<Open>,
    value: Value,
}

impl Default for Values {
    fn default() -> Values {
        Values {
            open: Vec::new(),
            value: Value::NULL,
        }
    }
}

impl Values {
    /// The value that was built.
    pub fn value(self) -> Value {
        self.value
    }

    fn add(&mut self, value: Value) {
        match self.open.last() {
            Some(Open::Array(array)) => array.push(value),
            Some(Open::Object(object, key)) => object.insert(*key, value),
            None => self.value = value,
        }
    }

    fn number(&mut self, text: &[u8]) {
        let small = number::plain_integer(text).and_then(Value::int);
        self.add(small.unwrap_or_else(|| Value::number_text(text)));
    }
}

impl Floats for Values {
    fn parse_float(text: &str) -> Option<f64> {
        double::parse(text.as_bytes())
    }

    fn float_key(value: f64) -> String {
        let mut out = Vec::new();
        double::write_single(value, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

impl Sink for Values {
    fn null(&mut self) {
        self.add(Value::NULL);
    }

    fn boolean(&mut self, value: bool) {
        self.add(Value::boolean(value));
    }

    fn integer(&mut self, digits: &str) {
        self.number(digits.as_bytes());
    }

    fn float(&mut self, value: f64) {
        let mut text = Vec::new();
        double::write_json(value, &mut text);
        self.number(&text);
    }

    fn string(&mut self, text: &str) {
        self.add(Value::string(text.as_bytes()));
    }

    fn begin_array(&mut self) {
        self.open.push(Open::Array(Array::new()));
    }

    fn begin_object(&mut self) {
        self.open.push(Open::Object(Object::new(), Value::NULL));
    }

    fn key(&mut self, name: &str) {
        if let Some(Open::Object(_, key)) = self.open.last_mut() {
            *key = Value::string(name.as_bytes());
        }
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(Open::Array(array)) => self.add(array.value()),
            Some(Open::Object(object, _)) => self.add(object.value()),
            None => {}
        }
    }
}
