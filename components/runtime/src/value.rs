//! Rego values as the words of `warrego_abi`: what kind they are, and what is in them.
//!
//! A [`Value`] is a copyable word. What it points at lies in the arena (and lives until the next decision begins), in static data, in pushed data or in
//! the input's bytes; the `'static` of the slices given out here means that and no more. `Value` has no `PartialEq` on purpose: equality is
//! [`crate::compare::equal`].

use crate::collections::{Array, Object, Set};
use crate::{arena, mem};
use warrego_abi::{self as abi, Word};

/// A value, or none ([`Value::UNDEFINED`], [`Value::ERROR`]).
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Value(Word);

/// Rego's types, in Rego's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` and `false`
    Boolean,
    /// Numbers of all representations.
    Number,
    /// Strings.
    String,
    /// Arrays.
    Array,
    /// Objects.
    Object,
    /// Sets.
    Set,
}

impl Kind {
    /// The type's name as OPA writes it in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Boolean => "boolean",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Array => "array",
            Kind::Object => "object",
            Kind::Set => "set",
        }
    }
}

impl Value {
    /// No value.
    pub const UNDEFINED: Value = Value(abi::UNDEFINED);
    /// No value: an error was raised.
    pub const ERROR: Value = Value(abi::ERROR);
    /// `null`.
    pub const NULL: Value = Value(abi::NULL);
    /// `true`.
    pub const TRUE: Value = Value(abi::TRUE);
    /// `false`.
    pub const FALSE: Value = Value(abi::FALSE);

    /// The value of a word.
    #[inline(always)]
    pub const fn from_word(word: Word) -> Value {
        Value(word)
    }

    /// The word.
    #[inline(always)]
    pub const fn word(self) -> Word {
        self.0
    }

    /// Whether there is a value at all.
    #[inline(always)]
    pub const fn is_defined(self) -> bool {
        self.0 > abi::ERROR
    }

    /// One of the tags of `warrego_abi`.
    #[inline(always)]
    pub const fn tag(self) -> Word {
        self.0 & abi::TAG_MASK
    }

    /// The address in the upper half.
    #[inline(always)]
    pub const fn address(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The length of a string or of a number's text, in bytes.
    #[inline(always)]
    pub const fn byte_len(self) -> u32 {
        self.0 as u32 >> 4
    }

    /// The type. Without a value: null.
    pub const fn kind(self) -> Kind {
        match self.tag() {
            abi::BOOL => Kind::Boolean,
            abi::INT | abi::NUMBER_TEXT | abi::NUMBER => Kind::Number,
            abi::STRING => Kind::String,
            abi::ARRAY => Kind::Array,
            abi::OBJECT => Kind::Object,
            abi::SET => Kind::Set,
            _ => Kind::Null,
        }
    }

    /// `null`?
    pub const fn is_null(self) -> bool {
        self.0 == abi::NULL
    }

    /// A boolean.
    #[inline(always)]
    pub const fn boolean(value: bool) -> Value {
        if value { Value::TRUE } else { Value::FALSE }
    }

    /// The boolean.
    pub const fn as_bool(self) -> Option<bool> {
        match self.0 {
            abi::TRUE => Some(true),
            abi::FALSE => Some(false),
            _ => None,
        }
    }

    /// An integer that fits 60 bits; `None` for others.
    #[inline(always)]
    pub const fn int(value: i64) -> Option<Value> {
        match abi::int(value) {
            Some(word) => Some(Value(word)),
            None => None,
        }
    }

    /// A number of elements or bytes: always fits.
    #[inline(always)]
    pub const fn count(value: u32) -> Value {
        Value((value as u64) << 4 | abi::INT)
    }

    /// The integer, if it is written as one (tag `INT`); see [`crate::number`] for all the other ways.
    #[inline(always)]
    pub const fn as_int(self) -> Option<i64> {
        if self.tag() == abi::INT { Some(self.0 as i64 >> 4) } else { None }
    }

    /// Whether it is a number of any representation.
    #[inline(always)]
    pub const fn is_number(self) -> bool {
        matches!(self.tag(), abi::INT | abi::NUMBER_TEXT | abi::NUMBER)
    }

    /// A string (or, with `NUMBER_TEXT`, a number's text) that lies somewhere for good. [`Value::ERROR`] when it is too long.
    #[inline]
    pub fn string_at(tag: Word, address: u32, len: u32) -> Value {
        if len > abi::LENGTH_MAX {
            return crate::error::raise_static(abi::error_kind::LIMIT, "string_limit", "string is too long");
        }
        Value(abi::slice(tag, address, len))
    }

    /// A string, copied into the arena.
    pub fn string(bytes: &[u8]) -> Value {
        match arena::copy(bytes) {
            Some(copy) => Value::string_static(copy),
            None => Value::ERROR,
        }
    }

    /// A string that points at bytes which outlive the decision, or which are part of another value of it.
    #[inline]
    pub fn string_static(bytes: &'static [u8]) -> Value {
        Value::string_at(abi::STRING, mem::address(bytes.as_ptr()), bytes.len() as u32)
    }

    /// A number that is kept as this text (of Go's number grammar), copied into the arena. The text must not be that of an integer of 60 bits
    /// in plain form: those are [`Value::int`].
    pub fn number_text(text: &[u8]) -> Value {
        match arena::copy(text) {
            Some(copy) => Value::string_at(abi::NUMBER_TEXT, mem::address(copy.as_ptr()), copy.len() as u32),
            None => Value::ERROR,
        }
    }

    /// A computed number: the address of a structure private to [`crate::number`], aligned to 8.
    pub const fn number_at(address: u32) -> Value {
        Value(abi::header(abi::NUMBER, address))
    }

    /// The bytes of a string.
    #[inline]
    pub fn as_str(self) -> Option<&'static [u8]> {
        if self.tag() == abi::STRING { Some(self.str_bytes()) } else { None }
    }

    /// The text of a number that is kept as text.
    #[inline]
    pub fn as_number_text(self) -> Option<&'static [u8]> {
        if self.tag() == abi::NUMBER_TEXT {
            Some(self.str_bytes())
        } else {
            None
        }
    }

    /// The bytes of what is known to be a string or a number's text.
    #[inline]
    pub fn str_bytes(self) -> &'static [u8] {
        mem::bytes(self.address(), self.byte_len())
    }

    /// The array.
    #[inline]
    pub const fn as_array(self) -> Option<Array> {
        if self.tag() == abi::ARRAY {
            Some(Array::at(self.address()))
        } else {
            None
        }
    }

    /// The object.
    #[inline]
    pub const fn as_object(self) -> Option<Object> {
        if self.tag() == abi::OBJECT {
            Some(Object::at(self.address()))
        } else {
            None
        }
    }

    /// The set.
    #[inline]
    pub const fn as_set(self) -> Option<Set> {
        if self.tag() == abi::SET {
            Some(Set::at(self.address()))
        } else {
            None
        }
    }
}
