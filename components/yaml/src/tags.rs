//! Directives and tags: `%YAML 1.1`, `%TAG ! tag:x,2000:`, `!!str`, `!<tag:x>`.

use crate::scan::{Kind, Scanner, Step};
use crate::source::{Mark, is_alpha, is_blank, is_blank_or_end, is_break_or_end};

impl Scanner {
    fn skip_blanks(&mut self) {
        while is_blank(self.source.next()) {
            self.source.skip(1);
        }
    }

    /// Reads a directive with its line.
    pub(super) fn scan_directive(&mut self) -> Step<Kind> {
        let start = self.source.mark;
        self.source.skip(1);
        let mut name = String::new();
        while is_alpha(self.source.next()) {
            self.source.read(&mut name);
        }
        if name.is_empty() {
            return self.fault(start, "could not find expected directive name");
        }
        if !is_blank_or_end(self.source.next()) {
            return self.fault(start, "found unexpected non-alphabetical character");
        }
        let kind = match name.as_str() {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return self.fault(start, "found unknown directive name"),
        };
        self.skip_blanks();
        if self.source.next() == '#' {
            while !is_break_or_end(self.source.next()) {
                self.source.skip(1);
            }
        }
        if !is_break_or_end(self.source.next()) {
            return self.fault(start, "did not find expected comment or line break");
        }
        self.source.skip_line();
        Ok(kind)
    }

    fn scan_version(&mut self, start: Mark) -> Step<Kind> {
        self.skip_blanks();
        let major = self.scan_number(start)?;
        if self.source.next() != '.' {
            return self.fault(start, "did not find expected digit or '.' character");
        }
        self.source.skip(1);
        Ok(Kind::Version(major, self.scan_number(start)?))
    }

    fn scan_number(&mut self, start: Mark) -> Step<u32> {
        let (mut value, mut length) = (0, 0);
        while let Some(digit) = self.source.next().to_digit(10) {
            length += 1;
            if length > 2 {
                return self.fault(start, "found extremely long version number");
            }
            value = value * 10 + digit;
            self.source.skip(1);
        }
        if length == 0 {
            return self.fault(start, "did not find expected version number");
        }
        Ok(value)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Step<Kind> {
        self.skip_blanks();
        let handle = self.scan_handle(true, start)?;
        if !is_blank(self.source.next()) {
            return self.fault(start, "did not find expected whitespace");
        }
        self.skip_blanks();
        let prefix = self.scan_uri("", start)?;
        if !is_blank_or_end(self.source.next()) {
            return self.fault(start, "did not find expected whitespace or line break");
        }
        Ok(Kind::TagDirective(handle, prefix))
    }

    /// Reads a tag.
    pub(super) fn scan_tag(&mut self) -> Step<Kind> {
        let start = self.source.mark;
        let (handle, suffix);
        if self.source.peek(1) == '<' {
            self.source.skip(2);
            handle = String::new();
            suffix = self.scan_uri("", start)?;
            if self.source.next() != '>' {
                return self.fault(start, "did not find the expected '>'");
            }
            self.source.skip(1);
        } else {
            let first = self.scan_handle(false, start)?;
            if first.len() > 1 && first.ends_with('!') {
                suffix = self.scan_uri("", start)?;
                handle = first;
            } else {
                let rest = self.scan_uri(&first, start)?;
                (handle, suffix) = match rest.is_empty() {
                    true => (String::new(), "!".to_owned()),
                    false => ("!".to_owned(), rest),
                };
            }
        }
        if !is_blank_or_end(self.source.next()) {
            return self.fault(start, "did not find expected whitespace or line break");
        }
        Ok(Kind::Tag(handle, suffix))
    }

    fn scan_handle(&mut self, directive: bool, start: Mark) -> Step<String> {
        if self.source.next() != '!' {
            return self.fault(start, "did not find expected '!'");
        }
        let mut handle = String::new();
        self.source.read(&mut handle);
        while is_alpha(self.source.next()) {
            self.source.read(&mut handle);
        }
        if self.source.next() == '!' {
            self.source.read(&mut handle);
        } else if directive && handle != "!" {
            return self.fault(start, "did not find expected '!'");
        }
        Ok(handle)
    }

    /// Reads a URI behind `head`, whose exclamation mark does not belong to it.
    fn scan_uri(&mut self, head: &str, start: Mark) -> Step<String> {
        let mut uri = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let mut found = !head.is_empty();
        loop {
            let c = self.source.next();
            if c == '%' {
                self.scan_escape(&mut uri, start)?;
            } else if is_alpha(c) || ";/?:@&=+$,.!~*'()[]".contains(c) {
                uri.push(c as u8);
                self.source.skip(1);
            } else {
                break;
            }
            found = true;
        }
        if !found {
            return self.fault(start, "did not find expected tag URI");
        }
        Ok(String::from_utf8_lossy(&uri).into_owned())
    }

    /// Reads the escaped bytes of one character.
    fn scan_escape(&mut self, out: &mut Vec<u8>, start: Mark) -> Step {
        let mut left = 0;
        loop {
            let digits = (self.source.peek(1).to_digit(16), self.source.peek(2).to_digit(16));
            let ('%', (Some(high), Some(low))) = (self.source.next(), digits) else {
                return self.fault(start, "did not find URI escaped octet");
            };
            let octet = (high << 4 | low) as u8;
            if left == 0 {
                left = match octet {
                    0..=0x7f => 1,
                    0xc0..=0xdf => 2,
                    0xe0..=0xef => 3,
                    0xf0..=0xf7 => 4,
                    _ => return self.fault(start, "found an incorrect leading UTF-8 octet"),
                };
            } else if octet & 0xc0 != 0x80 {
                return self.fault(start, "found an incorrect trailing UTF-8 octet");
            }
            out.push(octet);
            self.source.skip(3);
            left -= 1;
            if left == 0 {
                return Ok(());
            }
        }
    }
}
