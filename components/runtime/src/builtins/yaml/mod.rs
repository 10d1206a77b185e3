//! `yaml.marshal`, `yaml.unmarshal`, `yaml.is_valid`: the reader is `warrego-yaml`, which all of Warrego shares; here it makes values, and `emit` writes.

mod data;
mod emit;
mod values;

use super::args::{failure_parts, type_error};
use super::json::text;
use crate::value::Value;
use data::Builder;
use values::Values;

/// The value of a YAML text.
pub fn read(text: &[u8]) -> Result<Value, String> {
    let mut values = Values::default();
    let read = warrego_yaml::text_of(text).and_then(|text| warrego_yaml::read(&text, &mut values));
    match read {
        Ok(()) => Ok(values.value()),
        Err(error) => Err(error.message),
    }
}

/// A JSON text as YAML.
fn write(json: &str) -> Result<String, String> {
    let mut builder = Builder::default();
    match warrego_yaml::read(json, &mut builder) {
        Ok(()) => Ok(emit::emit(&builder.data())),
        Err(error) => Err(error.message),
    }
}

/// A value as YAML.
#[unsafe(export_name = "b.yaml.marshal")]
pub extern "C" fn marshal(value: Value) -> Value {
    const NAME: &str = "yaml.marshal";
    match text(NAME, value).map(|json| write(core::str::from_utf8(json).unwrap_or_default())) {
        Ok(Ok(text)) => Value::string(text.as_bytes()),
        Ok(Err(message)) => failure_parts(NAME, &[message.as_bytes()]),
        Err(error) => error,
    }
}

/// The value of a YAML text.
#[unsafe(export_name = "b.yaml.unmarshal")]
pub extern "C" fn unmarshal(value: Value) -> Value {
    const NAME: &str = "yaml.unmarshal";
    match value.as_str().map(read) {
        Some(Ok(value)) => value,
        Some(Err(message)) => failure_parts(NAME, &[message.as_bytes()]),
        None => type_error(NAME, 0, value, "string"),
    }
}

/// Whether a string is YAML.
#[unsafe(export_name = "b.yaml.is_valid")]
pub extern "C" fn is_valid(value: Value) -> Value {
    Value::boolean(value.as_str().is_some_and(|text| read(text).is_ok()))
}

#[cfg(test)]
mod tests;
