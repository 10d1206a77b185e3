//! What objects and sets have in common: entries with distinct keys (of one word or two, the key first) behind headers of the same layout.
//!
//! Up to `index::THRESHOLD` entries a search goes through them; above, it uses the hash index, or halving where the entries are sorted and have none.
//! Keys that defeat the index (see [`super::index`]) put the table into a third state, [`RUNS`]: for each bit of its length there is
//! a sorted run of that many entries, the largest first. A search halves each run; adding an entry merges runs as adding 1 carries bits. So
//! both stay logarithmic whatever the keys.

use super::index::Index;
use super::sort::Entries;
use crate::compare::equal;
use crate::hash::hash;
use crate::mem;
use crate::value::Value;
use warrego_abi::{self as abi, SORTED, index, object as layout};

/// Flag: the entries are sorted runs, and there is no index.
const RUNS: u32 = 2;

const _: () = assert!(
    layout::ENTRIES == abi::set::ITEMS
        && layout::LEN == abi::set::LEN
        && layout::CAP == abi::set::CAP
        && layout::FLAGS == abi::set::FLAGS
        && layout::INDEX == abi::set::INDEX
        && layout::SIZE == abi::set::SIZE
);

/// An object or set, by its header's address and the bytes of an entry: 16 or 8.
#[derive(Clone, Copy)]
pub(super) struct Table(pub u32, pub u32);

/// What a search found.
pub(super) enum Found {
    /// The entry's position.
    At(u32),
    /// Nothing; the key's hash, if it was needed.
    Nothing(Option<u32>),
}

impl Table {
    /// A new table with room for some entries; address 0 without memory.
    pub fn with_capacity(bytes: u32, cap: u32) -> Table {
        let Some(size) = cap.checked_mul(bytes).and_then(|size| size.checked_add(layout::SIZE)) else {
            return Table(0, bytes);
        };
        let header = crate::arena::alloc(size);
        if header != 0 {
            Table(header, bytes).init(header + layout::SIZE, 0, cap, SORTED);
        }
        Table(header, bytes)
    }

    /// Writes a header.
    #[inline]
    pub fn init(self, entries: u32, len: u32, cap: u32, flags: u32) {
        mem::store32(self.0 + layout::ENTRIES, entries);
        mem::store32(self.0 + layout::LEN, len);
        mem::store32(self.0 + layout::CAP, cap);
        mem::store32(self.0 + layout::FLAGS, flags);
        mem::store64(self.0 + layout::INDEX, 0);
        mem::store64(self.0 + layout::INDEX + 8, 0);
    }

    /// How many entries.
    #[inline(always)]
    pub fn len(self) -> u32 {
        if self.0 == 0 { 0 } else { mem::load32(self.0 + layout::LEN) }
    }

    /// The entries.
    #[inline(always)]
    pub fn entries(self) -> Entries {
        Entries {
            start: mem::load32(self.0 + layout::ENTRIES),
            bytes: self.1,
        }
    }

    /// The flags.
    #[inline(always)]
    pub fn flags(self) -> u32 {
        mem::load32(self.0 + layout::FLAGS)
    }

    fn set_flags(self, flags: u32) {
        mem::store32(self.0 + layout::FLAGS, flags);
    }

    fn index(self) -> u32 {
        mem::load32(self.0 + layout::INDEX)
    }

    fn set_index(self, index: u32) {
        mem::store32(self.0 + layout::INDEX, index);
    }

    /// Looks for a string.
    #[inline]
    pub fn find_string(self, key: Value) -> Found {
        let len = self.len();
        if len > index::THRESHOLD {
            return self.find_large(key);
        }
        let entries = self.entries();
        for position in 0..len {
            let at = entries.key(position).word();
            // Where only some fields were read, keys are the policy's own constants: the same words.
            if at == key.word() || at as u32 == key.word() as u32 && mem::same((at >> 32) as u32, key.address(), key.byte_len()) {
                return Found::At(position);
            }
        }
        Found::Nothing(None)
    }

    /// Looks for a key.
    #[inline]
    pub fn find(self, key: Value) -> Found {
        if key.tag() == abi::STRING {
            return self.find_string(key);
        }
        let len = self.len();
        if len > index::THRESHOLD {
            return self.find_large(key);
        }
        let entries = self.entries();
        for position in 0..len {
            if equal(entries.key(position), key) {
                return Found::At(position);
            }
        }
        Found::Nothing(None)
    }

    #[inline(never)]
    fn find_large(self, key: Value) -> Found {
        let entries = self.entries();
        let len = self.len();
        if self.index() == 0 {
            let flags = self.flags();
            if flags & SORTED != 0 {
                return match entries.search(0, len, key) {
                    Some(position) => Found::At(position),
                    None => Found::Nothing(None),
                };
            }
            if flags & RUNS == 0 {
                self.make_index();
            }
            if self.index() == 0 {
                return self.find_in_runs(key);
            }
        }
        let hash = hash(key);
        match Index(self.index()).find(hash, |position| equal(entries.key(position), key)) {
            Some(position) => Found::At(position),
            None => Found::Nothing(Some(hash)),
        }
    }

    fn find_in_runs(self, key: Value) -> Found {
        let len = self.len();
        let mut from = 0;
        let mut run = 1 << (31 - len.leading_zeros());
        while run != 0 {
            if len & run != 0 {
                if let Some(position) = self.entries().search(from, from + run, key) {
                    return Found::At(position);
                }
                from += run;
            }
            run >>= 1;
        }
        Found::Nothing(None)
    }

    /// Builds the index, or gives indices up for this table.
    fn make_index(self) {
        match Index::with_capacity(self.len()) {
            Some(index) if self.index_by(index) => {}
            _ => self.give_up_index(),
        }
    }

    /// Fills an empty index and makes it this table's; `false` if the keys defeat it.
    pub fn index_by(self, index: Index) -> bool {
        let entries = self.entries();
        let all = (0..self.len()).all(|position| index.add(hash(entries.key(position)), position));
        if all {
            self.set_index(index.0);
        }
        all
    }

    /// Removes an entry. The index is of no use any more.
    pub fn remove(self, position: u32) {
        let entries = self.entries();
        let len = self.len();
        for next in position + 1..len {
            entries.copy(next, entries, next - 1);
        }
        mem::store32(self.0 + layout::LEN, len - 1);
        self.set_index(0);
        // Runs are no longer where they belong, unless all of it is sorted.
        if self.flags() & SORTED == 0 {
            self.set_flags(0);
        }
    }

    fn give_up_index(self) {
        self.set_index(0);
        self.entries().sort(0, self.len());
        self.set_flags(SORTED | RUNS);
    }

    /// Adds an entry whose key is not there; `hash` as the search gave it.
    pub fn push(self, key: Value, value: Value, hash: Option<u32>) {
        if self.0 == 0 {
            return;
        }
        let len = self.len();
        if len == mem::load32(self.0 + layout::CAP) && !super::array::grow(self.0, self.1 / 8) {
            return;
        }
        let at = self.entries().at(len);
        mem::store64(at, key.word());
        if self.1 == 16 {
            mem::store64(at + 8, value.word());
        }
        mem::store32(self.0 + layout::LEN, len + 1);
        let flags = self.flags();
        self.set_flags(flags & !SORTED);
        if flags & RUNS != 0 {
            self.carry(len);
        } else if self.index() != 0 {
            self.add_to_index(key, len, hash);
        }
    }

    fn add_to_index(self, key: Value, position: u32, known: Option<u32>) {
        let mut index = Index(self.index());
        if position >= index.capacity() {
            match index.doubled() {
                Some(larger) => index = larger,
                None => return self.give_up_index(),
            }
            self.set_index(index.0);
        }
        let hash = known.unwrap_or_else(|| hash(key));
        if !index.add(hash, position) {
            self.give_up_index();
        }
    }

    /// Restores the runs after an entry was added to `len` of them.
    fn carry(self, len: u32) {
        let mut run = 1;
        while len & run != 0 {
            let middle = len + 1 - run;
            if !self.entries().merge(middle - run, middle, len + 1) {
                return;
            }
            run <<= 1;
        }
    }

    /// Puts the entries into Rego's order.
    #[inline]
    pub fn sort(self) {
        if self.0 != 0 && self.flags() & SORTED == 0 {
            self.sort_now();
        }
    }

    #[inline(never)]
    fn sort_now(self) {
        let entries = self.entries();
        let len = self.len();
        if !entries.ascending(0, len) {
            // Positions change, so the index is of no use any more; a sorted table does without.
            self.set_index(0);
            entries.sort(0, len);
        }
        self.set_flags(self.flags() | SORTED);
    }

    /// Makes a table of entries that were just written and may repeat keys: the last one wins.
    pub fn settle(self) {
        let entries = self.entries();
        let len = self.len();
        if entries.ascending(0, len) {
            return self.set_flags(SORTED);
        }
        self.set_flags(0);
        if len <= index::THRESHOLD {
            return self.settle_small();
        }
        let Some(index) = Index::with_capacity(len) else {
            return self.settle_sorted(0, 0);
        };
        let mut kept = 0;
        for position in 0..len {
            let key = entries.key(position);
            let hash = hash(key);
            if let Some(earlier) = index.find(hash, |at| equal(entries.key(at), key)) {
                entries.copy(position, entries, earlier);
            } else if index.add(hash, kept) {
                entries.copy(position, entries, kept);
                kept += 1;
            } else {
                return self.settle_sorted(kept, position);
            }
        }
        mem::store32(self.0 + layout::LEN, kept);
        self.set_index(index.0);
    }

    fn settle_small(self) {
        let entries = self.entries();
        let mut kept = 0;
        for position in 0..self.len() {
            let key = entries.key(position);
            match (0..kept).find(|at| equal(entries.key(*at), key)) {
                Some(earlier) => entries.copy(position, entries, earlier),
                None => {
                    entries.copy(position, entries, kept);
                    kept += 1;
                }
            }
        }
        mem::store32(self.0 + layout::LEN, kept);
    }

    /// Settles by sorting, when entries `..kept` have distinct keys and those from `next` on have not been looked at.
    fn settle_sorted(self, mut kept: u32, next: u32) {
        let entries = self.entries();
        for position in next..self.len() {
            entries.copy(position, entries, kept);
            kept += 1;
        }
        entries.sort(0, kept);
        let len = kept;
        kept = 0;
        for position in 0..len {
            // Equal keys stand in the order in which they came.
            if kept > 0 && equal(entries.key(kept - 1), entries.key(position)) {
                kept -= 1;
            }
            entries.copy(position, entries, kept);
            kept += 1;
        }
        mem::store32(self.0 + layout::LEN, kept);
        self.set_flags(SORTED | RUNS);
    }

    /// A copy with room for more, which shares keys and values.
    pub fn duplicate(self, more: u32) -> Table {
        let len = self.len();
        let copy = Table::with_capacity(self.1, len.saturating_add(more));
        if copy.0 != 0 && len != 0 {
            mem::copy_words(self.entries().start, copy.entries().start, len * self.1 / 8);
            mem::store32(copy.0 + layout::LEN, len);
            copy.set_flags(self.flags());
        }
        copy
    }
}
