//! What `http.send` is asked: its operand, checked in OPA's order and with its messages.
//!
//! What a component has no say in, TLS beyond the host's, is an error that names the parameter where the request would depend on it.

use super::super::quote::quote;
use super::super::term;
use super::failure::Failure;
use super::timeout;
use crate::arena::Buffer;
use crate::collections::{Object, Set};
use crate::json::{self, Style};
use crate::number;
use crate::value::{Kind, Value};

/// Everything that may be asked, sorted.
const PARAMETERS: [&[u8]; 28] = [
    b"body",
    b"cache",
    b"cache_ignored_headers",
    b"caching_mode",
    b"enable_redirect",
    b"force_cache",
    b"force_cache_duration_seconds",
    b"force_json_decode",
    b"force_yaml_decode",
    b"headers",
    b"max_retry_attempts",
    b"method",
    b"raise_error",
    b"raw_body",
    b"timeout",
    b"tls_ca_cert",
    b"tls_ca_cert_env_variable",
    b"tls_ca_cert_file",
    b"tls_client_cert",
    b"tls_client_cert_env_variable",
    b"tls_client_cert_file",
    b"tls_client_key",
    b"tls_client_key_env_variable",
    b"tls_client_key_file",
    b"tls_insecure_skip_verify",
    b"tls_server_name",
    b"tls_use_system_certs",
    b"url",
];

/// How long to wait unless something else is asked, in nanoseconds.
const TIMEOUT: u64 = 5_000_000_000;

/// A header's name and value.
pub type Header = (&'static [u8], &'static [u8]);

/// A request, as asked.
pub struct Request {
    /// In capital letters.
    pub method: Vec<u8>,
    /// The whole of it.
    pub url: &'static [u8],
    /// Names and values, both strings.
    pub headers: Vec<Header>,
    /// What is sent.
    pub body: Option<&'static [u8]>,
    /// Follow redirects.
    pub redirect: bool,
    /// Nanoseconds for all of it; 0 for as long as it takes.
    pub timeout: u64,
    /// How often to try again.
    pub retries: u32,
    /// A parameter about TLS that only the host could see to.
    pub tls: Option<&'static [u8]>,
}

/// Fails if something unknown is asked or something is missing.
pub fn check(object: Object) -> Result<(), Failure> {
    let unknown = Set::new();
    for (key, _) in object.iter() {
        if key.as_str().is_none_or(|key| PARAMETERS.binary_search(&key).is_err()) {
            unknown.add(key);
        }
    }
    let missing = Set::new();
    for key in [b"method".as_slice(), b"url"] {
        if object.get_bytes(key).is_none() {
            missing.add(Value::string_static(key));
        }
    }
    for (set, what) in [
        (unknown, b"invalid request parameters(s): ".as_slice()),
        (missing, b"missing required request parameters(s): "),
    ] {
        if !set.is_empty() {
            return Err(Failure::operand(&[what, &written(set.value())]));
        }
    }
    Ok(())
}

/// A parameter that is `true` or `false`.
pub fn flag(object: Object, name: &'static [u8]) -> Result<bool, Failure> {
    match object.get_bytes(name) {
        None => Ok(false),
        Some(value) => value
            .as_bool()
            .ok_or_else(|| Failure::internal(&[b"invalid value for \"", name, b"\" field"])),
    }
}

/// A flag that OPA reads as text: 0 and 1 will do.
fn loose_flag(value: Value) -> Result<bool, Failure> {
    match (value.as_bool(), value.as_int()) {
        (Some(flag), _) => Ok(flag),
        (None, Some(0)) => Ok(false),
        (None, Some(1)) => Ok(true),
        _ => {
            let mut text = Buffer::new();
            quote(&written(value), false, &mut text);
            Err(Failure::internal(&[
                b"strconv.ParseBool: parsing ",
                text.as_bytes(),
                b": invalid syntax",
            ]))
        }
    }
}

/// A value as Rego writes it.
fn written(value: Value) -> Vec<u8> {
    let mut text = Buffer::new();
    term::write(value, &mut text);
    text.as_bytes().to_vec()
}

/// Text without quotes at its ends, as OPA takes it.
fn unquoted(text: &'static [u8]) -> &'static [u8] {
    let start = text.iter().position(|byte| *byte != b'"').unwrap_or(text.len());
    let end = text.iter().rposition(|byte| *byte != b'"').map_or(start, |at| at + 1);
    text.get(start..end).unwrap_or_default()
}

/// How long a request may take, in nanoseconds: a number of them, or a duration as Go writes it.
fn timeout(value: Value) -> Result<u64, Failure> {
    let nanos = match (value.as_str(), value.is_number()) {
        (Some(text), _) => match crate::number::plain_integer(text) {
            Some(nanos) => nanos,
            None => timeout::parse(text).map_err(|fault| {
                let mut quoted = Buffer::new();
                quote(text, false, &mut quoted);
                let quoted = quoted.as_bytes();
                let what: &[u8] = match fault {
                    timeout::Fault::Invalid => b"invalid duration ",
                    timeout::Fault::NoUnit => b"missing unit in duration ",
                    timeout::Fault::Unit => b"unknown unit in duration ",
                };
                Failure::internal(&[b"invalid timeout value ", quoted, b": time: ", what, quoted])
            })?,
        },
        (None, true) => number::to_i64(value)
            .ok_or_else(|| Failure::internal(&[b"invalid timeout number value ", &written(value), b", must be int64"]))?,
        (None, false) => {
            let kind = value.kind().name().as_bytes();
            return Err(Failure::operand(&[b"'timeout' must be one of {string, number} but got ", kind]));
        }
    };
    Ok(u64::try_from(nanos).unwrap_or(0))
}

/// How often to try again.
fn retries(object: Object) -> Result<u32, Failure> {
    let name = b"max_retry_attempts";
    let Some(value) = object.get_bytes(name) else { return Ok(0) };
    let number = if value.is_number() { number::to_i64(value) } else { None };
    match number.and_then(|number| u32::try_from(number).ok()) {
        Some(number) => Ok(number),
        None => Err(Failure::internal(&[
            b"invalid value ",
            &written(value),
            b" for field \"",
            name,
            b"\"",
        ])),
    }
}

fn body(value: Value) -> Result<&'static [u8], Failure> {
    json::write(value, Style::Html).map_err(|_| Failure::internal(&[b"the body holds what JSON cannot write"]))
}

fn headers(value: Value) -> Result<Vec<Header>, Failure> {
    let Some(object) = value.as_object() else {
        return Err(Failure::internal(&[b"invalid type for headers key"]));
    };
    let mut headers = Vec::with_capacity(object.len() as usize);
    for (name, value) in object.iter() {
        let Some(text) = value.as_str() else {
            return Err(Failure::internal(&[b"invalid type for headers value ", &written(value)]));
        };
        // Names that are no strings are known by their JSON text.
        headers.push((json::key_text(name).str_bytes(), text));
    }
    Ok(headers)
}

impl Request {
    /// Reads the parameters.
    pub fn read(object: Object) -> Result<Request, Failure> {
        let mut request = Request {
            method: Vec::new(),
            url: b"",
            headers: Vec::new(),
            body: None,
            redirect: false,
            timeout: TIMEOUT,
            retries: 0,
            tls: None,
        };
        for (key, value) in object.iter() {
            let key = key.str_bytes();
            request.set(key, value)?;
        }
        request.retries = retries(object)?;
        Ok(request)
    }

    fn set(&mut self, key: &'static [u8], value: Value) -> Result<(), Failure> {
        let text = value.as_str().map(unquoted);
        let string = || text.ok_or_else(|| Failure::internal(&[b"\"", key, b"\" must be a string"]));
        match key {
            b"method" => self.method = string()?.to_ascii_uppercase(),
            b"url" => self.url = string()?,
            b"raw_body" => self.body = Some(string()?),
            b"body" => self.body = Some(body(value)?),
            b"headers" => self.headers = headers(value)?,
            b"enable_redirect" => self.redirect = loose_flag(value)?,
            b"timeout" => self.timeout = timeout(value)?,
            // The host knows best which certificates those are.
            b"tls_use_system_certs" => drop(loose_flag(value)?),
            b"tls_insecure_skip_verify" if !loose_flag(value)? => {}
            b"tls_insecure_skip_verify" => self.tls = Some(key),
            _ if !key.starts_with(b"tls_") || string()?.is_empty() => {}
            _ => self.tls = Some(key),
        }
        Ok(())
    }
}

/// The request without what does not tell it from others: what responses are remembered by.
pub fn cache_key(object: Object) -> Result<Object, Failure> {
    let key = object.duplicate(1);
    let ignored = object.get_bytes(b"cache_ignored_headers");
    key.insert(Value::string_static(b"cache_ignored_headers"), Value::NULL);
    let (Some(ignored), Some(headers)) = (ignored, object.get_bytes(b"headers")) else {
        return Ok(key);
    };
    let strings = ignored
        .as_array()
        .filter(|names| names.iter().all(|name| name.kind() == Kind::String));
    let (Some(ignored), Some(headers)) = (strings, headers.as_object()) else {
        return Err(Failure::plain(&[b"cache_ignored_headers must be an array of strings"]));
    };
    let kept = Object::new();
    for (name, value) in headers.iter() {
        if !ignored.iter().any(|ignored| crate::compare::equal(ignored, name)) {
            kept.insert(name, value);
        }
    }
    key.insert(Value::string_static(b"headers"), kept.value());
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::PARAMETERS;

    #[test]
    fn parameters_are_sorted() {
        assert!(PARAMETERS.is_sorted());
    }
}
