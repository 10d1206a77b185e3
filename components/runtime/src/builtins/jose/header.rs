//! The header of a token that is to be signed, as the library behind OPA's `io.jwt.encode_sign` looks at it: with a JSON parser that is faster than strict
//! (numbers are runs of certain letters, escapes are not checked) and has messages of its own.

use super::super::crypto::failure::{Failure, Outcome};
use super::super::quote::quote;

/// Nesting that is accepted.
const DEPTH_MAX: usize = 300;

/// What a member of a header is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// A string, decoded.
    String(Vec<u8>),
    /// The name of another type.
    Other(&'static str),
}

/// The members of an object; of other values there are none. In the order in which they stand.
pub type Members = Vec<(Vec<u8>, Member)>;

/// A mistake, and what was left to read.
type Mistake<'a> = (Vec<u8>, &'a [u8]);
type Step<'a, T> = Result<(T, &'a [u8]), Mistake<'a>>;

fn space(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r')).count();
    text.get(spaces..).unwrap_or_default()
}

fn mistake<'a, T>(what: &str, rest: &'a [u8]) -> Step<'a, T> {
    Err((what.as_bytes().to_vec(), rest))
}

/// Says where a mistake is.
fn within<'a, T>(place: &str, step: Step<'a, T>) -> Step<'a, T> {
    step.map_err(|(what, rest)| ([place.as_bytes(), b": ", &what].concat(), rest))
}

fn quoted(before: &str, text: &[u8]) -> Vec<u8> {
    let mut message = before.as_bytes().to_vec();
    quote(text, false, &mut message);
    message
}

/// At most the first and the last 40 bytes.
fn shortened(text: &[u8]) -> Vec<u8> {
    match (text.get(..40), text.len().checked_sub(40).and_then(|start| text.get(start..))) {
        (Some(start), Some(end)) if text.len() > 80 => [start, b"...", end].concat(),
        _ => text.to_vec(),
    }
}

/// The members of a header.
pub fn parse(text: &[u8]) -> Outcome<Members> {
    match value(space(text), 0) {
        Ok((value, rest)) => {
            let rest = space(rest);
            if rest.is_empty() {
                return Ok(value.1);
            }
            Err(Failure::of(&[&quoted("unexpected tail: ", &shortened(rest))]))
        }
        Err((what, rest)) => Err(Failure::of(&[
            b"cannot parse JSON: ",
            &what,
            &quoted("; unparsed tail: ", &shortened(rest)),
        ])),
    }
}

/// The string of a member.
pub fn string(members: &Members, key: &str) -> Outcome<Vec<u8>> {
    match members.iter().find(|(name, _)| name == key.as_bytes()) {
        None => Err(Failure::of(&[b"jwsbb: header \"", key.as_bytes(), b"\" not found"])),
        Some((_, Member::Other(name))) => Err(Failure::of(&[b"value doesn't contain string; it contains ", name.as_bytes()])),
        Some((_, Member::String(text))) => Ok(text.clone()),
    }
}

fn value(text: &[u8], depth: usize) -> Step<'_, (Member, Members)> {
    let plain = |member, rest| Ok(((member, Members::new()), rest));
    let depth = depth + 1;
    if depth > DEPTH_MAX && !text.is_empty() {
        return mistake("too big depth for the nested JSON; it exceeds 300", text);
    }
    let literal = |word: &[u8], name| match text.strip_prefix(word) {
        Some(rest) => plain(Member::Other(name), rest),
        None if text.len() >= 3 && word == b"null" && text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"nan")) => {
            plain(Member::Other("number"), text.get(3..).unwrap_or_default())
        }
        None => Err((quoted("unexpected value found: ", text), text)),
    };
    match text.split_first() {
        None => mistake("cannot parse empty string", text),
        Some((b'{', rest)) => {
            within("cannot parse object", object(rest, depth)).map(|(members, rest)| ((Member::Other("object"), members), rest))
        }
        Some((b'[', rest)) => within("cannot parse array", array(rest, depth)).and_then(|((), rest)| plain(Member::Other("array"), rest)),
        Some((b'"', rest)) => {
            within("cannot parse string", raw_string(rest)).and_then(|(raw, rest)| plain(Member::String(unescaped(raw)), rest))
        }
        Some((b't', _)) => literal(b"true", "true"),
        Some((b'f', _)) => literal(b"false", "false"),
        Some((b'n', _)) => literal(b"null", "null"),
        Some(_) => within("cannot parse number", number(text)).and_then(|((), rest)| plain(Member::Other("number"), rest)),
    }
}

fn array(text: &[u8], depth: usize) -> Step<'_, ()> {
    let mut text = space(text);
    if text.is_empty() {
        return mistake("missing ']'", text);
    }
    if let Some(rest) = text.strip_prefix(b"]") {
        return Ok(((), rest));
    }
    loop {
        let (_, rest) = within("cannot parse array value", value(space(text), depth))?;
        let rest = space(rest);
        match rest.split_first() {
            None => return mistake("unexpected end of array", rest),
            Some((b',', rest)) => text = rest,
            Some((b']', rest)) => return Ok(((), rest)),
            Some(_) => return mistake("missing ',' after array value", rest),
        }
    }
}

fn object(text: &[u8], depth: usize) -> Step<'_, Members> {
    let mut members = Members::new();
    let mut text = space(text);
    if text.is_empty() {
        return mistake("missing '}'", text);
    }
    if let Some(rest) = text.strip_prefix(b"}") {
        return Ok((members, rest));
    }
    loop {
        let Some(rest) = space(text).strip_prefix(b"\"") else {
            return mistake("cannot find opening '\"\" for object key", space(text));
        };
        let (key, rest) = within("cannot parse object key", raw_string(rest))?;
        let Some(rest) = space(rest).strip_prefix(b":") else {
            return mistake("missing ':' after object key", space(rest));
        };
        let ((member, _), rest) = within("cannot parse object value", value(space(rest), depth))?;
        members.push((unescaped(key), member));
        let rest = space(rest);
        match rest.split_first() {
            None => return mistake("unexpected end of object", rest),
            Some((b',', rest)) => text = rest,
            Some((b'}', rest)) => return Ok((members, rest)),
            Some(_) => return mistake("missing ',' after object value", rest),
        }
    }
}

/// A string up to the quote that no backslash stands before.
fn raw_string(text: &[u8]) -> Step<'_, &[u8]> {
    let mut escaped = false;
    for (place, byte) in text.iter().enumerate() {
        match byte {
            b'"' if !escaped => {
                let (raw, rest) = text.split_at(place);
                return Ok((raw, rest.get(1..).unwrap_or_default()));
            }
            byte => escaped = *byte == b'\\' && !escaped,
        }
    }
    mistake("missing closing '\"'", &[])
}

fn number(text: &[u8]) -> Step<'_, ()> {
    let len = text
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'e' | b'E' | b'+'))
        .count();
    let rest = text.get(len..).unwrap_or_default();
    let bare = len == 0 || len == 1 && matches!(text.first(), Some(b'-' | b'+'));
    if !bare || rest.is_empty() {
        return Ok(((), rest));
    }
    match rest.get(..3) {
        Some(word) if word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan") => Ok(((), rest.get(3..).unwrap_or_default())),
        _ => Err((quoted("unexpected char: ", text.get(..1).unwrap_or_default()), text)),
    }
}

/// A string with its escapes decoded as far as they make sense.
fn unescaped(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some((escape, tail)) = rest.split_first() else {
            break;
        };
        rest = tail;
        match escape {
            b'"' | b'\\' | b'/' => out.push(*escape),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => rest = code_point(rest, &mut out),
            other => out.extend([b'\\', *other]),
        }
    }
    out
}

/// Appends the character of `\u`, and gives what follows it.
fn code_point<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let unit = |text: &[u8]| {
        text.get(..4)?
            .iter()
            .try_fold(0u32, |n, digit| Some(n << 4 | u32::from(super::super::hex::nibble(*digit)?)))
    };
    let Some(high) = unit(text) else {
        out.extend(b"\\u");
        return text;
    };
    let rest = text.get(4..).unwrap_or_default();
    let mut push = |value: u32| {
        out.extend(
            char::from_u32(value)
                .unwrap_or(char::REPLACEMENT_CHARACTER)
                .encode_utf8(&mut [0; 4])
                .as_bytes(),
        )
    };
    if !(0xd800..0xe000).contains(&high) {
        push(high);
        return rest;
    }
    match rest.strip_prefix(b"\\u").and_then(unit) {
        Some(low @ 0xdc00..0xe000) if high < 0xdc00 => {
            push(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            rest.get(6..).unwrap_or_default()
        }
        Some(_) => {
            push(0xd800);
            rest.get(6..).unwrap_or_default()
        }
        None => {
            out.extend(b"\\u");
            out.extend(text.get(..4).unwrap_or_default());
            rest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn algorithm(text: &str) -> String {
        let found = parse(text.as_bytes()).and_then(|members| string(&members, "alg"));
        String::from_utf8_lossy(&found.unwrap_or_else(|failure| failure.text().to_vec())).into_owned()
    }

    #[test]
    fn headers() {
        assert_eq!(algorithm(" { \"alg\" : \"HS256\" } "), "HS256");
        assert_eq!(algorithm("{\"a\\u006cg\":\"\\ud83d\\ude00\"}"), "\u{1f600}");
        assert_eq!(
            algorithm("x"),
            "cannot parse JSON: cannot parse number: unexpected char: \"x\"; unparsed tail: \"x\""
        );
        assert_eq!(algorithm(""), "cannot parse JSON: cannot parse empty string; unparsed tail: \"\"");
        assert_eq!(
            algorithm("{\"alg\":\"HS256\""),
            "cannot parse JSON: cannot parse object: unexpected end of object; unparsed tail: \"\""
        );
        assert_eq!(algorithm("{\"alg\":\"HS256\"} x"), "unexpected tail: \"x\"");
        assert_eq!(algorithm("{\"alg\":1}"), "value doesn't contain string; it contains number");
        assert_eq!(algorithm("[]"), "jwsbb: header \"alg\" not found");
        let text = "{\"typ\":\"JWT\"\"JWT\",\r\n \"alg\":\"HS256\"}";
        assert_eq!(
            algorithm(text),
            "cannot parse JSON: cannot parse object: missing ',' after object value; unparsed tail: \"\\\"JWT\\\",\\r\\n \\\"alg\\\":\\\"HS256\\\"}\""
        );
        assert!(algorithm(&"[".repeat(400)).contains("too big depth"));
    }
}
