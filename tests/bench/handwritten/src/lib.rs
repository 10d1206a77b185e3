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

use bindings::exports::warrego::policy::types::{Error, ErrorDetail};

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

/// The error for pushed data: these components have none.
pub fn no_data() -> Error {
    Error::Policy(ErrorDetail {
        code: "unsupported".into(),
        message: "this component has no base documents".into(),
        location: None,
    })
}
