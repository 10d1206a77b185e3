//! `crypto.*`: hashes and message authentication codes.

pub mod hash;
pub mod hmac;
