//! Signatures of tokens: the names of algorithms, which keys of a set are tried, and what is said of a key that cannot sign.

use super::super::crypto::digest::Hash;
use super::super::crypto::failure::{Failure, Outcome};
use super::super::crypto::keys::{Private, Public};
use super::super::crypto::signature::{Algorithm, Material, Shape, Signer, Verifier};
use super::key::Key;
use super::keys::Known;

/// A signed text: header and payload with a dot between.
pub type Signed<'a> = [&'a [u8]; 3];

/// The algorithm of a name in headers and keys.
pub fn algorithm(name: &[u8]) -> Option<Algorithm> {
    let (family, size) = name.split_at_checked(2)?;
    let hash = match size {
        b"256" => Hash::Sha256,
        b"384" => Hash::Sha384,
        b"512" => Hash::Sha512,
        _ => return (name == b"EdDSA").then_some(Algorithm::EdDsa),
    };
    match family {
        b"HS" => Some(Algorithm::Hmac(hash)),
        b"RS" => Some(Algorithm::Rsa(hash)),
        b"PS" => Some(Algorithm::Pss(hash)),
        b"ES" => Some(Algorithm::Ecdsa(hash)),
        _ => None,
    }
}

/// Whether one of the keys signed: the one of this identifier if there is one, else any that is for this algorithm or for all.
///
/// `verify` is told a key.
pub fn verify_with(keys: &[Known], id: &[u8], algorithm: &[u8], verify: impl Fn(&Material) -> bool) -> bool {
    if !id.is_empty()
        && let Some(key) = keys.iter().find(|key| key.id == id)
    {
        return verify(&key.material);
    }
    let fits = |key: &&Known| key.algorithm.is_empty() || key.algorithm == algorithm;
    keys.iter().filter(fits).any(|key| verify(&key.material))
}

/// Whether a key signed by the algorithm that a header names.
pub fn verify_named(name: &[u8], key: &Material, signed: &Signed<'_>, signature: &[u8]) -> bool {
    let algorithm = if name == b"Ed25519" {
        Some(Algorithm::EdDsa)
    } else {
        algorithm(name)
    };
    let verifier = algorithm.and_then(|algorithm| Verifier::new(algorithm, key));
    verifier.is_some_and(|verifier| verifier.verify(signed, signature, Shape::Exact))
}

/// Signs a text.
pub fn sign(algorithm: Algorithm, key: &Key, signed: &Signed<'_>) -> Outcome<Vec<u8>> {
    let signer = key.material.as_ref().ok().and_then(|material| Signer::new(algorithm, material));
    match signer {
        Some(signer) => signer.sign(signed),
        None => Err(unusable(algorithm, key)),
    }
}

/// What the library says of a key that is not for an algorithm, or cannot sign.
fn unusable(algorithm: Algorithm, key: &Key) -> Failure {
    let (wanted, produce, into) = match algorithm {
        Algorithm::Hmac(_) => ("[]byte", "keyconv: failed to produce []byte", "*[]uint8"),
        Algorithm::Rsa(_) | Algorithm::Pss(_) => ("*rsa.PrivateKey", "failed to produce rsa.PrivateKey", "*rsa.PrivateKey"),
        Algorithm::Ecdsa(_) => (
            "*ecdsa.PrivateKey",
            "keyconv: failed to produce ecdsa.PrivateKey",
            "*ecdsa.PrivateKey",
        ),
        Algorithm::EdDsa => ("ed25519.PrivateKey", "failed to produce ed25519.PrivateKey", "*ed25519.PrivateKey"),
    };
    let kind = key.kind.as_bytes();
    let why = match &key.material {
        Err(failure) if key.kind.starts_with("*jwk.okp") || is_for(algorithm, key.kind) => failure.text().to_vec(),
        Ok(material) if key.kind.starts_with("*jwk.okp") => [
            b"jwk.Export: failed to assign key: argument to AssignIfCompatible() must be compatible with ",
            okp_type(material).as_bytes(),
            b" (was ",
            into.as_bytes(),
            b")",
        ]
        .concat(),
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
}

/// Go's type of a key of this kind.
fn okp_type(material: &Material) -> &'static str {
    match material {
        Material::Public(Public::Ed25519(_)) => "ed25519.PublicKey",
        Material::Private(Private::Ed25519 { .. }) => "ed25519.PrivateKey",
        Material::Private(_) => "*ecdh.PrivateKey",
        _ => "*ecdh.PublicKey",
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
