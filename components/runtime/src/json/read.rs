//! JSON text to a value, as far as a projection asks.
//!
//! One function reads a document from the first byte to the last without calling itself: what encloses the value at hand lies on stacks in the arena. What the
//! projection does not ask for is skipped, with every rule of the grammar checked all the same. It is the hot path of most decisions: positions and masks stay
//! in registers, and the common cases of each token are decided where they stand.
//!
//! - Strings without escapes and numbers that are no small integers point into the text, so the text must live as long as the values.
//! - A string with bytes that are not UTF-8 gets U+FFFD for each, as does half a surrogate pair. Of equal keys the last one counts.
//! - Documents are at most [`DEPTH`] levels deep. White space around the document is allowed, anything else behind it is not.

use super::scan::{self, Scan};
use super::text;
use crate::arena::{self, Buffer};
use crate::collections::Object;
use crate::error;
use crate::levels::Levels;
use crate::mem;
use crate::value::Value;
use warrego_abi::{self as abi, Word, array, error_kind, object, projection};

/// How deep documents may be.
pub const DEPTH: u32 = 10_000;

/// What is wrong with a text.
#[derive(Clone, Copy)]
enum Fault {
    Value,
    Key,
    Colon,
    Comma,
    String,
    Number,
    End,
    Trailing,
    Depth,
}

/// The value of a JSON text at an address; `nodes` is the address of a projection or 0. [`Value::ERROR`] if it is malformed.
pub fn read(start: u32, len: u32, nodes: u32) -> Value {
    match attempt(start, len, nodes) {
        Ok(word) => Value::from_word(word),
        Err((fault, at)) => report(fault, at.min(start + len) - start),
    }
}

/// The value of a JSON text; undefined if it is malformed, which is no error here.
pub fn read_quietly(text: &[u8]) -> Value {
    let word = attempt(mem::address(text.as_ptr()), text.len() as u32, 0);
    Value::from_word(word.unwrap_or(abi::UNDEFINED))
}

fn attempt(start: u32, len: u32, nodes: u32) -> Result<Word, (Fault, u32)> {
    let readable = u64::from(mem::pages()) * u64::from(mem::PAGE);
    if u64::from(start) + u64::from(len) + u64::from(arena::SLACK) > readable {
        // Too near the memory's end to look at it in blocks.
        let copy = arena::alloc_bytes(len);
        if copy == 0 {
            return Ok(abi::ERROR);
        }
        mem::copy_bytes(start, copy, len);
        return document(copy, len, nodes).map_err(|(fault, at)| (fault, at - copy + start));
    }
    document(start, len, nodes)
}

/// What encloses the value at hand.
#[derive(Clone, Copy)]
struct Frame {
    kind: Container,
    /// The projection's node for it, 0 for everything.
    node: u32,
    /// [`Container::Fields`]: its header. Else where its entries begin among the values.
    base: u32,
    /// [`Container::Fields`]: the address where the next value goes. [`Container::Picked`]: the position of the next element.
    next: u32,
}

/// How a container is built.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
enum Container {
    /// The document.
    Root,
    /// An object of which only fields are read. Each has its place in memory from the beginning.
    Fields,
    /// An object that is read whole, or whose every value is looked at.
    Pairs,
    /// An array that is read whole, or whose every element is looked at.
    Items,
    /// An array of which only some positions are read, or none.
    Picked,
}

impl Frame {
    fn pack(self) -> [u32; 4] {
        [self.kind as u32, self.node, self.base, self.next]
    }

    #[inline(always)]
    fn unpack([kind, node, base, next]: [u32; 4]) -> Frame {
        let kind = match kind {
            1 => Container::Fields,
            2 => Container::Pairs,
            3 => Container::Items,
            4 => Container::Picked,
            _ => Container::Root,
        };
        Frame { kind, node, base, next }
    }
}

/// Whether everything below a node is read.
#[inline(always)]
fn whole(node: u32) -> bool {
    node == 0 || mem::load32(node + projection::FLAGS) & projection::WHOLE != 0
}

/// Whether every element of a node is looked at.
#[inline(always)]
fn elements(node: u32) -> bool {
    mem::load32(node + projection::FLAGS) & projection::ELEMENTS != 0
}

/// The field of a node for a key, 0 if it has none.
#[inline(always)]
fn field(node: u32, key: u32, len: u32) -> u32 {
    let mut at = mem::load32(node + projection::FIELDS);
    let end = at + mem::load32(node + projection::FIELD_COUNT) * projection::FIELD;
    let wanted = len << 4 | abi::STRING as u32;
    while at != end {
        if mem::load32(at) == wanted && same_key(mem::load32(at + 4), key, len) {
            return at;
        }
        at += projection::FIELD;
    }
    0
}

/// Whether two keys of the same length are the same. Eight bytes can be read at both whatever their length.
#[inline(always)]
fn same_key(a: u32, b: u32, len: u32) -> bool {
    if len <= 8 {
        return len == 0 || (mem::load64(a) ^ mem::load64(b)) << (64 - 8 * len) == 0;
    }
    let mut at = 0;
    while at + 8 < len {
        if mem::load64(a + at) != mem::load64(b + at) {
            return false;
        }
        at += 8;
    }
    mem::load64(a + len - 8) == mem::load64(b + len - 8)
}

/// The field of a node for a position in an array, 0 if it has none.
fn position_field(node: u32, position: u32) -> u32 {
    let mut at = mem::load32(node + projection::FIELDS);
    let end = at + mem::load32(node + projection::FIELD_COUNT) * projection::FIELD;
    while at != end {
        if mem::load64(at) == Value::count(position).word() {
            return at;
        }
        at += projection::FIELD;
    }
    0
}

/// The number of positions of an array that a node can look at.
fn positions(node: u32) -> u32 {
    let at = mem::load32(node + projection::FIELDS);
    (0..mem::load32(node + projection::FIELD_COUNT))
        .filter_map(|i| Value::from_word(mem::load64(at + i * projection::FIELD)).as_int())
        .max()
        .map_or(0, |last| (last + 1).clamp(0, i64::from(u32::MAX)) as u32)
}

/// The node of a field.
#[inline(always)]
fn node_of(nodes: u32, field: u32) -> u32 {
    nodes + mem::load32(field + 8) * projection::NODE
}

/// Words of containers that are not complete yet.
struct Values {
    start: u32,
    top: u32,
    limit: u32,
}

impl Values {
    #[inline(always)]
    fn push(&mut self, word: Word) -> bool {
        if self.top == self.limit && !self.grow() {
            return false;
        }
        mem::store64(self.top, word);
        self.top += 8;
        true
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> bool {
        let used = self.top - self.start;
        let size = (used * 2).max(512);
        let start = arena::alloc(size);
        if start == 0 {
            return false;
        }
        mem::copy_words(self.start, start, used / 8);
        *self = Values {
            start,
            top: start + used,
            limit: start + size,
        };
        true
    }
}

/// Begins an object of which only fields are read; 0 without memory.
#[inline(always)]
fn open_fields(node: u32) -> u32 {
    let count = mem::load32(node + projection::FIELD_COUNT);
    let header = arena::alloc(object::SIZE + count * 16);
    if header != 0 {
        let mut at = header + object::SIZE + 8;
        let end = at + count * 16;
        while at != end {
            mem::store64(at, abi::UNDEFINED);
            at += 16;
        }
    }
    header
}

/// Ends an object of which only fields are read.
#[inline(always)]
fn close_fields(header: u32, node: u32, nodes: u32) -> Word {
    let count = mem::load32(node + projection::FIELD_COUNT);
    let mut from = header + object::SIZE;
    let mut to = from;
    let end = from + count * 16;
    let mut field = mem::load32(node + projection::FIELDS);
    while from != end {
        let value = mem::load64(from + 8);
        mem::store64(to, mem::load64(field));
        mem::store64(to + 8, value);
        to += if value == abi::UNDEFINED { 0 } else { 16 };
        from += 16;
        field += projection::FIELD;
    }
    let entries = header + object::SIZE;
    let len = (to - entries) / 16;
    mem::store32(header + object::ENTRIES, entries);
    mem::store32(header + object::LEN, len);
    mem::store32(header + object::CAP, count);
    mem::store32(header + object::FLAGS, if len < 2 { abi::SORTED } else { 0 });
    mem::store32(header + object::INDEX, 0);
    mem::store32(header + object::SHAPE, (node - nodes) / projection::NODE + 1);
    abi::header(abi::OBJECT, header)
}

/// Ends an object whose pairs are the values from `base` on.
#[inline(never)]
fn close_pairs(base: u32, len: u32) -> Word {
    let header = arena::alloc(object::SIZE + len * 16);
    if header == 0 {
        return abi::ERROR;
    }
    mem::copy_words(base, header + object::SIZE, len * 2);
    Object::settle(header, header + object::SIZE, len).value().word()
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

/// The word of a literal and its length; 0 if there is none.
#[inline(always)]
fn literal(at: u32) -> (u32, Word) {
    match mem::load32(at).to_le_bytes() {
        [b't', b'r', b'u', b'e'] => (4, abi::TRUE),
        [b'n', b'u', b'l', b'l'] => (4, abi::NULL),
        [b'f', b'a', b'l', b's'] if mem::load8(at + 4) == b'e' => (5, abi::FALSE),
        _ => (0, abi::ERROR),
    }
}

/// Brackets that are open in what is skipped: a bit for each, 1 for objects. Every 64 are put away in memory.
struct Open {
    bits: u64,
    depth: u32,
    away: u32,
}

impl Open {
    #[inline(always)]
    fn push(&mut self, object: bool) -> bool {
        if self.depth & 63 == 0 && self.depth != 0 && !self.put_away() {
            return false;
        }
        self.bits = self.bits << 1 | u64::from(object);
        self.depth += 1;
        true
    }

    #[inline(always)]
    fn pop(&mut self) {
        self.depth -= 1;
        self.bits >>= 1;
        if self.depth & 63 == 0 && self.depth != 0 {
            self.bits = mem::load64(self.away + self.depth / 8 - 8);
        }
    }

    #[inline(always)]
    fn put_away(&mut self) -> bool {
        if self.away == 0 {
            self.away = arena::alloc(DEPTH / 8 + 8);
        }
        if self.away != 0 {
            mem::store64(self.away + self.depth / 8 - 8, self.bits);
        }
        self.away != 0
    }
}

/// Skips the value at `at`, `depth` levels deep, and gives what follows it.
#[inline(always)]
fn skip(scan: &mut Scan, mut at: u32, depth: u32) -> Result<u32, (Fault, u32)> {
    let end = scan.end;
    let mut open = Open {
        bits: 0,
        depth: 0,
        away: 0,
    };
    'value: loop {
        if at >= end {
            return Err((Fault::End, at));
        }
        let byte = mem::load8(at);
        let mut key = false;
        if byte == b'"' {
            let close = scan.string_end(at + 1);
            if mem::load8(close) != b'"' || close == end {
                return Err((Fault::String, close));
            }
            at = close + 1;
        } else if byte == b'{' || byte == b'[' {
            if depth + open.depth >= DEPTH {
                return Err((Fault::Depth, at));
            }
            at = scan::skip_space(at + 1, end);
            // The closing bracket is the opening one plus 2.
            if mem::load8(at) == byte + 2 {
                at += 1;
            } else {
                if !open.push(byte == b'{') {
                    return Err((Fault::Depth, at));
                }
                if byte == b'[' {
                    continue 'value;
                }
                key = true;
            }
        } else if byte == b'-' || byte.wrapping_sub(b'0') <= 9 {
            let (to, _) = scan::number(at, end);
            if to == 0 {
                return Err((Fault::Number, at));
            }
            at = to;
        } else {
            let (len, _) = literal(at);
            if len == 0 {
                return Err((Fault::Value, at));
            }
            at += len;
        }
        loop {
            if !key {
                if open.depth == 0 {
                    return Ok(at);
                }
                at = scan::skip_space(at, end);
                if at >= end {
                    return Err((Fault::End, at));
                }
                let byte = mem::load8(at);
                let object = open.bits & 1;
                if byte == b',' {
                    at = scan::skip_space(at + 1, end);
                    if object == 0 {
                        continue 'value;
                    }
                } else if u64::from(byte) == u64::from(b']') + (object << 5) {
                    open.pop();
                    at += 1;
                    continue;
                } else {
                    return Err((Fault::Comma, at));
                }
            }
            (_, at) = skip_key(scan, at)?;
            continue 'value;
        }
    }
}

/// Skips the key at `at` and the colon behind it: where its closing quote is, and what follows the colon.
#[inline(always)]
fn skip_key(scan: &mut Scan, at: u32) -> Result<(u32, u32), (Fault, u32)> {
    let end = scan.end;
    if at >= end {
        return Err((Fault::End, at));
    }
    if mem::load8(at) != b'"' {
        return Err((Fault::Key, at));
    }
    let close = scan.string_end(at + 1);
    if mem::load8(close) != b'"' || close == end {
        return Err((Fault::String, close));
    }
    let at = scan::skip_space(close + 1, end);
    if mem::load8(at) != b':' {
        return Err((Fault::Colon, at));
    }
    Ok((close, scan::skip_space(at + 1, end)))
}

/// Instead of a value's word: the container was just opened, its first member comes.
const MEMBER: Word = abi::UNDEFINED;
/// Instead of a value's word: the value was skipped.
const SKIPPED: Word = abi::ERROR;

fn document(start: u32, len: u32, nodes: u32) -> Result<Word, (Fault, u32)> {
    let mut scan = Scan::new(start, len);
    let end = scan.end;
    let mut levels = Levels::new();
    let mut depth = 0;
    let mut values = Values {
        start: 0,
        top: 0,
        limit: 0,
    };
    let mut frame = Frame {
        kind: Container::Root,
        node: 0,
        base: 0,
        next: 0,
    };
    let mut node = nodes;
    let mut at = scan::skip_space(start, end);
    'value: loop {
        if at >= end {
            return Err((Fault::End, at));
        }
        let byte = mem::load8(at);
        let mut word;
        if byte == b'"' {
            let close = scan.string_end(at + 1);
            if mem::load8(close) != b'"' || close == end {
                return Err((Fault::String, close));
            }
            let len = close - at - 1;
            word = if scan.exotic || len > abi::LENGTH_MAX {
                text::string(at + 1, len).word()
            } else {
                abi::slice(abi::STRING, at + 1, len)
            };
            at = close + 1;
        } else if byte == b'{' || byte == b'[' {
            if depth >= DEPTH {
                return Err((Fault::Depth, at));
            }
            depth += 1;
            if !levels.push(frame.pack()) {
                return Ok(abi::ERROR);
            }
            let base = values.top - values.start;
            let all = whole(node) || elements(node);
            frame = Frame {
                kind: match (byte == b'{', all) {
                    (true, true) => Container::Pairs,
                    (true, false) => Container::Fields,
                    (false, true) => Container::Items,
                    (false, false) => Container::Picked,
                },
                node,
                base,
                next: 0,
            };
            if frame.kind == Container::Fields {
                frame.base = open_fields(node);
                if frame.base == 0 {
                    return Ok(abi::ERROR);
                }
            }
            at = scan::skip_space(at + 1, end);
            // The closing bracket is the opening one plus 2; it is looked at below.
            word = if mem::load8(at) == byte + 2 { SKIPPED } else { MEMBER };
        } else if byte == b'-' || byte.wrapping_sub(b'0') <= 9 {
            let (to, number) = scan::number(at, end);
            if to == 0 {
                return Err((Fault::Number, at));
            }
            at = to;
            word = number;
        } else {
            let (len, literal) = literal(at);
            if len == 0 {
                return Err((Fault::Value, at));
            }
            at += len;
            word = literal;
        }
        loop {
            if word != MEMBER {
                if word != SKIPPED {
                    match frame.kind {
                        Container::Fields => mem::store64(frame.next, word),
                        Container::Root => {
                            at = scan::skip_space(at, end);
                            return if at == end {
                                Ok(word)
                            } else {
                                Err((if at < end { Fault::Trailing } else { Fault::End }, at))
                            };
                        }
                        _ => {
                            if !values.push(word) {
                                return Ok(abi::ERROR);
                            }
                        }
                    }
                }
                at = scan::skip_space(at, end);
                if at >= end {
                    return Err((Fault::End, at));
                }
                let byte = mem::load8(at);
                let object = matches!(frame.kind, Container::Fields | Container::Pairs);
                if byte == b',' {
                    at = scan::skip_space(at + 1, end);
                } else if byte == if object { b'}' } else { b']' } {
                    at += 1;
                    word = if frame.kind == Container::Fields {
                        close_fields(frame.base, frame.node, nodes)
                    } else {
                        let base = values.start + frame.base;
                        let len = (values.top - base) / 8;
                        values.top = base;
                        if object {
                            close_pairs(base, len / 2)
                        } else {
                            close_items(base, len)
                        }
                    };
                    if word == abi::ERROR {
                        return Ok(word);
                    }
                    depth -= 1;
                    frame = Frame::unpack(levels.pop().unwrap_or_default());
                    continue;
                } else {
                    return Err((Fault::Comma, at));
                }
            }
            match frame.kind {
                Container::Fields | Container::Pairs => {
                    let mut key = at + 1;
                    let (close, behind) = skip_key(&mut scan, at)?;
                    at = behind;
                    let mut len = close - key;
                    if scan.exotic || len > abi::LENGTH_MAX {
                        let text = text::string(key, len);
                        if !text.is_defined() {
                            return Ok(abi::ERROR);
                        }
                        (key, len) = (text.address(), text.byte_len());
                    }
                    if frame.kind == Container::Fields {
                        let field = field(frame.node, key, len);
                        if field != 0 {
                            frame.next = frame.base + object::SIZE + (field - mem::load32(frame.node + projection::FIELDS)) + 8;
                            node = node_of(nodes, field);
                            continue 'value;
                        }
                    } else {
                        if !values.push(abi::slice(abi::STRING, key, len)) {
                            return Ok(abi::ERROR);
                        }
                        node = if whole(frame.node) {
                            0
                        } else {
                            match field(frame.node, key, len) {
                                0 => nodes + mem::load32(frame.node + projection::CHILD) * projection::NODE,
                                field => node_of(nodes, field),
                            }
                        };
                        continue 'value;
                    }
                }
                Container::Items => {
                    node = if whole(frame.node) {
                        0
                    } else {
                        nodes + mem::load32(frame.node + projection::CHILD) * projection::NODE
                    };
                    continue 'value;
                }
                _ => {
                    let position = frame.next;
                    frame.next += 1;
                    let field = position_field(frame.node, position);
                    if field != 0 {
                        node = node_of(nodes, field);
                        continue 'value;
                    }
                    // Nobody looks at this one, but it holds the place of those that follow.
                    if position < positions(frame.node) && !values.push(abi::NULL) {
                        return Ok(abi::ERROR);
                    }
                }
            }
            at = skip(&mut scan, at, depth)?;
            word = SKIPPED;
        }
    }
}

#[cold]
fn report(fault: Fault, offset: u32) -> Value {
    let what: &[u8] = match fault {
        Fault::Value => b": expected a value",
        Fault::Key => b": expected a key",
        Fault::Colon => b": expected `:`",
        Fault::Comma => b": expected `,` or the end of the array or object",
        Fault::String => b": invalid character or escape in a string",
        Fault::Number => b": invalid number",
        Fault::End => b": unexpected end",
        Fault::Trailing => b": unexpected data behind the document",
        Fault::Depth => b": nested too deeply",
    };
    let kind = match fault {
        Fault::Depth => error_kind::LIMIT,
        _ => error_kind::MALFORMED,
    };
    let mut number = Buffer::new();
    super::write::write_int(i64::from(offset), &mut number);
    error::raise(kind, error::MALFORMED_INPUT, &[b"invalid JSON at byte ", number.as_bytes(), what])
}
