//! Many strings of which one that a text begins with is to be found: by halving, so that neither thousands of strings nor thousands of texts make a
//! call slow.

use crate::collections::Array;
use crate::value::Value;

/// The number of the pattern that a text begins with. The patterns ascend and none begins with another one, so of those that are not above the text
/// only the last can fit.
fn fitting<'a>(count: u32, pattern: impl Fn(u32) -> &'a [u8], text: &[u8]) -> Option<u32> {
    let (mut from, mut to) = (0, count);
    while from < to {
        let middle = from + (to - from) / 2;
        if pattern(middle) <= text {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    let last = from.checked_sub(1)?;
    text.starts_with(pattern(last)).then_some(last)
}

/// Strings that are not empty, in order, without those that begin with another one: whatever begins with them begins with that as well.
pub struct Prefixes {
    strings: Array,
    /// Which bytes they begin with.
    firsts: [bool; 256],
}

impl Prefixes {
    /// None yet.
    pub fn new() -> Prefixes {
        Prefixes {
            strings: Array::new(),
            firsts: [false; 256],
        }
    }

    /// Adds a string that is not below those which were added before. `false` if it is not needed.
    pub fn add(&mut self, string: Value) -> bool {
        let bytes = string.str_bytes();
        let Some(first) = bytes.first() else {
            return false;
        };
        let last = self.strings.len().wrapping_sub(1);
        if self.strings.get(last).is_some_and(|last| bytes.starts_with(last.str_bytes())) {
            return false;
        }
        self.strings.push(string);
        if let Some(begins) = self.firsts.get_mut(usize::from(*first)) {
            *begins = true;
        }
        true
    }

    /// The string that a text begins with: its number among those that were needed, and its length.
    pub fn of(&self, text: &[u8]) -> Option<(u32, usize)> {
        if !*self.firsts.get(usize::from(*text.first()?))? {
            return None;
        }
        let bytes = |place| self.strings.get(place).map_or(&[][..], Value::str_bytes);
        let place = fitting(self.strings.len(), bytes, text)?;
        Some((place, bytes(place).len()))
    }
}

impl Default for Prefixes {
    fn default() -> Self {
        Prefixes::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_that_fits_is_found() {
        let patterns: [&[u8]; 3] = [b"aa", b"ab", b"b"];
        let found = |text: &str| fitting(3, |place| patterns[place as usize], text.as_bytes());
        assert_eq!(found("abc"), Some(1));
        assert_eq!(found("a"), None);
        assert_eq!(found("bird"), Some(2));
        assert_eq!(found("c"), None);
        assert_eq!(found("aaab"), Some(0));
    }
}
