//! Templates: `$1` in replacements, and `urn:{[a-z]+}:*` in `regex.template_match`.

use super::super::args::failure_parts;
use super::super::quote;
use super::super::text::Runes;
use super::subject::Subject;
use super::{complain, syntax};
use crate::arena::Buffer;
use crate::error;
use crate::number::arithmetic::format_small;
use crate::value::Value;
use regex::Captures;

/// What `$` refers to.
struct Reference<'a> {
    name: &'a [u8],
    rest: &'a [u8],
}

/// Reads `name` or `{name}`, with what follows. Names are letters, digits and `_`.
fn reference(text: &[u8]) -> Option<Reference<'_>> {
    let braced = text.strip_prefix(b"{");
    let inside = braced.unwrap_or(text);
    let runes = Runes(inside).take_while(|(rune, _)| char::from_u32(*rune).is_some_and(|rune| rune == '_' || rune.is_alphanumeric()));
    let end = runes.map(|(_, width)| width).sum();
    let (name, rest) = inside.split_at_checked(end)?;
    let rest = if braced.is_some() { rest.strip_prefix(b"}")? } else { rest };
    (!name.is_empty()).then_some(Reference { name, rest })
}

/// A group's number; a leading zero makes it a name.
fn number(name: &[u8]) -> Option<usize> {
    let canonical = name == b"0" || !name.starts_with(b"0");
    if canonical && name.len() <= 9 && name.iter().all(u8::is_ascii_digit) {
        Some(name.iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
    } else {
        None
    }
}

/// Appends a replacement, with the groups it refers to.
pub(super) fn expand(template: &[u8], subject: &Subject, captures: &Captures<'_>, names: &[String], out: &mut Buffer) {
    let group = |number: usize| captures.get(number).map(|group| subject.bytes(group.start(), group.end()));
    let mut rest = template;
    while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
        let (before, after) = rest.split_at(at);
        out.extend(before);
        rest = after.get(1..).unwrap_or_default();
        if let Some(behind) = rest.strip_prefix(b"$") {
            out.push(b'$');
            rest = behind;
        } else if let Some(reference) = reference(rest) {
            rest = reference.rest;
            let text = match number(reference.name) {
                Some(number) => group(number),
                None => {
                    let named = names.iter().zip(1..).filter(|(name, _)| name.as_bytes() == reference.name);
                    let mut found = named.filter_map(|(_, number)| group(number));
                    found.next()
                }
            };
            out.extend(text.unwrap_or_default());
        } else {
            out.push(b'$');
        }
    }
    out.extend(rest);
}

#[cold]
fn wrong_length(name: &str, which: &[u8], start: &[u8]) -> Value {
    let mut digits = [0; 20];
    let length = format_small(start.len() as i64, &mut digits);
    let what: [&[u8]; 4] = [which, b" delimiter has to be exactly one character long but is ", length, b" long"];
    failure_parts(name, &what)
}

#[cold]
fn unbalanced(name: &str, template: &[u8]) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut quoted = Buffer::new();
    quote::quote(template, false, &mut quoted);
    failure_parts(name, &[b"unbalanced braces in ", quoted.as_bytes()])
}

/// Appends text so that it means itself in a pattern.
fn push_literal(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if b"\\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
}

/// The pattern of a template, or why there is none.
pub(super) fn pattern(name: &str, template: &[u8], start: &[u8], end: &[u8]) -> Result<Vec<u8>, Value> {
    let [open] = start else {
        return Err(wrong_length(name, b"start", start));
    };
    let [close] = end else {
        // Like OPA, which tells the length of the other one.
        return Err(wrong_length(name, b"end", start));
    };
    let parts = parts(template, *open, *close).ok_or_else(|| unbalanced(name, template))?;
    let mut out = vec![b'^'];
    let mut last = 0;
    for (from, to) in parts {
        push_literal(template.get(last..from).unwrap_or_default(), &mut out);
        let inner = template.get(from + 1..to).unwrap_or_default();
        let mut alone = vec![b'^'];
        alone.extend_from_slice(inner);
        alone.push(b'$');
        if let Err(error) = syntax::translate(&alone) {
            return Err(complain(name, &error));
        }
        out.push(b'(');
        out.extend_from_slice(inner);
        out.push(b')');
        last = to + 1;
    }
    push_literal(template.get(last..).unwrap_or_default(), &mut out);
    out.push(b'$');
    Ok(out)
}

/// Where the outermost delimiters stand.
fn parts(template: &[u8], open: u8, close: u8) -> Option<Vec<(usize, usize)>> {
    let (mut depth, mut start) = (0u32, 0);
    let mut parts = Vec::new();
    for (at, byte) in template.iter().enumerate() {
        if *byte == open {
            depth += 1;
            if depth == 1 {
                start = at;
            }
        } else if *byte == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                parts.push((start, at));
            }
        }
    }
    (depth == 0).then_some(parts)
}
