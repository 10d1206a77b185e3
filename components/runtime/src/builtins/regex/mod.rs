//! `regex.*`: Go's regular expressions, by the `regex` crate.
//!
//! Texts that are not UTF-8 are matched as if each byte that is none were U+FFFD; results are made of the text's own bytes (`subject.rs`).

mod cache;
mod class;
mod globs;
mod subject;
mod syntax;
mod template;

use super::args::{failure_parts, integer, mismatch};
use crate::arena::Buffer;
use crate::collections::Array;
use crate::value::{Kind, Value};
use cache::Compiled;
use subject::{Subject, utf8};
use syntax::SyntaxError;

#[cold]
fn complain(name: &str, error: &SyntaxError) -> Value {
    failure_parts(
        name,
        &[
            b"error parsing regexp: ",
            error.what.as_bytes(),
            b": `",
            error.part.as_bytes(),
            b"`",
        ],
    )
}

/// A pattern that others match with; `None` if it is none.
pub(super) fn compile(pattern: &[u8]) -> Option<regex::Regex> {
    cache::compile(pattern).ok().map(|compiled| compiled.regex)
}

/// Pattern and text as operands 1 and 2.
fn operands(name: &str, pattern: Value, text: Value) -> Result<(&'static Compiled, Subject), Value> {
    match (pattern.as_str(), text.as_str()) {
        (Some(pattern), Some(text)) => match cache::get(pattern) {
            Ok(compiled) => Ok((compiled, Subject::new(text))),
            Err(error) => Err(complain(name, &error)),
        },
        _ => Err(mismatch(name, &[(pattern, Kind::String), (text, Kind::String)])),
    }
}

fn matches(name: &str, pattern: Value, text: Value) -> Value {
    match operands(name, pattern, text) {
        Ok((compiled, subject)) => Value::boolean(compiled.regex.is_match(subject.text)),
        Err(error) => error,
    }
}

/// Whether a pattern fits somewhere in a text.
#[unsafe(export_name = "b.regex.match")]
pub extern "C" fn regex_match(pattern: Value, text: Value) -> Value {
    matches("regex.match", pattern, text)
}

/// `regex.match` by its old name.
#[unsafe(export_name = "b.re_match")]
pub extern "C" fn re_match(pattern: Value, text: Value) -> Value {
    matches("re_match", pattern, text)
}

/// Whether a string is a pattern.
#[unsafe(export_name = "b.regex.is_valid")]
pub extern "C" fn is_valid(pattern: Value) -> Value {
    Value::boolean(pattern.as_str().is_some_and(|pattern| syntax::translate(pattern).is_ok()))
}

/// The parts of a text between matches.
#[unsafe(export_name = "b.regex.split")]
pub extern "C" fn split(pattern: Value, text: Value) -> Value {
    let (compiled, subject) = match operands("regex.split", pattern, text) {
        Ok(operands) => operands,
        Err(error) => return error,
    };
    let result = Array::new();
    let length = subject.text.len();
    if length == 0 && pattern.byte_len() > 0 {
        result.push(subject.part(0, 0));
        return result.value();
    }
    let (mut begin, mut end) = (0, 0);
    for found in compiled.regex.find_iter(subject.text) {
        end = found.start();
        if found.end() != 0 {
            result.push(subject.part(begin, end));
        }
        begin = found.end();
    }
    if end != length {
        result.push(subject.part(begin, length));
    }
    result.value()
}

/// How many matches are asked for; all if the number is negative.
fn limit(name: &str, n: Value) -> Result<usize, Value> {
    integer(name, 2, n).map(|n| usize::try_from(n).unwrap_or(usize::MAX))
}

/// Checks three operands in their order.
fn search(name: &str, pattern: Value, text: Value, n: Value) -> Result<(&'static Compiled, Subject, usize), Value> {
    if pattern.kind() != Kind::String || text.kind() != Kind::String {
        return Err(mismatch(name, &[(pattern, Kind::String), (text, Kind::String)]));
    }
    let limit = limit(name, n)?;
    let (compiled, subject) = operands(name, pattern, text)?;
    Ok((compiled, subject, limit))
}

/// The first matches.
#[unsafe(export_name = "b.regex.find_n")]
pub extern "C" fn find_n(pattern: Value, text: Value, n: Value) -> Value {
    match search("regex.find_n", pattern, text, n) {
        Ok((compiled, subject, limit)) => {
            let result = Array::new();
            for found in compiled.regex.find_iter(subject.text).take(limit) {
                result.push(subject.part(found.start(), found.end()));
            }
            result.value()
        }
        Err(error) => error,
    }
}

/// The first matches, each with its groups.
#[unsafe(export_name = "b.regex.find_all_string_submatch_n")]
pub extern "C" fn find_all_string_submatch_n(pattern: Value, text: Value, n: Value) -> Value {
    match search("regex.find_all_string_submatch_n", pattern, text, n) {
        Ok((compiled, subject, limit)) => {
            let result = Array::new();
            for captures in compiled.regex.captures_iter(subject.text).take(limit) {
                let groups = Array::with_capacity(captures.len() as u32);
                for group in captures.iter() {
                    groups.push(group.map_or(subject.part(0, 0), |group| subject.part(group.start(), group.end())));
                }
                result.push(groups.value());
            }
            result.value()
        }
        Err(error) => error,
    }
}

/// A text with all matches replaced; `$1` and `${name}` stand for groups.
#[unsafe(export_name = "b.regex.replace")]
pub extern "C" fn replace(text: Value, pattern: Value, replacement: Value) -> Value {
    const NAME: &str = "regex.replace";
    let (Some(base), Some(pattern_text), Some(new)) = (text.as_str(), pattern.as_str(), replacement.as_str()) else {
        return mismatch(NAME, &[(text, Kind::String), (pattern, Kind::String), (replacement, Kind::String)]);
    };
    let compiled = match cache::get(pattern_text) {
        Ok(compiled) => compiled,
        Err(error) => return complain(NAME, &error),
    };
    let subject = Subject::new(base);
    let mut out = Buffer::with_capacity(base.len() as u32 + 16);
    let mut last = 0;
    for captures in compiled.regex.captures_iter(subject.text) {
        let Some(found) = captures.get(0) else {
            continue;
        };
        out.extend(subject.bytes(last, found.start()));
        template::expand(new, &subject, &captures, &compiled.names, &mut out);
        last = found.end();
    }
    if last == 0 && out.is_empty() && compiled.regex.find(subject.text).is_none() {
        return text;
    }
    out.extend(subject.bytes(last, subject.text.len()));
    out.into_string()
}

/// Whether a text fits a template: patterns between delimiters, everything else literal.
#[unsafe(export_name = "b.regex.template_match")]
pub extern "C" fn template_match(pattern: Value, text: Value, start: Value, end: Value) -> Value {
    const NAME: &str = "regex.template_match";
    let (Some(source), Some(matched), Some(open), Some(close)) = (pattern.as_str(), text.as_str(), start.as_str(), end.as_str()) else {
        let strings = [pattern, text, start, end].map(|operand| (operand, Kind::String));
        return mismatch(NAME, &strings);
    };
    let template = match template::pattern(NAME, source, open, close) {
        Ok(template) => template,
        Err(error) => return error,
    };
    match cache::get(&template) {
        Ok(compiled) => Value::boolean(compiled.regex.is_match(utf8(matched))),
        Err(error) => complain(NAME, &error),
    }
}

/// Whether two patterns have a text in common.
#[unsafe(export_name = "b.regex.globs_match")]
pub extern "C" fn globs_match(one: Value, other: Value) -> Value {
    const NAME: &str = "regex.globs_match";
    let (Some(a), Some(b)) = (one.as_str(), other.as_str()) else {
        return mismatch(NAME, &[(one, Kind::String), (other, Kind::String)]);
    };
    match globs::meet(utf8(a), utf8(b)) {
        Ok(meet) => Value::boolean(meet),
        Err(message) => failure_parts(NAME, &[message.as_bytes()]),
    }
}
