//! Signature algorithms: their numbers in Go, and what they take to verify a signature.

use super::super::asn1::{Algorithm, INT, Mode, Reader, structure};
use super::super::der::{Der, tag, to_i64};
use super::super::digest::Hash;
use super::super::failure::Outcome;
use super::super::keys::Public;
use super::super::signature::{self, PublicVerifier, Shape};

/// An algorithm, by its number in Go; 0 if it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub i64);

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4];
const HASH: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];
const MASK: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];

impl Signature {
    /// The algorithm of an identifier.
    pub fn of(algorithm: &Algorithm<'_>) -> Signature {
        let rsa = algorithm.id.0.strip_prefix(RSA);
        let ecdsa = algorithm.id.0.strip_prefix(ECDSA);
        Signature(match (rsa, ecdsa, algorithm.id.0) {
            (Some([4]), ..) => 2,
            (Some([5]), ..) | (.., [0x2b, 14, 3, 2, 29]) => 3,
            (Some([11]), ..) => 4,
            (Some([12]), ..) => 5,
            (Some([13]), ..) => 6,
            (Some([10]), ..) => pss(algorithm.parameters).unwrap_or(0),
            (.., [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3]) => 7,
            (.., [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2]) => 8,
            (_, Some([1]), _) => 9,
            (_, Some([3, 2]), _) => 10,
            (_, Some([3, 3]), _) => 11,
            (_, Some([3, 4]), _) => 12,
            (.., [0x2b, 0x65, 112]) if algorithm.parameters.is_empty() => 16,
            _ => 0,
        })
    }

    /// The algorithm, if it is good enough to verify with: SHA-1 and MD5 are not.
    fn usable(self) -> Option<signature::Algorithm> {
        Some(match self.0 {
            4 => signature::Algorithm::Rsa(Hash::Sha256),
            5 => signature::Algorithm::Rsa(Hash::Sha384),
            6 => signature::Algorithm::Rsa(Hash::Sha512),
            10 => signature::Algorithm::Ecdsa(Hash::Sha256),
            11 => signature::Algorithm::Ecdsa(Hash::Sha384),
            12 => signature::Algorithm::Ecdsa(Hash::Sha512),
            13 => signature::Algorithm::Pss(Hash::Sha256),
            14 => signature::Algorithm::Pss(Hash::Sha384),
            15 => signature::Algorithm::Pss(Hash::Sha512),
            16 => signature::Algorithm::EdDsa,
            _ => return None,
        })
    }

    /// Whether a signature by a key is one of these bytes.
    pub fn verify(self, signed: &[u8], signature: &[u8], key: &Public) -> bool {
        let verifier = self.usable().and_then(|algorithm| PublicVerifier::new(algorithm, key));
        match verifier {
            Some(verifier @ PublicVerifier::Ecdsa(..)) => {
                ecdsa_numbers(signature).is_some_and(|(r, s)| verifier.verify_numbers(&[signed], r, s))
            }
            Some(verifier) => verifier.verify(&[signed], signature, Shape::Exact),
            None => false,
        }
    }
}

/// The two numbers of a signature in DER, and nothing behind them.
fn ecdsa_numbers(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Der(signature);
    let mut inner = outer.enter(tag::SEQUENCE)?;
    let (r, s) = (inner.integer()?, inner.integer()?);
    let positive = |number: &[u8]| number.first().is_some_and(|first| first & 0x80 == 0);
    (outer.is_empty() && inner.is_empty() && positive(r) && positive(s)).then_some((r, s))
}

/// The number of RSASSA-PSS with these parameters: only those that make sense are known.
fn pss(parameters: &[u8]) -> Outcome<i64> {
    let mut inner = Reader::new(Reader::new(parameters).value(structure("pssParameters"), Mode::Required)?.content);
    let hash = inner.algorithm(Mode::Explicit(0))?;
    let mask = inner.algorithm(Mode::Explicit(1))?;
    let salt = to_i64(inner.value(INT, Mode::Explicit(2))?.content);
    let trailer = inner
        .optional(INT, Mode::OptionalExplicit(3))?
        .map_or(Some(1), |found| to_i64(found.content));
    let mask_hash = Reader::new(mask.parameters).algorithm(Mode::Required)?;
    let plain = |algorithm: &Algorithm<'_>| algorithm.parameters.is_empty() || algorithm.parameters == [5, 0];
    if !plain(&hash) || !plain(&mask_hash) || mask.id.0 != MASK || mask_hash.id != hash.id || trailer != Some(1) {
        return Ok(0);
    }
    Ok(match (hash.id.0.strip_prefix(HASH), salt) {
        (Some([1]), Some(32)) => 13,
        (Some([2]), Some(48)) => 14,
        (Some([3]), Some(64)) => 15,
        _ => 0,
    })
}
