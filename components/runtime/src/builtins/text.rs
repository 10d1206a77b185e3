//! Text as Go sees it: bytes that are read as UTF-8 where they are, and as U+FFFD, one per byte, where they are not.

use memchr::arch::all::twoway;

use crate::arena::Buffer;

/// Where text is written to: into the arena, or into memory of its own.
pub trait Sink {
    /// Appends a byte.
    fn push(&mut self, byte: u8);
    /// Appends bytes.
    fn extend(&mut self, bytes: &[u8]);
}

impl Sink for Buffer {
    #[inline]
    fn push(&mut self, byte: u8) {
        Buffer::push(self, byte);
    }

    #[inline]
    fn extend(&mut self, bytes: &[u8]) {
        Buffer::extend(self, bytes);
    }
}

impl Sink for Vec<u8> {
    #[inline]
    fn push(&mut self, byte: u8) {
        Vec::push(self, byte);
    }

    #[inline]
    fn extend(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// What stands for a byte that is no UTF-8.
pub const REPLACEMENT: u32 = 0xfffd;

/// The code point a text begins with, and how many bytes it takes; 0 bytes at the end.
pub fn rune(text: &[u8]) -> (u32, usize) {
    let invalid = (REPLACEMENT, 1);
    let (len, first, low) = match text.first() {
        None => return (REPLACEMENT, 0),
        Some(byte @ 0..=0x7f) => return (u32::from(*byte), 1),
        Some(byte @ 0xc2..=0xdf) => (2, byte & 0x1f, 0x80),
        Some(byte @ 0xe0..=0xef) => (3, byte & 0x0f, 0x800),
        Some(byte @ 0xf0..=0xf4) => (4, byte & 0x07, 0x1_0000),
        Some(_) => return invalid,
    };
    let Some(rest) = text.get(1..len) else {
        return invalid;
    };
    let mut value = u32::from(first);
    for byte in rest {
        if byte & 0xc0 != 0x80 {
            return invalid;
        }
        value = value << 6 | u32::from(byte & 0x3f);
    }
    // Overlong forms, surrogates, and what lies above Unicode.
    if value < low || value >> 11 == 0x1b || value > 0x10_ffff {
        return invalid;
    }
    (value, len)
}

/// The code points of a text, each with the number of bytes it takes.
#[derive(Clone)]
pub struct Runes<'a>(pub &'a [u8]);

impl Iterator for Runes<'_> {
    type Item = (u32, usize);

    #[inline]
    fn next(&mut self) -> Option<(u32, usize)> {
        let (value, len) = match self.0.first() {
            None => return None,
            Some(byte @ 0..=0x7f) => (u32::from(*byte), 1),
            Some(_) => rune(self.0),
        };
        self.0 = self.0.get(len..).unwrap_or_default();
        Some((value, len))
    }
}

/// The code point a text ends with, and how many bytes it takes; 0 bytes of nothing.
pub fn last_rune(text: &[u8]) -> (u32, usize) {
    if let Some(byte @ ..=0x7f) = text.last() {
        return (u32::from(*byte), 1);
    }
    for len in 1..=4 {
        let Some(start) = text.len().checked_sub(len) else {
            break;
        };
        if let Some(tail) = text.get(start..)
            && let (value, width) = rune(tail)
            && width == len
            && (len > 1 || value != REPLACEMENT)
        {
            return (value, len);
        }
    }
    (REPLACEMENT, text.len().min(1))
}

/// Whether all bytes are ASCII.
pub fn is_ascii(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let high = words.iter().fold(0, |all, word| all | u64::from_le_bytes(*word));
    high & 0x8080_8080_8080_8080 == 0 && rest.iter().all(u8::is_ascii)
}

/// The first place of a byte.
pub fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let differs = u64::from_le_bytes(*word) ^ (ONES * u64::from(byte));
        // The lowest byte that is zero is marked in its highest bit; bits above it may be wrong.
        let zero = differs.wrapping_sub(ONES) & !differs & (ONES << 7);
        if zero != 0 {
            return Some(index * 8 + zero.trailing_zeros() as usize / 8);
        }
    }
    let behind = words.len() * 8;
    rest.iter().position(|other| *other == byte).map(|place| behind + place)
}

/// How many code points there are.
pub fn count_runes(text: &[u8]) -> u32 {
    if is_ascii(text) {
        text.len() as u32
    } else {
        Runes(text).count() as u32
    }
}

/// The bytes of a code point in UTF-8, and how many they are; U+FFFD for what is none.
pub fn encode(value: u32) -> ([u8; 4], usize) {
    let mut bytes = [0; 4];
    let len = char::from_u32(value)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
        .encode_utf8(&mut bytes)
        .len();
    (bytes, len)
}

/// Failed comparisons may cost this many times what a pass over the text does, and so much at first, before it is searched in another way.
const TRIES_MAX: usize = 16;
const TRIES_FREE: usize = 4096;

/// The first place where `needle` stands in `text`, in time that grows with both but not with their product.
pub fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let Some((first, rest)) = needle.split_first() else {
        return Some(0);
    };
    if rest.is_empty() {
        return find_byte(text, *first);
    }
    let last = text.len().checked_sub(needle.len())?;
    let (mut at, mut spent) = (0, 0);
    while at <= last {
        let ahead = text.get(at..=last)?;
        at += find_byte(ahead, *first)?;
        if text.get(at + 1..at + needle.len())? == rest {
            return Some(at);
        }
        at += 1;
        spent += needle.len();
        if spent > TRIES_FREE + TRIES_MAX * at {
            let place = twoway::Finder::new(needle).find(text.get(at..)?, needle)?;
            return Some(at + place);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_found() {
        let text = b"0123456789.abcdefghijkl.n";
        assert_eq!(find_byte(text, b'.'), Some(10));
        assert_eq!(find_byte(text, b'n'), Some(24));
        assert_eq!(find_byte(text, b'0'), Some(0));
        assert_eq!(find_byte(text, b'/'), None);
        assert_eq!(find_byte(&[1, 0, 0x81, 0x80, 1, 1, 1, 1], 0x80), Some(3));
        assert!(is_ascii(text));
        assert!(!is_ascii("0123456789é".as_bytes()));
        assert!(!is_ascii("é23456789".as_bytes()));
    }

    #[test]
    fn invalid_bytes_are_one_rune_each() {
        let runes = |text: &[u8]| Runes(text).map(|(value, _)| value).collect::<Vec<u32>>();
        assert_eq!(runes("aé日😀".as_bytes()), [0x61, 0xe9, 0x65e5, 0x1f600]);
        assert_eq!(runes(b"\xe6\x97x"), [REPLACEMENT, REPLACEMENT, 0x78]);
        assert_eq!(runes(b"\xed\xa0\x80"), [REPLACEMENT; 3]);
        assert_eq!(runes(b"\xc0\x80\xf5"), [REPLACEMENT; 3]);
        assert_eq!(last_rune("a日".as_bytes()), (0x65e5, 3));
        assert_eq!(last_rune(b"a\x80"), (REPLACEMENT, 1));
        assert_eq!(last_rune("\u{fffd}".as_bytes()), (REPLACEMENT, 3));
        assert_eq!(last_rune(b""), (REPLACEMENT, 0));
    }

    #[test]
    fn searching() {
        assert_eq!(find(b"hello", b"lo"), Some(3));
        assert_eq!(find(b"aaab", b"aab"), Some(1));
        assert_eq!(find(b"abc", b""), Some(0));
        assert_eq!(find(b"ab", b"abc"), None);
        assert_eq!(find(b"abab", b"abc"), None);
    }

    #[test]
    fn searching_for_what_nearly_fits_everywhere() {
        let needle = [&[b'a'; 200_000][..], b"b"].concat();
        let text = [&[b'a'; 500_000][..], b"b"].concat();
        assert_eq!(find(&text, &needle), Some(300_000));
        assert_eq!(find(&text[..500_000], &needle), None);
    }
}
