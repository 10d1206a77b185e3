//! `io.jwt.*`: JSON Web Tokens. A token's parts are taken apart here; `verify` checks signatures and claims.

mod verify;

use super::args::{failure, failure_parts, type_error};
use super::base64::decode_url;
use super::text::find_byte;
use super::{crypto, json};
use crate::arena::Buffer;
use crate::collections::{Array, Object};
use crate::error;
use crate::number::arithmetic::format_small;
use crate::value::{Kind, Value};

/// The three parts of a token, in base64.
struct Token {
    header: &'static [u8],
    payload: &'static [u8],
    signature: &'static [u8],
}

/// A built-in's name with what it was about: `io.jwt.decode: JWT payload had invalid encoding`. Empty when nobody will read it.
fn about(name: &str, what: &str) -> &'static str {
    if !error::strict() {
        return "";
    }
    let mut text = Buffer::new();
    text.extend(name.as_bytes());
    text.extend(b": ");
    text.extend(what.as_bytes());
    core::str::from_utf8(text.finish().unwrap_or_default()).unwrap_or_default()
}

impl Token {
    fn parse(name: &str, value: Value) -> Result<Token, Value> {
        let Some(text) = value.as_str() else {
            return Err(type_error(name, 0, value, "string"));
        };
        let cut = |text: &'static [u8]| find_byte(text, b'.').and_then(|dot| Some((text.get(..dot)?, text.get(dot + 1..)?)));
        let Some((header, rest)) = cut(text) else {
            return Err(failure(name, "encoded JWT had no period separators"));
        };
        match cut(rest) {
            Some((payload, signature)) if find_byte(signature, b'.').is_none() => Ok(Token {
                header,
                payload,
                signature,
            }),
            _ => {
                let count = text.iter().filter(|byte| **byte == b'.').count() as i64 + 1;
                let mut digits = [0; 20];
                let found: [&[u8]; 2] = [b"encoded JWT must have 3 sections, found ", format_small(count, &mut digits)];
                Err(failure_parts(name, &found))
            }
        }
    }

    fn header(&self, name: &str) -> Result<Object, Value> {
        let text = decoded(about(name, "JWT header had invalid encoding"), self.header)?;
        let what = about(name, "bad JWT header");
        let header = object(what, text)?;
        if header.get_bytes(b"enc").is_some() {
            return Err(failure(name, "JWT is a JWE object, which is not supported"));
        }
        Ok(header)
    }

    fn payload(&self, name: &str) -> Result<Value, Value> {
        defined(decode_url(about(name, "JWT payload had invalid encoding"), self.payload))
    }
}

fn defined(value: Value) -> Result<Value, Value> {
    if value.is_defined() { Ok(value) } else { Err(value) }
}

fn decoded(name: &str, text: &'static [u8]) -> Result<&'static [u8], Value> {
    defined(decode_url(name, text)).map(Value::str_bytes)
}

/// The object in a JSON text.
fn object(name: &str, text: &[u8]) -> Result<Object, Value> {
    let value = defined(json::read(about(name, "invalid JSON"), text))?;
    value
        .as_object()
        .ok_or_else(|| failure(name, "decoded JSON type was not an Object"))
}

/// Header, payload and signature of a token, none of it verified.
#[unsafe(export_name = "b.io.jwt.decode")]
pub extern "C" fn decode(token: Value) -> Value {
    decode_parts(token).unwrap_or_else(|error| error)
}

fn decode_parts(token: Value) -> Result<Value, Value> {
    const NAME: &str = "io.jwt.decode";
    let mut value = token;
    loop {
        let token = Token::parse(NAME, value)?;
        let header = token.header(NAME)?;
        let payload = token.payload(NAME)?;
        match header.get_bytes(b"cty") {
            // A token in a token, maybe in quotes.
            Some(content) if content.as_str() == Some(b"JWT") => {
                value = Value::string_static(without_quotes(payload.str_bytes()));
                continue;
            }
            Some(content) if content.kind() != Kind::String => return Err(failure(NAME, "cty: must be a string")),
            _ => {}
        }
        let payload = object(NAME, payload.str_bytes())?;
        let signature = decoded(about(NAME, "JWT signature had invalid encoding"), token.signature)?;
        let parts = Array::with_capacity(3);
        parts.push(header.value());
        parts.push(payload.value());
        parts.push(crypto::hash::in_hex(signature));
        return Ok(parts.value());
    }
}

fn without_quotes(text: &'static [u8]) -> &'static [u8] {
    let mut text = text;
    while let [b'"' | b'\'', rest @ ..] | [rest @ .., b'"' | b'\''] = text {
        text = rest;
    }
    text
}
