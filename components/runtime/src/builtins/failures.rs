//! `internal.failed`, `internal.test_case` and `internal.failures`: where a test failed, and what its variables held then. Only tests that are compiled
//! for a report on that call them; the first and the last have names that no policy could use.
//!
//! Of each case of a table only the last failure counts, since all before it were followed by another try. Records outlive decisions until somebody asks
//! for them, so they lie in the global allocator and not in the arena, as the text that they will be given out as.

use super::term;
use crate::arena::Buffer;
use crate::collections::{Array, Object};
use crate::json::{Style, write};
use crate::mem::Global;
use crate::value::Value;

/// No table has more cases than this; those beyond it are not told apart.
const CASES_MAX: usize = 100_000;
/// Values are shown cut; more of them than this is not kept.
const TEXT_MAX: u32 = 512;

/// What is known about a case, or about a test without cases: JSON, or nothing.
struct Record {
    case: Vec<u8>,
    failure: Vec<u8>,
}

static RECORDS: Global<Vec<Record>> = Global::new(Vec::new());

/// A value as Rego writes it.
fn shown(value: Value) -> Value {
    let mut out = Buffer::new();
    term::write(value, &mut out);
    if out.len() > TEXT_MAX {
        let bytes = out.as_bytes();
        // Not within a character.
        let end = (0..=TEXT_MAX)
            .rev()
            .find(|&end| bytes.get(end as usize).is_some_and(|byte| byte & 0xc0 != 0x80));
        out.truncate(end.unwrap_or(0));
    }
    out.into_string()
}

/// Notes that the expression with this number failed, and what the variables of it held that had a value: texts by their numbers.
#[unsafe(export_name = "b.internal.failed")]
pub extern "C" fn failed(point: Value, values: Value) -> Value {
    let texts = Object::new();
    for (name, value) in values.as_object().into_iter().flat_map(Object::iter) {
        texts.insert(name, shown(value));
    }
    let failure = Array::from_values([point, texts.value()].into_iter()).value();
    if let Ok(text) = write(failure, Style::Plain) {
        let records = RECORDS.get();
        if records.is_empty() {
            records.push(Record {
                case: b"null".to_vec(),
                failure: Vec::new(),
            });
        }
        if let Some(record) = records.last_mut() {
            record.failure = text.to_vec();
        }
    }
    Value::TRUE
}

/// Notes that a case is begun, by its name.
#[unsafe(export_name = "b.internal.test_case")]
pub extern "C" fn test_case(name: Value) -> Value {
    let records = RECORDS.get();
    if let (Ok(case), true) = (write(name, Style::Plain), records.len() < CASES_MAX) {
        records.push(Record {
            case: case.to_vec(),
            failure: Vec::new(),
        });
    }
    Value::TRUE
}

/// All that was noted since the last call, as JSON: an array of `[case, failure]`, a failure being `[number, {variable's number: text}]`; either may be
/// null.
#[unsafe(export_name = "b.internal.failures")]
pub extern "C" fn failures() -> Value {
    let mut out = Buffer::new();
    out.push(b'[');
    for (number, record) in core::mem::take(RECORDS.get()).iter().enumerate() {
        out.extend(if number == 0 { b"[" } else { b",[" });
        out.extend(&record.case);
        out.push(b',');
        out.extend(if record.failure.is_empty() { b"null" } else { &record.failure });
        out.push(b']');
    }
    out.push(b']');
    out.into_string()
}
