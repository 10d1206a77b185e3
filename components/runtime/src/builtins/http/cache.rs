//! Responses that outlive a decision: as long as their headers or the request say, in the memory of the instance, and no more than fit into a bound. The
//! oldest goes first.
//!
//! Nothing here points into the arena, which belongs to one decision.

use super::exchange::Response;
use crate::collections::{Array, Object};
use crate::mem::Global;
use crate::value::Value;

/// How many responses are kept, and how many bytes of them.
const ENTRIES_MAX: usize = 256;
const BYTES_MAX: usize = 16 << 20;

/// A response that is kept.
struct Entry {
    key: Box<[u8]>,
    status: u16,
    /// Names and values, a header with several values several times.
    headers: Vec<[Box<[u8]>; 2]>,
    body: Box<[u8]>,
    expires: i64,
}

impl Entry {
    fn size(&self) -> usize {
        let headers = self.headers.iter().map(|[name, value]| name.len() + value.len() + 32);
        self.key.len() + self.body.len() + headers.sum::<usize>() + 64
    }

    /// A copy for this decision.
    fn response(&self) -> Response {
        let headers = Object::new();
        for [name, value] in &self.headers {
            let (name, value) = (Value::string(name), Value::string(value));
            match headers.get(name).and_then(Value::as_array) {
                Some(values) => values.push(value),
                None => {
                    let values = Array::with_capacity(1);
                    values.push(value);
                    headers.insert(name, values.value());
                }
            }
        }
        Response {
            status: self.status,
            headers,
            body: Value::string(&self.body).as_str().unwrap_or_default(),
        }
    }
}

/// In the order in which they came.
static KEPT: Global<Vec<Entry>> = Global::new(Vec::new());

/// The response of a key, and until when it is good.
pub fn get(key: &[u8]) -> Option<(Response, i64)> {
    let entry = KEPT.get().iter().find(|entry| *entry.key == *key)?;
    Some((entry.response(), entry.expires))
}

/// Forgets the response of a key.
pub fn remove(key: &[u8]) {
    KEPT.get().retain(|entry| *entry.key != *key);
}

/// Keeps a response.
pub fn put(key: &[u8], response: &Response, expires: i64) {
    let mut headers = Vec::new();
    for (name, values) in response.headers.iter() {
        for value in values.as_array().into_iter().flat_map(Array::iter) {
            headers.push([name.str_bytes().into(), value.str_bytes().into()]);
        }
    }
    let entry = Entry {
        key: key.into(),
        status: response.status,
        headers,
        body: response.body.into(),
        expires,
    };
    remove(key);
    let mut size = entry.size();
    if size > BYTES_MAX {
        return;
    }
    let kept = KEPT.get();
    size += kept.iter().map(Entry::size).sum::<usize>();
    let mut leaving = kept.len().saturating_sub(ENTRIES_MAX - 1);
    size -= kept.iter().take(leaving).map(Entry::size).sum::<usize>();
    while size > BYTES_MAX {
        size -= kept.get(leaving).map_or(size, Entry::size);
        leaving += 1;
    }
    kept.drain(..leaving);
    kept.push(entry);
}
