//! Typed arguments become values: a record as the component model lays it out in memory, read by the nodes of [`warrego_abi::shape`].
//!
//! Strings point into the arguments, which live as long as the decision. What the nodes do not describe is not looked at; a case that no node
//! describes (the caller's types are checked, so there is none) is null.

use crate::collections::Object;
use crate::value::Value;
use crate::{arena, mem};
use warrego_abi::{self as abi, SORTED, object as layout, shape};

/// The value of the record at an address; [`Value::ERROR`] when memory runs out.
#[unsafe(export_name = "rt.lift")]
pub extern "C" fn lift(at: u32, node: u32) -> Value {
    let children = mem::load32(node + shape::CHILDREN);
    let count = mem::load32(node + shape::COUNT);
    let payload = at + mem::load32(node + shape::PAYLOAD);
    match mem::load32(node + shape::KIND) {
        shape::STRING => text(at),
        shape::BOOL => Value::boolean(mem::load8(at) != 0),
        shape::U32 => Value::count(mem::load32(at)),
        shape::U64 => number(mem::load64(at)),
        shape::OPTION if mem::load8(at) != 0 => lift(payload, children),
        shape::MAP => map(mem::load32(at), mem::load32(at + 4)),
        shape::RECORD => record(at, children, count),
        kind @ (shape::VARIANT | shape::TAG) if u32::from(mem::load8(at)) < count => {
            let case = children + u32::from(mem::load8(at)) * shape::CASE;
            if kind == shape::TAG {
                Value::from_word(mem::load64(case))
            } else {
                lift(payload, mem::load32(case + 8))
            }
        }
        _ => Value::NULL,
    }
}

fn text(at: u32) -> Value {
    Value::string_at(abi::STRING, mem::load32(at), mem::load32(at + 4))
}

/// An integer; one that does not fit a word keeps its digits.
fn number(value: u64) -> Value {
    if let Some(small) = i64::try_from(value).ok().and_then(Value::int) {
        return small;
    }
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = value;
    while let Some(digit) = digits.get_mut(at.wrapping_sub(1)) {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        at -= 1;
        if rest == 0 {
            break;
        }
    }
    Value::number_text(digits.get(at..).unwrap_or_default())
}

/// An object of fields that come in Rego's order.
fn record(at: u32, fields: u32, count: u32) -> Value {
    let header = arena::alloc(layout::SIZE + count * 16);
    if header == 0 {
        return Value::ERROR;
    }
    let entries = header + layout::SIZE;
    mem::store32(header + layout::ENTRIES, entries);
    mem::store32(header + layout::LEN, count);
    mem::store32(header + layout::CAP, count);
    mem::store32(header + layout::FLAGS, SORTED);
    mem::store64(header + layout::INDEX, 0);
    let mut position = 0;
    while position < count {
        let field = fields + position * shape::FIELD;
        let value = lift(at + mem::load32(field + 8), mem::load32(field + 12));
        if !value.is_defined() {
            return Value::ERROR;
        }
        mem::store64(entries + position * 16, mem::load64(field));
        mem::store64(entries + position * 16 + 8, value.word());
        position += 1;
    }
    Value::from_word(abi::header(abi::OBJECT, header))
}

/// An object of pairs; of equal keys the last one counts.
fn map(pairs: u32, count: u32) -> Value {
    let object = Object::with_capacity(count);
    let mut position = 0;
    while position < count {
        let pair = pairs + position * 16;
        object.insert(text(pair), text(pair + 8));
        position += 1;
    }
    object.value()
}
