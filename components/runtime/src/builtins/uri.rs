//! `uri.parse`, `uri.is_valid`: the parts of a URL, as Go's `net/url` sees them.

use super::args::{failure_parts, type_error};
use super::url::Url;
use crate::collections::Object;
use crate::value::Value;

/// An object with those parts of a URL that are there.
#[unsafe(export_name = "b.uri.parse")]
pub extern "C" fn parse(text: Value) -> Value {
    const NAME: &str = "uri.parse";
    let Some(bytes) = text.as_str() else {
        return type_error(NAME, 0, text, "string");
    };
    let url = match Url::parse(bytes) {
        Ok(url) => url,
        Err(error) => return failure_parts(NAME, &[&error.0]),
    };
    let raw_path = if url.raw_path.is_empty() { &url.path } else { &url.raw_path };
    let parts: [(&'static [u8], &[u8]); 7] = [
        (b"scheme", &url.scheme),
        (b"hostname", url.hostname()),
        (b"port", url.port()),
        (b"path", &url.path),
        (b"raw_path", raw_path),
        (b"raw_query", &url.query),
        (b"fragment", &url.fragment),
    ];
    let result = Object::with_capacity(8);
    for (name, part) in parts {
        if !part.is_empty() {
            result.insert(Value::string_static(name), Value::string(part));
        }
    }
    result.value()
}

/// Whether a string is a URL, or a reference relative to one, and not empty.
#[unsafe(export_name = "b.uri.is_valid")]
pub extern "C" fn is_valid(text: Value) -> Value {
    let valid = |bytes: &[u8]| !bytes.is_empty() && Url::parse(bytes).is_ok();
    Value::boolean(text.as_str().is_some_and(valid))
}
