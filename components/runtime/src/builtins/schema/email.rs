//! Whether a text is one mail address as Go's `net/mail` reads it (RFC 5322): `user@host`, `Name <user@host>`, with comments and quotes. A group is one
//! address if there is one in it.

use crate::builtins::net::address::parse_address;
use crate::builtins::text::{REPLACEMENT, rune};

/// No address.
struct No;

type Step<T = ()> = Result<T, No>;

struct Reader<'a> {
    rest: &'a [u8],
}

/// Whether a text is an address.
pub fn is_address(text: &[u8]) -> bool {
    let mut reader = Reader { rest: text };
    let single = reader.address(true).and_then(|count| {
        reader.comments()?;
        if count == 1 && reader.rest.is_empty() { Ok(()) } else { Err(No) }
    });
    single.is_ok()
}

/// Visible characters, and all beyond ASCII.
fn is_visible(rune: u32) -> bool {
    (0x21..=0x7e).contains(&rune) || rune >= 0x80
}

fn is_atom(rune: u32) -> bool {
    is_visible(rune) && !(rune < 0x80 && b"()<>[]:;@\\,\"".contains(&(rune as u8)))
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn consume(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, byte: u8) -> Step {
        if self.consume(byte) { Ok(()) } else { Err(No) }
    }

    fn space(&mut self) {
        while let [b' ' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// The next character; nothing at the end.
    fn rune(&self) -> Step<Option<(u32, usize)>> {
        match rune(self.rest) {
            (_, 0) => Ok(None),
            (REPLACEMENT, 1) => Err(No),
            rune => Ok(Some(rune)),
        }
    }

    fn skip(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default();
    }

    /// An address, or a group where that is allowed; gives how many addresses there are.
    fn address(&mut self, group: bool) -> Step<usize> {
        self.space();
        if self.rest.is_empty() {
            return Err(No);
        }
        let start = self.rest;
        if self.bare().is_ok() {
            self.space();
            if self.peek() == Some(b'(') {
                self.comment()?;
            }
            return Ok(1);
        }
        self.rest = start;
        if self.peek() != Some(b'<') {
            self.phrase()?;
        }
        self.space();
        if group && self.consume(b':') {
            return self.group();
        }
        self.expect(b'<')?;
        self.bare()?;
        self.expect(b'>')?;
        Ok(1)
    }

    fn group(&mut self) -> Step<usize> {
        self.space();
        let mut count = 0;
        if self.consume(b';') {
            self.comments()?;
            return Ok(0);
        }
        loop {
            self.space();
            count += self.address(false)?;
            self.comments()?;
            if self.consume(b';') {
                self.comments()?;
                return Ok(count);
            }
            self.expect(b',')?;
        }
    }

    /// `user@host`
    fn bare(&mut self) -> Step {
        self.space();
        if self.peek() == Some(b'"') {
            if self.quoted()? == 0 {
                return Err(No);
            }
        } else {
            self.atom(false)?;
        }
        self.expect(b'@')?;
        self.space();
        if !self.consume(b'[') {
            return self.atom(false);
        }
        let end = self.rest.iter().position(|byte| *byte == b']').ok_or(No)?;
        let literal = self.rest.get(..end).unwrap_or_default();
        self.skip(end + 1);
        parse_address(literal).map(|_| ()).ok_or(No)
    }

    /// Words; a mistake behind the first ends them.
    fn phrase(&mut self) -> Step {
        let mut words = 0;
        loop {
            if words > 0 {
                self.comments()?;
            }
            self.space();
            let start = self.rest;
            let word = match self.peek() {
                None => break,
                Some(b'"') => self.quoted().map(|_| ()),
                Some(_) => self.atom(true),
            };
            if word.is_err() {
                self.rest = start;
                if words == 0 {
                    return Err(No);
                }
                break;
            }
            words += 1;
        }
        Ok(())
    }

    /// A string in quotes; gives how many characters are in it.
    fn quoted(&mut self) -> Step<usize> {
        self.skip(1);
        let (mut count, mut escaped) = (0, false);
        while let Some((rune, len)) = self.rune()? {
            let inside = is_visible(rune) || matches!(rune, 0x20 | 0x09);
            self.skip(len);
            match rune {
                _ if escaped => {
                    if !inside {
                        return Err(No);
                    }
                    escaped = false;
                    count += 1;
                }
                0x22 => return Ok(count),
                0x5c => escaped = true,
                _ if inside => count += 1,
                _ => return Err(No),
            }
        }
        Err(No)
    }

    /// An atom with dots; in a phrase they may stand anywhere.
    fn atom(&mut self, phrase: bool) -> Step {
        let start = self.rest;
        while let Some((rune, len)) = self.rune()? {
            if !is_atom(rune) {
                break;
            }
            self.skip(len);
        }
        let atom = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        let misplaced = atom.starts_with(b".") || atom.ends_with(b".") || atom.windows(2).any(|pair| pair == b"..");
        if atom.is_empty() || misplaced && !phrase { Err(No) } else { Ok(()) }
    }

    fn comments(&mut self) -> Step {
        self.space();
        while self.peek() == Some(b'(') {
            self.comment()?;
            self.space();
        }
        Ok(())
    }

    /// A comment, with comments in it.
    fn comment(&mut self) -> Step {
        let mut depth = 0u32;
        while let Some((byte, rest)) = self.rest.split_first() {
            self.rest = rest;
            match byte {
                b'\\' => self.skip(1),
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
        Err(No)
    }
}
