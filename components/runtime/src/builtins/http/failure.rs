//! How `http.send` fails: OPA's codes and words, raised as an error or handed to the policy as a result, as the request wants it.

use super::super::args::failure_parts;
use super::NAME;
use crate::collections::Object;
use crate::error::{self, BUILTIN_ERROR, TYPE_ERROR};
use crate::value::Value;

const INTERNAL: &str = "eval_http_send_internal_error";
const NETWORK: &str = "eval_http_send_network_error";

/// What kind of a failure it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// The operand is wrong.
    Operand,
    /// The request cannot be made.
    Internal,
    /// The same, but nothing is put before its words.
    Plain,
    /// There was no response.
    Network,
}

/// Why there is no response.
pub struct Failure {
    sort: Sort,
    message: Vec<u8>,
    /// The words for an error that is raised, where they are others.
    raised: Option<Vec<u8>>,
}

impl Failure {
    fn new(sort: Sort, message: &[&[u8]]) -> Failure {
        Failure {
            sort,
            message: message.concat(),
            raised: None,
        }
    }

    /// The operand is wrong.
    #[cold]
    pub fn operand(message: &[&[u8]]) -> Failure {
        Failure::new(Sort::Operand, message)
    }

    /// The request cannot be made.
    #[cold]
    pub fn internal(message: &[&[u8]]) -> Failure {
        Failure::new(Sort::Internal, message)
    }

    /// The same, but nothing is put before its words.
    #[cold]
    pub fn plain(message: &[&[u8]]) -> Failure {
        Failure::new(Sort::Plain, message)
    }

    /// There was no response from a URL.
    #[cold]
    pub fn network(method: &[u8], url: &[u8], message: &[&[u8]]) -> Failure {
        let start = [capitalised(method), b" \"".to_vec(), url.to_vec(), b"\": ".to_vec()].concat();
        Failure::new(Sort::Network, &[&start, &message.concat()])
    }

    /// There was no response from a URL in time.
    #[cold]
    pub fn timeout(method: &[u8], url: &[u8]) -> Failure {
        let mut failure = Failure::network(
            method,
            url,
            &[b"context deadline exceeded (Client.Timeout exceeded while awaiting headers)"],
        );
        failure.raised = Some([&capitalised(method), b" ".as_slice(), url, b": request timed out"].concat());
        failure
    }

    /// Whether trying again could help.
    pub fn is_network(&self) -> bool {
        self.sort == Sort::Network
    }

    /// An error of the built-in.
    pub fn raise(&self) -> Value {
        let message = self.raised.as_ref().unwrap_or(&self.message);
        match self.sort {
            Sort::Operand => error::builtin(TYPE_ERROR, &[NAME.as_bytes(), b": operand 1 ", message]),
            _ => failure_parts(NAME, &[message]),
        }
    }

    /// A result that tells the failure.
    pub fn result(&self) -> Value {
        let message = match self.sort {
            Sort::Operand => [TYPE_ERROR.as_bytes(), b": ", NAME.as_bytes(), b": operand 1 ", &self.message].concat(),
            Sort::Internal => [BUILTIN_ERROR.as_bytes(), b": ", NAME.as_bytes(), b": ", &self.message].concat(),
            Sort::Plain | Sort::Network => self.message.clone(),
        };
        let code = if self.sort == Sort::Network { NETWORK } else { INTERNAL };
        let text = |text: &'static str| Value::string_static(text.as_bytes());
        let told = Object::with_capacity(2);
        told.insert(text("code"), text(code));
        told.insert(text("message"), Value::string(&message));
        let result = Object::with_capacity(2);
        result.insert(text("status_code"), Value::count(0));
        result.insert(text("error"), told.value());
        result.value()
    }
}

/// A method as Go begins its messages: `Get`.
fn capitalised(method: &[u8]) -> Vec<u8> {
    let mut method = method.to_ascii_lowercase();
    if let Some(first) = method.first_mut() {
        first.make_ascii_uppercase();
    }
    method
}
