//! Go's string and character literals.

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
