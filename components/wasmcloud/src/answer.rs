//! From the bytes of a message to the bytes of its answer. Every way it can go wrong ends in a denial that names the cause and carries the
//! request's id, as far as there is one.

use crate::bindings::warrego::policy::types::{Error, ErrorDetail, PolicyRequest, PolicyResponse};
use crate::wire;

/// Answers a message. `decide` is the policy.
///
/// The answer bears the request's id whatever the policy says: hosts do not compare it, but a revocation refers to it.
pub fn answer(body: &[u8], decide: impl FnOnce(&PolicyRequest) -> Result<PolicyResponse, Error>) -> Vec<u8> {
    let response = match wire::request(body) {
        Ok(request) => match decide(&request) {
            Ok(response) => PolicyResponse {
                request_id: request.request_id,
                ..response
            },
            Err(error) => denial(request.request_id, describe(&error)),
        },
        Err(message) => denial(wire::request_id(body), message),
    };
    wire::response(&response)
}

fn denial(request_id: String, message: String) -> PolicyResponse {
    PolicyResponse {
        request_id,
        permitted: false,
        message: Some(message),
    }
}

/// An error of the policy in words: its cause, OPA's code, and the place.
fn describe(error: &Error) -> String {
    let (cause, detail) = match error {
        Error::MalformedInput(detail) => ("malformed input", detail),
        Error::Policy(detail) => ("policy error", detail),
        Error::Conflict(detail) => ("conflict in the policy", detail),
        Error::Limit(detail) => ("limit reached", detail),
        Error::UnknownEntrypoint(detail) => ("unknown entrypoint", detail),
    };
    let ErrorDetail { code, message, location } = detail;
    match location {
        Some(place) => format!("{cause}: {}:{}:{}: {code}: {message}", place.file, place.row, place.col),
        None => format!("{cause}: {code}: {message}"),
    }
}
