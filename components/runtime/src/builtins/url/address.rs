//! Whether a text is an address as Go's `netip` reads it, and in which words it says that it is none.

use super::UrlError;

/// The version of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `1.2.3.4`
    Four,
    /// `::1`, also with a zone.
    Six,
}

fn refuse(text: &[u8], what: &str, at: &[u8]) -> UrlError {
    let mut error = UrlError::quoting("ParseAddr(", text, "): ");
    error.0.extend_from_slice(what.as_bytes());
    if !at.is_empty() {
        let place = UrlError::quoting(" (at ", at, ")");
        error.0.extend(place.0);
    }
    error
}

/// Reads an address.
pub fn check(text: &[u8]) -> Result<Family, UrlError> {
    match text.iter().find(|byte| b".:%".contains(byte)) {
        Some(b'.') => check_four(text, text).map(|()| Family::Four),
        Some(b':') => check_six(text).map(|()| Family::Six),
        Some(_) => Err(refuse(text, "missing IPv6 address", b"")),
        None => Err(refuse(text, "unable to parse IP", b"")),
    }
}

/// Four numbers in `part` of the text.
fn check_four(text: &[u8], part: &[u8]) -> Result<(), UrlError> {
    let (mut value, mut dots, mut digits) = (0u32, 0, 0);
    let mut before = None;
    for (at, byte) in part.iter().enumerate() {
        let rest = part.get(at..).unwrap_or_default();
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(refuse(text, "IPv4 field has octet with leading zero", b""));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(refuse(text, "IPv4 field has value >255", b""));
                }
            }
            b'.' => {
                if at == 0 || rest.len() == 1 || before == Some(b'.') {
                    return Err(refuse(text, "IPv4 field must have at least one digit", rest));
                }
                if dots == 3 {
                    return Err(refuse(text, "IPv4 address too long", b""));
                }
                (value, digits) = (0, 0);
                dots += 1;
            }
            _ => return Err(refuse(text, "unexpected character", rest)),
        }
        before = Some(*byte);
    }
    if dots < 3 {
        return Err(refuse(text, "IPv4 address too short", b""));
    }
    Ok(())
}

fn check_six(text: &[u8]) -> Result<(), UrlError> {
    let (address, zone) = super::cut(text, b'%');
    if zone == Some(b"") {
        return Err(refuse(text, "zone must be a non-empty string", b""));
    }
    let mut rest = address;
    let mut ellipsis = false;
    if let Some(behind) = rest.strip_prefix(b"::") {
        ellipsis = true;
        rest = behind;
        if rest.is_empty() {
            return Ok(());
        }
    }
    // Bytes of the address that were read.
    let mut bytes = 0;
    while bytes < 16 {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if digits > 4 {
            return Err(refuse(text, "each group must have 4 or less digits", rest));
        }
        if digits == 0 {
            return Err(refuse(text, "each colon-separated field must have at least one digit", rest));
        }
        let behind = rest.get(digits..).unwrap_or_default();
        if behind.starts_with(b".") {
            if !ellipsis && bytes != 12 {
                let what = "embedded IPv4 address must replace the final 2 fields of the address";
                return Err(refuse(text, what, rest));
            }
            if bytes > 12 {
                let what = "too many hex fields to fit an embedded IPv4 at the end of the address";
                return Err(refuse(text, what, rest));
            }
            check_four(text, rest)?;
            rest = b"";
            bytes += 4;
            break;
        }
        bytes += 2;
        rest = behind;
        match rest {
            [] => break,
            [b':'] => return Err(refuse(text, "colon must be followed by more characters", rest)),
            [b':', b':', ..] if ellipsis => {
                return Err(refuse(text, "multiple :: in address", rest.get(1..).unwrap_or_default()));
            }
            [b':', b':', behind @ ..] => {
                ellipsis = true;
                rest = behind;
                if rest.is_empty() {
                    break;
                }
            }
            [b':', behind @ ..] => rest = behind,
            _ => return Err(refuse(text, "unexpected character, want colon", rest)),
        }
    }
    if !rest.is_empty() {
        return Err(refuse(text, "trailing garbage after address", rest));
    }
    match (bytes < 16, ellipsis) {
        (true, false) => Err(refuse(text, "address string too short", b"")),
        (false, true) => Err(refuse(text, "the :: must expand to at least one field of zeros", b"")),
        _ => Ok(()),
    }
}
