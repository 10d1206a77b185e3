//! Arrays and objects of which everything is looked at.
//!
//! One loop goes through them without calling itself, whatever their depth: what encloses the value at hand lies on a stack in the arena, and so do the words of
//! containers that are not complete. When a container ends, its words are moved to where they stay.

use super::fields;
use super::node;
use super::read::{self, DEPTH};
use super::scan::{self, Scan};
use super::skip::skip;
use super::token::{Fault, KEY_STRING, Malformed, STRING_STRING, behind_colon, close, expect_quote, fail, open_key, scalar, string};
use crate::collections::Object;
use crate::mem::{self, Global};
use crate::{arena, levels::Levels};
use warrego_abi::{self as abi, Word, array, object};

/// What encloses the value at hand.
#[derive(Clone, Copy)]
struct Frame {
    kind: Container,
    /// The projection's node for it.
    node: u32,
    /// Where its words begin among those on the stack, in bytes.
    base: u32,
    /// [`Container::Picked`]: the position of the next element.
    next: u32,
}

/// How a container is built.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    /// An object.
    Pairs,
    /// An array.
    Items,
    /// An array of which only some positions are looked at, or none.
    Picked,
}

impl Frame {
    fn pack(self) -> [u32; 4] {
        [self.kind as u32, self.node, self.base, self.next]
    }

    #[inline(always)]
    fn unpack([kind, node, base, next]: [u32; 4]) -> Frame {
        let kind = match kind {
            0 => Container::Pairs,
            1 => Container::Items,
            _ => Container::Picked,
        };
        Frame { kind, node, base, next }
    }
}

/// The stack of words, and that of enclosing containers. They are shared by all loops of one document, each of which leaves them as it found them.
struct Stacks {
    words: Words,
    levels: Levels,
}

static STACKS: Global<Stacks> = Global::new(Stacks {
    words: Words {
        start: 0,
        top: 0,
        limit: 0,
    },
    levels: Levels::new(),
});

/// Begins a document.
pub fn begin() {
    *STACKS.get() = Stacks {
        words: Words {
            start: 0,
            top: 0,
            limit: 0,
        },
        levels: Levels::new(),
    };
}

/// Words of containers that are not complete.
#[derive(Clone, Copy)]
struct Words {
    start: u32,
    top: u32,
    limit: u32,
}

impl Words {
    #[inline(always)]
    fn push(&mut self, word: Word) -> Result<(), Malformed> {
        if self.top == self.limit {
            *self = grown(*self)?;
        }
        mem::store64(self.top, word);
        self.top += 8;
        Ok(())
    }
}

#[cold]
#[inline(never)]
fn grown(words: Words) -> Result<Words, Malformed> {
    let used = words.top - words.start;
    let size = (used * 2).max(512);
    let start = arena::alloc(size);
    if start == 0 {
        return Err(fail(Fault::Memory, 0));
    }
    mem::copy_words(words.start, start, used / 8);
    Ok(Words {
        start,
        top: start + used,
        limit: start + size,
    })
}

/// Up to this many keys are compared with each other.
const FEW: u32 = 12;

/// Ends an object whose pairs are the values from `base` on.
#[inline(never)]
fn close_pairs(base: u32, len: u32) -> Word {
    let header = arena::alloc(object::SIZE + len * 16);
    if header == 0 {
        return abi::ERROR;
    }
    let entries = header + object::SIZE;
    mem::copy_words(base, entries, len * 2);
    if !distinct(entries, len) {
        return Object::settle(header, entries, len).value().word();
    }
    mem::store32(header + object::ENTRIES, entries);
    mem::store32(header + object::LEN, len);
    mem::store32(header + object::CAP, len);
    mem::store32(header + object::FLAGS, if len < 2 { abi::SORTED } else { 0 });
    mem::store64(header + object::INDEX, 0);
    abi::header(abi::OBJECT, header)
}

/// Whether the keys of a few pairs differ for sure.
#[inline(always)]
fn distinct(entries: u32, len: u32) -> bool {
    if len > FEW {
        return false;
    }
    let end = entries + len * 16;
    let mut at = entries;
    while at < end {
        let key = mem::load64(at);
        let mut earlier = entries;
        while earlier < at {
            // The lower half has the length.
            if mem::load32(earlier) == key as u32 && mem::same(mem::load32(earlier + 4), (key >> 32) as u32, key as u32 >> 4) {
                return false;
            }
            earlier += 16;
        }
        at += 16;
    }
    true
}

/// Ends an array whose elements are the values from `base` on.
#[inline(never)]
fn close_items(base: u32, len: u32) -> Word {
    let header = arena::alloc(array::SIZE + len * 8);
    if header == 0 {
        return abi::ERROR;
    }
    mem::copy_words(base, header + array::SIZE, len);
    mem::store32(header + array::ITEMS, header + array::SIZE);
    mem::store32(header + array::LEN, len);
    mem::store32(header + array::CAP, len);
    mem::store32(header + array::RESERVED, 0);
    abi::header(abi::ARRAY, header)
}

/// Reads the array or object whose opening bracket is at `at`, `depth` levels deep, and gives its word; [`read::position`] tells what follows it.
#[inline(never)]
pub fn container(at: u32, end: u32, node: u32, nodes: u32, depth: u32) -> Word {
    contents(at, end, node, nodes, depth).unwrap_or(abi::ERROR)
}

#[inline(always)]
fn contents(mut at: u32, end: u32, mut node: u32, nodes: u32, mut depth: u32) -> Result<Word, Malformed> {
    let mut scan = Scan::new(at, end);
    let mut words = STACKS.get().words;
    let outside = depth;
    let mut frame = Frame {
        kind: Container::Pairs,
        node: 0,
        base: 0,
        next: 0,
    };
    'value: loop {
        if at >= end {
            return Err(fail(Fault::End, at));
        }
        let byte = mem::load8(at);
        let mut word;
        // Whether a member of the container comes now, or else what follows a value.
        let mut member = false;
        if byte == b'"' {
            let (quote, bytes) = close(&mut scan, at + 1)?;
            expect_quote(quote, bytes)?;
            word = string(at + 1, quote);
            if word == abi::ERROR {
                return Err(fail(Fault::Memory, at));
            }
            at = quote + 1;
        } else if byte == b'{' && node::only_fields(node) {
            STACKS.get().words = words;
            word = fields::object(at, end, node, nodes, depth);
            if word == abi::ERROR {
                return Err(Malformed);
            }
            words = STACKS.get().words;
            at = read::position();
            scan = Scan::new(at, end);
        } else if byte == b'{' || byte == b'[' {
            if depth >= DEPTH {
                return Err(fail(Fault::Depth, at));
            }
            if depth != outside && !STACKS.get().levels.push(frame.pack()) {
                return Err(fail(Fault::Memory, at));
            }
            depth += 1;
            frame = Frame {
                kind: if byte == b'{' {
                    Container::Pairs
                } else if node::only_fields(node) {
                    Container::Picked
                } else {
                    Container::Items
                },
                node,
                base: words.top - words.start,
                next: 0,
            };
            at = scan::skip_space(at + 1, end);
            // The closing bracket is the opening one plus 2; it is looked at below.
            member = mem::load8(at) != byte + 2;
            word = abi::ERROR;
        } else {
            (at, word) = scalar(at, byte, end)?;
        }
        loop {
            if !member {
                if word != abi::ERROR {
                    words.push(word)?;
                }
                at = scan::skip_space(at, end);
                if at >= end {
                    return Err(fail(Fault::End, at));
                }
                let byte = mem::load8(at);
                let object = frame.kind == Container::Pairs;
                if byte == b',' {
                    at = scan::skip_space(at + 1, end);
                } else if byte == if object { b'}' } else { b']' } {
                    at += 1;
                    let base = words.start + frame.base;
                    let len = (words.top - base) / 8;
                    words.top = base;
                    word = if object {
                        close_pairs(base, len / 2)
                    } else {
                        close_items(base, len)
                    };
                    if word == abi::ERROR {
                        return Err(fail(Fault::Memory, at));
                    }
                    depth -= 1;
                    if depth == outside {
                        STACKS.get().words = words;
                        read::set_position(at);
                        return Ok(word);
                    }
                    frame = Frame::unpack(STACKS.get().levels.pop().unwrap_or_default());
                    continue;
                } else {
                    return Err(fail(Fault::Comma, at));
                }
            }
            member = false;
            word = abi::ERROR;
            match frame.kind {
                Container::Pairs => {
                    at = open_key(at, end)?;
                    loop {
                        let (quote, bytes) = close(&mut scan, at)?;
                        let key = string(at, quote);
                        if key == abi::ERROR {
                            return Err(fail(Fault::Memory, at));
                        }
                        words.push(key)?;
                        if bytes & 0xff_ffff != KEY_STRING {
                            node = node::of_key(nodes, frame.node, key);
                            at = behind_colon(quote, bytes, end)?;
                            continue 'value;
                        }
                        at = quote + 3;
                        let (quote, bytes) = close(&mut scan, at)?;
                        word = string(at, quote);
                        if word == abi::ERROR {
                            return Err(fail(Fault::Memory, at));
                        }
                        if bytes & 0xff_ffff != STRING_STRING {
                            expect_quote(quote, bytes)?;
                            at = quote + 1;
                            break;
                        }
                        words.push(word)?;
                        at = quote + 3;
                    }
                }
                Container::Items => {
                    node = node::child(nodes, frame.node);
                    continue 'value;
                }
                Container::Picked => {
                    let position = frame.next;
                    frame.next += 1;
                    let field = node::position_field(frame.node, position);
                    if field != 0 {
                        node = node::node_of(nodes, field);
                        continue 'value;
                    }
                    // Nobody looks at this one, but it holds the place of those that follow.
                    if position < node::positions(frame.node) {
                        words.push(abi::NULL)?;
                    }
                    at = pass(&mut scan, at, depth)?;
                }
            }
        }
    }
}

/// Skips the value at `at` and gives what follows it.
#[inline(always)]
fn pass(scan: &mut Scan, mut at: u32, depth: u32) -> Result<u32, Malformed> {
    let end = scan.end;
    if at >= end {
        return Err(fail(Fault::End, at));
    }
    let byte = mem::load8(at);
    if byte == b'"' {
        let (quote, bytes) = close(scan, at + 1)?;
        expect_quote(quote, bytes)?;
        return Ok(quote + 1);
    }
    if byte != b'{' && byte != b'[' {
        return scalar(at, byte, end).map(|(at, _)| at);
    }
    at = skip(at, end, depth);
    if at == 0 {
        return Err(Malformed);
    }
    *scan = Scan::new(at, end);
    Ok(at)
}
