//! Choices taken from bytes. When the bytes are used up every choice is the first one, so whoever chooses puts what is simplest and ends soonest first.

use arbitrary::Unstructured;

/// A row of bytes under way.
#[derive(Debug)]
pub struct Choices<'b>(Unstructured<'b>);

impl<'b> Choices<'b> {
    /// The choices that bytes stand for.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    /// Whether the bytes are used up.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number below `end`, or 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.choose_index(end).unwrap_or(0)
    }

    /// Once in `times`, and never when the bytes are used up.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) + 1 == times
    }

    /// One of several; there is at least one.
    pub fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// Up to so many bytes as they are.
    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let len = self.below(most + 1).min(self.0.len());
        self.0.bytes(len).map(<[u8]>::to_vec).unwrap_or_default()
    }
}
