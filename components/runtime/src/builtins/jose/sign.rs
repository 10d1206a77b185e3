//! `io.jwt.encode_sign`, `io.jwt.encode_sign_raw`.

use super::super::args::type_error;
use super::super::base64::codec::encode_url_no_pad;
use super::super::crypto::failure::{Failure, Outcome};
use super::super::json;
use super::header;
use super::key;
use super::signature::{algorithm, sign};
use crate::value::Value;

/// A token with this header and payload, signed by the first of these keys.
fn token(header: &[u8], payload: &[u8], keys: &[u8]) -> Outcome<Vec<u8>> {
    let keys = key::parse(keys)?;
    let key = keys.first().ok_or(Failure::from("no keys found in JWK set"))?;
    let members = header::parse(header);
    let string = |key: &str| {
        members
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|members| header::string(members, key))
    };
    let name = string("alg").map_err(|failure| failure.behind("missing or invalid 'alg' header: "))?;
    let algorithm = algorithm(&name).ok_or_else(|| Failure::of(&[b"unknown JWS algorithm: ", &name]))?;
    let is_other = string("typ").is_ok_and(|kind| kind != b"JWT");
    if !is_other && !json::check::is_valid(payload) {
        return Err(Failure::from("type is JWT but payload is not JSON"));
    }
    let mut token = Vec::with_capacity((header.len() + payload.len()) / 3 * 4 + 400);
    encode_url_no_pad(header, &mut token);
    let dot = token.len();
    token.push(b'.');
    encode_url_no_pad(payload, &mut token);
    let (first, second) = token.split_at(dot);
    let signature = sign(algorithm, key, &[first, second, b""])?;
    token.push(b'.');
    encode_url_no_pad(&signature, &mut token);
    Ok(token)
}

fn signed(name: &str, header: &[u8], payload: &[u8], keys: &[u8]) -> Value {
    match token(header, payload, keys) {
        Ok(token) => Value::string(&token),
        Err(failure) => failure.raise(name),
    }
}

/// A token with a header and a payload, signed with a key.
#[unsafe(export_name = "b.io.jwt.encode_sign")]
pub extern "C" fn encode_sign(headers: Value, payload: Value, key: Value) -> Value {
    const NAME: &str = "io.jwt.encode_sign";
    let text = |value| json::text(NAME, value);
    match (text(headers), text(payload), text(key)) {
        (Ok(headers), Ok(payload), Ok(key)) => signed(NAME, headers, payload, key),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => error,
    }
}

/// The same from texts in JSON, which are signed as they are.
#[unsafe(export_name = "b.io.jwt.encode_sign_raw")]
pub extern "C" fn encode_sign_raw(headers: Value, payload: Value, key: Value) -> Value {
    const NAME: &str = "io.jwt.encode_sign_raw";
    match (headers.as_str(), payload.as_str(), key.as_str()) {
        (Some(headers), Some(payload), Some(key)) => signed(NAME, headers, payload, key),
        (.., None) => type_error(NAME, 2, key, "string"),
        (None, ..) => type_error(NAME, 0, headers, "string"),
        _ => type_error(NAME, 1, payload, "string"),
    }
}
