//! What `json.patch` has done so far. OPA keeps a document and its changes apart: its messages show parts of the document as they were before the changes,
//! and tell a key that was deleted from one that never was. Nothing but messages needs any of it, so changes are only written down, and looked
//! through when a message is made.

use super::patch::peek;
use crate::collections::Array;
use crate::compare::equal;
use crate::value::Value;

/// The document as it was, and each change: path, value, and whether that was inserted or deleted.
#[derive(Clone, Copy)]
pub(super) struct Journal {
    original: Value,
    /// Path, value, and whether it was inserted, one after the other.
    entries: Array,
}

impl Journal {
    /// Nothing was done yet.
    pub fn new(original: Value) -> Self {
        Self {
            original,
            entries: Array::new(),
        }
    }

    /// Writes down what was inserted or deleted where a path leads to.
    pub fn note(&self, keys: Array, value: Value, inserted: bool) {
        self.entries.push(keys.value());
        self.entries.push(value);
        self.entries.push(Value::boolean(inserted));
    }

    /// The entries, the last one first.
    fn backwards(&self) -> impl Iterator<Item = (Array, Value, bool)> {
        let entries = self.entries;
        let starts = (0..entries.len() / 3).rev().map(|entry| entry * 3);
        starts.filter_map(move |at| Some((entries.get(at)?.as_array()?, entries.get(at + 1)?, entries.get(at + 2)?.as_bool()?)))
    }

    /// What was deleted where the first `len` keys lead to, if nothing took its place.
    #[cold]
    pub fn deleted(&self, keys: Array, len: u32) -> Option<Value> {
        let met = self.backwards().find(|(path, _, inserted)| {
            let fits = if *inserted { path.len() <= len } else { path.len() == len };
            fits && begins_with(keys, *path)
        });
        met.and_then(|(_, value, inserted)| (!inserted).then_some(value))
    }

    /// What stood where the first `len` keys lead to before it was changed; `now` stands there.
    #[cold]
    pub fn before(&self, keys: Array, len: u32, now: Value) -> Value {
        let inserted = self
            .backwards()
            .find(|(path, _, inserted)| *inserted && path.len() <= len && begins_with(keys, *path));
        let (from, base) = inserted.map_or((0, self.original), |(path, value, _)| (path.len(), value));
        let steps = keys.iter().take(len as usize).skip(from as usize);
        let before = steps.into_iter().try_fold(base, peek);
        before.filter(|before| before.kind() == now.kind()).unwrap_or(now)
    }
}

fn begins_with(keys: Array, path: Array) -> bool {
    path.iter().zip(keys.iter()).all(|(a, b)| equal(a, b))
}
