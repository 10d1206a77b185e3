//! What a scalar means: by its text if it has no tag, by its tag if it has one.

use std::borrow::Cow;

use crate::source::Fault;
use crate::{Floats, timestamp};

/// A scalar's meaning.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// Nothing.
    Null,
    /// A boolean.
    Boolean(bool),
    /// An integer by its text; it has 64 bits at most.
    Integer(String),
    /// A double, also infinite or none.
    Float(f64),
    /// A string: the text itself.
    String,
    /// A moment, as JSON writes it.
    Timestamp(String),
}

impl Meaning {
    /// The tag of its type.
    pub fn tag(&self) -> &'static str {
        match self {
            Meaning::Null => "!!null",
            Meaning::Boolean(_) => "!!bool",
            Meaning::Integer(_) => "!!int",
            Meaning::Float(_) => "!!float",
            Meaning::String => "!!str",
            Meaning::Timestamp(_) => "!!timestamp",
        }
    }
}

/// The words that mean something.
fn word(text: &str) -> Option<Meaning> {
    Some(match text {
        "true" | "True" | "TRUE" => Meaning::Boolean(true),
        "false" | "False" | "FALSE" => Meaning::Boolean(false),
        "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
        ".nan" | ".NaN" | ".NAN" => Meaning::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Meaning::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Meaning::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// `1`, `.5`, `1.`, `1e3`, with a sign.
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits(unsigned);
    let mut rest = unsigned.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if whole == 0 && count == 0 {
            return false;
        }
        rest = fraction.get(count..).unwrap_or_default();
    } else if whole == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        None => rest.is_empty(),
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
    }
}

/// An integer in one of Go's notations, of 64 bits with or without a sign.
fn integer(text: &str) -> Option<Meaning> {
    let (sign, unsigned) = match text.split_at_checked(1) {
        Some(("-", rest)) => (Some(true), rest),
        Some(("+", rest)) => (Some(false), rest),
        _ => (None, text),
    };
    let lower = unsigned.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (radix, digits) = match lower.as_str() {
        "0x" => (16, unsigned.get(2..)),
        "0b" => (2, unsigned.get(2..)),
        "0o" => (8, unsigned.get(2..)),
        _ if unsigned.starts_with('0') && unsigned.len() > 1 => (8, unsigned.get(1..)),
        _ => (10, Some(unsigned)),
    };
    let digits = digits.filter(|digits| !digits.is_empty())?;
    let mut value = 0u64;
    for digit in digits.chars() {
        value = value
            .checked_mul(u64::from(radix))?
            .checked_add(u64::from(digit.to_digit(radix)?))?;
    }
    let text = match sign {
        Some(true) => 0i64.checked_sub_unsigned(value)?.to_string(),
        Some(false) => i64::try_from(value).ok()?.to_string(),
        None => value.to_string(),
    };
    Some(Meaning::Integer(text))
}

/// An integer whose sign stands behind its notation, which Go lets pass: `0b-101`.
fn inner_sign(text: &str) -> Option<Meaning> {
    let (radix, rest) = match text.split_at_checked(2)? {
        ("0b", rest) => (2, rest),
        ("0o", rest) => (8, rest),
        _ => return None,
    };
    Some(Meaning::Integer(i64::from_str_radix(rest, radix).ok()?.to_string()))
}

/// Whether underscores stand between digits only.
fn separates(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |place: Option<usize>| place.and_then(|place| bytes.get(place)).is_some_and(u8::is_ascii_digit);
    bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| *byte != b'_' || digit(at.checked_sub(1)) && digit(Some(at + 1)))
}

/// The meaning of a text, perhaps with a hint that it is no moment.
fn meaning<F: Floats>(text: &str, moment: bool) -> Meaning {
    let first = text.bytes().next();
    if first.is_none_or(|first| b"+-.0123456789yYnNtTfFoO~".contains(&first))
        && let Some(word) = word(text)
    {
        return word;
    }
    let numeric = matches!(first, Some(b'+' | b'-' | b'.' | b'0'..=b'9'));
    let whole = first != Some(b'.');
    if !numeric || !whole && !separates(text) {
        return Meaning::String;
    }
    if whole
        && moment
        && let Some(moment) = timestamp::parse(text)
    {
        return Meaning::Timestamp(moment);
    }
    let plain = if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    };
    if whole && let Some(integer) = integer(&plain) {
        return integer;
    }
    if is_float(&plain) {
        return F::parse_float(&plain).map_or(Meaning::String, Meaning::Float);
    }
    inner_sign(&plain).unwrap_or(Meaning::String)
}

/// The meaning of a scalar without quotes and tag.
pub fn plain<F: Floats>(text: &str) -> Meaning {
    meaning::<F>(text, true)
}

/// Whether a text without quotes and tag is a string.
pub fn is_string<F: Floats>(text: &str) -> bool {
    matches!(plain::<F>(text), Meaning::String)
}

/// The meaning of a scalar with a tag, its own or by its form.
pub fn tagged<F: Floats>(tag: &str, text: &str) -> Result<Meaning, Fault> {
    match tag {
        "!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp" => {}
        _ => return Ok(Meaning::String),
    }
    let found = meaning::<F>(text, tag == "!!timestamp");
    match (tag, &found) {
        ("!!float", Meaning::Integer(digits)) if digits.parse::<i64>().is_ok() => Ok(Meaning::Float(F::parse_float(digits).unwrap_or(0.0))),
        (tag, found_as) if tag == found_as.tag() => Ok(found),
        (tag, found_as) => Err(Fault::new(&["cannot decode ", found_as.tag(), " `", text, "` as a ", tag].concat())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Standard;

    #[test]
    fn plain_scalars() {
        let integer = |text: &str| Meaning::Integer(text.to_owned());
        let cases = [
            ("12", integer("12")),
            ("+1", integer("1")),
            ("-0", integer("0")),
            ("0x1F", integer("31")),
            ("017", integer("15")),
            ("0o17", integer("15")),
            ("1_000", integer("1000")),
            ("18446744073709551615", integer("18446744073709551615")),
            ("08", Meaning::Float(8.0)),
            ("1e3", Meaning::Float(1000.0)),
            (".5", Meaning::Float(0.5)),
            ("5.", Meaning::Float(5.0)),
            ("1e400", Meaning::String),
            ("0xG", Meaning::String),
            ("1.2.3", Meaning::String),
            ("yes", Meaning::String),
            ("True", Meaning::Boolean(true)),
            ("~", Meaning::Null),
            ("2024-05-06", Meaning::Timestamp("2024-05-06T00:00:00Z".to_owned())),
            ("0b-101", integer("-5")),
            (".5_0", Meaning::Float(0.5)),
            ("._5", Meaning::String),
            ("-", Meaning::String),
        ];
        for (text, expected) in cases {
            assert_eq!(plain::<Standard>(text), expected, "{text}");
        }
    }

    #[test]
    fn tagged_scalars() {
        assert_eq!(tagged::<Standard>("!!float", "1"), Ok(Meaning::Float(1.0)));
        assert_eq!(tagged::<Standard>("!!null", ""), Ok(Meaning::Null));
        let problem = tagged::<Standard>("!!int", "x").err().map(|fault| fault.problem);
        assert_eq!(problem.as_deref(), Some("cannot decode !!str `x` as a !!int"));
    }
}
