//! `crypto.hmac.*`: message authentication codes in hexadecimal, and their comparison.

use super::super::args::mismatch;
use super::hash::in_hex;
use crate::value::{Kind, Value};
use hmac::digest::{Digest, core_api::BlockSizeUser};
use hmac::{Mac, SimpleHmac};

/// The code of a message.
pub fn code<D: Digest + BlockSizeUser>(key: &[u8], message: &[&[u8]]) -> Option<hmac::digest::Output<D>> {
    // Keys of all lengths are fine: there is always a code.
    let mut mac = SimpleHmac::<D>::new_from_slice(key).ok()?;
    message.iter().for_each(|part| mac.update(part));
    Some(mac.finalize().into_bytes())
}

/// Compares without telling how much is the same.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (x, y)| all | (x ^ y)) == 0
}

fn hmac<D: Digest + BlockSizeUser>(name: &str, message: Value, key: Value) -> Value {
    match (message.as_str(), key.as_str()) {
        (Some(text), Some(secret)) => code::<D>(secret, &[text]).map_or(Value::UNDEFINED, |code| in_hex(&code)),
        _ => mismatch(name, &[(message, Kind::String), (key, Kind::String)]),
    }
}

/// With MD5.
#[unsafe(export_name = "b.crypto.hmac.md5")]
pub extern "C" fn md5(message: Value, key: Value) -> Value {
    hmac::<md5::Md5>("crypto.hmac.md5", message, key)
}

/// With SHA-1.
#[unsafe(export_name = "b.crypto.hmac.sha1")]
pub extern "C" fn sha1(message: Value, key: Value) -> Value {
    hmac::<sha1::Sha1>("crypto.hmac.sha1", message, key)
}

/// With SHA-256.
#[unsafe(export_name = "b.crypto.hmac.sha256")]
pub extern "C" fn sha256(message: Value, key: Value) -> Value {
    hmac::<sha2::Sha256>("crypto.hmac.sha256", message, key)
}

/// With SHA-512.
#[unsafe(export_name = "b.crypto.hmac.sha512")]
pub extern "C" fn sha512(message: Value, key: Value) -> Value {
    hmac::<sha2::Sha512>("crypto.hmac.sha512", message, key)
}

/// Whether two codes are the same.
#[unsafe(export_name = "b.crypto.hmac.equal")]
pub extern "C" fn equal(a: Value, b: Value) -> Value {
    match (a.as_str(), b.as_str()) {
        (Some(x), Some(y)) => Value::boolean(same(x, y)),
        _ => mismatch("crypto.hmac.equal", &[(a, Kind::String), (b, Kind::String)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4231() {
        let code = code::<sha2::Sha256>(b"Jefe", &[b"what do ya want ", b"for nothing?"]).map(|code| code.to_vec());
        let start = [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e];
        assert!(code.is_some_and(|code| code.starts_with(&start)));
        assert!(same(b"ab", b"ab") && !same(b"ab", b"ac") && !same(b"ab", b"abc"));
    }
}
