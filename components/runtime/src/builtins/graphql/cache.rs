//! Valid schemas that were used last, with the texts they come from. They live outside the arena, so that the next decision finds them.

use super::types::Schema;
use crate::mem::Global;
use crate::value::Value;

/// How many are kept, as many as in OPA.
const ENTRIES: usize = 10;
/// Longer texts are not kept.
const TEXT_MAX: usize = 1 << 18;

struct Entry {
    text: Box<[u8]>,
    schema: Schema,
}

struct Cache {
    entries: Vec<Entry>,
    /// The entry that is replaced next.
    oldest: usize,
}

static CACHE: Global<Cache> = Global::new(Cache {
    entries: Vec::new(),
    oldest: 0,
});

/// Hands the schema of an operand to `act`: the one that is kept, or the one that `make` gives. `None` if it gives none.
pub fn with<T>(operand: Value, make: impl FnOnce() -> Option<Schema>, act: impl FnOnce(&Schema) -> T) -> Option<T> {
    let Some(text) = operand.as_str().filter(|text| text.len() <= TEXT_MAX) else {
        return make().map(|schema| act(&schema));
    };
    let cache = CACHE.get();
    if let Some(entry) = cache.entries.iter().find(|entry| *entry.text == *text) {
        return Some(act(&entry.schema));
    }
    let schema = make()?;
    let outcome = act(&schema);
    let entry = Entry { text: text.into(), schema };
    if cache.entries.len() < ENTRIES {
        cache.entries.push(entry);
    } else if let Some(place) = cache.entries.get_mut(cache.oldest) {
        *place = entry;
        cache.oldest = (cache.oldest + 1) % ENTRIES;
    }
    Some(outcome)
}
