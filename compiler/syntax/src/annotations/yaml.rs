//! YAML as OPA's library reads it: the text of a block to a mapping, its errors in that library's words, and plain values to
//! JSON.

use serde_json::Value as Json;
use serde_yaml_ng::{Mapping, Value as Yaml};

use super::numbers::float_text;

/// Why a block is no YAML, with the line in it that is to blame where that is known.
pub(super) struct YamlError {
    pub message: String,
    pub line: Option<usize>,
}

/// The mapping that a block is; empty where the block is `null`.
pub(super) fn parse(text: &str) -> Result<Mapping, YamlError> {
    let fail = |message: String, line| {
        Err(YamlError {
            message: format!("yaml: {message}"),
            line,
        })
    };
    let mut value: Yaml = match serde_yaml_ng::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let shown = error.to_string();
            if let Some((key, second, first)) = duplicate_key(text, &shown) {
                let message = format!("unmarshal errors:\n  line {second}: mapping key \"{key}\" already defined at line {first}");
                return fail(message, Some(second));
            }
            if shown.starts_with("unknown anchor") {
                let name = text
                    .split_once('*')
                    .map_or("", |(_, rest)| rest.split([' ', '\n', ',', '}', ']']).next().unwrap_or_default());
                return fail(format!("unknown anchor '{name}' referenced"), None);
            }
            let (problem, line) = scanner_words(&shown);
            let place = line.map_or_else(String::new, |line| format!("line {line}: "));
            return fail(format!("{place}{problem}"), line);
        }
    };
    // A merge key that names no mapping stays as it is.
    let _ = value.apply_merge();
    match untagged(value) {
        Yaml::Mapping(mapping) => Ok(mapping),
        Yaml::Null => Ok(Mapping::new()),
        Yaml::Sequence(_) => fail(wrong_type(1, "!!seq", "ast.rawAnnotation"), Some(1)),
        other => fail(wrong_type(1, &describe(&other), "ast.rawAnnotation"), Some(1)),
    }
}

/// One complaint about a value of the wrong type.
fn wrong_type(line: usize, what: &str, wanted: &str) -> String {
    format!("unmarshal errors:\n  line {line}: cannot unmarshal {what} into {wanted}")
}

/// All complaints about values of the wrong type, each with its line.
pub(super) fn wrong_types(complaints: &[(usize, String, &str)]) -> YamlError {
    let lines: Vec<String> = complaints
        .iter()
        .map(|(line, what, wanted)| format!("  line {line}: cannot unmarshal {what} into {wanted}"))
        .collect();
    YamlError {
        message: format!("yaml: unmarshal errors:\n{}", lines.join("\n")),
        line: complaints.first().map(|first| first.0),
    }
}

/// A value in the library's words: its tag, and the beginning of its text if it is a scalar.
pub(super) fn describe(value: &Yaml) -> String {
    let tag = match value {
        Yaml::Sequence(_) => return "!!seq".to_owned(),
        Yaml::Mapping(_) => return "!!map".to_owned(),
        Yaml::Tagged(tagged) => return describe(&tagged.value),
        Yaml::Null => "!!null",
        Yaml::Bool(_) => "!!bool",
        Yaml::Number(number) if number.is_f64() => "!!float",
        Yaml::Number(_) => "!!int",
        Yaml::String(_) => "!!str",
    };
    let text = scalar_text(value).unwrap_or_default();
    match text.get(..7) {
        Some(begin) if text.len() > 10 => format!("{tag} `{begin}...`"),
        _ => format!("{tag} `{text}`"),
    }
}

/// The text of a scalar.
pub(super) fn scalar_text(value: &Yaml) -> Option<String> {
    match value {
        Yaml::Bool(value) => Some(value.to_string()),
        Yaml::Number(number) => Some(number.to_string()),
        Yaml::String(text) => Some(text.clone()),
        Yaml::Tagged(tagged) => scalar_text(&tagged.value),
        Yaml::Null | Yaml::Sequence(_) | Yaml::Mapping(_) => None,
    }
}

/// The line (from 1) in which the value of a key at the top begins.
pub(super) fn line_of(text: &str, key: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let Some(at) = lines.iter().position(|line| is_key(line, key)) else {
        return 1;
    };
    let rest = lines[at].split_once(':').map_or("", |(_, rest)| rest.trim_start());
    if !rest.is_empty() && !rest.starts_with('#') {
        return at + 1;
    }
    let below = lines[at + 1..].iter().position(|line| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    });
    below.map_or(at + 1, |distance| at + distance + 2)
}

fn is_key(line: &str, key: &str) -> bool {
    let line = line.trim_start_matches(['"', '\'']);
    line.strip_prefix(key)
        .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
}

/// The key that is defined twice, with the lines of the second and the first definition.
fn duplicate_key(text: &str, message: &str) -> Option<(String, usize, usize)> {
    let key = message.split_once("duplicate entry with key \"")?.1.split_once('"')?.0;
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| is_key(line.trim_start().trim_start_matches("- "), key));
    let first = lines.next()?.0 + 1;
    let second = lines.next()?.0 + 1;
    Some((key.to_owned(), second, first))
}

/// Problem and line of a syntax error. Both libraries descend from one and share its words; the line is that of the context
/// where there is one that does not begin at the top, and the scanner counts from one, the parser from zero.
fn scanner_words(message: &str) -> (String, Option<usize>) {
    let (problem, context) = message.split_once(", while ").unwrap_or((message, ""));
    let line = |part: &str| {
        let at = part.rfind(" at line ")?;
        part[at + " at line ".len()..].split(' ').next()?.parse::<usize>().ok()
    };
    let words = problem.rfind(" at line ").map_or(problem, |at| &problem[..at]);
    // What is a line behind the first is counted; a mark in the first line counts as none.
    let counted = [line(context), line(problem)].into_iter().flatten().find(|&line| line > 1);
    let scans = context.starts_with("scanning") || words.contains("character") || words.ends_with("in this context");
    let counted = counted.map(|line| if scans { line } else { line - 1 });
    (words.to_owned(), counted)
}

/// A value without its tags.
fn untagged(value: Yaml) -> Yaml {
    match value {
        Yaml::Tagged(tagged) => untagged(tagged.value),
        other => other,
    }
}

/// A value as JSON. `text` is the block it comes from: only there can be seen whether a date is quoted.
pub(super) fn to_json(value: &Yaml, text: &str) -> Json {
    match value {
        Yaml::Null => Json::Null,
        Yaml::Bool(value) => Json::Bool(*value),
        Yaml::Number(number) => {
            let digits = match number.as_f64().filter(|_| number.is_f64()) {
                Some(float) => float_text(float),
                None => number.to_string(),
            };
            serde_json::from_str(&digits).unwrap_or(Json::Null)
        }
        Yaml::String(string) => match old_integer(string, text) {
            Some(number) => number.into(),
            None => Json::String(timestamp(string, text).unwrap_or_else(|| string.clone())),
        },
        Yaml::Sequence(items) => Json::Array(items.iter().map(|item| to_json(item, text)).collect()),
        Yaml::Mapping(mapping) => {
            let entry = |(key, value)| Some((scalar_text(key)?, to_json(value, text)));
            Json::Object(mapping.iter().filter_map(entry).collect())
        }
        Yaml::Tagged(tagged) => to_json(&tagged.value, text),
    }
}

/// Whether a string is quoted where it stands.
fn is_quoted(string: &str, text: &str) -> bool {
    text.contains(&format!("\"{string}\"")) || text.contains(&format!("'{string}'"))
}

/// Integers as YAML 1.1 has them: with underscores, and octal with a leading zero.
fn old_integer(string: &str, text: &str) -> Option<i64> {
    let digits = string.strip_prefix(['-', '+']).unwrap_or(string);
    let is_number =
        digits.starts_with(|char: char| char.is_ascii_digit()) && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if !is_number || is_quoted(string, text) {
        return None;
    }
    let plain = digits.replace('_', "");
    let radix = if plain.len() > 1 && plain.starts_with('0') { 8 } else { 10 };
    let number = i64::from_str_radix(&plain, radix).ok()?;
    Some(if string.starts_with('-') { -number } else { number })
}

/// A date without quotes is a point in time.
fn timestamp(string: &str, text: &str) -> Option<String> {
    let (date, time) = match string.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (string, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |part: &str, lengths: std::ops::RangeInclusive<usize>, most: u32| {
        let fits = lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        fits && (1..=most).contains(&part.parse().unwrap_or(0))
    };
    let is_date = is_number(year, 4..=4, 9999) && is_number(month, 1..=2, 12) && is_number(day, 1..=2, 31) && parts.next().is_none();
    if !is_date || is_quoted(string, text) {
        return None;
    }
    let time = match time {
        None => "00:00:00Z".to_owned(),
        Some(time) if string.contains(' ') => format!("{time}Z"),
        Some(time) => time.to_owned(),
    };
    let clock: Vec<&str> = time.trim_end_matches('Z').splitn(3, ':').collect();
    let is_clock = clock.len() == 3
        && clock[..2]
            .iter()
            .all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()));
    is_clock.then(|| format!("{year}-{month:0>2}-{day:0>2}T{time}"))
}
