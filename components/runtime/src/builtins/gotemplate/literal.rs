//! Go's literals: strings, characters, numbers.

use super::lex::{Kind, Token};
use super::tree::{Number, quoted};
use crate::builtins::double;

/// The text of a literal in double quotes or backquotes.
pub fn string(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('`') {
        return Some(raw.strip_suffix('`')?.replace('\r', ""));
    }
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match escape(&mut chars, '"')? {
                Escaped::Rune(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Escaped::Byte(byte) => bytes.push(byte),
            },
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The code point of a literal in single quotes.
pub fn character(literal: &str) -> Option<u32> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut chars = inner.chars();
    let value = match chars.next()? {
        '\\' => match escape(&mut chars, '\'')? {
            Escaped::Rune(c) => u32::from(c),
            Escaped::Byte(byte) => u32::from(byte),
        },
        '\'' => return None,
        c => u32::from(c),
    };
    chars.next().is_none().then_some(value)
}

enum Escaped {
    Rune(char),
    Byte(u8),
}

fn escape(chars: &mut core::str::Chars<'_>, quote: char) -> Option<Escaped> {
    let digits = |chars: &mut core::str::Chars<'_>, count: usize, radix: u32| {
        let mut value = 0u32;
        for _ in 0..count {
            value = value.checked_mul(radix)?.checked_add(chars.next()?.to_digit(radix)?)?;
        }
        Some(value)
    };
    let c = chars.next()?;
    Some(Escaped::Rune(match c {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        c if c == quote => c,
        'x' => return digits(chars, 2, 16).map(|value| Escaped::Byte(value as u8)),
        'u' => char::from_u32(digits(chars, 4, 16)?)?,
        'U' => char::from_u32(digits(chars, 8, 16)?)?,
        '0'..='7' => {
            let value = c.to_digit(8)? * 64 + digits(chars, 2, 8)?;
            return u8::try_from(value).ok().map(Escaped::Byte);
        }
        _ => return None,
    }))
}

/// The value of a number token.
pub fn number(token: &Token) -> Result<Number, String> {
    let text = token.text.as_str();
    if token.kind == Kind::CharConstant {
        return match character(text) {
            Some(c) => Ok(Number::Int(i64::from(c))),
            None => Err(["malformed character constant: ", text].concat()),
        };
    }
    let (negative, unsigned) = match text.split_at_checked(1) {
        Some(("-", rest)) => (true, rest),
        Some(("+", rest)) => (false, rest),
        _ => (false, text),
    };
    let plain = unsigned.replace('_', "");
    let lower = plain.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)),
        Some("0o") => (8, lower.get(2..)),
        Some("0b") => (2, lower.get(2..)),
        _ if lower.len() > 1 && lower.starts_with('0') && lower.bytes().all(|byte| byte.is_ascii_digit()) => (8, lower.get(1..)),
        _ => (10, Some(lower.as_str())),
    };
    let value = digits.and_then(|digits| i128::from_str_radix(digits, radix).ok());
    if let Some(value) = value {
        let value = if negative { -value } else { value };
        return match (i64::try_from(value), u64::try_from(value)) {
            (Ok(value), _) => Ok(Number::Int(value)),
            (_, Ok(_)) => Ok(Number::Overflow),
            _ => Err(["integer overflow: ", &quoted(text)].concat()),
        };
    }
    let decimal = radix == 10 && !text.ends_with('i');
    let double = if decimal { double::parse(plain.as_bytes()) } else { None };
    match double {
        Some(double) if text.contains(['.', 'e', 'E']) => Ok(Number::Float(if negative { -double } else { double })),
        Some(_) => Err(["integer overflow: ", &quoted(text)].concat()),
        None => Err(["illegal number syntax: ", &quoted(text)].concat()),
    }
}
