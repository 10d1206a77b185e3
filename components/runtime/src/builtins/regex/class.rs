//! Character classes of Go's regular expressions: brackets, `\d`, `\p{Greek}`, and the escapes of single characters, which are also used outside of
//! brackets.

use super::syntax::{SyntaxError, error, push_hex};

/// A class without members.
pub(super) const NOTHING: &str = "[^\\x{0}-\\x{10ffff}]";

/// The named classes between `[:` and `:]`.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit",
];

/// Translates a class in brackets, which the text begins with; gives what follows.
pub(super) fn bracket<'a>(text: &'a str, out: &mut String) -> Result<&'a str, SyntaxError> {
    let mut rest = text.get(1..).unwrap_or_default();
    out.push('[');
    if let Some(behind) = rest.strip_prefix('^') {
        out.push('^');
        rest = behind;
    }
    let mut first = true;
    let mut empty = true;
    while first || !rest.starts_with(']') {
        first = false;
        let before = out.len();
        rest = member(rest, text, out)?;
        empty &= out.len() == before;
    }
    if empty {
        // Nothing but surrogates was in it.
        out.push_str(NOTHING);
    }
    out.push(']');
    Ok(rest.get(1..).unwrap_or_default())
}

fn member<'a>(rest: &'a str, whole: &str, out: &mut String) -> Result<&'a str, SyntaxError> {
    if let Some(named) = rest.strip_prefix("[:")
        && let Some(end) = named.find(":]")
    {
        return posix(rest, named.get(..end).unwrap_or_default(), out);
    }
    if let Some(rest) = escape(rest, true, out)? {
        return Ok(rest);
    }
    let (low, behind) = single(rest, whole)?;
    let range = behind.strip_prefix('-').filter(|to| !to.is_empty() && !to.starts_with(']'));
    let Some(to) = range else {
        write_range(low, low, out);
        return Ok(behind);
    };
    let (high, behind) = single(to, whole)?;
    if high < low {
        return error(
            "invalid character class range",
            rest.get(..rest.len() - behind.len()).unwrap_or_default(),
        );
    }
    write_range(low, high, out);
    Ok(behind)
}

fn posix<'a>(rest: &'a str, name: &str, out: &mut String) -> Result<&'a str, SyntaxError> {
    let len = name.len() + 4;
    let (part, behind) = rest.split_at_checked(len).unwrap_or((rest, ""));
    let bare = name.strip_prefix('^').unwrap_or(name);
    if !POSIX.contains(&bare) {
        return error("invalid character class range", part);
    }
    out.push_str(part);
    Ok(behind)
}

fn single<'a>(text: &'a str, whole: &str) -> Result<(u32, &'a str), SyntaxError> {
    match text.chars().next() {
        None => error("missing closing ]", whole),
        Some('\\') => single_escape(text),
        Some(c) => Ok((c as u32, text.get(c.len_utf8()..).unwrap_or_default())),
    }
}

/// Appends a range, without the surrogates in it.
fn write_range(low: u32, high: u32, out: &mut String) {
    let low = if (0xd800..=0xdfff).contains(&low) { 0xe000 } else { low };
    let high = if (0xd800..=0xdfff).contains(&high) { 0xd7ff } else { high };
    if low > high {
        return;
    }
    out.push_str("\\x{");
    push_hex(low, out);
    if low != high {
        out.push_str("}-\\x{");
        push_hex(high, out);
    }
    out.push('}');
}

/// Translates `\d` and the like, and `\p{…}`; `None` if the text begins with none of them.
pub(super) fn escape<'a>(text: &'a str, inside: bool, out: &mut String) -> Result<Option<&'a str>, SyntaxError> {
    let mut chars = text.chars();
    if chars.next() != Some('\\') {
        return Ok(None);
    }
    let (positive, negative) = match chars.next().map(|c| c.to_ascii_lowercase()) {
        Some('d') => ("0-9", false),
        Some('s') => ("\\t\\n\\x{c}\\r\\x{20}", false),
        Some('w') => ("0-9A-Za-z_", false),
        Some('p') => return unicode(text, out).map(Some),
        _ => return Ok(None),
    };
    let negative = negative || text.as_bytes().get(1).is_some_and(u8::is_ascii_uppercase);
    if negative || !inside {
        out.push_str(if negative { "[^" } else { "[" });
        out.push_str(positive);
        out.push(']');
    } else {
        out.push_str(positive);
    }
    Ok(text.get(2..))
}

/// `\pL`, `\p{Greek}`, `\P{^Lu}`.
fn unicode<'a>(text: &'a str, out: &mut String) -> Result<&'a str, SyntaxError> {
    let behind = text.get(2..).unwrap_or_default();
    let (part, rest) = match behind.chars().next() {
        None => return error("invalid character class range", text),
        Some('{') => match text.find('}') {
            Some(end) => text.split_at_checked(end + 1).unwrap_or((text, "")),
            None => return error("invalid character class range", text),
        },
        Some(c) => text.split_at_checked(2 + c.len_utf8()).unwrap_or((text, "")),
    };
    let name = part.get(2..).unwrap_or_default().trim_start_matches('{').trim_end_matches('}');
    let inverted = name.strip_prefix('^');
    let name = inverted.unwrap_or(name);
    let negative = part.starts_with("\\P") != inverted.is_some();
    let mut class = String::from(if negative { "\\P{" } else { "\\p{" });
    class.push_str(name);
    class.push('}');
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' '));
    // What was written before is known to be one; asking takes as long as building it.
    let known = out.contains(&class);
    if name.is_empty() || !plain || !known && regex::Regex::new(&class).is_err() {
        return error("invalid character class range", part);
    }
    out.push_str(&class);
    Ok(rest)
}

/// The character that an escape stands for, and what follows it.
pub(super) fn single_escape(text: &str) -> Result<(u32, &str), SyntaxError> {
    let mut chars = text.get(1..).unwrap_or_default().chars();
    let Some(c) = chars.next() else {
        return error("trailing backslash at end of expression", "");
    };
    let value = match c {
        'a' => Some(7),
        'f' => Some(0xc),
        'n' => Some(0xa),
        'r' => Some(0xd),
        't' => Some(9),
        'v' => Some(0xb),
        'x' => hexadecimal(&mut chars),
        '0'..='7' => octal(c, &mut chars),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c as u32),
        _ => None,
    };
    let rest = chars.as_str();
    match value {
        Some(value) => Ok((value, rest)),
        None => error("invalid escape sequence", text.get(..text.len() - rest.len()).unwrap_or_default()),
    }
}

/// Up to three octal digits; a single one that is not 0 would be a reference.
fn octal(first: char, chars: &mut core::str::Chars<'_>) -> Option<u32> {
    let next = |chars: &core::str::Chars<'_>| chars.clone().next().and_then(|c| c.to_digit(8));
    if first != '0' && next(chars).is_none() {
        return None;
    }
    let mut value = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = next(chars) else {
            break;
        };
        value = value * 8 + digit;
        chars.next();
    }
    Some(value)
}

/// Two hexadecimal digits, or any number of them in braces.
fn hexadecimal(chars: &mut core::str::Chars<'_>) -> Option<u32> {
    let first = chars.next()?;
    if first != '{' {
        let second = chars.next()?;
        return Some(first.to_digit(16)? * 16 + second.to_digit(16)?);
    }
    let mut value = None;
    loop {
        match chars.next()? {
            '}' => return value,
            c => value = Some(value.unwrap_or(0) * 16 + c.to_digit(16)?).filter(|value| *value <= 0x10_ffff),
        }
        value?;
    }
}
