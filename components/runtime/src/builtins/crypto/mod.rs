//! `crypto.*`: hashes, message authentication codes, certificates and keys.
//!
//! | module | what |
//! |---|---|
//! | [`hash`], [`hmac`] | `crypto.md5` to `crypto.hmac.equal` |
//! | [`certificates`], [`private_keys`] | the built-ins around certificates, requests and keys |
//! | `x509`, `keys` | what is in them |
//! | `der`, `asn1`, `pem` | how they are written |
//! | `signature` | which key is for which algorithm; signatures |
//! | `rsa`, `ec`, `digest` | what they are computed with |
//! | `failure`, `json`, `number` | messages, JSON in the shape of Go's structures, numbers in bytes |
//!
//! The modules below the built-ins work on slices and the global allocator and know no values, so they are tested on any machine. Arithmetic is RustCrypto's;
//! what is read, in which order, and in which words it is refused is Go's, since policies see that.

pub(super) mod asn1;
pub mod certificates;
pub(super) mod der;
pub(super) mod digest;
pub(super) mod ec;
pub(super) mod failure;
pub mod hash;
pub mod hmac;
mod json;
pub(super) mod keys;
pub(super) mod number;
pub(super) mod pem;
pub mod private_keys;
pub(super) mod rsa;
pub(super) mod signature;
pub(super) mod x509;
