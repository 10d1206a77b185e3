//! `internal.cover` and `internal.covered`: which parts of a policy were evaluated. Only policies that are compiled for a report on that call them; their
//! names are none that a policy could use.
//!
//! Marks outlive decisions: they are added up until somebody asks for them. So they lie in the global allocator and not in the arena.

use crate::collections::Array;
use crate::mem::Global;
use crate::number::integer;
use crate::value::Value;

/// No policy has more parts than this.
const PARTS_MAX: i64 = 1 << 24;

/// A byte for each part.
static MARKS: Global<Vec<u8>> = Global::new(Vec::new());

/// Marks a part, by its number.
#[unsafe(export_name = "b.internal.cover")]
pub extern "C" fn cover(part: Value) -> Value {
    if let Some(part) = part.as_int().filter(|part| (0..PARTS_MAX).contains(part)) {
        let marks = MARKS.get();
        let part = part as usize;
        if marks.len() <= part {
            marks.resize(part + 1, 0);
        }
        if let Some(mark) = marks.get_mut(part) {
            *mark = 1;
        }
    }
    Value::TRUE
}

/// The numbers of all parts that were marked.
#[unsafe(export_name = "b.internal.covered")]
pub extern "C" fn covered() -> Value {
    let marked = MARKS.get().iter().zip(0..).filter(|&(&mark, _)| mark != 0);
    Array::from_values(marked.map(|(_, part)| integer(part))).value()
}
