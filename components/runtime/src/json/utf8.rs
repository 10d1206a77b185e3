//! UTF-8 as Go decodes it: whatever is no character is one U+FFFD for each byte.

/// U+FFFD in UTF-8.
pub const REPLACEMENT: [u8; 3] = [0xef, 0xbf, 0xbd];

/// The length of the character that `bytes` begins with: 1 to 4, or 0 if there is none.
#[inline]
pub fn length(bytes: &[u8]) -> usize {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let follows = |at: usize| byte(at) & 0xc0 == 0x80;
    match byte(0) {
        _ if bytes.is_empty() => 0,
        0..=0x7f => 1,
        0xc2..=0xdf if follows(1) => 2,
        first @ 0xe0..=0xef if follows(1) && follows(2) => {
            // Neither longer than needed nor a surrogate.
            let fits = match first {
                0xe0 => byte(1) >= 0xa0,
                0xed => byte(1) < 0xa0,
                _ => true,
            };
            if fits { 3 } else { 0 }
        }
        first @ 0xf0..=0xf4 if follows(1) && follows(2) && follows(3) => {
            // Neither longer than needed nor above U+10FFFF.
            let fits = match first {
                0xf0 => byte(1) >= 0x90,
                0xf4 => byte(1) < 0x90,
                _ => true,
            };
            if fits { 4 } else { 0 }
        }
        _ => 0,
    }
}

/// Whether all of it is UTF-8.
pub fn valid(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match length(bytes) {
            0 => return false,
            n => bytes = bytes.get(n..).unwrap_or(&[]),
        }
    }
    true
}

/// How many characters there are, each byte of what is none counting as one.
pub fn count(mut bytes: &[u8]) -> u32 {
    let mut count = 0;
    while !bytes.is_empty() {
        bytes = bytes.get(length(bytes).max(1)..).unwrap_or(&[]);
        count += 1;
    }
    count
}

/// Writes a character in UTF-8 and gives its length.
#[inline]
pub fn encode(code: u32, out: &mut [u8; 4]) -> usize {
    let tail = |shift: u32| (code >> shift & 0x3f) as u8 | 0x80;
    match code {
        0..=0x7f => {
            *out = [code as u8, 0, 0, 0];
            1
        }
        0x80..=0x7ff => {
            *out = [(code >> 6) as u8 | 0xc0, tail(0), 0, 0];
            2
        }
        0x800..=0xffff => {
            *out = [(code >> 12) as u8 | 0xe0, tail(6), tail(0), 0];
            3
        }
        _ => {
            *out = [(code >> 18) as u8 | 0xf0, tail(12), tail(6), tail(0)];
            4
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        for code in (0..=0x10ffff).filter_map(char::from_u32) {
            let mut text = [0; 4];
            let text = code.encode_utf8(&mut text).as_bytes();
            assert_eq!(length(text), text.len());
            let mut ours = [0; 4];
            let len = encode(u32::from(code), &mut ours);
            assert_eq!(&ours[..len], text);
        }
        for a in 0..=255u8 {
            for b in (0..=255u8).step_by(3) {
                for c in [0x00, 0x7f, 0x80, 0xbf, 0xc0] {
                    let bytes = [a, b, c, 0x80];
                    let expected = match core::str::from_utf8(&bytes) {
                        Ok(text) => text.chars().next().map_or(0, char::len_utf8),
                        Err(error) if error.valid_up_to() > 0 => {
                            let text = core::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap();
                            text.chars().next().map_or(0, char::len_utf8)
                        }
                        Err(_) => 0,
                    };
                    assert_eq!(length(&bytes), expected, "{bytes:x?}");
                }
            }
        }
    }
}
