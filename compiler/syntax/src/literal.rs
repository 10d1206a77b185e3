//! Numbers and strings: from how they are written to what they mean.

use super::ast::{Term, Value};
use super::parser::Parser;
use super::source::Span;
use super::token::Kind;

/// Numbers of a larger magnitude than two to this power, or a smaller one than its inverse, are refused.
const MAX_BINARY_EXPONENT: f64 = 1e5;

impl Parser<'_> {
    /// A number with its sign, or one that begins with the decimal point. Its text is kept as written.
    pub fn number(&mut self) -> Option<Term> {
        let start = self.here();
        let mut text = String::new();
        if self.at(Kind::Sub) {
            text.push('-');
            self.scan();
            if !matches!(self.kind(), Kind::Number | Kind::Dot) {
                self.illegal("expected number");
                return None;
            }
        }
        if self.at(Kind::Dot) {
            text.push('.');
            self.scan();
            if !self.at(Kind::Number) {
                self.illegal("expected number");
                return None;
            }
        }
        let mut digits = self.literal().to_owned();
        if self
            .text
            .as_bytes()
            .get(self.s.token.end as usize)
            .is_some_and(|byte| !byte.is_ascii())
        {
            // A character outside ASCII spoils the number that runs into it.
            digits.push(char::REPLACEMENT_CHARACTER);
        }
        if !text.ends_with('.') && has_leading_zero(&digits) {
            self.illegal("expected number without leading zero");
            return None;
        }
        text.push_str(&digits);
        match check_number(&text) {
            Ok(()) => {}
            Err(BadNumber::Malformed) => {
                self.illegal("invalid float");
                return None;
            }
            Err(BadNumber::TooBig) => {
                self.error(self.here(), "number too big".to_owned());
                return None;
            }
        }
        let end = self.s.token_end;
        Some(Term {
            span: Span { end, ..start },
            value: Value::Number(text.into()),
        })
    }

    /// A string in double or back quotes.
    pub fn string(&mut self) -> Option<Term> {
        let literal = self.literal();
        let span = self.here();
        let inner = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
        if literal.starts_with('`') || !inner.contains('\\') {
            return Some(Term {
                span,
                value: Value::String(inner.into()),
            });
        }
        match unescape(inner, false) {
            Some(text) => Some(Term {
                span,
                value: Value::String(text.into()),
            }),
            None => {
                self.error(span, format!("illegal string literal: {literal}"));
                None
            }
        }
    }
}

/// `01`, but neither `0.1` nor `0e1`.
fn has_leading_zero(digits: &str) -> bool {
    let mut rest = digits.bytes();
    if rest.next() != Some(b'0') {
        return false;
    }
    match rest.next() {
        None | Some(b'.') => false,
        Some(b'e' | b'E') => rest.next().is_none(),
        Some(_) => true,
    }
}

enum BadNumber {
    Malformed,
    TooBig,
}

/// Whether a number is of a size that can be computed with.
fn check_number(text: &str) -> Result<(), BadNumber> {
    let unsigned = text.trim_start_matches('-');
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], &unsigned[at + 1..]),
        None => (unsigned, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
        return Err(BadNumber::Malformed);
    }
    let exponent: i64 = match exponent {
        "" => 0,
        // Beyond 32 bits an exponent is no number at all.
        written => written.parse::<i32>().map_err(|_| BadNumber::Malformed)?.into(),
    };
    let digits = whole.bytes().chain(fraction.bytes());
    let zeros = digits.clone().take_while(|&byte| byte == b'0').count();
    let significant: String = digits.skip(zeros).take(18).map(char::from).collect();
    let Ok(leading) = significant.parse::<f64>() else { return Ok(()) };
    // value = 0.d1d2d3… × 10^point, and as 0.1… × 2^binary below.
    let point = whole.len() as i64 - zeros as i64 + exponent;
    let binary = ((leading.log10() - significant.len() as f64) + point as f64) * std::f64::consts::LOG2_10;
    let exponent = binary.floor() + 1.0;
    // What is closer to zero than Go's big floats reach is zero to OPA.
    if exponent.abs() > MAX_BINARY_EXPONENT && exponent >= f64::from(i32::MIN) {
        Err(BadNumber::TooBig)
    } else {
        Ok(())
    }
}

/// Resolves JSON's escapes, and `\{` in template strings. `None` where an escape is malformed or a control character is bare.
pub(super) fn unescape(text: &str, template: bool) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char < ' ' || char == '"' {
            return None;
        }
        if char != '\\' {
            out.push(char);
            continue;
        }
        match chars.next()? {
            escaped @ ('"' | '\\' | '/') => out.push(escaped),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            '{' if template => out.push('{'),
            'u' => {
                let first = code_unit(chars.as_str())?;
                chars = chars.as_str()[4..].chars();
                out.push(pair(first, &mut chars).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            _ => return None,
        }
    }
    Some(out)
}

/// Four hexadecimal digits.
fn code_unit(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u32::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

/// A code unit, with the second half of a surrogate pair if it follows. Halves that stand alone are no characters.
fn pair(first: u32, rest: &mut std::str::Chars<'_>) -> Option<char> {
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    let second = code_unit(rest.as_str().strip_prefix("\\u")?)?;
    if !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    *rest = rest.as_str()[6..].chars();
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
}
