//! `io.jwt.verify_hs256` and its relatives, `io.jwt.decode_verify`: signatures with a shared secret, and the claims of RFC 7519.

use super::super::args::{failure, failure_parts, mismatch, type_error};
use super::super::clock;
use super::super::crypto::hmac::{code, same};
use super::{Token, decoded, object};
use crate::collections::{Array, Object};
use crate::error::{self, BUILTIN_ERROR};
use crate::number;
use crate::number::arithmetic::Number;
use crate::number::decimal::Decimal;
use crate::number::float::Float;
use crate::number::text::Digits;
use crate::value::{Kind, Value};
use core::cmp::Ordering;
use hmac::digest::{Digest, core_api::BlockSizeUser};
use warrego_abi::error_kind;

impl Token {
    fn fits<D: Digest + BlockSizeUser>(&self, secret: &[u8], signature: &[u8]) -> bool {
        code::<D>(secret, &[self.header, b".", self.payload]).is_some_and(|code| same(&code, signature))
    }

    /// Whether the signature is that of an algorithm with a shared secret.
    fn fits_by_name(&self, algorithm: &[u8], secret: &[u8], signature: &[u8]) -> bool {
        match algorithm {
            b"HS256" => self.fits::<sha2::Sha256>(secret, signature),
            b"HS384" => self.fits::<sha2::Sha384>(secret, signature),
            b"HS512" => self.fits::<sha2::Sha512>(secret, signature),
            _ => false,
        }
    }
}

fn verify<D: Digest + BlockSizeUser>(name: &str, token: Value, secret: Value) -> Value {
    let (Some(_), Some(key)) = (token.as_str(), secret.as_str()) else {
        return mismatch(name, &[(token, Kind::String), (secret, Kind::String)]);
    };
    let verified = Token::parse(name, token).and_then(|token| {
        let signature = decoded(name, token.signature)?;
        Ok(Value::boolean(token.fits::<D>(key, signature)))
    });
    verified.unwrap_or_else(|error| error)
}

/// Whether a token is signed with a secret, by HMAC with SHA-256.
#[unsafe(export_name = "b.io.jwt.verify_hs256")]
pub extern "C" fn verify_hs256(token: Value, secret: Value) -> Value {
    verify::<sha2::Sha256>("io.jwt.verify_hs256", token, secret)
}

/// … with SHA-384.
#[unsafe(export_name = "b.io.jwt.verify_hs384")]
pub extern "C" fn verify_hs384(token: Value, secret: Value) -> Value {
    verify::<sha2::Sha384>("io.jwt.verify_hs384", token, secret)
}

/// … with SHA-512.
#[unsafe(export_name = "b.io.jwt.verify_hs512")]
pub extern "C" fn verify_hs512(token: Value, secret: Value) -> Value {
    verify::<sha2::Sha512>("io.jwt.verify_hs512", token, secret)
}

const NAME: &str = "io.jwt.decode_verify";

/// What a token must fulfil. Empty strings ask for nothing.
#[derive(Default)]
struct Constraints {
    secret: &'static [u8],
    certificate: bool,
    algorithm: &'static [u8],
    issuer: &'static [u8],
    audience: &'static [u8],
    /// Nanoseconds since 1970, if it is not the present.
    time: Option<f64>,
}

fn string(name: &[u8], value: Value) -> Result<&'static [u8], Value> {
    value
        .as_str()
        .ok_or_else(|| failure_parts(NAME, &[name, b" constraint: must be a string"]))
}

fn time(value: Value) -> Result<f64, Value> {
    let Some(number) = number::get(value) else {
        return Err(failure(NAME, "token time constraint: must be a number"));
    };
    let time = match number {
        Number::Small(small) => Some(small as f64),
        Number::Text(decimal) => Float::double_of(&decimal),
        Number::Float(float, _) => Some(float.to_f64()),
    };
    match time {
        None => Err(failure(NAME, "token time constraint: unvalid float64")),
        Some(time) if time < 0.0 => Err(failure(NAME, "token time constraint: must not be negative")),
        Some(time) => Ok(time),
    }
}

impl Constraints {
    fn parse(value: Value) -> Result<Constraints, Value> {
        let Some(members) = value.as_object() else {
            return Err(type_error(NAME, 1, value, "object"));
        };
        let mut constraints = Constraints::default();
        for (key, value) in members {
            match key.as_str() {
                Some(b"secret") => constraints.secret = string(b"secret", value)?,
                Some(b"alg") => constraints.algorithm = string(b"alg", value)?,
                Some(b"iss") => constraints.issuer = string(b"iss", value)?,
                Some(b"aud") => constraints.audience = string(b"aud", value)?,
                Some(b"cert") => {
                    string(b"cert", value)?;
                    constraints.certificate = true;
                }
                Some(b"time") => constraints.time = Some(time(value)?),
                Some(other) => return Err(failure_parts(NAME, &[b"unknown token validation constraint: ", other])),
                None => return Err(failure(NAME, "unknown token validation constraint: not a string")),
            }
        }
        match (constraints.certificate, constraints.secret.is_empty()) {
            (true, false) => Err(failure(NAME, "duplicate key constraints")),
            (false, true) => Err(failure(NAME, "no key constraint")),
            // An error in any mode: nobody shall mistake a token that was not looked at for one that is not valid.
            (true, true) => {
                let message: [&[u8]; 1] = [b"io.jwt.decode_verify: keys and certificates are not supported"];
                Err(error::raise(error_kind::POLICY, BUILTIN_ERROR, &message))
            }
            (false, false) => Ok(constraints),
        }
    }

    /// The time to compare claims with, in seconds, in decimal: as OPA gets it from a division of doubles.
    fn seconds(&self) -> Digits {
        let time = self.time.unwrap_or_else(|| clock::now() as f64);
        Digits::shortest_double(&Float::from_f64(time / 1e9))
    }

    fn has_audience(&self, value: Value) -> bool {
        let fits = |value: Value| value.as_str() == Some(self.audience);
        fits(value) || value.as_array().is_some_and(|values| values.iter().any(fits))
    }

    /// Whether the claims fulfil what is asked for.
    fn hold_for(&self, payload: Object) -> Result<bool, Value> {
        if !self.issuer.is_empty() {
            match payload.get_bytes(b"iss") {
                Some(issuer) if issuer.kind() != Kind::String => return Err(failure(NAME, "iss: must be a string")),
                Some(issuer) if issuer.as_str() == Some(self.issuer) => {}
                _ => return Ok(false),
            }
        }
        match payload.get_bytes(b"aud") {
            Some(audience) if !self.has_audience(audience) => return Ok(false),
            None if !self.audience.is_empty() => return Ok(false),
            _ => {}
        }
        if let Some(expiry) = payload.get_bytes(b"exp")
            && self.compare_time(expiry, "exp value must be a number")? != Ordering::Less
        {
            return Ok(false);
        }
        if let Some(start) = payload.get_bytes(b"nbf")
            && self.compare_time(start, "nbf value must be a number")? == Ordering::Less
        {
            return Ok(false);
        }
        Ok(true)
    }

    fn compare_time(&self, claim: Value, complaint: &str) -> Result<Ordering, Value> {
        let claim = number::get(claim).ok_or_else(|| failure(NAME, complaint))?;
        let seconds = self.seconds();
        let time = Decimal::from_digits(false, &seconds.digits, seconds.point);
        Ok(Number::Text(time).compare(&claim))
    }
}

/// The fields of a header that matter.
#[derive(Default)]
struct Header {
    algorithm: &'static [u8],
    content: &'static [u8],
}

/// Reads a header; `None` if the token is not to be accepted.
fn read_header(header: Object) -> Result<Option<Header>, Value> {
    let mut fields = Header::default();
    for (key, value) in header {
        let key = key.str_bytes();
        let text = match key {
            b"alg" | b"kid" | b"typ" | b"cty" => value.as_str().ok_or_else(|| failure_parts(NAME, &[key, b": must be a string"]))?,
            b"crit" => {
                check_critical(value)?;
                continue;
            }
            _ => continue,
        };
        match key {
            b"alg" => fields.algorithm = text,
            b"cty" => fields.content = text,
            _ => {}
        }
    }
    // What is critical must be known.
    let known = |name: Value| matches!(name.as_str(), Some(b"alg" | b"kid" | b"typ" | b"cty" | b"crit"));
    let critical = header.get_bytes(b"crit").and_then(Value::as_array);
    let strings = critical.into_iter().flatten().take_while(|name| name.kind() == Kind::String);
    let unknown = strings.filter(|name| !known(*name)).any(|name| header.get(name).is_some());
    Ok((!unknown && !fields.algorithm.is_empty()).then_some(fields))
}

fn check_critical(value: Value) -> Result<(), Value> {
    let Some(names) = value.as_array() else {
        return Err(failure(NAME, "crit: must be a list"));
    };
    match names.get(0).map(Value::kind) {
        Some(Kind::String) => Ok(()),
        _ => Err(failure(NAME, "crit: must be a nonempty list")),
    }
}

fn outcome(valid: bool, header: Object, payload: Object) -> Value {
    let parts = Array::with_capacity(3);
    parts.push(Value::boolean(valid));
    parts.push(header.value());
    parts.push(payload.value());
    parts.value()
}

/// Whether a token is signed and fulfils constraints, with its header and payload if it does.
#[unsafe(export_name = "b.io.jwt.decode_verify")]
pub extern "C" fn decode_verify(token: Value, constraints: Value) -> Value {
    match verified(token, constraints) {
        Ok(Some((header, payload))) => outcome(true, header, payload),
        Ok(None) => outcome(false, Object::new(), Object::new()),
        Err(error) => error,
    }
}

fn verified(token: Value, constraints: Value) -> Result<Option<(Object, Object)>, Value> {
    let constraints = Constraints::parse(constraints)?;
    let mut value = token;
    loop {
        let token = Token::parse(NAME, value)?;
        let header = token.header(NAME)?;
        let Some(fields) = read_header(header)? else {
            return Ok(None);
        };
        if !constraints.algorithm.is_empty() && constraints.algorithm != fields.algorithm {
            return Ok(None);
        }
        let signature = decoded(NAME, token.signature)?;
        if !token.fits_by_name(fields.algorithm, constraints.secret, signature) {
            return Ok(None);
        }
        let payload = token.payload(NAME)?;
        if fields.content.eq_ignore_ascii_case(b"JWT") {
            value = payload;
            continue;
        }
        let payload = object(NAME, payload.str_bytes())?;
        return Ok(constraints.hold_for(payload)?.then_some((header, payload)));
    }
}
