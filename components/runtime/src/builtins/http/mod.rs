//! `http.send`: a request over `wasi:http`, and what is remembered of responses.
//!
//! | part | what |
//! |---|---|
//! | `request`, `timeout`, `target` | what is asked |
//! | `transfer` | redirects, further attempts |
//! | `exchange`, `imports` | one request over `wasi:http` |
//! | `response`, `failure` | what the policy is told |
//! | `cache`, `freshness` | what outlives the decision |
//!
//! Inside a decision the same request is made once, also one that failed. Beyond it a response is kept if the request says so (`cache`, `force_cache`),
//! for as long as it is fresh; after that the server is asked whether it still holds.

#![cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "without a host there is nobody to send to, but what works on texts is tested")
)]

mod failure;
mod freshness;
mod request;
mod target;
mod timeout;

#[cfg(target_arch = "wasm32")]
mod cache;
#[cfg(target_arch = "wasm32")]
mod exchange;
#[cfg(target_arch = "wasm32")]
mod imports;
#[cfg(target_arch = "wasm32")]
mod response;
#[cfg(target_arch = "wasm32")]
mod send;
#[cfg(target_arch = "wasm32")]
mod transfer;

use super::args::type_error;
use super::memo::Memo;
use crate::collections::Object;
use crate::value::Value;
use failure::Failure;

const NAME: &str = "http.send";

/// Results of this decision by request; null for requests that failed and whose error was raised.
static SENT: Memo = Memo::new();

#[cfg(not(target_arch = "wasm32"))]
mod send {
    //! Without a host.
    use super::{Failure, Object, Value};

    pub fn send(_asked: Object, _key: Object, _remember: &mut bool) -> Result<Value, Failure> {
        Err(Failure::plain(&[b"there is nobody to send to"]))
    }
}

/// Whether failures are errors: they are unless the request says otherwise.
fn raises(asked: Object) -> Result<bool, Failure> {
    match asked.get_bytes(b"raise_error") {
        None => Ok(true),
        Some(value) => value
            .as_bool()
            .ok_or_else(|| Failure::internal(&[b"invalid value for raise_error field"])),
    }
}

fn send(asked: Object, raises: bool) -> Result<Value, Failure> {
    request::check(asked)?;
    let key = request::cache_key(asked)?;
    if let Some(known) = SENT.get(key.value()) {
        return Ok(if known.is_null() { Value::UNDEFINED } else { known });
    }
    let mut remember = true;
    let sent = send::send(asked, key, &mut remember);
    let result = match &sent {
        Ok(result) => *result,
        Err(_) if raises => Value::NULL,
        Err(failure) => failure.result(),
    };
    if remember && result.is_defined() {
        SENT.put(key.value(), result);
    }
    sent
}

/// Sends a request; its response is an object.
#[unsafe(export_name = "b.http.send")]
pub extern "C" fn http_send(request: Value) -> Value {
    let Some(asked) = request.as_object() else {
        return type_error(NAME, 0, request, "object");
    };
    match raises(asked) {
        Err(failure) => failure.raise(),
        Ok(raises) => match send(asked, raises) {
            Ok(result) => result,
            Err(failure) if raises => failure.raise(),
            Err(failure) => failure.result(),
        },
    }
}
