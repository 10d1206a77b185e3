//! The keys that tokens are verified with: read from a text once, and kept beyond the decision, since policies verify many tokens with few keys.

use super::super::crypto::failure::{Failure, Outcome};
use super::super::crypto::keys::Public;
use super::super::crypto::pem;
use super::super::crypto::signature::Material;
use super::super::crypto::x509;
use super::super::kept::{Kept, measured};
use super::key::{self, Key};
use super::signature::algorithm;
use crate::mem::Global;

/// A key that is ready to be used.
#[derive(Debug, Clone)]
pub struct Known {
    /// The algorithm it is for; empty if any will do.
    pub algorithm: Vec<u8>,
    /// Empty if it has none.
    pub id: Vec<u8>,
    pub material: Material,
}

/// How many texts are kept, as in OPA, how many bytes of keys, and bytes of the longest text.
const ENTRIES: usize = 100;
const BYTES: u32 = 4 << 20;
const TEXT_MAX: usize = 64 * 1024;

static KEYS: Global<Kept<Box<[u8]>, Vec<Known>>> = Global::new(Kept::new(ENTRIES, BYTES));

/// Calls a function with the keys in a text.
pub fn with<T>(text: &[u8], function: impl FnOnce(&[Known]) -> T) -> Outcome<T> {
    if let Some(keys) = KEYS.get().find(|known| **known == *text) {
        return Ok(function(keys));
    }
    let (keys, size) = measured(|| parse(text));
    let keys = keys?;
    let result = function(&keys);
    if text.len() <= TEXT_MAX {
        KEYS.get().keep(text.into(), keys, size + text.len() as u32);
    }
    Ok(result)
}

fn parse(text: &[u8]) -> Outcome<Vec<Known>> {
    if let Some((block, rest)) = pem::decode(text) {
        if !rest.is_empty() {
            return Err(Failure::from("extra data after a PEM certificate block"));
        }
        let public: Option<Public> = match block.kind {
            b"CERTIFICATE" => {
                let certificate = x509::parse_one(&block.bytes).map_err(|failure| failure.behind("failed to parse a PEM certificate: "))?;
                certificate.key
            }
            b"PUBLIC KEY" => {
                Some(Public::parse_pkix(&block.bytes).map_err(|failure| failure.behind("failed to parse a PEM public key: "))?)
            }
            _ => return Err(Failure::from("failed to extract a Key from the PEM certificate")),
        };
        // A key of an algorithm that nobody knows verifies nothing, like one for key agreement.
        return Ok(vec![known(key::bare(public.unwrap_or(Public::X25519)))?]);
    }
    let keys =
        key::parse(text).map_err(|failure| failure.behind("failed to parse a JWK key (set): jwk.ParseString: failed to parse string: "))?;
    let mut all = Vec::with_capacity(keys.len());
    for key in keys {
        let key = known(key)?;
        if key.algorithm.is_empty() || algorithm(&key.algorithm).is_some() {
            all.push(key);
        }
    }
    Ok(all)
}

fn known(key: Key) -> Outcome<Known> {
    let Key {
        algorithm, id, material, ..
    } = key;
    Ok(Known {
        algorithm,
        id,
        material: material?,
    })
}
