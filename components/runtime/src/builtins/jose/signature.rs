//! Signatures of tokens.

use super::super::crypto::ec;
use super::super::crypto::failure::{Failure, Outcome};
use super::super::crypto::hmac::same;
use super::super::crypto::keys::{Private, Public};
use super::super::crypto::rsa::Salt;
use super::key::{Algorithm, Key, Material};
use super::keys::Verifier;

/// A signed text: header and payload with a dot between.
pub type Signed<'a> = [&'a [u8]; 3];

/// Whether a public key, or one for Ed25519, signed. Keys of the wrong kind did not.
///
/// `io.jwt.verify_…` is lax: an ECDSA signature is two numbers of the same length, and PSS may have a salt of any length.
pub fn verify(algorithm: Algorithm, key: &Public, signed: &Signed<'_>, signature: &[u8], lax: bool) -> bool {
    match (algorithm, key) {
        (Algorithm::Rsa(hash), Public::Rsa(key)) => key.verify(hash, &hash.digest(signed), signature),
        (Algorithm::Pss(hash), Public::Rsa(key)) => {
            let salt = if lax { Salt::Any } else { Salt::Hash };
            key.verify_pss(hash, &hash.digest(signed), signature, salt)
        }
        (Algorithm::Ecdsa(hash), Public::Ec(point)) => {
            let (r, s) = signature.split_at(signature.len() / 2);
            let sized = signature.len() == 2 * point.curve.size();
            (lax || sized) && point.verify(&hash.digest(signed), r, s)
        }
        (Algorithm::EdDsa, Public::Ed25519(key)) => ec::verify_ed25519(key, &signed.concat(), signature),
        _ => false,
    }
}

/// Whether one of the keys signed: the one of this identifier if there is one, else any that is for this algorithm or for all.
///
/// `verify` is told a key.
pub fn verify_with(keys: &[Verifier], id: &[u8], algorithm: &[u8], verify: impl Fn(&Material) -> bool) -> bool {
    if !id.is_empty()
        && let Some(key) = keys.iter().find(|key| key.id == id)
    {
        return verify(&key.material);
    }
    let fits = |key: &&Verifier| key.algorithm.is_empty() || key.algorithm == algorithm;
    keys.iter().filter(fits).any(|key| verify(&key.material))
}

/// Whether a key of any kind signed, in the way that a header names.
pub fn verify_named(name: &[u8], key: &Material, signed: &Signed<'_>, signature: &[u8]) -> bool {
    let algorithm = if name == b"Ed25519" {
        Some(Algorithm::EdDsa)
    } else {
        Algorithm::of(name)
    };
    match (algorithm, key) {
        (None, _) => false,
        (Some(Algorithm::Hmac(hash)), key) => secret(key).is_some_and(|secret| same(&hash.code(&secret, signed), signature)),
        (Some(algorithm), Material::Public(key)) => verify(algorithm, key, signed, signature, false),
        (Some(algorithm), Material::Private(key)) => verify(algorithm, &key.public(), signed, signature, false),
        (Some(_), Material::Secret(_)) => false,
    }
}

/// The bytes that the library takes for a shared secret: keys for Ed25519 are bytes too.
fn secret(key: &Material) -> Option<Vec<u8>> {
    match key {
        Material::Secret(secret) => Some(secret.clone()),
        Material::Public(Public::Ed25519(key)) => Some(key.to_vec()),
        Material::Private(Private::Ed25519 { seed, public }) => Some([*seed, *public].concat()),
        _ => None,
    }
}

/// Signs a text.
pub fn sign(algorithm: Algorithm, key: &Key, signed: &Signed<'_>) -> Outcome<Vec<u8>> {
    let unusable = |wanted: &str, produce: &str| {
        let kind = key.kind.as_bytes();
        let why = match &key.material {
            Err(failure) if key.kind.starts_with("*jwk.okp") || is_for(algorithm, key.kind) => failure.text().to_vec(),
            _ => [b"jwk.Export: no suitable exporter found for key type '", kind, b"'"].concat(),
        };
        Failure::of(&[
            b"jwsbb.Sign: invalid key type ",
            kind,
            b". ",
            wanted.as_bytes(),
            b" is required: ",
            produce.as_bytes(),
            b" from ",
            kind,
            b": ",
            &why,
        ])
    };
    match (algorithm, &key.material) {
        (Algorithm::Hmac(hash), material) => {
            let secret = material.as_ref().ok().and_then(secret);
            let secret = secret.ok_or_else(|| unusable("[]byte", "keyconv: failed to produce []byte"))?;
            Ok(hash.code(&secret, signed))
        }
        (Algorithm::Rsa(hash), Ok(Material::Private(Private::Rsa(key)))) => key.clone().complete()?.sign(hash, &hash.digest(signed)),
        (Algorithm::Pss(hash), Ok(Material::Private(Private::Rsa(key)))) => key.clone().complete()?.sign_pss(hash, &hash.digest(signed)),
        (Algorithm::Ecdsa(hash), Ok(Material::Private(Private::Ec { secret, public }))) => {
            let signature = ec::sign(public.curve, secret, &hash.digest(signed));
            signature.ok_or(Failure::from("failed to sign payload using ecdsa: input overflows the modulus"))
        }
        (Algorithm::EdDsa, Ok(Material::Private(Private::Ed25519 { seed, .. }))) => Ok(ec::sign_ed25519(seed, &signed.concat())),
        (Algorithm::Rsa(_) | Algorithm::Pss(_), _) => Err(unusable("*rsa.PrivateKey", "failed to produce rsa.PrivateKey")),
        (Algorithm::Ecdsa(_), _) => Err(unusable("*ecdsa.PrivateKey", "keyconv: failed to produce ecdsa.PrivateKey")),
        (Algorithm::EdDsa, _) => Err(unusable("ed25519.PrivateKey", "failed to produce ed25519.PrivateKey")),
    }
}

/// Whether keys of a type are private ones for an algorithm.
fn is_for(algorithm: Algorithm, kind: &str) -> bool {
    match algorithm {
        Algorithm::Rsa(_) | Algorithm::Pss(_) => kind == "*jwk.rsaPrivateKey",
        Algorithm::Ecdsa(_) => kind == "*jwk.ecdsaPrivateKey",
        _ => false,
    }
}
