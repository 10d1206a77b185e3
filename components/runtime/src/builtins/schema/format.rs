//! `format`: what strings must look like. Formats that nobody knows fit everything.

use super::email;
use crate::builtins::net::address::parse_address;
use crate::builtins::time;
use crate::builtins::url::Url;

/// Whether a text has a format.
pub fn fits(format: &str, text: &str) -> bool {
    match format {
        "date" => time::fits(b"2006-01-02", text),
        "time" => time::fits(b"15:04:05Z07:00", text) || time::fits(b"15:04:05", text),
        "date-time" => {
            let layouts: [&[u8]; 4] = [b"15:04:05", b"15:04:05Z07:00", b"2006-01-02", b"2006-01-02T15:04:05Z07:00"];
            layouts.iter().any(|layout| time::fits(layout, text))
        }
        "hostname" => is_hostname(text),
        "email" | "idn-email" => email::is_address(text.as_bytes()),
        "ipv4" => text.contains('.') && parse_address(text.as_bytes()).is_some(),
        "ipv6" => text.contains(':') && parse_address(text.as_bytes()).is_some(),
        "uri" | "iri" => url(text).is_some_and(|url| !url.scheme.is_empty()),
        "uri-reference" | "iri-reference" => url(text).is_some(),
        "uri-template" => url(text).is_some_and(|url| braces_close(&url.path)),
        "uuid" => is_uuid(text.as_bytes()),
        "regex" => text.is_empty() || super::limits::regex(text).is_some(),
        "json-pointer" => is_pointer(text),
        "relative-json-pointer" => is_relative_pointer(text),
        _ => true,
    }
}

/// A URL without backslashes.
fn url(text: &str) -> Option<Url> {
    if text.contains('\\') {
        return None;
    }
    Url::parse(text.as_bytes()).ok()
}

/// Whether each opening brace is followed by a closing one.
fn braces_close(mut text: &[u8]) -> bool {
    while let Some(open) = text.iter().position(|byte| *byte == b'{') {
        let inner = text.get(open..).unwrap_or_default();
        match inner.iter().position(|byte| *byte == b'}') {
            Some(close) => text = inner.get(close + 1..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        matches!(label.len(), 1..=63) && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() < 256 && text.split('.').all(label)
}

fn is_uuid(text: &[u8]) -> bool {
    let fits = |(position, byte): (usize, &u8)| match position {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.iter().enumerate().all(fits)
}

fn is_pointer(text: &str) -> bool {
    let escaped = |rest: &str| rest.starts_with('0') || rest.starts_with('1');
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(escaped)
}

fn is_relative_pointer(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (up, rest) = text.split_at_checked(digits).unwrap_or_default();
    let canonical = up == "0" || !up.is_empty() && !up.starts_with('0');
    canonical && (rest == "#" || is_pointer(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let cases = [
            ("date", "2024-02-29", true),
            ("date", "2023-02-29", false),
            ("time", "12:00:00Z", true),
            ("date-time", "2024-05-06T07:08:09.5+02:00", true),
            ("date-time", "2024-05-06 07:08:09", false),
            ("hostname", "a-b.example", true),
            ("hostname", "-a.example", false),
            ("hostname", "a..b", false),
            ("email", "user@example.com", true),
            ("email", "Full Name <user@example.com>", true),
            ("email", "\"quoted name\"@example.com", true),
            ("email", "user@[127.0.0.1]", true),
            ("email", "user@", false),
            ("email", "a b", false),
            ("ipv4", "1.2.3.4", true),
            ("ipv4", "1.2.3", false),
            ("ipv6", "::1", true),
            ("uri", "http://x/y", true),
            ("uri", "/y", false),
            ("uri-reference", "/y", true),
            ("uri-template", "http://x/{y}", true),
            ("uri-template", "http://x/{y", false),
            ("uuid", "123e4567-E89b-12d3-a456-426614174000", true),
            ("uuid", "123e4567", false),
            ("regex", "(?=a)", false),
            ("json-pointer", "/a/~0/~1", true),
            ("json-pointer", "a", false),
            ("json-pointer", "/~2", false),
            ("relative-json-pointer", "1/a", true),
            ("relative-json-pointer", "01", false),
            ("nobody-knows", "x", true),
        ];
        for (format, text, expected) in cases {
            assert_eq!(fits(format, text), expected, "{format} {text}");
        }
    }
}
