//! The keywords that hold plain values: types, ranges, patterns, values allowed.

use super::compile::{invalid_type, list, string};
use super::model::{Counts, Draft, Pattern, Subschema, TYPES};
use super::pool::Message;
use crate::builtins::regex;
use crate::builtins::tree::Tree;
use crate::number::decimal::Decimal;
use ::regex::Regex;

/// A compiled pattern, if it is one of Go's.
pub(super) fn regex(pattern: &str) -> Option<Regex> {
    regex::compile(pattern.as_bytes())
}

/// The types in `type`.
pub(super) fn types(document: &Tree) -> Result<Vec<usize>, Message> {
    let wrong = || invalid_type("type", "string/Array Of Strings");
    let mut types = Vec::new();
    let names = match document.get("type") {
        None => return Ok(types),
        Some(Tree::Array(names)) => names.as_slice(),
        Some(name @ Tree::String(_)) => core::slice::from_ref(name),
        Some(_) => return wrong(),
    };
    for name in names {
        let Some(name) = name.as_str() else {
            return wrong();
        };
        let Some(place) = TYPES.iter().position(|known| *known == name) else {
            let known = TYPES.join(" ");
            return Err([
                "has a primitive type that is NOT VALID -- given: /",
                name,
                "/ Expected valid values are:[",
                &known,
                "]",
            ]
            .concat());
        };
        if types.contains(&place) {
            return Err([name, " type is duplicated"].concat());
        }
        types.push(place);
    }
    Ok(types)
}

fn number(tree: &Tree) -> Option<&str> {
    match tree {
        Tree::Number(text) => Some(text),
        _ => None,
    }
}

/// `multipleOf`, and the ranges of numbers.
pub(super) fn numbers(document: &Tree, draft: Draft, part: &mut Subschema) -> Result<(), Message> {
    if let Some(multiple) = document.get("multipleOf") {
        let Some(text) = number(multiple) else {
            return invalid_type("Number", "multipleOf");
        };
        let positive = Decimal::parse(text.as_bytes()).is_some_and(|decimal| !decimal.negative && !decimal.is_zero());
        if !positive {
            return Err("multipleOf must be strictly greater than 0".to_owned());
        }
        part.multiple_of = Some(text.into());
    }
    let bounds = &mut part.bounds;
    range(
        document,
        draft,
        ["minimum", "exclusiveMinimum"],
        [&mut bounds.minimum, &mut bounds.exclusive_minimum],
    )?;
    range(
        document,
        draft,
        ["maximum", "exclusiveMaximum"],
        [&mut bounds.maximum, &mut bounds.exclusive_maximum],
    )
}

/// One end of a range. In draft 4, a boolean says whether it belongs to the range.
fn range(document: &Tree, draft: Draft, keys: [&str; 2], ends: [&mut Option<Box<str>>; 2]) -> Result<(), Message> {
    let [key, exclusive_key] = keys;
    let [inclusive, exclusive] = ends;
    if let Some(end) = document.get(key) {
        match number(end) {
            Some(text) => *inclusive = Some(text.into()),
            None => return Err([key, " must be of a Number"].concat()),
        }
    }
    match document.get(exclusive_key) {
        None => {}
        Some(Tree::Boolean(is_exclusive)) if matches!(draft, Draft::Four | Draft::Hybrid) => {
            if inclusive.is_none() {
                return Err([exclusive_key, " cannot be used without ", key].concat());
            }
            if *is_exclusive {
                *exclusive = inclusive.take();
            }
        }
        Some(Tree::Number(text)) if draft != Draft::Four => *exclusive = Some(text.clone()),
        Some(_) => {
            let expected = match draft {
                Draft::Four => "boolean",
                Draft::Hybrid => "boolean/number",
                _ => "number",
            };
            return invalid_type(expected, exclusive_key);
        }
    }
    Ok(())
}

/// A number of things: written as an integer, not as `2.0`.
fn count(document: &Tree, key: &str) -> Result<Option<i64>, Message> {
    let Some(tree) = document.get(key) else {
        return Ok(None);
    };
    let Some(count) = number(tree).and_then(|text| text.parse::<i64>().ok()) else {
        return Err([key, " must be of an integer"].concat());
    };
    if count < 0 {
        return Err([key, " must be greater than or equal to 0"].concat());
    }
    Ok(Some(count))
}

fn counts(document: &Tree, min: &str, max: &str) -> Result<Counts, Message> {
    Ok(Counts {
        min: count(document, min)?,
        max: count(document, max)?,
    })
}

fn check_order(counts: Counts, min: &str, max: &str) -> Result<(), Message> {
    match counts {
        Counts {
            min: Some(least),
            max: Some(most),
        } if least > most => Err([min, " cannot be greater than ", max].concat()),
        _ => Ok(()),
    }
}

/// Lengths, pattern and format of strings.
pub(super) fn strings(document: &Tree, part: &mut Subschema) -> Result<(), Message> {
    part.length = counts(document, "minLength", "maxLength")?;
    check_order(part.length, "minLength", "maxLength")?;
    if let Some(source) = string(document, "pattern")? {
        let Some(regex) = regex(source) else {
            return Err("pattern must be a valid regex".to_owned());
        };
        part.pattern = Some(Pattern {
            source: source.into(),
            regex,
        });
    }
    part.format = string(document, "format")?.unwrap_or_default().into();
    Ok(())
}

/// How many properties there are, and which must be.
pub(super) fn objects(document: &Tree, part: &mut Subschema) -> Result<(), Message> {
    part.properties_count = counts(document, "minProperties", "maxProperties")?;
    check_order(part.properties_count, "minProperties", "maxProperties")?;
    for name in list(document, "required")?.unwrap_or_default() {
        let Some(name) = name.as_str() else {
            return invalid_type("string", "required");
        };
        if part.required.iter().any(|other| **other == *name) {
            return Err("required items must be unique".to_owned());
        }
        part.required.push(name.into());
    }
    Ok(())
}

/// How many elements there are, and whether they differ.
pub(super) fn arrays(document: &Tree, part: &mut Subschema) -> Result<(), Message> {
    part.items_count = counts(document, "minItems", "maxItems")?;
    match document.get("uniqueItems") {
        None => {}
        Some(Tree::Boolean(unique)) => part.unique_items = *unique,
        Some(_) => return Err("uniqueItems must be of a boolean".to_owned()),
    }
    Ok(())
}

/// The text by which values are compared; numbers count as doubles.
fn text(tree: &Tree) -> Result<Vec<u8>, Message> {
    let mut text = Vec::new();
    match tree.write_doubles(&mut text) {
        Ok(()) => Ok(text),
        Err(number) => Err(["json: cannot unmarshal number ", number, " into Go value of type float64"].concat()),
    }
}

/// The values allowed.
pub(super) fn values(document: &Tree, draft: Draft, part: &mut Subschema) -> Result<(), Message> {
    if draft >= Draft::Six
        && let Some(constant) = document.get("const")
    {
        part.constant = Some(text(constant)?);
    }
    if let Some(values) = list(document, "enum")? {
        let mut allowed = Vec::with_capacity(values.len());
        for value in values {
            let text = text(value)?;
            if allowed.contains(&text) {
                return Err("enum items must be unique".to_owned());
            }
            allowed.push(text);
        }
        part.allowed = Some(allowed);
    }
    Ok(())
}
