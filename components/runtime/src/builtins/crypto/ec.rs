//! Elliptic curves: ECDSA on NIST's, and Ed25519. The arithmetic is RustCrypto's; here are the shapes in which Go takes and gives keys and signatures.
//!
//! Signatures need no randomness: ECDSA's nonces come from key and message (RFC 6979), as do Ed25519's. P-224 is known by name, so that certificates with
//! such keys can be read, but nothing is signed or verified with it.

use super::number::{pad, trim};
use ecdsa::elliptic_curve::ops::Invert;
use ecdsa::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use ecdsa::elliptic_curve::subtle::CtOption;
use ecdsa::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, Scalar};
use ecdsa::signature::Signer;
use ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use ecdsa::{DigestAlgorithm, EcdsaCurve, Signature, SigningKey, VerifyingKey};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;

/// A curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    P224,
    P256,
    P384,
    P521,
}

impl Curve {
    /// Bytes of a coordinate.
    pub const fn size(self) -> usize {
        match self {
            Curve::P224 => 28,
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    /// Bits of a coordinate.
    pub const fn bits(self) -> usize {
        match self {
            Curve::P521 => 521,
            _ => self.size() * 8,
        }
    }

    /// The name that JSON Web Keys have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Curve::P224 => "P-224",
            Curve::P256 => "P-256",
            Curve::P384 => "P-384",
            Curve::P521 => "P-521",
        }
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    pub curve: Curve,
    /// The coordinates, each as long as the curve's have to be.
    pub x: Vec<u8>,
    pub y: Vec<u8>,
}

impl Point {
    /// The point of an uncompressed encoding, which begins with 4.
    pub fn parse(curve: Curve, encoded: &[u8]) -> Option<Point> {
        let coordinates = encoded.strip_prefix(&[4])?;
        let (x, y) = coordinates.split_at_checked(curve.size())?;
        Point::new(curve, x, y)
    }

    /// The point of two coordinates; `None` if it is not on the curve.
    pub fn new(curve: Curve, x: &[u8], y: &[u8]) -> Option<Point> {
        let (x, y) = (pad(x, curve.size())?, pad(y, curve.size())?);
        let point = Point { curve, x, y };
        let valid = match curve {
            Curve::P224 => true,
            Curve::P256 => VerifyingKey::<NistP256>::from_sec1_bytes(&point.encoded()).is_ok(),
            Curve::P384 => VerifyingKey::<NistP384>::from_sec1_bytes(&point.encoded()).is_ok(),
            Curve::P521 => VerifyingKey::<NistP521>::from_sec1_bytes(&point.encoded()).is_ok(),
        };
        valid.then_some(point)
    }

    fn encoded(&self) -> Vec<u8> {
        [&[4], self.x.as_slice(), self.y.as_slice()].concat()
    }

    /// Whether `r` and `s`, which may have leading zeros, are a signature of a hash.
    pub fn verify(&self, digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        let verified = match self.curve {
            Curve::P224 => None,
            Curve::P256 => verify::<NistP256>(self, digest, r, s),
            Curve::P384 => verify::<NistP384>(self, digest, r, s),
            Curve::P521 => verify::<NistP521>(self, digest, r, s),
        };
        verified.is_some()
    }
}

/// The bytes of a coordinate or scalar, which may have leading zeros too many or too few.
fn element<C: CurveArithmetic>(bytes: &[u8]) -> Option<FieldBytes<C>> {
    let mut element = FieldBytes::<C>::default();
    let bytes = trim(bytes);
    let start = element.len().checked_sub(bytes.len())?;
    element.get_mut(start..)?.copy_from_slice(bytes);
    Some(element)
}

fn verify<C>(point: &Point, digest: &[u8], r: &[u8], s: &[u8]) -> Option<()>
where
    C: CurveArithmetic + EcdsaCurve,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let key = VerifyingKey::<C>::from_sec1_bytes(&point.encoded()).ok()?;
    let signature = Signature::<C>::from_scalars(element::<C>(r)?, element::<C>(s)?).ok()?;
    key.verify_prehash(digest, &signature).ok()
}

/// `r` and `s` in a row, each as long as a coordinate; `None` if the secret is none of the curve's, or the curve is P-224.
pub fn sign(curve: Curve, secret: &[u8], digest: &[u8]) -> Option<Vec<u8>> {
    match curve {
        Curve::P224 => None,
        Curve::P256 => sign_on::<NistP256>(secret, digest),
        Curve::P384 => sign_on::<NistP384>(secret, digest),
        Curve::P521 => sign_on::<NistP521>(secret, digest),
    }
}

fn sign_on<C>(secret: &[u8], digest: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic + DigestAlgorithm,
    Scalar<C>: Invert<Output = CtOption<Scalar<C>>>,
{
    let key = SigningKey::<C>::from_bytes(&element::<C>(secret)?).ok()?;
    let signature: Signature<C> = key.sign_prehash(digest).ok()?;
    let (r, s) = signature.split_bytes();
    Some([r.as_slice(), s.as_slice()].concat())
}

/// The public key of a secret; `None` if it is none of the curve's, or the curve is P-224.
pub fn public(curve: Curve, secret: &[u8]) -> Option<Point> {
    let encoded = match curve {
        Curve::P224 => None,
        Curve::P256 => public_on::<NistP256>(secret),
        Curve::P384 => public_on::<NistP384>(secret),
        Curve::P521 => public_on::<NistP521>(secret),
    };
    let coordinates = encoded?.strip_prefix(&[4])?.to_vec();
    let (x, y) = coordinates.split_at_checked(curve.size())?;
    Some(Point {
        curve,
        x: x.to_vec(),
        y: y.to_vec(),
    })
}

fn public_on<C>(secret: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic + EcdsaCurve,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let key = SigningKey::<C>::from_bytes(&element::<C>(secret)?).ok()?;
    Some(key.verifying_key().to_sec1_point(false).as_bytes().to_vec())
}

/// Bytes of Ed25519's keys, public ones and seeds.
pub const ED25519: usize = 32;

/// Whether it is a signature of a message by Ed25519.
pub fn verify_ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    use ecdsa::signature::Verifier;
    let verified = || {
        let key = ed25519_dalek::VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
        let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
        key.verify(message, &signature).ok()
    };
    verified().is_some()
}

/// The signature of a message by Ed25519.
pub fn sign_ed25519(seed: &[u8; ED25519], message: &[u8]) -> Vec<u8> {
    ed25519_dalek::SigningKey::from_bytes(seed).sign(message).to_bytes().to_vec()
}

/// The public key of a seed.
pub fn public_ed25519(seed: &[u8; ED25519]) -> [u8; ED25519] {
    ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::digest::Hash;
    use super::*;

    #[test]
    fn all_hashes_on_all_curves() {
        for curve in [Curve::P256, Curve::P384, Curve::P521] {
            for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
                let secret = [7; 32];
                let digest = hash.digest(&[b"message"]);
                let signature = sign(curve, &secret, &digest).unwrap_or_default();
                let (r, s) = signature.split_at(curve.size());
                let point = public(curve, &secret);
                assert!(
                    point.as_ref().is_some_and(|point| point.verify(&digest, r, s)),
                    "{curve:?} {hash:?}"
                );
                assert!(
                    point
                        .as_ref()
                        .is_some_and(|point| point.verify(&digest, &[&[0], r].concat(), trim(s)))
                );
                assert!(!point.as_ref().is_some_and(|point| point.verify(&digest, s, r)));
                assert!(!point.is_some_and(|point| point.verify(&digest, &[], s)));
            }
        }
    }

    #[test]
    fn ed25519() {
        let seed = [9; 32];
        let signature = sign_ed25519(&seed, b"message");
        assert!(verify_ed25519(&public_ed25519(&seed), b"message", &signature));
        assert!(!verify_ed25519(&public_ed25519(&seed), b"massage", &signature));
        assert!(!verify_ed25519(&[1; 31], b"message", &signature));
    }
}
