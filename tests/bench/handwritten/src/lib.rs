//! The peer that a policy has to beat: what a good engineer writes by hand instead of Rego, as a component with serde.
//!
//! Each example is one component with the interface that compiled policies have, so that the bench calls both the same way. A
//! document is checked to be well-formed JSON as a whole; only the fields that the decision needs are kept, borrowed from the
//! input. Nothing here knows Rego.

/// Bindings of the world `policy`; the examples implement `exports`.
#[allow(missing_docs, reason = "generated from the documented WIT")]
pub mod bindings {
    wit_bindgen::generate!({
        world: "policy",
        path: "../../../wit",
        pub_export_macro: true,
        default_bindings_module: "warrego_handwritten::bindings",
    });
}

use bindings::exports::warrego::policy::types::{EntrypointInfo, Error, ErrorDetail, PolicyInfo};

/// The error for a document that is not well-formed or not of the expected shape.
pub fn malformed(error: &serde_json::Error) -> Error {
    Error::MalformedInput(ErrorDetail {
        code: "malformed_input".into(),
        message: error.to_string(),
        location: None,
    })
}

/// The error for a number that is no entrypoint's.
pub fn unknown_entrypoint() -> Error {
    Error::UnknownEntrypoint(ErrorDetail {
        code: "unknown_entrypoint".into(),
        message: "there is one entrypoint only".into(),
        location: None,
    })
}

/// What there is to say about such a component.
pub fn describe(entrypoints: Vec<String>) -> PolicyInfo {
    let entrypoint = |name| EntrypointInfo {
        name,
        input: vec!["input.**".to_owned()],
        data: Vec::new(),
    };
    PolicyInfo {
        name: None,
        version: None,
        revision: None,
        compiler: "none".to_owned(),
        entrypoints: entrypoints.into_iter().map(entrypoint).collect(),
        capabilities: Vec::new(),
    }
}

/// The position of an entrypoint's name.
pub fn position(entrypoints: &[String], name: &str) -> Result<u32, Error> {
    let position = entrypoints.iter().position(|known| known == name);
    position
        .and_then(|position| u32::try_from(position).ok())
        .ok_or_else(unknown_entrypoint)
}

/// A decision in text by one in bytes.
pub fn decide_in_text(
    input: Option<String>,
    decide: impl FnOnce(Option<Vec<u8>>) -> Result<Option<Vec<u8>>, Error>,
) -> Result<Option<String>, Error> {
    let decision = decide(input.map(String::into_bytes))?;
    Ok(decision.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The error for pushed data: these components have none.
pub fn no_data() -> Error {
    Error::Policy(ErrorDetail {
        code: "unsupported".into(),
        message: "this component has no base documents".into(),
        location: None,
    })
}
