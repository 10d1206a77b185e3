//! `crypto.md5`, `crypto.sha1`, `crypto.sha256`: hashes in hexadecimal.

use super::super::args::type_error;
use super::super::hex;
use crate::arena::Buffer;
use crate::value::Value;
use sha2::Digest;

fn hash<D: Digest>(name: &str, a: Value) -> Value {
    match a.as_str() {
        Some(bytes) => in_hex(&D::digest(bytes)),
        None => type_error(name, 0, a, "string"),
    }
}

/// Bytes as a string in hexadecimal.
pub fn in_hex(bytes: &[u8]) -> Value {
    let mut out = Buffer::with_capacity(bytes.len() as u32 * 2);
    hex::write(bytes, &mut out);
    out.into_string()
}

/// MD5.
#[unsafe(export_name = "b.crypto.md5")]
pub extern "C" fn md5(a: Value) -> Value {
    hash::<md5::Md5>("crypto.md5", a)
}

/// SHA-1.
#[unsafe(export_name = "b.crypto.sha1")]
pub extern "C" fn sha1(a: Value) -> Value {
    hash::<sha1::Sha1>("crypto.sha1", a)
}

/// SHA-256.
#[unsafe(export_name = "b.crypto.sha256")]
pub extern "C" fn sha256(a: Value) -> Value {
    hash::<sha2::Sha256>("crypto.sha256", a)
}
