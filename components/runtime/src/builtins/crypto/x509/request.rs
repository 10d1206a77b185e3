//! Certificate requests (PKCS #10), which Go reads with its laxer reader of ASN.1.

use super::super::asn1::{self, ANY, Algorithm, Found, Mode, Reader, SET, bit_string, oid, structure, syntax};
use super::super::der::{BitString, Oid, tag};
use super::super::failure::{Failure, Outcome};
use super::super::json::Json;
use super::super::keys::{Public, public_key_info};
use super::super::number::small;
use super::algorithm::Signature;
use super::certificate::Extension;
use super::extensions::{Names, SUBJECT_NAMES};
use super::name::{Attribute, Name, Text, string};

/// A request.
pub struct Request<'a> {
    pub raw: &'a [u8],
    pub raw_signed: &'a [u8],
    pub raw_key: &'a [u8],
    pub raw_subject: &'a [u8],
    pub version: i64,
    pub signature: Vec<u8>,
    pub algorithm: Signature,
    pub key_algorithm: i64,
    pub key: Option<Public>,
    pub subject: Name<'a>,
    /// Those that are made of attributes themselves: an identifier, and rows of attributes.
    pub attributes: Vec<(Oid<'a>, Vec<Vec<Attribute<'a>>>)>,
    pub extensions: Vec<Extension<'a>>,
    pub names: Names<'a>,
}

const EXTENSIONS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];

struct Parts<'a> {
    raw: &'a [u8],
    raw_signed: &'a [u8],
    raw_key: &'a [u8],
    version: i64,
    subject: Found<'a>,
    key: (Algorithm<'a>, BitString<'a>),
    attributes: Vec<&'a [u8]>,
    algorithm: Algorithm<'a>,
    signature: BitString<'a>,
}

fn parts(der: &[u8]) -> Outcome<Parts<'_>> {
    let mut outer = Reader::new(der);
    let whole = outer.value(structure("certificateRequest"), Mode::Required)?;
    let mut reader = Reader::new(whole.content);
    let signed = reader.value(structure("tbsCertificateRequest"), Mode::Required)?;
    let mut inner = Reader::new(signed.content);
    let version = inner.int()?;
    let subject = inner.value(ANY, Mode::Required)?;
    let mut copy = inner;
    let key = public_key_info(&mut inner)?;
    let raw_key = copy.value(structure("publicKeyInfo"), Mode::Required)?.bytes;
    let attributes = values(inner.value(structure(""), Mode::Implicit(0))?.content)?;
    let algorithm = reader.algorithm(Mode::Required)?;
    let signature = reader.bit_string()?;
    if !outer.is_at_end() {
        return Err(syntax("trailing data"));
    }
    Ok(Parts {
        raw: whole.bytes,
        raw_signed: signed.bytes,
        raw_key,
        version,
        subject,
        key,
        attributes,
        algorithm,
        signature,
    })
}

/// The values in a row, each with its header.
fn values(content: &[u8]) -> Outcome<Vec<&[u8]>> {
    let mut reader = Reader::new(content);
    let mut values = Vec::new();
    while !reader.is_at_end() {
        values.push(reader.value(ANY, Mode::Required)?.bytes);
    }
    Ok(values)
}

impl<'a> Request<'a> {
    /// Reads a request.
    pub fn parse(der: &'a [u8]) -> Outcome<Request<'a>> {
        let parts = parts(der)?;
        let (of_key, bits) = &parts.key;
        let key_algorithm = Public::algorithm_of(of_key.id.0);
        let key = if key_algorithm == 0 {
            None
        } else {
            Some(Public::parse(of_key, bits)?)
        };
        let subject = subject(parts.subject.bytes)?;
        let extensions = extensions(&parts.attributes)?;
        let mut names = Names::default();
        for extension in extensions.iter().filter(|extension| extension.id.0 == SUBJECT_NAMES) {
            names = Names::parse(extension.value)?;
        }
        Ok(Request {
            raw: parts.raw,
            raw_signed: parts.raw_signed,
            raw_key: parts.raw_key,
            raw_subject: parts.subject.bytes,
            version: parts.version,
            signature: parts.signature.right_aligned(),
            algorithm: Signature::of(&parts.algorithm),
            key_algorithm,
            key,
            subject,
            attributes: parts.attributes.iter().filter_map(|attribute| nested(attribute).ok()).collect(),
            extensions,
            names,
        })
    }
}

/// The attribute at hand: an identifier and a value of any type.
fn attribute<'a>(reader: &mut Reader<'a>) -> Outcome<Attribute<'a>> {
    let mut pair = Reader::new(reader.value(structure("AttributeTypeAndValue"), Mode::Required)?.content);
    let id = pair.oid()?;
    let value = pair.value(ANY, Mode::Required)?;
    Ok(Attribute { id, value: text(&value)? })
}

fn subject(der: &[u8]) -> Outcome<Name<'_>> {
    let mut outer = Reader::new(der);
    let mut sets = Reader::new(outer.value(structure("RDNSequence"), Mode::Required)?.content);
    let mut attributes = Vec::new();
    while !sets.is_at_end() {
        let mut set = Reader::new(sets.value(SET, Mode::Required).map_err(|_| sequence_mismatch())?.content);
        while !set.is_at_end() {
            attributes.push(attribute(&mut set)?);
        }
    }
    if !outer.is_at_end() {
        return Err(Failure::from("x509: trailing data after X.509 Subject"));
    }
    Ok(Name { attributes })
}

fn sequence_mismatch() -> Failure {
    Failure::from("asn1: structure error: sequence tag mismatch")
}

/// A value of any type as Go makes an interface of it, in JSON.
fn text(value: &Found<'_>) -> Outcome<Text> {
    if value.class != 0 || value.constructed {
        return Ok(Text::Other(b"null".to_vec()));
    }
    let invalid = |what: &'static str| syntax(what);
    let json = |write: &dyn Fn(&mut Json)| {
        let mut json = Json::default();
        write(&mut json);
        Text::Other(json.finish())
    };
    let tag = value.tag.min(255) as u8;
    Ok(match tag {
        tag::PRINTABLE_STRING | tag::NUMERIC_STRING | tag::IA5_STRING | tag::T61_STRING | tag::UTF8_STRING | tag::BMP_STRING => {
            Text::String(string(tag, value.content).map_err(|failure| match tag {
                tag::PRINTABLE_STRING => invalid("PrintableString contains invalid character"),
                tag::NUMERIC_STRING => invalid("NumericString contains invalid character"),
                tag::IA5_STRING => invalid("IA5String contains invalid character"),
                tag::UTF8_STRING => Failure::from("asn1: invalid UTF-8 string"),
                _ => failure,
            })?)
        }
        tag::BOOLEAN => match value.content {
            [0] => json(&|json| json.boolean(false)),
            [0xff] => json(&|json| json.boolean(true)),
            _ => return Err(invalid("invalid boolean")),
        },
        tag::INTEGER => {
            let number = Reader::new(value.bytes).int()?;
            Text::Other(small(number))
        }
        tag::BIT_STRING => {
            let bits = bit_string(value.content)?;
            json(&|json| {
                json.object(|json| {
                    json.key("Bytes").bytes(bits.bytes);
                    json.key("BitLength").integer(bits.bytes.len() as i64 * 8 - i64::from(bits.padding));
                });
            })
        }
        tag::OID => {
            let id = oid(value.content)?;
            json(&|json| json.oid(&id))
        }
        tag::OCTET_STRING => json(&|json| json.bytes(value.content)),
        _ => Text::Other(b"null".to_vec()),
    })
}

/// An attribute whose values are rows of attributes.
fn nested(der: &[u8]) -> Outcome<(Oid<'_>, Vec<Vec<Attribute<'_>>>)> {
    let mut outer = Reader::new(der);
    let mut pair = Reader::new(outer.value(structure("AttributeTypeAndValueSET"), Mode::Required)?.content);
    let id = pair.oid()?;
    let mut rows = Reader::new(pair.value(SET, Mode::Required)?.content);
    let mut attributes = Vec::new();
    while !rows.is_at_end() {
        let mut row = Reader::new(rows.value(structure(""), Mode::Required)?.content);
        let mut pairs = Vec::new();
        while !row.is_at_end() {
            pairs.push(attribute(&mut row)?);
        }
        attributes.push(pairs);
    }
    if outer.is_at_end() {
        Ok((id, attributes))
    } else {
        Err(syntax("trailing data"))
    }
}

/// The extensions that are asked for.
fn extensions<'a>(attributes: &[&'a [u8]]) -> Outcome<Vec<Extension<'a>>> {
    let requested = |der: &'a [u8]| -> Outcome<Option<&'a [u8]>> {
        let mut outer = Reader::new(der);
        let mut pair = Reader::new(outer.value(structure("pkcs10Attribute"), Mode::Required)?.content);
        let id = pair.oid()?;
        let values = values(pair.value(SET, Mode::Required)?.content)?;
        Ok(values.first().copied().filter(|_| outer.is_at_end() && id.0 == EXTENSIONS))
    };
    let mut all = Vec::new();
    for list in attributes.iter().filter_map(|attribute| requested(attribute).ok().flatten()) {
        let mut list = Reader::new(Reader::new(list).value(structure(""), Mode::Required)?.content);
        while !list.is_at_end() {
            let mut inner = Reader::new(list.value(structure("Extension"), Mode::Required)?.content);
            let id = inner.oid()?;
            let critical = inner
                .optional(asn1::BOOLEAN, Mode::Optional)?
                .is_some_and(|found| found.content == [0xff]);
            let value = inner.value(asn1::BYTES, Mode::Required)?.content;
            all.push(Extension { id, critical, value });
        }
    }
    let mut ids: Vec<&[u8]> = all.iter().map(|extension: &Extension<'_>| extension.id.0).collect();
    ids.sort_unstable();
    if ids.is_sorted_by(|a, b| a < b) {
        Ok(all)
    } else {
        Err(Failure::from("x509: certificate request contains duplicate requested extensions"))
    }
}
