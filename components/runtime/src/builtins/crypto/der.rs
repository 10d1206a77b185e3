//! A reader of DER, as strict as the one behind Go's certificates: lengths in their shortest form, tags below 31, integers without superfluous bytes.
//!
//! What is read stays where it is: everything is a slice of the input. Mistakes have no names here; whoever reads knows what was expected.

/// Tags, with the bit of constructed values where they have it.
pub mod tag {
    pub const BOOLEAN: u8 = 1;
    pub const INTEGER: u8 = 2;
    pub const BIT_STRING: u8 = 3;
    pub const OCTET_STRING: u8 = 4;
    pub const OID: u8 = 6;
    pub const UTF8_STRING: u8 = 12;
    pub const NUMERIC_STRING: u8 = 18;
    pub const PRINTABLE_STRING: u8 = 19;
    pub const T61_STRING: u8 = 20;
    pub const IA5_STRING: u8 = 22;
    pub const UTC_TIME: u8 = 23;
    pub const GENERALIZED_TIME: u8 = 24;
    pub const BMP_STRING: u8 = 30;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;

    /// `[n]`, primitive.
    pub const fn context(n: u8) -> u8 {
        0x80 | n
    }

    /// `[n]`, constructed.
    pub const fn constructed(n: u8) -> u8 {
        0xa0 | n
    }
}

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub struct Der<'a>(pub &'a [u8]);

/// A value: its tag, all its bytes, and what is in it.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    pub tag: u8,
    pub bytes: &'a [u8],
    pub content: &'a [u8],
}

/// Bits, packed from the highest down.
#[derive(Debug, Clone, Copy)]
pub struct BitString<'a> {
    pub bytes: &'a [u8],
    /// Bits of the last byte that don't count, all zero.
    pub padding: u8,
}

impl BitString<'_> {
    /// The bits of a string's content, the first byte of which says how many bits are padding.
    pub fn parse(content: &[u8]) -> Option<BitString<'_>> {
        let (&padding, bytes) = content.split_first()?;
        let unused = bytes.last().map_or(padding, |last| last & !(0xff << padding.min(7)));
        (padding <= 7 && unused == 0).then_some(BitString { bytes, padding })
    }

    /// The bit at a position.
    pub fn at(&self, index: usize) -> bool {
        self.bytes.get(index / 8).is_some_and(|byte| byte << (index % 8) & 0x80 != 0)
    }

    /// The bytes with the padding at the front.
    pub fn right_aligned(&self) -> Vec<u8> {
        let mut carry = 0u16;
        let shifted = self.bytes.iter().map(|byte| {
            let both = carry << 8 | u16::from(*byte);
            carry = u16::from(*byte);
            (both >> self.padding) as u8
        });
        shifted.collect()
    }
}

/// An object identifier: the bytes of its content. Those made by [`Oid::parse`] have components of less than 31 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oid<'a>(pub &'a [u8]);

impl<'a> Oid<'a> {
    /// Checks the components of an identifier.
    pub fn parse(content: &'a [u8]) -> Option<Oid<'a>> {
        let mut component = None;
        for byte in content {
            let value = match component {
                None if *byte == 0x80 => return None,
                None => 0u32,
                Some(value) if value >= 1 << 24 => return None,
                Some(value) => value,
            };
            component = (byte & 0x80 != 0).then_some(value << 7 | u32::from(byte & 0x7f));
        }
        (!content.is_empty() && component.is_none()).then_some(Oid(content))
    }

    /// Its numbers, of which the first two share a component.
    pub fn components(&self) -> impl Iterator<Item = u128> {
        let mut first = true;
        let mut value = 0u128;
        self.0.iter().flat_map(move |byte| {
            value = value.wrapping_shl(7) | u128::from(byte & 0x7f);
            if byte & 0x80 != 0 {
                return [None, None].into_iter().flatten();
            }
            let whole = core::mem::take(&mut value);
            let pair = if core::mem::take(&mut first) {
                let high = (whole / 40).min(2);
                [Some(high), Some(whole - high * 40)]
            } else {
                [Some(whole), None]
            };
            pair.into_iter().flatten()
        })
    }
}

/// Whether an integer's content is in the shortest form.
fn is_minimal(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0, second, ..] => second & 0x80 != 0,
        [0xff, second, ..] => second & 0x80 == 0,
        _ => true,
    }
}

/// The integer in up to eight bytes of content.
pub fn to_i64(content: &[u8]) -> Option<i64> {
    let start = if content.first()? & 0x80 != 0 { -1 } else { 0 };
    (content.len() <= 8).then(|| content.iter().fold(start, |n, byte| n << 8 | i64::from(*byte)))
}

impl<'a> Der<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next value, whatever it is.
    pub fn any(&mut self) -> Option<Element<'a>> {
        let (&tag, &first) = (self.0.first()?, self.0.get(1)?);
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (header, length) = if first & 0x80 == 0 {
            (2, usize::from(first))
        } else {
            let digits = usize::from(first & 0x7f);
            let bytes = self.0.get(2..2 + digits).filter(|bytes| (1..=4).contains(&bytes.len()))?;
            let length = bytes.iter().fold(0u32, |n, byte| n << 8 | u32::from(*byte));
            if length < 128 || bytes.first() == Some(&0) {
                return None;
            }
            (2 + digits, length as usize)
        };
        let (bytes, rest) = self.0.split_at_checked(header.checked_add(length)?)?;
        self.0 = rest;
        let content = bytes.get(header..)?;
        Some(Element { tag, bytes, content })
    }

    /// Whether a value of this tag comes next.
    pub fn peek(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// The next value, which must have this tag. Nothing is read otherwise.
    pub fn element(&mut self, tag: u8) -> Option<Element<'a>> {
        if !self.peek(tag) { None } else { self.any() }
    }

    /// What is in the next value.
    pub fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.element(tag).map(|element| element.content)
    }

    /// A reader of what is in the next value.
    pub fn enter(&mut self, tag: u8) -> Option<Der<'a>> {
        self.content(tag).map(Der)
    }

    /// The next value if it has this tag; `None` if it is malformed.
    pub fn optional(&mut self, tag: u8) -> Option<Option<Der<'a>>> {
        if self.peek(tag) { self.enter(tag).map(Some) } else { Some(None) }
    }

    pub fn boolean(&mut self) -> Option<bool> {
        match self.content(tag::BOOLEAN)? {
            [0] => Some(false),
            [0xff] => Some(true),
            _ => None,
        }
    }

    /// The content of an integer.
    pub fn integer(&mut self) -> Option<&'a [u8]> {
        self.content(tag::INTEGER).filter(|content| is_minimal(content))
    }

    /// An integer that fits 64 bits, under a tag of its own.
    pub fn i64_tagged(&mut self, tag: u8) -> Option<i64> {
        self.content(tag).filter(|content| is_minimal(content)).and_then(to_i64)
    }

    pub fn i64(&mut self) -> Option<i64> {
        self.i64_tagged(tag::INTEGER)
    }

    pub fn bit_string(&mut self) -> Option<BitString<'a>> {
        self.content(tag::BIT_STRING).and_then(BitString::parse)
    }

    pub fn oid(&mut self) -> Option<Oid<'a>> {
        self.content(tag::OID).and_then(Oid::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        assert_eq!(Der(&[4, 1, 7]).content(tag::OCTET_STRING), Some(&[7u8][..]));
        assert!(Der(&[4, 2, 7]).any().is_none());
        assert!(Der(&[4, 0x81, 1, 7]).any().is_none());
        assert!(Der(&[0x1f, 1, 7]).any().is_none());
        let mut long = vec![4, 0x81, 0x80];
        long.extend([0; 128]);
        assert_eq!(Der(&long).content(tag::OCTET_STRING).map(<[u8]>::len), Some(128));
    }

    #[test]
    fn values() {
        assert_eq!(Der(&[2, 2, 0, 0x80]).i64(), Some(128));
        assert_eq!(Der(&[2, 1, 0x80]).i64(), Some(-128));
        assert_eq!(Der(&[2, 2, 0, 1]).i64(), None);
        assert_eq!(Der(&[1, 1, 1]).boolean(), None);
        let bits = Der(&[3, 2, 7, 0x80]).bit_string();
        assert!(bits.is_some_and(|bits| bits.at(0) && !bits.at(1) && bits.right_aligned() == [1]));
        assert!(Der(&[3, 2, 7, 0x81]).bit_string().is_none());
        let oid = Der(&[6, 6, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]).oid();
        assert_eq!(oid.map(|oid| oid.components().collect::<Vec<_>>()), Some(vec![1, 2, 840, 113_549]));
        assert!(Oid::parse(&[0x2a, 0x80]).is_none() && Oid::parse(&[0x2a, 0x80, 1]).is_none());
    }
}
