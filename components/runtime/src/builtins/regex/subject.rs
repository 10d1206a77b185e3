//! What a pattern is matched with. The `regex` crate wants UTF-8, and Rego's strings may hold other bytes: Go takes each of those for U+FFFD, one byte
//! wide, and what it finds are the text's own bytes. So such a text is matched in a copy with U+FFFD in it, and places are led back.

use super::super::text::{Runes, encode};
use crate::arena::Buffer;
use crate::value::Value;

/// A text, in the form in which it is matched.
pub(super) struct Subject {
    /// What is matched.
    pub text: &'static str,
    bytes: &'static [u8],
    /// Where each place of `text` is in `bytes`; empty where they are the same.
    places: Vec<u32>,
}

/// Text that can be matched and of which no parts are wanted.
pub(super) fn utf8(text: &'static [u8]) -> &'static str {
    match core::str::from_utf8(text) {
        Ok(text) => text,
        Err(_) => replaced(text, &mut |_, _| {}),
    }
}

/// A text with U+FFFD for bytes that are not UTF-8; `note` hears of each character how many bytes it has there and here.
#[cold]
fn replaced(text: &[u8], note: &mut dyn FnMut(usize, usize)) -> &'static str {
    let mut out = Buffer::with_capacity(text.len() as u32 * 2);
    for (rune, width) in Runes(text) {
        let (bytes, len) = encode(rune);
        out.extend(bytes.get(..len).unwrap_or_default());
        note(len, width);
    }
    core::str::from_utf8(out.finish().unwrap_or_default()).unwrap_or_default()
}

impl Subject {
    /// A text that lies in the arena or in static data.
    pub fn new(bytes: &'static [u8]) -> Self {
        if let Ok(text) = core::str::from_utf8(bytes) {
            return Self {
                text,
                bytes,
                places: Vec::new(),
            };
        }
        let mut places = Vec::new();
        let mut here = 0;
        let text = replaced(bytes, &mut |there, width| {
            places.extend(core::iter::repeat_n(here, there));
            here += width as u32;
        });
        places.push(here);
        Self { text, bytes, places }
    }

    /// The bytes between two places of `text`.
    pub fn bytes(&self, from: usize, to: usize) -> &'static [u8] {
        let place = |at: usize| match self.places.as_slice() {
            [] => at,
            places => places.get(at).map_or(self.bytes.len(), |place| *place as usize),
        };
        self.bytes.get(place(from)..place(to)).unwrap_or_default()
    }

    /// The same as a string, which shares the text's memory.
    pub fn part(&self, from: usize, to: usize) -> Value {
        let bytes = self.bytes(from, to);
        Value::string_at(warrego_abi::STRING, crate::mem::address(bytes.as_ptr()), bytes.len() as u32)
    }
}
