//! `io.jwt.verify_…`: signatures with a shared secret, and with public keys. `claims` looks at what a token says besides.

mod claims;

use super::super::args::{mismatch, type_error};
use super::super::crypto::digest::Hash;
use super::super::crypto::hmac::{code, same};
use super::super::crypto::signature::{Algorithm, Material, PublicVerifier, Shape};
use super::super::jose::{keys, signature};
use super::{Token, decoded};
use crate::value::{Kind, Value};
use claims::read_header;
use hmac::digest::{Digest, core_api::BlockSizeUser};

impl Token {
    fn fits<D: Digest + BlockSizeUser>(&self, secret: &[u8], signature: &[u8]) -> bool {
        code::<D>(secret, &[self.header, b".", self.payload]).is_some_and(|code| same(&code, signature))
    }
}

fn verify<D: Digest + BlockSizeUser>(name: &str, token: Value, secret: Value) -> Value {
    let (Some(_), Some(key)) = (token.as_str(), secret.as_str()) else {
        return mismatch(name, &[(token, Kind::String), (secret, Kind::String)]);
    };
    let verified = Token::parse(name, token).and_then(|token| {
        let signature = decoded(name, token.signature)?;
        Ok(Value::boolean(token.fits::<D>(key, signature)))
    });
    verified.unwrap_or_else(|error| error)
}

/// Whether a token is signed with a secret, by HMAC with SHA-256.
#[unsafe(export_name = "b.io.jwt.verify_hs256")]
pub extern "C" fn verify_hs256(token: Value, secret: Value) -> Value {
    verify::<sha2::Sha256>("io.jwt.verify_hs256", token, secret)
}

/// … with SHA-384.
#[unsafe(export_name = "b.io.jwt.verify_hs384")]
pub extern "C" fn verify_hs384(token: Value, secret: Value) -> Value {
    verify::<sha2::Sha384>("io.jwt.verify_hs384", token, secret)
}

/// … with SHA-512.
#[unsafe(export_name = "b.io.jwt.verify_hs512")]
pub extern "C" fn verify_hs512(token: Value, secret: Value) -> Value {
    verify::<sha2::Sha512>("io.jwt.verify_hs512", token, secret)
}

/// Whether one of the keys in a text signed.
fn verify_public(name: &str, token: Value, text: Value, algorithm: Algorithm) -> Value {
    verified(name, token, text, algorithm).map_or_else(|error| error, Value::boolean)
}

fn verified(name: &str, token: Value, text: Value, algorithm: Algorithm) -> Result<bool, Value> {
    let token = Token::parse(name, token)?;
    let text = text.as_str().ok_or_else(|| type_error(name, 1, text, "string"))?;
    let signed = keys::with(text, |keys| {
        let signature = decoded(name, token.signature)?;
        let header = read_header(name, token.header(name)?)?;
        let signed = [token.header, b".", token.payload];
        // Unlike `io.jwt.decode_verify`, these take no private keys.
        let verify = |key: &Material| match key {
            Material::Public(key) => PublicVerifier::new(algorithm, key).is_some_and(|key| key.verify(&signed, signature, Shape::Any)),
            _ => false,
        };
        Ok(signature::verify_with(keys, header.key, header.algorithm, verify))
    });
    signed.map_err(|failure| failure.raise(name))?
}

/// Whether a token is signed by RSA (PKCS #1 v1.5) with SHA-256.
#[unsafe(export_name = "b.io.jwt.verify_rs256")]
pub extern "C" fn verify_rs256(token: Value, key: Value) -> Value {
    verify_public("io.jwt.verify_rs256", token, key, Algorithm::Rsa(Hash::Sha256))
}

/// Whether a token is signed by RSA (PKCS #1 v1.5) with SHA-384.
#[unsafe(export_name = "b.io.jwt.verify_rs384")]
pub extern "C" fn verify_rs384(token: Value, key: Value) -> Value {
    verify_public("io.jwt.verify_rs384", token, key, Algorithm::Rsa(Hash::Sha384))
}

/// Whether a token is signed by RSA (PKCS #1 v1.5) with SHA-512.
#[unsafe(export_name = "b.io.jwt.verify_rs512")]
pub extern "C" fn verify_rs512(token: Value, key: Value) -> Value {
    verify_public("io.jwt.verify_rs512", token, key, Algorithm::Rsa(Hash::Sha512))
}

/// Whether a token is signed by RSA (PSS) with SHA-256.
#[unsafe(export_name = "b.io.jwt.verify_ps256")]
pub extern "C" fn verify_ps256(token: Value, key: Value) -> Value {
    verify_public("io.jwt.verify_ps256", token, key, Algorithm::Pss(Hash::Sha256))
}

/// Whether a token is signed by RSA (PSS) with SHA-384.
#[unsafe(export_name = "b.io.jwt.verify_ps384")]
pub extern "C" fn verify_ps384(token: Value, key: Value) -> Value {
    verify_public("io.jwt.verify_ps384", token, key, Algorithm::Pss(Hash::Sha384))
}

/// Whether a token is signed by RSA (PSS) with SHA-512.
#[unsafe(export_name = "b.io.jwt.verify_ps512")]
pub extern "C" fn verify_ps512(token: Value, key: Value) -> Value {
    verify_public("io.jwt.verify_ps512", token, key, Algorithm::Pss(Hash::Sha512))
}

/// Whether a token is signed by ECDSA with SHA-256.
#[unsafe(export_name = "b.io.jwt.verify_es256")]
pub extern "C" fn verify_es256(token: Value, key: Value) -> Value {
    verify_public("io.jwt.verify_es256", token, key, Algorithm::Ecdsa(Hash::Sha256))
}

/// Whether a token is signed by ECDSA with SHA-384.
#[unsafe(export_name = "b.io.jwt.verify_es384")]
pub extern "C" fn verify_es384(token: Value, key: Value) -> Value {
    verify_public("io.jwt.verify_es384", token, key, Algorithm::Ecdsa(Hash::Sha384))
}

/// Whether a token is signed by ECDSA with SHA-512.
#[unsafe(export_name = "b.io.jwt.verify_es512")]
pub extern "C" fn verify_es512(token: Value, key: Value) -> Value {
    verify_public("io.jwt.verify_es512", token, key, Algorithm::Ecdsa(Hash::Sha512))
}

/// Whether a token is signed by Ed25519.
#[unsafe(export_name = "b.io.jwt.verify_eddsa")]
pub extern "C" fn verify_eddsa(token: Value, key: Value) -> Value {
    verify_public("io.jwt.verify_eddsa", token, key, Algorithm::EdDsa)
}
