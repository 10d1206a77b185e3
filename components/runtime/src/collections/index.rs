//! The hash index of a large object or set: open addressing with linear probing, as laid out in `warrego_abi::index`.
//!
//! Keys come from whoever sends the input or writes the data, and the hash is public. So an index gives up when a key lies too far from its place, and
//! its owner turns to sorted search; and no search looks further than that distance. The compiler makes its indices by the same rule.

use crate::{arena, mem};
use warrego_abi::index::{self as layout, FAR};

/// An index by its address.
#[derive(Clone, Copy)]
pub(crate) struct Index(pub u32);

impl Index {
    /// An empty index with room for `entries`, which it may not exceed.
    pub fn with_capacity(entries: u32) -> Option<Index> {
        let slots = Index::slots(entries)?;
        let address = arena::alloc(slots * 8 + layout::SLOTS);
        arena::keep();
        (address != 0).then(|| Index::init(address, slots))
    }

    /// The number of slots for `entries`; `None` if that is too many for the memory.
    pub fn slots(entries: u32) -> Option<u32> {
        let slots = entries.max(8).checked_next_power_of_two()?.checked_mul(2)?;
        (slots < 1 << 28).then_some(slots)
    }

    /// Makes an empty index at an address.
    pub fn init(address: u32, slots: u32) -> Index {
        mem::store32(address + layout::MASK, slots - 1);
        mem::store32(address + layout::LIMIT, FAR);
        for slot in 0..slots {
            mem::store64(address + layout::SLOTS + slot * 8, 0);
        }
        Index(address)
    }

    /// How many entries it may hold.
    pub fn capacity(self) -> u32 {
        mem::load32(self.0 + layout::MASK).div_ceil(2)
    }

    /// The position of the entry with this hash that `same` accepts.
    #[inline]
    pub fn find(self, hash: u32, same: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = mem::load32(self.0 + layout::MASK);
        let mut left = mem::load32(self.0 + layout::LIMIT);
        let mut slot = hash & mask;
        loop {
            let entry = mem::load64(self.0 + layout::SLOTS + slot * 8);
            let position = entry as u32;
            if position == 0 {
                return None;
            }
            if (entry >> 32) as u32 == hash && same(position - 1) {
                return Some(position - 1);
            }
            left = left.wrapping_sub(1);
            if left == 0 {
                return None;
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Adds an entry that is not there; `false` if it would lie too far away.
    pub fn add(self, hash: u32, position: u32) -> bool {
        let mask = mem::load32(self.0 + layout::MASK);
        let mut slot = hash & mask;
        for _ in 0..FAR {
            let at = self.0 + layout::SLOTS + slot * 8;
            if mem::load32(at) == 0 {
                mem::store64(at, u64::from(hash) << 32 | u64::from(position + 1));
                return true;
            }
            slot = (slot + 1) & mask;
        }
        false
    }

    /// The same entries in an index twice as large; `None` without memory or if one would lie too far away.
    pub fn doubled(self) -> Option<Index> {
        let larger = Index::with_capacity(self.capacity().checked_mul(2)?)?;
        let slots = mem::load32(self.0 + layout::MASK) + 1;
        for slot in 0..slots {
            let entry = mem::load64(self.0 + layout::SLOTS + slot * 8);
            if entry as u32 != 0 && !larger.add((entry >> 32) as u32, entry as u32 - 1) {
                return None;
            }
        }
        Some(larger)
    }
}
