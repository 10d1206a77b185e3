//! The document policy by hand: administrators, owners and those it is shared with may read; others than administrators see masked fields.

// Components exist for Wasm only: linkers of other targets refuse the names of their exports.
#![cfg(target_arch = "wasm32")]

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use warrego_handwritten::bindings::exports::warrego::policy::evaluator::{Error, Guest, PolicyInfo};
use warrego_handwritten::{decide_in_text, describe, malformed, no_data, position, unknown_entrypoint};

const MASKED: [&str; 2] = ["credit_card_info", "ssn"];

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    user: User<'a>,
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow)]
    resource: Resource<'a>,
}

#[derive(Deserialize)]
struct User<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    roles: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow)]
    owner_id: Cow<'a, str>,
    #[serde(borrow, default)]
    shared_with: Vec<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Decision {
    allow: bool,
    filter_data: &'static [&'static str],
}

fn decide(input: &Input<'_>) -> Decision {
    if input.user.roles.iter().any(|role| role == "admin") {
        return Decision {
            allow: true,
            filter_data: &[],
        };
    }
    let mine = input.resource.owner_id == input.user.id || input.resource.shared_with.contains(&input.user.id);
    Decision {
        allow: input.action == "read" && mine,
        filter_data: &MASKED,
    }
}

struct Documents;

impl Guest for Documents {
    fn entrypoints() -> Vec<String> {
        vec!["document_authz/decision".into()]
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
        serde_json::to_vec(&decide(&input)).map(Some).map_err(|error| malformed(&error))
    }

    fn set_data(_: String) -> Result<(), Error> {
        Err(no_data())
    }

    fn patch_data(_: String, _: Option<String>) -> Result<(), Error> {
        Err(no_data())
    }
}

warrego_handwritten::bindings::export!(Documents);
