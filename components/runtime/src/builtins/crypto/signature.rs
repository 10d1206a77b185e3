//! Which key may be used with which algorithm, and signatures of both together.
//!
//! A key is for the algorithms of its own kind and for no others: the bytes of a public key are never a shared secret, however it is written. [`Verifier`] and
//! [`Signer`] are pairs of a key and an algorithm of its kind. Nothing else verifies or signs, and only [`Verifier::new`] and [`Signer::new`] make pairs.

use super::digest::Hash;
use super::ec::{self, Curve, ED25519, Point};
use super::failure::{Failure, Outcome};
use super::hmac::same;
use super::keys::{Private, Public};
use super::rsa::{self, Salt};

/// An algorithm of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Hmac(Hash),
    /// PKCS #1 v1.5.
    Rsa(Hash),
    /// PSS.
    Pss(Hash),
    Ecdsa(Hash),
    EdDsa,
}

/// What a key is made of.
#[derive(Debug, Clone)]
pub enum Material {
    Public(Public),
    Private(Private),
    Secret(Vec<u8>),
}

/// How strictly the shape of a signature is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An ECDSA signature is as long as the curve wants it, and a salt of PSS as long as the hash.
    Exact,
    /// Two numbers of the same length for ECDSA, and any salt.
    Any,
}

/// A key with an algorithm of its own kind that can verify.
#[derive(Debug, Clone, Copy)]
pub enum Verifier<'k> {
    Secret(Hash, &'k [u8]),
    Public(PublicVerifier<'k>),
}

/// The same for keys of two parts.
#[derive(Debug, Clone, Copy)]
pub enum PublicVerifier<'k> {
    Rsa(Hash, &'k rsa::Public),
    Pss(Hash, &'k rsa::Public),
    Ecdsa(Hash, &'k Point),
    Ed25519(&'k [u8; ED25519]),
}

impl<'k> Verifier<'k> {
    /// The pair of an algorithm and a key; `None` if the key is not of the algorithm's kind. A private key verifies as its public part does.
    pub fn new(algorithm: Algorithm, key: &'k Material) -> Option<Verifier<'k>> {
        let public = match (algorithm, key) {
            (Algorithm::Hmac(hash), Material::Secret(secret)) => return Some(Verifier::Secret(hash, secret)),
            (_, Material::Secret(_)) => None,
            (_, Material::Public(key)) => PublicVerifier::new(algorithm, key),
            (Algorithm::Rsa(hash), Material::Private(Private::Rsa(key))) => Some(PublicVerifier::Rsa(hash, &key.public)),
            (Algorithm::Pss(hash), Material::Private(Private::Rsa(key))) => Some(PublicVerifier::Pss(hash, &key.public)),
            (Algorithm::Ecdsa(hash), Material::Private(Private::Ec { public, .. })) => Some(PublicVerifier::Ecdsa(hash, public)),
            (Algorithm::EdDsa, Material::Private(Private::Ed25519 { public, .. })) => Some(PublicVerifier::Ed25519(public)),
            (_, Material::Private(_)) => None,
        };
        public.map(Verifier::Public)
    }

    /// Whether the parts in a row have this signature.
    pub fn verify(self, parts: &[&[u8]], signature: &[u8], shape: Shape) -> bool {
        match self {
            Verifier::Secret(hash, secret) => same(&hash.code(secret, parts), signature),
            Verifier::Public(verifier) => verifier.verify(parts, signature, shape),
        }
    }
}

impl<'k> PublicVerifier<'k> {
    /// The pair of an algorithm and a public key; `None` if the key is not of the algorithm's kind.
    pub fn new(algorithm: Algorithm, key: &'k Public) -> Option<PublicVerifier<'k>> {
        match (algorithm, key) {
            (Algorithm::Rsa(hash), Public::Rsa(key)) => Some(PublicVerifier::Rsa(hash, key)),
            (Algorithm::Pss(hash), Public::Rsa(key)) => Some(PublicVerifier::Pss(hash, key)),
            (Algorithm::Ecdsa(hash), Public::Ec(point)) => Some(PublicVerifier::Ecdsa(hash, point)),
            (Algorithm::EdDsa, Public::Ed25519(key)) => Some(PublicVerifier::Ed25519(key)),
            _ => None,
        }
    }

    /// Whether the parts in a row have this signature.
    pub fn verify(self, parts: &[&[u8]], signature: &[u8], shape: Shape) -> bool {
        match self {
            PublicVerifier::Rsa(hash, key) => key.verify(hash, &hash.digest(parts), signature),
            PublicVerifier::Pss(hash, key) => {
                let salt = if shape == Shape::Exact { Salt::Hash } else { Salt::Any };
                key.verify_pss(hash, &hash.digest(parts), signature, salt)
            }
            PublicVerifier::Ecdsa(_, point) => {
                let (r, s) = signature.split_at(signature.len() / 2);
                let sized = signature.len() == 2 * point.curve.size();
                (shape == Shape::Any || sized) && self.verify_numbers(parts, r, s)
            }
            PublicVerifier::Ed25519(key) => ec::verify_ed25519(key, &parts.concat(), signature),
        }
    }

    /// Whether the parts in a row have this ECDSA signature; other keys have none of two numbers.
    pub fn verify_numbers(self, parts: &[&[u8]], r: &[u8], s: &[u8]) -> bool {
        match self {
            PublicVerifier::Ecdsa(hash, point) => point.verify(&hash.digest(parts), r, s),
            _ => false,
        }
    }
}

/// A key with an algorithm of its own kind that can sign.
#[derive(Debug, Clone, Copy)]
pub enum Signer<'k> {
    Secret(Hash, &'k [u8]),
    Rsa(Hash, &'k rsa::Private),
    Pss(Hash, &'k rsa::Private),
    Ecdsa(Hash, Curve, &'k [u8]),
    Ed25519(&'k [u8; ED25519]),
}

impl<'k> Signer<'k> {
    /// The pair of an algorithm and a key; `None` if the key is not of the algorithm's kind, or public.
    pub fn new(algorithm: Algorithm, key: &'k Material) -> Option<Signer<'k>> {
        match (algorithm, key) {
            (Algorithm::Hmac(hash), Material::Secret(secret)) => Some(Signer::Secret(hash, secret)),
            (Algorithm::Rsa(hash), Material::Private(Private::Rsa(key))) => Some(Signer::Rsa(hash, key)),
            (Algorithm::Pss(hash), Material::Private(Private::Rsa(key))) => Some(Signer::Pss(hash, key)),
            (Algorithm::Ecdsa(hash), Material::Private(Private::Ec { secret, public })) => Some(Signer::Ecdsa(hash, public.curve, secret)),
            (Algorithm::EdDsa, Material::Private(Private::Ed25519 { seed, .. })) => Some(Signer::Ed25519(seed)),
            _ => None,
        }
    }

    /// The signature of the parts in a row.
    pub fn sign(self, parts: &[&[u8]]) -> Outcome<Vec<u8>> {
        match self {
            Signer::Secret(hash, secret) => Ok(hash.code(secret, parts)),
            Signer::Rsa(hash, key) => key.clone().complete()?.sign(hash, &hash.digest(parts)),
            Signer::Pss(hash, key) => key.clone().complete()?.sign_pss(hash, &hash.digest(parts)),
            Signer::Ecdsa(hash, curve, secret) => {
                let signature = ec::sign(curve, secret, &hash.digest(parts));
                signature.ok_or(Failure::from("failed to sign payload using ecdsa: input overflows the modulus"))
            }
            Signer::Ed25519(seed) => Ok(ec::sign_ed25519(seed, &parts.concat())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_kind_only() {
        let seed = [9; ED25519];
        let public = ec::public_ed25519(&seed);
        let point = ec::public(Curve::P256, &[7; 32]).unwrap();
        let rsa = rsa::Public {
            n: vec![0xff; 256],
            e: 65537,
        };
        let keys = [
            ("secret", Material::Secret(public.to_vec())),
            ("rsa", Material::Public(Public::Rsa(rsa))),
            ("ec", Material::Public(Public::Ec(point.clone()))),
            ("okp", Material::Public(Public::Ed25519(public))),
            ("none", Material::Public(Public::X25519)),
            (
                "ec",
                Material::Private(Private::Ec {
                    secret: vec![7; 32],
                    public: point,
                }),
            ),
            ("okp", Material::Private(Private::Ed25519 { seed, public })),
            ("none", Material::Private(Private::X25519(seed))),
        ];
        let algorithms = [
            ("secret", Algorithm::Hmac(Hash::Sha256)),
            ("rsa", Algorithm::Rsa(Hash::Sha256)),
            ("rsa", Algorithm::Pss(Hash::Sha512)),
            ("ec", Algorithm::Ecdsa(Hash::Sha384)),
            ("okp", Algorithm::EdDsa),
        ];
        for (kind, key) in &keys {
            for (wanted, algorithm) in algorithms {
                assert_eq!(Verifier::new(algorithm, key).is_some(), *kind == wanted, "{algorithm:?} {kind}");
                let signs = *kind == wanted && !matches!(key, Material::Public(_));
                assert_eq!(Signer::new(algorithm, key).is_some(), signs, "{algorithm:?} {kind}");
            }
        }
    }
}
