//! Valid schemas that were used last, with the texts they come from. They live outside the arena, so that the next decision finds them.

use super::super::kept::{Kept, measured};
use super::types::Schema;
use crate::mem::Global;
use crate::value::Value;

/// How many are kept, as many as in OPA.
const ENTRIES: usize = 10;
/// … and how many bytes of them.
const BYTES: u32 = 16 << 20;
/// Longer texts are not kept.
const TEXT_MAX: usize = 1 << 18;

static SCHEMAS: Global<Kept<Box<[u8]>, Schema>> = Global::new(Kept::new(ENTRIES, BYTES));

/// Hands the schema of an operand to `act`: the one that is kept, or the one that `make` gives. `None` if it gives none.
pub fn with<T>(operand: Value, make: impl FnOnce() -> Option<Schema>, act: impl FnOnce(&Schema) -> T) -> Option<T> {
    let Some(text) = operand.as_str().filter(|text| text.len() <= TEXT_MAX) else {
        return make().map(|schema| act(&schema));
    };
    if let Some(schema) = SCHEMAS.get().find(|known| **known == *text) {
        return Some(act(schema));
    }
    let (schema, size) = measured(make);
    let schema = schema?;
    let outcome = act(&schema);
    SCHEMAS.get().keep(text.into(), schema, size + text.len() as u32);
    Some(outcome)
}
