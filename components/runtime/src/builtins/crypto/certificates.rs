//! `crypto.x509.*` for certificates and certificate requests: texts in PEM or base64 in, Go's structures out.

use super::super::args::{failure, failure_parts, type_error};
use super::super::base64::codec;
use super::super::{clock, json};
use super::failure::{Failure, Outcome};
use super::json::Json;
use super::number::small;
use super::pem;
use super::x509::{self, Certificate, Options, Request};
use crate::arena;
use crate::collections::{Array, Object};
use crate::number;
use crate::value::{Kind, Value};

/// What a text in base64 stands for.
pub fn decode(text: &[u8]) -> Outcome<Vec<u8>> {
    codec::decode_standard(text).map_err(|place| Failure::of(&[b"illegal base64 data at input byte ", &small(place as i64)]))
}

/// The value that a text in JSON stands for.
pub fn value(name: &str, text: Outcome<Vec<u8>>) -> Value {
    match text {
        // Strings of the value point into its text.
        Ok(text) => arena::copy(&text).map_or(Value::ERROR, |text| json::read(name, text)),
        Err(failure) => failure.raise(name),
    }
}

/// The bytes of all certificates in a text.
fn certificates(text: &[u8]) -> Outcome<Vec<u8>> {
    const BEGIN: &[u8] = b"-----BEGIN";
    if text.starts_with(BEGIN) {
        return certificates_in_pem(text);
    }
    let bytes = decode(text)?;
    if bytes.starts_with(BEGIN) {
        certificates_in_pem(&bytes)
    } else {
        Ok(bytes)
    }
}

fn certificates_in_pem(text: &[u8]) -> Outcome<Vec<u8>> {
    let mut rest = text;
    let mut bytes = Vec::new();
    while let Some((block, behind)) = pem::decode(rest) {
        if block.kind != b"CERTIFICATE" {
            return Err(Failure::of(&[b"PEM block type is '", block.kind, b"', expected CERTIFICATE"]));
        }
        bytes.extend(block.bytes);
        rest = behind;
    }
    Ok(bytes)
}

fn write<'c, 'a: 'c>(mut certificates: impl Iterator<Item = &'c Certificate<'a>>, uris: bool) -> Outcome<Vec<u8>> {
    let mut json = Json::default();
    json.array(|json| certificates.try_for_each(|certificate| x509::write(certificate, uris, json)))?;
    Ok(json.finish())
}

/// The certificates in a text.
#[unsafe(export_name = "b.crypto.x509.parse_certificates")]
pub extern "C" fn parse_certificates(text: Value) -> Value {
    const NAME: &str = "crypto.x509.parse_certificates";
    let Some(text) = text.as_str() else {
        return type_error(NAME, 0, text, "string");
    };
    let parsed = || {
        let bytes = certificates(text)?;
        let parsed = x509::parse_all(&bytes)?;
        if parsed.is_empty() {
            Ok(b"[]".to_vec())
        } else {
            write(parsed.iter(), true)
        }
    };
    value(NAME, parsed())
}

/// Whether there is a chain from the last certificate of a text to the first, and the chain.
fn verify(name: &str, text: &[u8], options: impl FnOnce() -> Result<Options, Value>, uris: bool) -> Value {
    let invalid = || pair(false, Array::new().value());
    let Ok(bytes) = certificates(text) else {
        return invalid();
    };
    let Ok(parsed) = x509::parse_all(&bytes) else {
        return invalid();
    };
    let options = match options() {
        Ok(options) => options,
        Err(error) => return error,
    };
    match x509::verify(&parsed, &options) {
        Some(chain) => match value(name, write(chain.into_iter(), uris)) {
            chain if chain.is_defined() => pair(true, chain),
            error => error,
        },
        None => invalid(),
    }
}

fn pair(valid: bool, chain: Value) -> Value {
    let pair = Array::with_capacity(2);
    pair.push(Value::boolean(valid));
    pair.push(chain);
    pair.value()
}

/// Whether there is a chain from the last certificate to the first, which is trusted.
#[unsafe(export_name = "b.crypto.x509.parse_and_verify_certificates")]
pub extern "C" fn parse_and_verify_certificates(text: Value) -> Value {
    const NAME: &str = "crypto.x509.parse_and_verify_certificates";
    let Some(text) = text.as_str() else {
        return type_error(NAME, 0, text, "string");
    };
    let now = || {
        let now = clock::now();
        Ok(Options { now, ..Options::default() })
    };
    verify(NAME, text, now, true)
}

const VERIFY: &str = "crypto.x509.parse_and_verify_certificates_with_options";

/// The same for a host, a time and usages.
#[unsafe(export_name = "b.crypto.x509.parse_and_verify_certificates_with_options")]
pub extern "C" fn parse_and_verify_certificates_with_options(text: Value, options: Value) -> Value {
    match (text.as_str(), options.as_object()) {
        (None, _) => type_error(VERIFY, 0, text, "string"),
        (_, None) => type_error(VERIFY, 1, options, "object"),
        (Some(text), Some(members)) => verify(VERIFY, text, || read_options(members), false),
    }
}

fn unquoted(text: &[u8]) -> &[u8] {
    let mut text = text;
    while let [b'"', rest @ ..] | [rest @ .., b'"'] = text {
        text = rest;
    }
    text
}

fn read_options(members: Object) -> Result<Options, Value> {
    let mut options = Options::default();
    let mut now = None;
    let integer = |value: Value, type_problem: &str, problem: &str| {
        if !value.is_number() {
            return Err(failure(VERIFY, type_problem));
        }
        number::to_i64(value).ok_or_else(|| failure(VERIFY, problem))
    };
    for (key, value) in members {
        match key.as_str() {
            None => {}
            Some(b"DNSName") => {
                let host = value.as_str().ok_or_else(|| failure(VERIFY, "'DNSName' should be a string"))?;
                options.host = unquoted(host).to_vec();
            }
            Some(b"CurrentTime") => {
                let problem = "'CurrentTime' should be a valid int64 number";
                now = Some(integer(value, "'CurrentTime' should be a number", problem)?);
            }
            // Go does not look at it any more.
            Some(b"MaxConstraintComparisons") => {
                let problem = "'MaxConstraintComparisons' should be a valid number";
                integer(value, "'MaxConstraintComparisons' should be a number", problem)?;
            }
            Some(b"KeyUsages") => options.usages = read_usages(value)?,
            Some(_) => return Err(failure(VERIFY, "invalid key option")),
        }
    }
    options.now = now.unwrap_or_else(clock::now);
    Ok(options)
}

fn read_usages(value: Value) -> Result<Vec<i64>, Value> {
    let elements = super::super::args::elements(value).ok_or_else(|| failure(VERIFY, "'KeyUsages' should be an Array or Set"))?;
    let names = elements
        .filter(|element| element.kind() == Kind::String)
        .map(|element| unquoted(element.str_bytes()));
    let mut usages = Vec::new();
    let mut unknown = Vec::new();
    for name in names {
        match x509::usage_number(name) {
            Some(usage) => usages.push(usage),
            None => unknown.push(name),
        }
    }
    if unknown.is_empty() {
        return Ok(usages);
    }
    Err(failure_parts(
        VERIFY,
        &[b"invalid entries for 'KeyUsages' found: [", &unknown.join(&b' '), b"]"],
    ))
}

/// The certificate request in a text.
#[unsafe(export_name = "b.crypto.x509.parse_certificate_request")]
pub extern "C" fn parse_certificate_request(text: Value) -> Value {
    const NAME: &str = "crypto.x509.parse_certificate_request";
    match text.as_str() {
        Some(text) => value(NAME, request(text)),
        None => type_error(NAME, 0, text, "string"),
    }
}

fn request(text: &[u8]) -> Outcome<Vec<u8>> {
    let decoded;
    let mut bytes = text;
    if !text.starts_with(b"-----BEGIN CERTIFICATE REQUEST-----") {
        decoded = decode(text)?;
        bytes = &decoded;
    }
    let block = pem::decode(bytes).map(|(block, _)| block);
    if let Some(block) = &block {
        if block.kind != b"CERTIFICATE REQUEST" {
            return Err(Failure::from("invalid PEM-encoded certificate signing request"));
        }
        bytes = &block.bytes;
    }
    let mut json = Json::default();
    x509::write_request(&Request::parse(bytes)?, &mut json)?;
    Ok(json.finish())
}
