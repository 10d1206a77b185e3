//! Keys and signatures of JSON Web Tokens (RFC 7515 to 7518), and the built-ins that make tokens; `jwt` has those that read and verify them.
//!
//! `key` reads keys, `keys` keeps those that verify, `signature` puts keys and algorithms together, `header` reads headers the way the library does that
//! signs in OPA.

mod header;
pub(super) mod key;
pub(super) mod keys;
pub mod sign;
pub(super) mod signature;
