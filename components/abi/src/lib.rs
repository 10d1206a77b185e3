//! What generated code, the compiler and the runtime agree on: how a Rego value lies in a 64-bit word and in memory, how strings are
//! hashed, how a projection of `input` is written down, how an error is reported. Plain constants and plain functions:
//! nothing here allocates, and nothing here knows Rego, WIT or Wasm instructions.
#![no_std]

/// A Rego value. The low four bits are the tag; what stands above depends on it:
///
/// | tag | above |
/// |---|---|
/// | [`UNDEFINED`], [`ERROR`], [`NULL`] | nothing |
/// | [`BOOL`] | bit 4: the boolean |
/// | [`INT`] | bits 4..64: a signed integer (see [`INT_MIN`], [`INT_MAX`]) |
/// | [`NUMBER_TEXT`], [`STRING`] | bits 4..32: length in bytes, bits 32..64: address of the bytes |
/// | [`NUMBER`], [`ARRAY`], [`OBJECT`], [`SET`] | bits 32..64: address of the header |
///
/// Tags are in Rego's order of types, so values of different types compare by them (the three number tags are one type).
pub type Word = u64;

/// No value. The whole word is 0.
pub const UNDEFINED: Word = 0;
/// An error was raised (see [`ErrorRecord`]) and is on its way out. The whole word is 1, so `word < 2` means "no value".
pub const ERROR: Word = 1;
/// The tag of null; also the whole word.
pub const NULL: Word = 2;
/// The tag of booleans.
pub const BOOL: Word = 3;
/// The tag of integers that fit 60 bits. An integer that fits is never written any other way, unless its text differs (`1.0`, `1e2`, `-0`).
pub const INT: Word = 4;
/// The tag of a number that is kept as its text.
pub const NUMBER_TEXT: Word = 5;
/// The tag of a computed number: an address of a structure private to the runtime.
pub const NUMBER: Word = 6;
/// The tag of strings: any bytes.
pub const STRING: Word = 7;
/// The tag of arrays; see `array`.
pub const ARRAY: Word = 8;
/// The tag of objects; see [`object`].
pub const OBJECT: Word = 9;
/// The tag of sets; see [`set`].
pub const SET: Word = 10;

/// `false`.
pub const FALSE: Word = BOOL;
/// `true`.
pub const TRUE: Word = BOOL | 1 << 4;

/// Bits of the tag.
pub const TAG_MASK: Word = 0xf;
/// The smallest integer of tag [`INT`].
pub const INT_MIN: i64 = -(1 << 59);
/// The largest integer of tag [`INT`].
pub const INT_MAX: i64 = (1 << 59) - 1;
/// The longest string or number text, in bytes.
pub const LENGTH_MAX: u32 = (1 << 28) - 1;

/// The word of a small integer; `None` if it does not fit.
pub const fn int(value: i64) -> Option<Word> {
    if value < INT_MIN || value > INT_MAX {
        None
    } else {
        Some((value as u64) << 4 | INT)
    }
}

/// The word of a string (or, with [`NUMBER_TEXT`], of a number's text) of at most [`LENGTH_MAX`] bytes.
pub const fn slice(tag: Word, address: u32, length: u32) -> Word {
    (address as u64) << 32 | (length as u64) << 4 | tag
}

/// The word of a value with a header.
pub const fn header(tag: Word, address: u32) -> Word {
    (address as u64) << 32 | tag
}

/// An array: `len` words at `items`.
pub mod array {
    /// Size of the header in bytes; it is aligned to 8.
    pub const SIZE: u32 = 16;
    /// `u32`: address of the words.
    pub const ITEMS: u32 = 0;
    /// `u32`: how many.
    pub const LEN: u32 = 4;
    /// `u32`: room for how many.
    pub const CAP: u32 = 8;
    /// `u32`: unused, 0.
    pub const RESERVED: u32 = 12;
}

/// An object: `len` pairs of words (key, value) at `entries`; no key twice.
pub mod object {
    /// Size of the header in bytes; it is aligned to 8.
    pub const SIZE: u32 = 32;
    /// `u32`: address of the pairs.
    pub const ENTRIES: u32 = 0;
    /// `u32`: how many.
    pub const LEN: u32 = 4;
    /// `u32`: room for how many.
    pub const CAP: u32 = 8;
    /// `u32`: [`super::SORTED`].
    pub const FLAGS: u32 = 12;
    /// `u32`: address of the [`super::index`], or 0.
    pub const INDEX: u32 = 16;
    /// `u32`: the number of the projection's node that the reader built it for, plus 1; 0 for all others. Pair *i* of such an object is not
    /// the *i*-th field of that node: fields may be missing.
    pub const SHAPE: u32 = 20;
    /// `u32`: in constants the value's hash once somebody asked for it, else 0.
    pub const HASH: u32 = 24;
}

/// A set: `len` words at `items`; none twice.
pub mod set {
    /// Size of the header in bytes; it is aligned to 8.
    pub const SIZE: u32 = 32;
    /// `u32`: address of the words.
    pub const ITEMS: u32 = 0;
    /// `u32`: how many.
    pub const LEN: u32 = 4;
    /// `u32`: room for how many.
    pub const CAP: u32 = 8;
    /// `u32`: [`super::SORTED`].
    pub const FLAGS: u32 = 12;
    /// `u32`: address of the [`super::index`], or 0.
    pub const INDEX: u32 = 16;
}

/// Flag of an object or set: its entries stand in Rego's order. They are put into it when they are iterated, compared or written.
pub const SORTED: u32 = 1;

/// The hash index of an object or set with more than [`index::THRESHOLD`] entries: open addressing, linear probing.
pub mod index {
    /// Collections up to this size have no index: they are searched from the first entry to the last.
    pub const THRESHOLD: u32 = 8;
    /// `u32`: number of slots less 1; the number is a power of two and at least twice the number of entries.
    pub const MASK: u32 = 0;
    /// `u32`: how many slots a search looks at before it gives up: [`FAR`].
    pub const LIMIT: u32 = 4;
    /// Slots of 8 bytes each: `u32` position of the entry plus 1 (0: free), `u32` hash of its key. A search begins at `hash & mask`.
    pub const SLOTS: u32 = 8;
    /// How far from its place a key may lie, in slots. Random keys in a half-empty table do not come near. Whoever writes keys knows the hash, so a
    /// collection whose keys would lie further away has no index: its entries are sorted, and searched by halving.
    pub const FAR: u32 = 96;
}

/// What [`hash_bytes`] begins with, next to the length.
pub const HASH_SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Takes eight bytes into a hash.
#[inline(always)]
pub const fn hash_step(hash: u64, word: u64) -> u64 {
    let h = (hash ^ word).wrapping_mul(HASH_SEED);
    h ^ h >> 32
}

/// Takes the last bytes (fewer than eight, zeros above) into a hash and ends it.
#[inline(always)]
pub const fn hash_end(hash: u64, word: u64) -> u32 {
    hash_step(hash, word) as u32
}

/// The hash of a string: 8 bytes at a time, folded multiplication. Compiler and runtime must agree on it.
pub const fn hash_bytes(bytes: &[u8]) -> u32 {
    let mut h = HASH_SEED ^ bytes.len() as u64;
    let mut word = 0;
    let mut i = 0;
    while i < bytes.len() {
        word |= (bytes[i] as u64) << (8 * (i & 7));
        i += 1;
        if i & 7 == 0 {
            h = hash_step(h, word);
            word = 0;
        }
    }
    hash_end(h, word)
}

/// The hash of an integer of tag [`INT`].
pub const fn hash_int(value: i64) -> u32 {
    let h = (value as u64 ^ 0x2545_f491_4f6c_dd1d).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (h ^ h >> 32) as u32
}

/// Static data begins here; below it are the null page and the runtime's stack.
pub const STATIC_BASE: u32 = STACK_SIZE;
/// Bytes of shadow stack, from address 0 upwards (the stack grows downwards from here, so an overflow traps).
pub const STACK_SIZE: u32 = 256 * 1024;

/// What the policy can look at in `input`, for the JSON reader: an array of nodes; node 0 is the whole input. A projection at address 0
/// means: read everything.
///
/// A node says what to build of the value at hand. Scalars are always built. A string or number is always exact.
/// An array or object is built as far as the node asks for it.
pub mod projection {
    /// Bytes of a node.
    pub const NODE: u32 = 16;
    /// `u32`: [`WHOLE`], [`ELEMENTS`].
    pub const FLAGS: u32 = 0;
    /// `u32`: the node of every element and of every key that has no field of its own; only with [`ELEMENTS`].
    pub const CHILD: u32 = 4;
    /// `u32`: address of the fields.
    pub const FIELDS: u32 = 8;
    /// `u32`: number of fields.
    pub const FIELD_COUNT: u32 = 12;
    /// Everything below is read.
    pub const WHOLE: u32 = 1;
    /// All elements (of arrays and objects) are built, with the node [`CHILD`]. Without it only the fields are: of an object its keys, of an
    /// array nothing but its kind, unless it has fields that are integers.
    pub const ELEMENTS: u32 = 2;
    /// Bytes of a field: the key as a [`super::Word`] (a string, or a small integer for an array's element), then `u32` node, `u32` hash of
    /// the string ([`super::hash_bytes`]). Sorted by length of the string, then bytes; integers first.
    pub const FIELD: u32 = 16;
}

/// The entrypoints by name, for `rt.entrypoint`: entries sorted by the length of the name, then by its bytes; no name twice.
pub mod entrypoint {
    /// Bytes of an entry; it is aligned to 8.
    pub const SIZE: u32 = 16;
    /// The name: the word of a string.
    pub const NAME: u32 = 0;
    /// `u32`: the entrypoint's number.
    pub const NUMBER: u32 = 8;
    /// The number that stands for no entrypoint.
    pub const NONE: u32 = u32::MAX;
}

/// How a typed record in memory, laid out by the component model, becomes a value: for `rt.lift`. The compiler writes a node for each type,
/// from the types alone; the runtime knows no more of them than these nodes. Objects come out in Rego's order.
pub mod shape {
    /// Bytes of a node; it is aligned to 4.
    pub const NODE: u32 = 16;
    /// `u32`: what the type is, one of the constants below.
    pub const KIND: u32 = 0;
    /// `u32`: address of the fields, of the cases, or of the payload's node.
    pub const CHILDREN: u32 = 4;
    /// `u32`: number of fields or cases.
    pub const COUNT: u32 = 8;
    /// `u32`: where the payload of an option or variant begins, behind the byte that tells which case it is.
    pub const PAYLOAD: u32 = 12;

    /// A text: its address and length.
    pub const STRING: u32 = 0;
    /// A byte, 0 or 1.
    pub const BOOL: u32 = 1;
    /// Four bytes.
    pub const U32: u32 = 2;
    /// Eight bytes.
    pub const U64: u32 = 3;
    /// Null, or the payload.
    pub const OPTION: u32 = 4;
    /// A list of pairs of texts (address and length of the list; 16 bytes a pair): an object.
    pub const MAP: u32 = 5;
    /// An object of [`FIELD`]s.
    pub const RECORD: u32 = 6;
    /// The payload, by the node of its [`CASE`].
    pub const VARIANT: u32 = 7;
    /// The name of the [`CASE`] alone.
    pub const TAG: u32 = 8;

    /// Bytes of a field: the key, a string's word; then `u32` offset in the record, `u32` address of the node. In Rego's order, aligned to 8.
    pub const FIELD: u32 = 16;
    /// Bytes of a case: its name, a string's word; then `u32` address of the payload's node, `u32` unused. In order of the cases, aligned to 8.
    pub const CASE: u32 = 16;
}

/// What `rt.verdict` makes of a decision: the component model's layout of a boolean and an `option<string>`.
pub mod verdict {
    /// Bytes of the verdict; it is aligned to 4.
    pub const SIZE: u32 = 16;
    /// `u32`: 1 if it is permitted.
    pub const PERMITTED: u32 = 0;
    /// `u32`: 1 if there is a message.
    pub const HAS_MESSAGE: u32 = 4;
    /// `u32`: address of the message, UTF-8.
    pub const MESSAGE: u32 = 8;
    /// `u32`: its length.
    pub const MESSAGE_LENGTH: u32 = 12;
}

/// How an error leaves the runtime: `rt.error` gives its address. Valid until the next decision begins.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct ErrorRecord {
    /// [`error_kind`].
    pub kind: u32,
    /// OPA's code, e.g. `eval_conflict_error`: address and length of UTF-8 text.
    pub code: [u32; 2],
    /// The message: address and length of UTF-8 text.
    pub message: [u32; 2],
    /// The source file's name: address and length, 0 and 0 if not known.
    pub file: [u32; 2],
    /// 1-based row, 0 if not known.
    pub row: u32,
    /// 1-based column, 0 if not known.
    pub col: u32,
}

/// What kind of error an [`ErrorRecord`] tells of: the cases of WIT's `error`, in its order.
pub mod error_kind {
    /// The input, or data pushed, is not well-formed.
    pub const MALFORMED: u32 = 0;
    /// The policy failed: a built-in's error in strict mode, a type error at run time.
    pub const POLICY: u32 = 1;
    /// Two rules gave different values.
    pub const CONFLICT: u32 = 2;
    /// A limit was hit: depth, size, memory.
    pub const LIMIT: u32 = 3;
    /// There is no such entrypoint.
    pub const ENTRYPOINT: u32 = 4;
}
