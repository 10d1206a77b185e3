//! wasmCloud's access policy by hand: invocations may happen, components and providers may start when wasmCloud signed them.

// Components exist for Wasm only: linkers of other targets refuse the names of their exports.
#![cfg(target_arch = "wasm32")]

use std::borrow::Cow;

use serde::Deserialize;
use warrego_handwritten::bindings::exports::warrego::policy::evaluator::{Error, Guest, PolicyInfo};
use warrego_handwritten::{decide_in_text, describe, malformed, no_data, position, unknown_entrypoint};

const ISSUER: &str = "ACOJJN6WUP4ODD75XEBKKTCCUJJCY5ZKQ56XVKYK4BEJWGVAOOQHZMCW";

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    request: Request<'a>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, default)]
    claims: Option<Claims<'a>>,
}

#[derive(Deserialize)]
struct Claims<'a> {
    #[serde(borrow)]
    issuer: Cow<'a, str>,
}

fn allow(input: &Input<'_>) -> bool {
    match &*input.kind {
        "performInvocation" => true,
        "startComponent" | "startProvider" => input.request.claims.as_ref().is_some_and(|claims| claims.issuer == ISSUER),
        _ => false,
    }
}

struct Access;

impl Guest for Access {
    fn entrypoints() -> Vec<String> {
        vec!["wasmcloud/access/allow".into()]
    }

    fn describe() -> PolicyInfo {
        describe(Self::entrypoints())
    }

    fn decide(entrypoint: String, input: Option<String>) -> Result<Option<String>, Error> {
        let number = position(&Self::entrypoints(), &entrypoint)?;
        decide_in_text(input, |input| Self::evaluate(number, input))
    }

    fn evaluate(entrypoint: u32, input: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, Error> {
        if entrypoint != 0 {
            return Err(unknown_entrypoint());
        }
        let input = input.unwrap_or_default();
        let input = serde_json::from_slice(&input).map_err(|error| malformed(&error))?;
        let answer: &[u8] = if allow(&input) { b"true" } else { b"false" };
        Ok(Some(answer.to_vec()))
    }

    fn set_data(_: String) -> Result<(), Error> {
        Err(no_data())
    }

    fn patch_data(_: String, _: Option<String>) -> Result<(), Error> {
        Err(no_data())
    }
}

warrego_handwritten::bindings::export!(Access);
