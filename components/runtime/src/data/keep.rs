//! Copies of documents that stay: one block of the global allocator for each, with everything in its final form (objects sorted, large ones indexed).
//!
//! A copy shares what was kept before, and what lies in static data. The blocks form a list; when there are many of them, or the later ones
//! outweigh the first, the next copy takes everything and the list is freed.

use crate::collections::{Index, Object};
use crate::levels::Levels;
use crate::mem::{self, Global};
use crate::value::Value;
use crate::{arena, error};
use std::alloc::{Layout, alloc, dealloc};
use warrego_abi::{self as abi, Word, array, error_kind, index, object};

/// A block begins with the address of the one before it (0: none) and its own size.
const BEFORE: u32 = 0;
const SIZE: u32 = 4;
const HEADER: u32 = 8;

/// With more blocks than this they become one.
const MANY: u32 = 32;
/// Less than this is no weight.
const LIGHT: u32 = 64 * 1024;

struct Blocks {
    last: u32,
    count: u32,
    /// Bytes of the first block, and of all others.
    first: u32,
    later: u32,
}

static BLOCKS: Global<Blocks> = Global::new(Blocks {
    last: 0,
    count: 0,
    first: 0,
    later: 0,
});

/// A copy of an object that stays. With `all` nothing is shared with what was kept before, and that is freed.
pub fn keep(value: Value, all: bool) -> Option<Value> {
    let blocks = BLOCKS.get();
    let all = all || blocks.count >= MANY || blocks.later > blocks.first.max(LIGHT);
    let from = if all { 0 } else { blocks.last };
    let mut sizes = Sizes(u64::from(HEADER));
    walk(value, from, &mut sizes)?;
    let size = u32::try_from(sizes.0).ok().filter(|size| *size < i32::MAX as u32);
    let Some(block) = size.map(allocate).filter(|block| *block != 0) else {
        error::raise_static(error_kind::LIMIT, "memory_limit", "out of memory");
        return None;
    };
    let size = size.unwrap_or(0);
    let mut copies = Copies { at: block + HEADER };
    let kept = walk(value, from, &mut copies)?;
    if all {
        free(blocks.last);
        *blocks = Blocks {
            last: 0,
            count: 0,
            first: size,
            later: 0,
        };
    } else {
        blocks.later = blocks.later.saturating_add(size);
    }
    mem::store32(block + BEFORE, blocks.last);
    mem::store32(block + SIZE, size);
    blocks.last = block;
    blocks.count += 1;
    Some(Value::from_word(kept))
}

fn layout(size: u32) -> Option<Layout> {
    Layout::from_size_align(size as usize, 8).ok()
}

fn allocate(size: u32) -> u32 {
    match layout(size) {
        // SAFETY: the size is not 0, it has a header's at least.
        Some(layout) => mem::address(unsafe { alloc(layout) }),
        None => 0,
    }
}

fn free(mut block: u32) {
    while block != 0 {
        let before = mem::load32(block + BEFORE);
        if let Some(layout) = layout(mem::load32(block + SIZE)) {
            // SAFETY: `allocate` made it with this layout, and the list holds it once.
            unsafe { dealloc(mem::ptr(block), layout) }
        }
        block = before;
    }
}

/// Whether an address stays as it is: in static data, or in a block of the list from `block` on.
fn stays(address: u32, mut block: u32) -> bool {
    if address < mem::heap_base() {
        return true;
    }
    while block != 0 {
        if address.wrapping_sub(block) < mem::load32(block + SIZE) {
            return true;
        }
        block = mem::load32(block + BEFORE);
    }
    false
}

/// What is done with the parts of a document. The two ways must take the same steps.
trait Visit {
    /// The bytes of a string or number; gives their new address.
    fn bytes(&mut self, address: u32, len: u32) -> u32;
    /// A header and `words` words behind it, copied as they are; gives the new address of the header.
    fn container(&mut self, value: Value, words: u32) -> u32;
    /// Replaces the word at `at`.
    fn word(&mut self, at: u32, word: Word);
}

/// Adds up how much room is needed.
struct Sizes(u64);

impl Visit for Sizes {
    fn bytes(&mut self, _address: u32, len: u32) -> u32 {
        self.0 += (u64::from(len) + 7) & !7;
        0
    }

    fn container(&mut self, value: Value, words: u32) -> u32 {
        let (header, slots) = extent(value);
        self.0 += u64::from(header) + u64::from(words) * 8 + slots.map_or(0, |slots| u64::from(index::SLOTS) + u64::from(slots) * 8);
        0
    }

    fn word(&mut self, _at: u32, _word: Word) {}
}

/// Copies to the rest of a block.
struct Copies {
    at: u32,
}

impl Visit for Copies {
    fn bytes(&mut self, address: u32, len: u32) -> u32 {
        let to = self.at;
        mem::copy_bytes(address, to, len);
        self.at += (len + 7) & !7;
        to
    }

    fn container(&mut self, value: Value, words: u32) -> u32 {
        let (size, slots) = extent(value);
        let to = self.at;
        let entries = to + size;
        mem::copy_words(entries_of(value), entries, words);
        self.at = entries + words * 8;
        let len = if size == object::SIZE { words / 2 } else { words };
        mem::store32(to + array::ITEMS, entries);
        mem::store32(to + array::LEN, len);
        mem::store32(to + array::CAP, len);
        mem::store32(to + array::RESERVED, 0);
        if size == object::SIZE {
            mem::store32(to + object::FLAGS, abi::SORTED);
            mem::store32(to + object::INDEX, 0);
            mem::store32(to + object::SHAPE, 0);
            mem::store64(to + object::SHAPE + 4, 0);
            if let Some(slots) = slots {
                let index = Index::init(self.at, slots);
                self.at += index::SLOTS + slots * 8;
                Object::at(to).index_by(index);
            }
        }
        to
    }

    fn word(&mut self, at: u32, word: Word) {
        mem::store64(at, word);
    }
}

/// The size of a container's header, and for large objects that of their index.
fn extent(value: Value) -> (u32, Option<u32>) {
    match value.as_object() {
        Some(object) => (
            object::SIZE,
            (object.len() > index::THRESHOLD).then(|| Index::slots(object.len())).flatten(),
        ),
        None => (array::SIZE, None),
    }
}

fn entries_of(value: Value) -> u32 {
    match (value.as_array(), value.as_object()) {
        (Some(array), _) => array.items(),
        (_, Some(object)) => object.sorted(),
        _ => 0,
    }
}

/// Goes through a document of what JSON knows and gives its new word; `None` without memory.
fn walk(root: Value, from: u32, visit: &mut impl Visit) -> Option<Word> {
    let mark = arena::mark();
    let mut levels = Levels::new();
    let result = visit_value(root, from, visit, &mut levels)?;
    while let Some([old, new, words, _]) = levels.pop() {
        for i in 0..words {
            let value = Value::from_word(mem::load64(old + i * 8));
            let word = visit_value(value, from, visit, &mut levels)?;
            visit.word(new + i * 8, word);
        }
    }
    arena::release(mark);
    Some(result)
}

fn visit_value(value: Value, from: u32, visit: &mut impl Visit, levels: &mut Levels) -> Option<Word> {
    let tag = value.tag();
    if tag < abi::NUMBER_TEXT || stays(value.address(), from) {
        return Some(value.word());
    }
    let words = match tag {
        abi::ARRAY => value.as_array().map_or(0, |array| array.len()),
        abi::OBJECT => value.as_object().map_or(0, |object| object.len() * 2),
        abi::STRING | abi::NUMBER_TEXT => {
            let address = visit.bytes(value.address(), value.byte_len());
            return Some(abi::slice(tag, address, value.byte_len()));
        }
        // Neither sets nor computed numbers come out of JSON, and those of static data stay.
        _ => return Some(value.word()),
    };
    let old = entries_of(value);
    let new = visit.container(value, words);
    let size = if tag == abi::OBJECT { object::SIZE } else { array::SIZE };
    levels.push([old, new + size, words, 0]).then_some(abi::header(tag, new))
}
