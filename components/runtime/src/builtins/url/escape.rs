//! Percent escapes: what `%41` stands for, and which bytes are written as one, by part of the URL.

use super::UrlError;

/// A part of a URL, by which bytes may stand in it as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The path with its slashes.
    Path,
    /// Host and port.
    Host,
    /// The zone of an address.
    Zone,
    /// User or password.
    User,
    /// A key or value of the query, where a plus stands for a space.
    Query,
    /// The fragment.
    Fragment,
}

/// Whether a byte stands in a part as it is.
pub fn is_plain(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return true;
    }
    let plain: &[u8] = match part {
        Part::Path => b"$&+,/:;=@",
        Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"",
        Part::User => b"$&+,;=",
        Part::Query => b"",
        Part::Fragment => b"!$&()*+,/:;=?@",
    };
    plain.contains(&byte)
}

fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

/// What the two digits behind a percent sign stand for.
fn escaped(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => Some(hex(*high)? << 4 | hex(*low)?),
        _ => None,
    }
}

/// The text with its escapes resolved.
pub fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, UrlError> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        match byte {
            b'%' => {
                let shown = rest.get(..3).unwrap_or(rest);
                let value = escaped(rest).filter(|value| allowed(*value, shown, part));
                let Some(value) = value else {
                    return Err(UrlError::quoting("invalid URL escape ", shown, ""));
                };
                out.push(value);
                rest = rest.get(3..).unwrap_or_default();
                continue;
            }
            b'+' if part == Part::Query => out.push(b' '),
            byte => {
                let host = matches!(part, Part::Host | Part::Zone);
                if host && byte.is_ascii() && !is_plain(*byte, part) {
                    return Err(UrlError::quoting("invalid character ", &[*byte], " in host name"));
                }
                out.push(*byte);
            }
        }
        rest = behind;
    }
    Ok(out)
}

/// Hosts may escape what is not ASCII, zones also a space and what needs no escape.
fn allowed(value: u8, shown: &[u8], part: Part) -> bool {
    match part {
        Part::Host => value >= 0x80 || shown == b"%25",
        Part::Zone => shown == b"%25" || value == b' ' || is_plain(value, Part::Host),
        _ => true,
    }
}

/// The text with escapes where bytes need them.
pub fn escape(text: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if is_plain(*byte, part) {
            out.push(*byte);
        } else if *byte == b' ' && part == Part::Query {
            out.push(b'+');
        } else {
            let digit = |value: u8| b"0123456789ABCDEF".get(usize::from(value)).copied().unwrap_or(b'0');
            out.extend([b'%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}
