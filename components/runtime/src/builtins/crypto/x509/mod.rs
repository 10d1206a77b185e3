//! X.509: certificates and certificate requests, as Go's `crypto/x509` reads them, and chains of them as it verifies them.
//!
//! | module | what |
//! |---|---|
//! | `name` | distinguished names, and the strings in them |
//! | `time` | validity |
//! | `algorithm` | signature algorithms |
//! | `certificate`, `extensions`, `request` | what is read |
//! | `write` | the same as JSON, in the shape of Go's structures |
//! | `verify`, `hostname`, `constraints`, `policies` | chains |

mod algorithm;
mod certificate;
mod constraints;
mod extensions;
mod hostname;
mod name;
mod policies;
mod request;
mod time;
mod verify;
mod write;

pub use certificate::{Certificate, parse_all, parse_one};
pub use extensions::usage_number;
pub use request::Request;
pub use verify::{Options, verify};
pub use write::{write, write_request};
