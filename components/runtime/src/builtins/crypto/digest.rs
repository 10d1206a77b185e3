//! The hashes that signatures are made of.

use hmac::{Mac, SimpleHmac};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

fn digest<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = D::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().to_vec()
}

fn code<D: Digest + hmac::digest::core_api::BlockSizeUser>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // Keys of all lengths are fine: there is always a code.
    let Ok(mut mac) = SimpleHmac::<D>::new_from_slice(key) else {
        return Vec::new();
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

impl Hash {
    /// The hash of the parts in a row.
    pub fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Hash::Sha256 => digest::<Sha256>(parts),
            Hash::Sha384 => digest::<Sha384>(parts),
            Hash::Sha512 => digest::<Sha512>(parts),
        }
    }

    /// The authentication code of the parts in a row.
    pub fn code(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Hash::Sha256 => code::<Sha256>(key, parts),
            Hash::Sha384 => code::<Sha384>(key, parts),
            Hash::Sha512 => code::<Sha512>(key, parts),
        }
    }

    /// How many bytes a hash has.
    pub const fn len(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 64,
        }
    }

    /// The last byte of its object identifier, `2.16.840.1.101.3.4.2.n`.
    pub const fn number(self) -> u8 {
        match self {
            Hash::Sha256 => 1,
            Hash::Sha384 => 2,
            Hash::Sha512 => 3,
        }
    }
}
