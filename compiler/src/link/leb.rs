//! LEB128 numbers, as short as they can be: relocated numbers come padded to five bytes and are shortened on the way.

/// Appends an unsigned number.
pub(super) fn unsigned(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads an unsigned number; gives its digits' number, too.
pub(super) fn read(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().enumerate().take(5) {
        value |= u32::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

/// Appends a signed number.
pub(super) fn signed(out: &mut Vec<u8>, mut value: i32) {
    while !(-64..64).contains(&value) {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8 & 0x7f);
}

/// Appends the length of a text and the text.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    unsigned(out, text.len() as u32);
    out.extend_from_slice(text.as_bytes());
}

/// Appends a section of a module or component: its number, its size, its contents.
pub(super) fn section(out: &mut Vec<u8>, number: u8, contents: &[u8]) {
    out.push(number);
    unsigned(out, contents.len() as u32);
    out.extend_from_slice(contents);
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_short() {
        let unsigned = |value| {
            let mut out = Vec::new();
            super::unsigned(&mut out, value);
            out
        };
        let signed = |value| {
            let mut out = Vec::new();
            super::signed(&mut out, value);
            out
        };
        assert_eq!(unsigned(0), [0]);
        assert_eq!(unsigned(127), [0x7f]);
        assert_eq!(unsigned(128), [0x80, 1]);
        assert_eq!(unsigned(u32::MAX), [0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(signed(63), [63]);
        assert_eq!(signed(64), [0xc0, 0]);
        assert_eq!(signed(-1), [0x7f]);
        assert_eq!(signed(-65), [0xbf, 0x7f]);
        assert_eq!(signed(i32::MIN), [0x80, 0x80, 0x80, 0x80, 0x78]);
    }
}
