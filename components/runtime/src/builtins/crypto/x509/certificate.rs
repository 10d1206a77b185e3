//! Certificates, in the order and with the messages of Go.

use super::super::asn1::Algorithm;
use super::super::der::{BitString, Der, Element, Oid, tag, to_i64};
use super::super::failure::{Failure, Outcome};
use super::super::keys::Public;
use super::algorithm::Signature;
use super::extensions::Extensions;
use super::name::Name;
use super::time::Time;

/// A certificate.
#[derive(Debug, Clone)]
pub struct Certificate<'a> {
    pub raw: &'a [u8],
    pub raw_signed: &'a [u8],
    pub raw_key: &'a [u8],
    pub raw_subject: &'a [u8],
    pub raw_issuer: &'a [u8],
    pub signature: Vec<u8>,
    pub algorithm: Signature,
    /// The number of the key's algorithm in Go.
    pub key_algorithm: i64,
    pub key: Option<Public>,
    /// 1 to 3.
    pub version: i64,
    pub serial: &'a [u8],
    pub issuer: Name<'a>,
    pub subject: Name<'a>,
    pub not_before: Time,
    pub not_after: Time,
    pub extensions: Vec<Extension<'a>>,
    pub known: Extensions<'a>,
}

/// An extension.
#[derive(Debug, Clone, Copy)]
pub struct Extension<'a> {
    pub id: Oid<'a>,
    pub critical: bool,
    pub value: &'a [u8],
}

/// What the value at hand is called in a message.
fn malformed<T>(value: Option<T>, what: &'static str) -> Outcome<T> {
    value.ok_or_else(|| Failure::of(&[b"x509: malformed ", what.as_bytes()]))
}

fn algorithm<'a>(mut der: Der<'a>) -> Outcome<Algorithm<'a>> {
    let id = malformed(der.oid(), "OID")?;
    let parameters = if der.is_empty() {
        &[][..]
    } else {
        malformed(der.any(), "parameters")?.bytes
    };
    Ok(Algorithm { id, parameters })
}

/// A value and a reader of what is in it.
fn sequence<'a>(der: &mut Der<'a>, what: &'static str) -> Outcome<(Element<'a>, Der<'a>)> {
    let element = malformed(der.element(tag::SEQUENCE), what)?;
    Ok((element, Der(element.content)))
}

/// The one certificate that these bytes are.
pub fn parse_one(der: &[u8]) -> Outcome<Certificate<'_>> {
    let mut reader = Der(der);
    let certificate = parse(&mut reader)?;
    if !reader.is_empty() {
        return Err(Failure::from("x509: trailing data"));
    }
    Ok(certificate)
}

/// The certificates that these bytes are, one behind the other.
pub fn parse_all(der: &[u8]) -> Outcome<Vec<Certificate<'_>>> {
    let mut reader = Der(der);
    let mut certificates = Vec::new();
    while !reader.is_empty() {
        certificates.push(parse(&mut reader)?);
    }
    Ok(certificates)
}

fn version(signed: &mut Der<'_>) -> Option<i64> {
    let version = match signed.optional(tag::constructed(0))? {
        Some(mut inner) => inner.i64().filter(|_| inner.is_empty())?,
        None => 0,
    };
    (version >= 0).then(|| version.saturating_add(1))
}

fn parse<'a>(input: &mut Der<'a>) -> Outcome<Certificate<'a>> {
    let (outer, mut whole) = sequence(input, "certificate")?;
    let (raw_signed, mut signed) = sequence(&mut whole, "tbs certificate")?;
    let version = malformed(version(&mut signed), "version")?;
    if version > 3 {
        return Err(Failure::from("x509: invalid version"));
    }
    let serial = malformed(signed.integer(), "serial number")?;
    if serial.first().is_some_and(|first| first & 0x80 != 0) {
        return Err(Failure::from("x509: negative serial number"));
    }
    let (inner_algorithm, _) = sequence(&mut signed, "signature algorithm identifier")?;
    let (outer_algorithm, reader) = sequence(&mut whole, "algorithm identifier")?;
    if inner_algorithm.content != outer_algorithm.content {
        return Err(Failure::from("x509: inner and outer signature algorithm identifiers don't match"));
    }
    let algorithm_used = Signature::of(&algorithm(reader)?);
    let (raw_issuer, _) = sequence(&mut signed, "issuer")?;
    let issuer = Name::parse(raw_issuer.bytes)?;
    let (_, mut validity) = sequence(&mut signed, "validity")?;
    let (not_before, not_after) = (Time::read(&mut validity)?, Time::read(&mut validity)?);
    let (raw_subject, _) = sequence(&mut signed, "issuer")?;
    let subject = Name::parse(raw_subject.bytes)?;
    let (raw_key, mut key) = sequence(&mut signed, "spki")?;
    let (_, reader) = sequence(&mut key, "public key algorithm identifier")?;
    let of_key = algorithm(reader)?;
    let key_algorithm = Public::algorithm_of(of_key.id.0);
    let bits = malformed(key.bit_string(), "subjectPublicKey")?;
    let key = if key_algorithm == 0 {
        None
    } else {
        Some(Public::parse(&of_key, &bits)?)
    };
    let extensions = if version > 1 {
        extensions(&mut signed, version)?
    } else {
        Vec::new()
    };
    let known = Extensions::parse(&extensions)?;
    let signature: BitString<'_> = malformed(whole.bit_string(), "signature")?;
    Ok(Certificate {
        raw: outer.bytes,
        raw_signed: raw_signed.bytes,
        raw_key: raw_key.bytes,
        raw_subject: raw_subject.bytes,
        raw_issuer: raw_issuer.bytes,
        signature: signature.right_aligned(),
        algorithm: algorithm_used,
        key_algorithm,
        key,
        version,
        serial,
        issuer,
        subject,
        not_before,
        not_after,
        extensions,
        known,
    })
}

fn extensions<'a>(signed: &mut Der<'a>, version: i64) -> Outcome<Vec<Extension<'a>>> {
    malformed(signed.optional(tag::context(1)), "issuerUniqueID")?;
    malformed(signed.optional(tag::context(2)), "subjectUniqueID")?;
    let mut extensions: Vec<Extension<'a>> = Vec::new();
    if version < 3 {
        return Ok(extensions);
    }
    let Some(mut outer) = malformed(signed.optional(tag::constructed(3)), "extensions")? else {
        return Ok(extensions);
    };
    let (_, mut list) = sequence(&mut outer, "extensions")?;
    while !list.is_empty() {
        let (_, mut inner) = sequence(&mut list, "extension")?;
        let id = malformed(inner.oid(), "extension OID field")?;
        let critical = inner.peek(tag::BOOLEAN);
        let critical = critical && malformed(inner.boolean(), "extension critical field")?;
        let value = malformed(inner.content(tag::OCTET_STRING), "extension value field")?;
        if extensions.iter().any(|extension| extension.id == id) {
            return Err(duplicate(id));
        }
        extensions.push(Extension { id, critical, value });
    }
    Ok(extensions)
}

fn duplicate(id: Oid<'_>) -> Failure {
    let mut text = Vec::new();
    for component in id.components() {
        text.extend_from_slice(if text.is_empty() { b"" } else { b"." });
        text.extend(super::super::number::small(i64::try_from(component).unwrap_or(i64::MAX)));
    }
    Failure::of(&[b"x509: certificate contains duplicate extension with OID \"", &text, b"\""])
}

/// The number in up to eight bytes.
pub fn number(der: &mut Der<'_>) -> Option<i64> {
    der.integer().and_then(to_i64)
}
