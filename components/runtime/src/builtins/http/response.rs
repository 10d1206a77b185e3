//! What the policy sees of a response: status, headers, the body as text, and as a value if it is JSON.

use super::exchange::Response;
use crate::arena::Buffer;
use crate::builtins::yaml;
use crate::collections::Object;
use crate::json;
use crate::number::arithmetic::format_small;
use crate::value::Value;

/// What Go's servers say behind a status.
const REASONS: [(u16, &str); 62] = [
    (100, "Continue"),
    (101, "Switching Protocols"),
    (102, "Processing"),
    (103, "Early Hints"),
    (200, "OK"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "Non-Authoritative Information"),
    (204, "No Content"),
    (205, "Reset Content"),
    (206, "Partial Content"),
    (207, "Multi-Status"),
    (208, "Already Reported"),
    (226, "IM Used"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Found"),
    (303, "See Other"),
    (304, "Not Modified"),
    (305, "Use Proxy"),
    (307, "Temporary Redirect"),
    (308, "Permanent Redirect"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "Length Required"),
    (412, "Precondition Failed"),
    (413, "Request Entity Too Large"),
    (414, "Request URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Requested Range Not Satisfiable"),
    (417, "Expectation Failed"),
    (418, "I'm a teapot"),
    (421, "Misdirected Request"),
    (422, "Unprocessable Entity"),
    (423, "Locked"),
    (424, "Failed Dependency"),
    (425, "Too Early"),
    (426, "Upgrade Required"),
    (428, "Precondition Required"),
    (429, "Too Many Requests"),
    (431, "Request Header Fields Too Large"),
    (451, "Unavailable For Legal Reasons"),
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
    (505, "HTTP Version Not Supported"),
    (506, "Variant Also Negotiates"),
    (507, "Insufficient Storage"),
    (508, "Loop Detected"),
    (510, "Not Extended"),
    (511, "Network Authentication Required"),
];

/// Statuses of responses that may be remembered.
const CACHEABLE: [u16; 11] = [200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501];

/// How a body is read.
#[derive(Clone, Copy)]
pub struct Decoding {
    /// As JSON, whatever it says it is.
    pub json: bool,
    /// As YAML, whatever it says it is.
    pub yaml: bool,
}

/// Whether a response of that status may be remembered.
pub fn is_cacheable(status: u16) -> bool {
    CACHEABLE.contains(&status)
}

/// The first value of a header, empty if there is none.
pub fn header(headers: Object, name: &'static [u8]) -> &'static [u8] {
    let first = headers.get_bytes(name).and_then(|values| values.as_array()?.get(0)?.as_str());
    first.unwrap_or_default()
}

/// `200 OK`; the phrase does not come through `wasi:http`, so it is the usual one.
fn status_line(status: u16) -> Value {
    let mut line = Buffer::with_capacity(32);
    line.extend(format_small(i64::from(status), &mut [0; 20]));
    if let Ok(at) = REASONS.binary_search_by_key(&status, |(status, _)| *status)
        && let Some((_, reason)) = REASONS.get(at)
    {
        line.push(b' ');
        line.extend(reason.as_bytes());
    }
    line.into_string()
}

/// Whether a media type is JSON: `application/json`, `application/…+json`.
fn is_json(content_type: &[u8]) -> bool {
    let media = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let media = media.to_ascii_lowercase();
    match media.strip_prefix(b"application/") {
        Some(subtype) => (subtype == b"json" || subtype.ends_with(b"+json")) && !subtype.contains(&b'/'),
        None => false,
    }
}

fn is_yaml(content_type: &[u8]) -> bool {
    let names: [&[u8]; 2] = [b"application/yaml", b"application/x-yaml"];
    names.iter().any(|name| content_type.windows(name.len()).any(|part| part == *name))
}

/// The result of the call.
pub fn result(response: &Response, decoding: Decoding) -> Value {
    let content_type = header(response.headers, b"content-type");
    let body = if decoding.json || is_json(content_type) {
        json::read_quietly(response.body)
    } else if decoding.yaml || is_yaml(content_type) {
        yaml::read(response.body).unwrap_or(Value::NULL)
    } else {
        Value::NULL
    };
    let text = |text: &'static str| Value::string_static(text.as_bytes());
    let result = Object::with_capacity(5);
    result.insert(text("status"), status_line(response.status));
    result.insert(text("status_code"), Value::count(u32::from(response.status)));
    result.insert(text("body"), if body.is_defined() { body } else { Value::NULL });
    result.insert(text("raw_body"), Value::string_static(response.body));
    result.insert(text("headers"), response.headers.value());
    result.value()
}

#[cfg(test)]
mod tests {
    use super::{REASONS, is_json};

    #[test]
    fn tables() {
        assert!(REASONS.is_sorted());
        assert!(is_json(b"application/json; charset=utf-8") && is_json(b"application/problem+json"));
        assert!(!is_json(b"text/json") && !is_json(b""));
    }
}
