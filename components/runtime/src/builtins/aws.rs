//! `providers.aws.sign_req`: requests signed for Amazon's services (Signature Version 4), in the order and with the quirks of OPA: operand numbers in messages
//! are sometimes odd, header values that are no strings count as empty.

use super::args::operand_error_parts;
use super::crypto::digest::Hash;
use super::json;
use super::term;
use super::time::civil::Civil;
use super::url::Url;
use crate::arena::Buffer;
use crate::collections::{Object, Set};
use crate::error::{self, TYPE_ERROR};
use crate::number;
use crate::value::{Kind, Value};
use std::collections::BTreeMap;

const NAME: &str = "providers.aws.sign_req";
const CONFIG: [&str; 4] = ["aws_access_key", "aws_region", "aws_secret_access_key", "aws_service"];
const REQUIRED: [&str; 2] = ["method", "url"];
const ALLOWED: [&str; 28] = [
    "body",
    "cache",
    "cache_ignored_headers",
    "caching_mode",
    "enable_redirect",
    "force_cache",
    "force_cache_duration_seconds",
    "force_json_decode",
    "force_yaml_decode",
    "headers",
    "max_retry_attempts",
    "method",
    "raise_error",
    "raw_body",
    "timeout",
    "tls_ca_cert",
    "tls_ca_cert_env_variable",
    "tls_ca_cert_file",
    "tls_client_cert",
    "tls_client_cert_env_variable",
    "tls_client_cert_file",
    "tls_client_key",
    "tls_client_key_env_variable",
    "tls_client_key_file",
    "tls_insecure_skip_verify",
    "tls_server_name",
    "tls_use_system_certs",
    "url",
];

/// `name: operand N …`, with a number of OPA's choice.
fn wrong_type(operand: &[u8], got: Value, expected: &[u8]) -> Value {
    let got = got.kind().name().as_bytes();
    error::builtin(
        TYPE_ERROR,
        &[NAME.as_bytes(), b": operand ", operand, b" must be ", expected, b" but got ", got],
    )
}

/// Fails if there are such keys.
fn none_of(position: usize, what: &str, keys: impl Iterator<Item = Value>) -> Result<(), Value> {
    let set = Set::new();
    keys.for_each(|key| set.add(key));
    if set.is_empty() {
        return Ok(());
    }
    let mut text = Buffer::new();
    term::write(set.value(), &mut text);
    Err(operand_error_parts(
        NAME,
        position,
        &[what.as_bytes(), b" parameters(s): ", text.as_bytes()],
    ))
}

fn key(name: &&'static str) -> Value {
    Value::string_static(name.as_bytes())
}

/// The bytes of a string, none of anything else.
fn bytes(value: Value) -> &'static [u8] {
    value.as_str().unwrap_or_default()
}

fn member(object: Object, name: &'static str) -> &'static [u8] {
    object.get_bytes(name.as_bytes()).map(bytes).unwrap_or_default()
}

/// Who signs, and for what.
struct Signer {
    access_key: &'static [u8],
    secret_key: &'static [u8],
    region: &'static [u8],
    service: &'static [u8],
    session_token: &'static [u8],
    unsigned_payload: bool,
}

/// What is signed.
struct Request<'a> {
    method: &'a [u8],
    url: &'a Url,
    headers: &'a BTreeMap<Vec<u8>, Vec<u8>>,
    body: &'a [u8],
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// `YYYYMMDDThhmmssZ`
fn date(nanos: i64) -> Vec<u8> {
    let civil = Civil::from_seconds(nanos.div_euclid(1_000_000_000));
    let [hour, minute, second] = civil.clock();
    let mut text = Vec::with_capacity(16);
    let mut digits = |value: i64, len: u32| {
        (0..len)
            .rev()
            .for_each(|place| text.push(b'0' + (value / 10i64.pow(place) % 10) as u8))
    };
    digits(civil.year, 4);
    digits(civil.month, 2);
    digits(civil.day, 2);
    digits(hour, 2);
    digits(minute, 2);
    digits(second, 2);
    text.insert(8, b'T');
    text.push(b'Z');
    text
}

impl Signer {
    /// The header `Authorization`, and the headers that must be sent along.
    fn sign(&self, request: &Request<'_>, nanos: i64) -> (Vec<u8>, BTreeMap<Vec<u8>, Vec<u8>>) {
        let time = date(nanos);
        let day = time.get(..8).unwrap_or_default();
        let payload = if self.unsigned_payload {
            b"UNSIGNED-PAYLOAD".to_vec()
        } else {
            hex(&Hash::Sha256.digest(&[request.body]))
        };
        let mut own = BTreeMap::from([(b"host".to_vec(), request.url.host.clone()), (b"x-amz-date".to_vec(), time.clone())]);
        if matches!(self.service, b"s3" | b"glacier") {
            own.insert(b"x-amz-content-sha256".to_vec(), payload.clone());
        }
        if !self.session_token.is_empty() {
            own.insert(b"x-amz-security-token".to_vec(), self.session_token.to_vec());
        }
        let mut signed = own.clone();
        for (name, value) in request.headers {
            let name = name.to_ascii_lowercase();
            if !matches!(name.as_slice(), b"authorization" | b"user-agent" | b"x-amzn-trace-id") {
                signed.insert(name, value.clone());
            }
        }
        let names = signed.keys().map(Vec::as_slice).collect::<Vec<_>>().join(&b';');
        let lines: Vec<u8> = signed
            .iter()
            .flat_map(|(name, value)| [name, b":".as_slice(), value, b"\n"].concat())
            .collect();
        let canonical = [
            request.method,
            &request.url.path_text(),
            &request.url.query,
            &lines,
            &names,
            &payload,
        ]
        .join(&b'\n');
        let scope = [day, self.region, self.service, b"aws4_request"].join(&b'/');
        let canonical = hex(&Hash::Sha256.digest(&[&canonical]));
        let to_sign = [b"AWS4-HMAC-SHA256", time.as_slice(), &scope, &canonical].join(&b'\n');
        let first = [b"AWS4", self.secret_key].concat();
        let steps = [day, self.region, self.service, b"aws4_request", &to_sign];
        let signature = steps.iter().fold(first, |key, step| Hash::Sha256.code(&key, &[step]));
        let authorization = [
            b"AWS4-HMAC-SHA256 Credential=",
            self.access_key,
            b"/",
            &scope,
            b",SignedHeaders=",
            &names,
            b",Signature=",
            &hex(&signature),
        ];
        (authorization.concat(), own)
    }
}

/// A request with the headers that sign it.
#[unsafe(export_name = "b.providers.aws.sign_req")]
pub extern "C" fn sign_req(request: Value, config: Value, time: Value) -> Value {
    signed(request, config, time).unwrap_or_else(|error| error)
}

fn signed(request: Value, config: Value, time: Value) -> Result<Value, Value> {
    let object = request.as_object().ok_or_else(|| wrong_type(b"1", request, b"object"))?;
    let config = config.as_object().ok_or_else(|| wrong_type(b"1", config, b"object"))?;
    let has = |object: Object, name: &&'static str| object.get_bytes(name.as_bytes()).is_some();
    let no_string =
        |object: Object, name: &&'static str| object.get_bytes(name.as_bytes()).is_some_and(|value| value.kind() != Kind::String);
    none_of(
        1,
        "missing required AWS config",
        CONFIG.iter().filter(|name| !has(config, name)).map(key),
    )?;
    none_of(
        1,
        "invalid values for required AWS config",
        CONFIG.iter().filter(|name| no_string(config, name)).map(key),
    )?;
    if !time.is_number() {
        return Err(wrong_type(b"1", time, b"number"));
    }
    let nanos =
        number::to_i64(time).ok_or_else(|| operand_error_parts(NAME, 2, &[b"could not convert time_ns value into a unix timestamp"]))?;
    let allowed = |key: &Value| key.as_str().is_some_and(|key| ALLOWED.iter().any(|name| name.as_bytes() == key));
    none_of(0, "invalid request", object.iter().map(|(key, _)| key).filter(|key| !allowed(key)))?;
    none_of(
        0,
        "missing required request",
        REQUIRED.iter().filter(|name| !has(object, name)).map(key),
    )?;
    let headers = match object.get_bytes(b"headers") {
        None => None,
        Some(headers) => Some(headers.as_object().ok_or_else(|| wrong_type(b"0", headers, b"object"))?),
    };
    none_of(
        0,
        "invalid values for required request",
        REQUIRED.iter().filter(|name| no_string(object, name)).map(key),
    )?;
    let url = Url::parse(member(object, "url")).map_err(|error| super::args::failure_parts(NAME, &[&error.0]))?;
    let body = match (object.get_bytes(b"raw_body"), object.get_bytes(b"body")) {
        (Some(raw), _) => bytes(raw),
        (None, Some(body)) => json::text(NAME, body)?,
        (None, None) => &[],
    };
    let unsigned_payload = match config.get_bytes(b"disable_payload_signing").map(Value::as_bool) {
        None => false,
        Some(Some(unsigned)) => unsigned,
        Some(None) => {
            return Err(operand_error_parts(
                NAME,
                1,
                &[b"invalid value for 'disable_payload_signing' in AWS config"],
            ));
        }
    };
    let headers: BTreeMap<Vec<u8>, Vec<u8>> = headers
        .into_iter()
        .flatten()
        .map(|(key, value)| (bytes(key).to_vec(), bytes(value).to_vec()))
        .collect();
    let signer = Signer {
        access_key: member(config, "aws_access_key"),
        secret_key: member(config, "aws_secret_access_key"),
        region: member(config, "aws_region"),
        service: member(config, "aws_service"),
        session_token: member(config, "aws_session_token"),
        unsigned_payload,
    };
    let what = Request {
        method: member(object, "method"),
        url: &url,
        headers: &headers,
        body,
    };
    let (authorization, own) = signer.sign(&what, nanos);
    let all = Object::with_capacity(headers.len() as u32 + 5);
    let set = |name: &[u8], value: &[u8]| all.insert(Value::string(name), Value::string(value));
    headers.iter().for_each(|(name, value)| set(name, value));
    set(b"Authorization", &authorization);
    own.iter().for_each(|(name, value)| set(name, value));
    let result = object.duplicate(1);
    result.insert(Value::string_static(b"headers"), all.value());
    Ok(result.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As OPA signs it.
    #[test]
    fn signatures() {
        let url = Url::parse(b"https://examplebucket.s3.amazonaws.com/key").unwrap_or_default();
        let signer = Signer {
            access_key: b"AKIDEXAMPLE",
            secret_key: b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            region: b"us-east-1",
            service: b"s3",
            session_token: b"",
            unsigned_payload: false,
        };
        let request = Request {
            method: b"get",
            url: &url,
            headers: &BTreeMap::new(),
            body: b"",
        };
        let (authorization, own) = signer.sign(&request, 1_375_747_200_000_000_000);
        let text = String::from_utf8_lossy(&authorization).into_owned();
        assert!(
            text.contains("Signature=042dced03fc32e23092c68299d491ea6dd59928ae5359c586b1de"),
            "{text}"
        );
        assert_eq!(
            own.get(b"x-amz-date".as_slice()).map(Vec::as_slice),
            Some(b"20130806T000000Z".as_slice())
        );
    }
}
