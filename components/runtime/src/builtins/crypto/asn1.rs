//! ASN.1 as Go's `encoding/asn1` reads it into structures: less strict than [`super::der`], with messages that name the expected type. OPA reads keys and
//! certificate requests with it, and its messages are what a policy sees.

use super::der::{BitString, Oid, to_i64};
use super::failure::{Failure, Outcome};
use super::number::small;

/// How a field of a structure is tagged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With its type's own tag.
    Required,
    /// The same, or it is left out.
    Optional,
    /// `[n]` instead of its type's tag.
    Implicit(u32),
    /// In a value with the tag `[n]`, or left out.
    OptionalExplicit(u32),
    /// In a value with the tag `[n]`.
    Explicit(u32),
}

/// A type: its name in Go, its tag, and whether its values are constructed.
#[derive(Clone, Copy)]
pub struct Type {
    name: &'static str,
    /// `None` for values of any type.
    tag: Option<u32>,
    constructed: bool,
}

const fn primitive(name: &'static str, tag: u32) -> Type {
    Type {
        name,
        tag: Some(tag),
        constructed: false,
    }
}

/// A structure.
pub const fn structure(name: &'static str) -> Type {
    Type {
        name,
        tag: Some(16),
        constructed: true,
    }
}

pub const SET: Type = Type {
    name: "",
    tag: Some(17),
    constructed: true,
};
pub const ANY: Type = Type {
    name: "RawValue",
    tag: None,
    constructed: false,
};
pub const BOOLEAN: Type = primitive("bool", 1);
pub const INT: Type = primitive("int", 2);
pub const BIG_INT: Type = primitive("", 2);
pub const BIT_STRING: Type = primitive("BitString", 3);
pub const BYTES: Type = primitive("", 4);
pub const OID: Type = primitive("ObjectIdentifier", 6);

/// Tag and length of a value.
struct Header {
    class: u8,
    tag: u32,
    length: usize,
    constructed: bool,
}

/// A value.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    pub class: u8,
    pub tag: u32,
    pub constructed: bool,
    pub content: &'a [u8],
    pub bytes: &'a [u8],
}

/// A place in the content of a structure.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

fn structural(message: &'static str) -> Failure {
    Failure::of(&[b"asn1: structure error: ", message.as_bytes()])
}

/// Another kind of mistake.
pub fn syntax(message: &'static str) -> Failure {
    Failure::of(&[b"asn1: syntax error: ", message.as_bytes()])
}

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn byte(&mut self, otherwise: &'static str) -> Outcome<u8> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(|| syntax(otherwise))?;
        self.at += 1;
        Ok(byte)
    }

    fn base_128(&mut self) -> Outcome<u32> {
        let mut value = 0u64;
        for digit in 0.. {
            if digit == 5 {
                return Err(structural("base 128 integer too large"));
            }
            let byte = self.byte("truncated base 128 integer")?;
            if digit == 0 && byte == 0x80 {
                return Err(syntax("integer is not minimally encoded"));
            }
            value = value << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
        u32::try_from(value)
            .ok()
            .filter(|value| *value <= i32::MAX as u32)
            .ok_or_else(|| structural("base 128 integer too large"))
    }

    fn header(&mut self) -> Outcome<Header> {
        const TRUNCATED: &str = "truncated tag or length";
        let first = self.byte(TRUNCATED)?;
        let mut tag = u32::from(first & 0x1f);
        if tag == 0x1f {
            tag = self.base_128()?;
            if tag < 0x1f {
                return Err(syntax("non-minimal tag"));
            }
        }
        let byte = self.byte(TRUNCATED)?;
        let mut length = usize::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            if length == 0 {
                return Err(syntax("indefinite length found (not DER)"));
            }
            let digits = core::mem::take(&mut length);
            for _ in 0..digits {
                let byte = self.byte(TRUNCATED)?;
                if length >= 1 << 23 {
                    return Err(structural("length too large"));
                }
                length = length << 8 | usize::from(byte);
                if length == 0 {
                    return Err(structural("superfluous leading zeros in length"));
                }
            }
            if length < 0x80 {
                return Err(structural("non-minimal length"));
            }
        }
        Ok(Header {
            class: first >> 6,
            tag,
            length,
            constructed: first & 0x20 != 0,
        })
    }

    /// The next value; `None` if it is optional and not there.
    fn find(&mut self, wanted: Type, mode: Mode) -> Outcome<Option<Found<'a>>> {
        let start = self.at;
        let optional = matches!(mode, Mode::Optional | Mode::OptionalExplicit(_));
        if self.is_at_end() {
            return if optional { Ok(None) } else { Err(syntax("sequence truncated")) };
        }
        let mut header = self.header()?;
        if let Mode::Explicit(tag) | Mode::OptionalExplicit(tag) = mode {
            if self.is_at_end() {
                return Err(structural("explicit tag has no child"));
            }
            if header.class != 2 || header.tag != tag || (header.length > 0 && !header.constructed) {
                self.at = start;
                return if optional {
                    Ok(None)
                } else {
                    Err(structural("explicitly tagged member didn't match"))
                };
            }
            if wanted.tag.is_some() {
                if header.length == 0 {
                    return Err(structural("zero length explicit tag was not an asn1.Flag"));
                }
                header = self.header()?;
            }
        }
        let (class, tag) = match mode {
            Mode::Implicit(tag) => (2, Some(tag)),
            _ => (0, wanted.tag),
        };
        let fits = tag.is_none_or(|tag| header.class == class && header.tag == tag);
        if !fits || wanted.tag.is_some() && header.constructed != wanted.constructed {
            if optional {
                self.at = start;
                return Ok(None);
            }
            return Err(mismatch(wanted.name, tag.unwrap_or(0), &header, self.at));
        }
        let end = self.at + header.length;
        let content = self.bytes.get(self.at..end).ok_or_else(|| syntax("data truncated"))?;
        self.at = end;
        Ok(Some(Found {
            class: header.class,
            tag: header.tag,
            constructed: header.constructed,
            content,
            bytes: self.bytes.get(start..end).unwrap_or_default(),
        }))
    }

    /// The next value, of a type.
    pub fn value(&mut self, wanted: Type, mode: Mode) -> Outcome<Found<'a>> {
        self.find(wanted, mode)?.ok_or_else(|| syntax("sequence truncated"))
    }

    /// The next value, if it is there.
    pub fn optional(&mut self, wanted: Type, mode: Mode) -> Outcome<Option<Found<'a>>> {
        self.find(wanted, mode)
    }

    pub fn int(&mut self) -> Outcome<i64> {
        let content = integer(self.value(INT, Mode::Required)?.content)?;
        to_i64(content).ok_or_else(|| structural("integer too large"))
    }

    /// The content of an integer of any size.
    pub fn big_int(&mut self) -> Outcome<&'a [u8]> {
        integer(self.value(BIG_INT, Mode::Required)?.content)
    }

    pub fn optional_big_int(&mut self) -> Outcome<Option<&'a [u8]>> {
        self.find(BIG_INT, Mode::Optional)?.map(|found| integer(found.content)).transpose()
    }

    pub fn oid(&mut self) -> Outcome<Oid<'a>> {
        oid(self.value(OID, Mode::Required)?.content)
    }

    pub fn bit_string(&mut self) -> Outcome<BitString<'a>> {
        bit_string(self.value(BIT_STRING, Mode::Required)?.content)
    }

    /// An algorithm: its identifier and the bytes of its parameters.
    pub fn algorithm(&mut self, mode: Mode) -> Outcome<Algorithm<'a>> {
        let mut inner = Reader::new(self.value(structure("AlgorithmIdentifier"), mode)?.content);
        let id = inner.oid()?;
        let parameters = inner.optional(ANY, Mode::Optional)?;
        Ok(Algorithm {
            id,
            parameters: parameters.map_or(&[][..], |found| found.bytes),
        })
    }
}

/// An algorithm.
#[derive(Debug, Clone, Copy)]
pub struct Algorithm<'a> {
    pub id: Oid<'a>,
    /// Empty if there are none.
    pub parameters: &'a [u8],
}

fn integer(content: &[u8]) -> Outcome<&[u8]> {
    match content {
        [] => Err(structural("empty integer")),
        [0, second, ..] if second & 0x80 == 0 => Err(structural("integer not minimally-encoded")),
        [0xff, second, ..] if second & 0x80 != 0 => Err(structural("integer not minimally-encoded")),
        _ => Ok(content),
    }
}

/// The object identifier of a content.
pub fn oid(content: &[u8]) -> Outcome<Oid<'_>> {
    if content.is_empty() {
        return Err(syntax("zero length OBJECT IDENTIFIER"));
    }
    let mut reader = Reader::new(content);
    while !reader.is_at_end() {
        reader.base_128()?;
    }
    Ok(Oid(content))
}

/// The bits of a content.
pub fn bit_string(content: &[u8]) -> Outcome<BitString<'_>> {
    if content.is_empty() {
        return Err(syntax("zero length BIT STRING"));
    }
    BitString::parse(content).ok_or_else(|| syntax("invalid padding bits in BIT STRING"))
}

#[cold]
fn mismatch(name: &str, tag: u32, header: &Header, at: usize) -> Failure {
    let number = |value: usize| small(value as i64);
    Failure::of(&[
        b"asn1: structure error: tags don't match (",
        &number(tag as usize),
        b" vs {class:",
        &number(usize::from(header.class)),
        b" tag:",
        &number(header.tag as usize),
        b" length:",
        &number(header.length),
        b" isCompound:",
        if header.constructed { b"true" } else { b"false" },
        b"}) {optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} ",
        name.as_bytes(),
        b" @",
        &number(at),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T>(outcome: Outcome<T>) -> String {
        outcome
            .err()
            .map(|failure| String::from_utf8_lossy(failure.text()).into_owned())
            .unwrap_or_default()
    }

    #[test]
    fn messages() {
        let read = |bytes: &[u8]| message(Reader::new(bytes).value(structure("pkcs8"), Mode::Required));
        assert_eq!(
            read(&[0, 0, 0]),
            "asn1: structure error: tags don't match (16 vs {class:0 tag:0 length:0 isCompound:false}) {optional:false explicit:false application:false \
             private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} pkcs8 @2"
        );
        assert_eq!(read(&[]), "asn1: syntax error: sequence truncated");
        assert_eq!(read(&[0x30, 5, 0]), "asn1: syntax error: data truncated");
        assert_eq!(read(&[0x30, 0x80]), "asn1: syntax error: indefinite length found (not DER)");
        assert_eq!(
            message(Reader::new(&[2, 2, 0, 1]).int()),
            "asn1: structure error: integer not minimally-encoded"
        );
    }
}
