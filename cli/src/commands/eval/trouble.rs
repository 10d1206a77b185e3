//! Why `warrego eval` has no result, in the forms of `opa eval`.

use serde_json::{Value, json};
use warrego_host::DecisionError;

use crate::diagnostics::{Problem, errors, file_name};
use crate::query::Query;

/// Why there is no result.
pub enum Trouble {
    /// The command line asks for what is not to be had.
    Usage(String),
    /// Something that the query needs cannot be read.
    Unread(String),
    /// Messages without more to them.
    Plain(Vec<String>),
    /// The policy or the query does not compile.
    Compile(Problem),
    /// The decision failed.
    Decision(DecisionError),
}

impl From<String> for Trouble {
    fn from(message: String) -> Self {
        Self::Plain(vec![message])
    }
}

impl Trouble {
    /// With the place in the query as it was asked.
    pub fn placed(mut self, query: &Query) -> Self {
        if let Self::Decision(
            DecisionError::MalformedInput(detail)
            | DecisionError::Policy(detail)
            | DecisionError::Conflict(detail)
            | DecisionError::Limit(detail),
        ) = &mut self
            && let Some(place) = detail.location.as_mut().filter(|place| place.file == "<query>")
        {
            (place.row, place.col) = query.place(place.row, place.col);
        }
        self
    }

    /// OPA's JSON.
    pub fn json(&self) -> Value {
        match self {
            Self::Usage(message) | Self::Unread(message) => errors([message.clone()]),
            Self::Plain(messages) => errors(messages.iter().cloned()),
            Self::Compile(problem) => problem.json(),
            Self::Decision(error) => match detail(error) {
                Some(detail) => {
                    let mut entry = json!({"message": detail.message, "code": detail.code});
                    if let Some(place) = &detail.location {
                        entry["location"] = json!({"file": file_name(&place.file), "row": place.row, "col": place.col});
                    }
                    json!({"errors": [entry]})
                }
                None if is_time_out(error) => json!({"errors": [{"message": TIME_OUT, "code": CANCELLED}]}),
                None => errors([error.to_string()]),
            },
        }
    }

    /// The text for people; it ends with a line's end.
    pub fn text(&self) -> String {
        match self {
            Self::Usage(message) | Self::Unread(message) => format!("{message}\n"),
            Self::Plain(messages) => match messages.as_slice() {
                [only] => format!("1 error occurred: {only}\n"),
                all => format!("{} errors occurred:\n{}\n", all.len(), all.join("\n")),
            },
            Self::Compile(problem) => problem.text(),
            Self::Decision(error) => match detail(error) {
                Some(detail) => format!("1 error occurred: {detail}\n"),
                None if is_time_out(error) => format!("1 error occurred: {CANCELLED}: {TIME_OUT}\n"),
                None => format!("1 error occurred: {error}\n"),
            },
        }
    }
}

/// OPA's words for a query that took too long.
const CANCELLED: &str = "eval_cancel_error";
const TIME_OUT: &str = "context deadline exceeded";

fn is_time_out(error: &DecisionError) -> bool {
    matches!(error, DecisionError::Deadline(_))
}

/// What the policy itself says about its error.
fn detail(error: &DecisionError) -> Option<&warrego_host::Detail> {
    match error {
        DecisionError::MalformedInput(detail)
        | DecisionError::Policy(detail)
        | DecisionError::Conflict(detail)
        | DecisionError::Limit(detail)
        | DecisionError::UnknownEntrypoint(detail) => Some(detail),
        _ => None,
    }
}
