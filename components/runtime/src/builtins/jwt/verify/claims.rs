//! `io.jwt.decode_verify`: signatures of all kinds, and the claims of RFC 7519.

use super::super::super::args::{failure, failure_parts, type_error};
use super::super::super::clock;
use super::super::super::crypto::signature::Material;
use super::super::super::jose::{keys, signature};
use super::super::{Token, decoded, object};
use crate::collections::{Array, Object};
use crate::number;
use crate::number::arithmetic::Number;
use crate::number::decimal::Decimal;
use crate::number::float::Float;
use crate::number::text::Digits;
use crate::value::{Kind, Value};
use core::cmp::Ordering;

const NAME: &str = "io.jwt.decode_verify";

/// What a token must fulfil. Empty strings ask for nothing.
#[derive(Default)]
struct Constraints {
    secret: &'static [u8],
    /// A certificate, a public key, a JSON Web Key or a set of them.
    keys: Option<&'static [u8]>,
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
                    let text = string(b"cert", value)?;
                    keys::with(text, |_| ()).map_err(|failure| failure.raise(NAME))?;
                    constraints.keys = Some(text);
                }
                Some(b"time") => constraints.time = Some(time(value)?),
                Some(other) => return Err(failure_parts(NAME, &[b"unknown token validation constraint: ", other])),
                None => return Err(failure(NAME, "unknown token validation constraint: not a string")),
            }
        }
        match (constraints.keys.is_some(), constraints.secret.is_empty()) {
            (true, false) => Err(failure(NAME, "duplicate key constraints")),
            (false, true) => Err(failure(NAME, "no key constraint")),
            _ => Ok(constraints),
        }
    }

    /// Whether the key signed that is asked for.
    fn verify(&self, token: &Token, header: &Header, signature: &[u8]) -> Result<bool, Value> {
        let signed = [token.header, b".", token.payload];
        let verify = |key: &Material| signature::verify_named(header.algorithm, key, &signed, signature);
        match self.keys {
            Some(text) => {
                let verified = keys::with(text, |keys| signature::verify_with(keys, header.key, header.algorithm, verify));
                verified.map_err(|failure| failure.raise(NAME))
            }
            None => Ok(verify(&Material::Secret(self.secret.to_vec()))),
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
pub struct Header {
    pub algorithm: &'static [u8],
    /// The key's identifier.
    pub key: &'static [u8],
    content: &'static [u8],
    /// Nothing is critical that is not known.
    known: bool,
}

/// Reads a header.
pub fn read_header(name: &str, header: Object) -> Result<Header, Value> {
    let mut fields = Header::default();
    for (key, value) in header {
        let key = key.str_bytes();
        let text = match key {
            b"alg" | b"kid" | b"typ" | b"cty" => value.as_str().ok_or_else(|| failure_parts(name, &[key, b": must be a string"]))?,
            b"crit" => {
                check_critical(name, value)?;
                continue;
            }
            _ => continue,
        };
        match key {
            b"alg" => fields.algorithm = text,
            b"kid" => fields.key = text,
            b"cty" => fields.content = text,
            _ => {}
        }
    }
    let known = |name: Value| matches!(name.as_str(), Some(b"alg" | b"kid" | b"typ" | b"cty" | b"crit"));
    let critical = header.get_bytes(b"crit").and_then(Value::as_array);
    let strings = critical.into_iter().flatten().take_while(|name| name.kind() == Kind::String);
    let mut unknown = strings.filter(|name| !known(*name)).filter(|name| header.get(*name).is_some());
    fields.known = unknown.next().is_none();
    Ok(fields)
}

fn check_critical(name: &str, value: Value) -> Result<(), Value> {
    let Some(names) = value.as_array() else {
        return Err(failure(name, "crit: must be a list"));
    };
    match names.get(0).map(Value::kind) {
        Some(Kind::String) => Ok(()),
        _ => Err(failure(name, "crit: must be a nonempty list")),
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
        let fields = read_header(NAME, header)?;
        if !fields.known || fields.algorithm.is_empty() || !constraints.algorithm.is_empty() && constraints.algorithm != fields.algorithm {
            return Ok(None);
        }
        let signature = decoded(NAME, token.signature)?;
        if !constraints.verify(&token, &fields, signature)? {
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
