//! Looking into values, comparing them, going through them.

use crate::arena::Buffer;
use crate::value::Value;
use crate::{compare, mem, number};
use warrego_abi::{self as abi, object as layout};

/// The element of a collection for a key: an array's at an integer, an object's value, a set's element. Everything else is undefined.
#[unsafe(export_name = "rt.dot")]
pub extern "C" fn dot(value: Value, key: Value) -> Value {
    let found = match value.tag() {
        abi::OBJECT => value.as_object().and_then(|object| object.get(key)),
        abi::ARRAY => value.as_array().and_then(|array| array.get(position(key)?)),
        abi::SET => value.as_set().and_then(|set| set.get(key)),
        _ => None,
    };
    found.unwrap_or(Value::UNDEFINED)
}

/// A key as a position in an array. `1.0` is one too.
fn position(key: Value) -> Option<u32> {
    let key = match key.tag() {
        abi::INT => key.as_int(),
        abi::NUMBER_TEXT | abi::NUMBER => number::to_i64(key),
        _ => None,
    };
    u32::try_from(key?).ok()
}

/// [`dot_str`] for a key that stands at a position of its object, if that is what the reader made and nothing before it is missing.
#[unsafe(export_name = "rt.dot_field")]
pub extern "C" fn dot_field(value: Value, key: Value, position: u32) -> Value {
    if value.tag() == abi::OBJECT {
        let header = value.address();
        let entry = mem::load32(header + layout::ENTRIES) + position * 16;
        if position < mem::load32(header + layout::LEN) && mem::load64(entry) == key.word() {
            return Value::from_word(mem::load64(entry + 8));
        }
    }
    dot_str(value, key)
}

/// [`dot`] for a key that is a string.
#[inline(never)]
#[unsafe(export_name = "rt.dot_str")]
pub extern "C" fn dot_str(value: Value, key: Value) -> Value {
    let found = match value.tag() {
        abi::OBJECT => value.as_object().and_then(|object| object.get_string(key)),
        abi::SET => value.as_set().and_then(|set| set.get(key)),
        _ => None,
    };
    found.unwrap_or(Value::UNDEFINED)
}

/// [`dot`] in a base document, whose store knows paths of texts only: a number is also the key that is written like it, a text that is written like a
/// position is one.
#[unsafe(export_name = "rt.dot_document")]
pub extern "C" fn dot_document(value: Value, key: Value) -> Value {
    let found = dot(value, key);
    if found.is_defined() {
        return found;
    }
    let found = match (value.tag(), key.tag()) {
        (abi::OBJECT, abi::INT | abi::NUMBER_TEXT | abi::NUMBER) => {
            let mut text = Buffer::new();
            number::write_text(key, &mut text);
            text.finish().and_then(|text| value.as_object()?.get_bytes(text))
        }
        (abi::ARRAY, abi::STRING) => std::str::from_utf8(key.str_bytes())
            .ok()
            .and_then(|text| value.as_array()?.get(text.parse().ok()?)),
        _ => None,
    };
    found.unwrap_or(Value::UNDEFINED)
}

/// Whether two values are equal.
#[unsafe(export_name = "rt.equal")]
pub extern "C" fn equal(a: Value, b: Value) -> u32 {
    u32::from(compare::equal(a, b))
}

/// Compares two values in Rego's order: -1, 0, 1.
#[unsafe(export_name = "rt.compare")]
pub extern "C" fn order(a: Value, b: Value) -> i32 {
    compare::compare(a, b) as i32
}

/// How many elements, or characters of a string; undefined for the others.
#[unsafe(export_name = "rt.len")]
pub extern "C" fn len(value: Value) -> Value {
    match value.tag() {
        abi::ARRAY => value.as_array().map_or(Value::UNDEFINED, |array| Value::count(array.len())),
        abi::OBJECT => value.as_object().map_or(Value::UNDEFINED, |object| Value::count(object.len())),
        abi::SET => value.as_set().map_or(Value::UNDEFINED, |set| Value::count(set.len())),
        abi::STRING => Value::count(crate::json::utf8::count(value.str_bytes())),
        _ => Value::UNDEFINED,
    }
}

/// Puts a collection into Rego's order and gives the address of its first entry; 0 for what is no collection, or an empty one.
#[unsafe(export_name = "rt.scan")]
pub extern "C" fn scan(value: Value) -> u32 {
    match value.tag() {
        abi::ARRAY => value.as_array().map_or(0, |array| array.items()),
        abi::OBJECT => value.as_object().map_or(0, |object| object.sorted()),
        abi::SET => value.as_set().map_or(0, |set| set.sorted()),
        _ => 0,
    }
}

/// [`scan`] for loops whose order shows nowhere: a set that is not in order is not put into it. The loop gets a copy of the words, since what it
/// does may sort the set after all.
#[unsafe(export_name = "rt.scan_unordered")]
pub extern "C" fn scan_unordered(value: Value) -> u32 {
    match value.as_set() {
        Some(set) => set.unordered(),
        _ => scan(value),
    }
}
