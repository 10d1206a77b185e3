//! Go's regular expressions in the `regex` crate's syntax. Both come from RE2 and mean the same by nearly everything, so a pattern is checked by Go's
//! rules, with Go's messages, and written anew in a form that leaves the crate no freedom: `\d`, `\s`, `\w` and `\b` are ASCII only, names are
//! dropped (and kept beside), characters are written by number where they could mean something else.

use super::class;

/// A pattern for the crate.
pub struct Pattern {
    /// The pattern.
    pub text: String,
    /// The names of groups 1, 2, …; empty where there is none.
    pub names: Vec<String>,
}

/// Why a pattern is none, in Go's words, and the part that it is about.
#[derive(Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub what: &'static str,
    /// The part of the pattern.
    pub part: String,
}

/// An error about a part of the pattern.
pub(super) fn error<T>(what: &'static str, part: &str) -> Result<T, SyntaxError> {
    Err(SyntaxError {
        what,
        part: part.to_owned(),
    })
}

/// The largest count, also of repetitions in repetitions.
const REPEAT_MAX: u32 = 1000;

/// Groups in each other that Go takes for an expression, and what it says of more.
const GROUPS_MAX: usize = 1000;
pub(super) const TOO_DEEP: &str = "expression nests too deeply";

const FLAGS: [char; 4] = ['i', 'm', 's', 'U'];

/// An open group, or the whole pattern.
#[derive(Default)]
struct Group {
    /// How often the innermost repetition in it can come, at most.
    weight: u32,
    /// The last item, if a repetition can follow: where it ends in the output, and its weight.
    last: Option<(usize, u32)>,
}

struct Translator<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    names: Vec<String>,
    groups: Vec<Group>,
    current: Group,
    /// What follows the repetition just read begins here: another one would be stacked on it.
    repeated: Option<&'a str>,
}

/// Translates a pattern.
pub fn translate(pattern: &[u8]) -> Result<Pattern, SyntaxError> {
    let whole = match core::str::from_utf8(pattern) {
        Ok(whole) => whole,
        Err(_) => return error("invalid UTF-8", &String::from_utf8_lossy(pattern)),
    };
    let mut translator = Translator {
        whole,
        rest: whole,
        out: String::with_capacity(whole.len() + 8),
        names: Vec::new(),
        groups: Vec::new(),
        current: Group::default(),
        repeated: None,
    };
    translator.run()?;
    Ok(Pattern {
        text: translator.out,
        names: translator.names,
    })
}

/// Appends a character so that it means itself.
pub(super) fn write_char(c: u32, out: &mut String) {
    match char::from_u32(c) {
        Some(c) if c.is_ascii_alphanumeric() || c as u32 >= 0x80 && !c.is_whitespace() => out.push(c),
        Some(_) => {
            out.push_str("\\x{");
            push_hex(c, out);
            out.push('}');
        }
        // A surrogate: no text has it.
        None => out.push_str(class::NOTHING),
    }
}

/// Appends a number in hexadecimal.
pub(super) fn push_hex(value: u32, out: &mut String) {
    let digits = (32 - value.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digits).rev() {
        out.push(char::from_digit(value >> (4 * place) & 0xf, 16).unwrap_or('0'));
    }
}

fn push_number(value: u32, out: &mut String) {
    let mut buffer = [0; 20];
    let text = crate::number::arithmetic::format_small(i64::from(value), &mut buffer);
    out.push_str(core::str::from_utf8(text).unwrap_or("0"));
}

impl<'a> Translator<'a> {
    fn run(&mut self) -> Result<(), SyntaxError> {
        while let Some(c) = self.rest.chars().next() {
            let before = self.rest;
            let mut repeated = None;
            match c {
                '(' => self.open()?,
                '|' => {
                    self.advance(1);
                    self.out.push('|');
                    self.current.last = None;
                }
                ')' => self.close()?,
                '^' | '$' | '.' => {
                    self.advance(1);
                    self.out.push(c);
                    self.item(1);
                }
                '[' => {
                    self.rest = class::bracket(self.rest, &mut self.out)?;
                    self.item(1);
                }
                '*' | '+' | '?' => {
                    self.advance(1);
                    self.repeat(before, None)?;
                    repeated = Some(before);
                }
                '{' => match counts(self.rest) {
                    Some((counts, rest)) => {
                        self.rest = rest;
                        self.repeat(before, Some(counts))?;
                        repeated = Some(before);
                    }
                    None => self.literal(c),
                },
                '\\' => self.escape()?,
                _ => self.literal(c),
            }
            self.repeated = repeated;
        }
        if self.groups.is_empty() {
            Ok(())
        } else {
            error("missing closing )", self.whole)
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// What was read since `before`.
    fn since(&self, before: &'a str) -> &'a str {
        before.get(..before.len() - self.rest.len()).unwrap_or_default()
    }

    /// An item is complete.
    fn item(&mut self, weight: u32) {
        self.current.last = Some((self.out.len(), weight));
        self.current.weight = self.current.weight.max(weight);
    }

    fn literal(&mut self, c: char) {
        self.advance(c.len_utf8());
        write_char(c as u32, &mut self.out);
        self.item(1);
    }

    fn open(&mut self) -> Result<(), SyntaxError> {
        if self.rest.starts_with("(?") {
            return self.open_perl();
        }
        self.advance(1);
        self.names.push(String::new());
        self.enter("(")
    }

    fn enter(&mut self, opening: &str) -> Result<(), SyntaxError> {
        if self.groups.len() >= GROUPS_MAX {
            return error(TOO_DEEP, self.whole);
        }
        self.out.push_str(opening);
        self.groups.push(core::mem::take(&mut self.current));
        Ok(())
    }

    fn close(&mut self) -> Result<(), SyntaxError> {
        let Some(outer) = self.groups.pop() else {
            return error("unexpected )", self.whole);
        };
        let weight = self.current.weight.max(1);
        self.current = outer;
        self.advance(1);
        self.out.push(')');
        self.item(weight);
        Ok(())
    }

    /// A group that begins with `(?`: a name, or flags.
    fn open_perl(&mut self) -> Result<(), SyntaxError> {
        let start = self.rest;
        let name_at = if start.starts_with("(?P<") && start.len() > 4 {
            Some(4)
        } else {
            (start.starts_with("(?<") && start.len() > 3).then_some(3)
        };
        if let Some(name_at) = name_at {
            return self.open_named(name_at);
        }
        self.advance(2);
        let mut set: [Option<bool>; 4] = [None; 4];
        let mut on = true;
        let mut any = false;
        while let Some(c) = self.rest.chars().next() {
            self.advance(c.len_utf8());
            match c {
                '-' if on => {
                    on = false;
                    any = false;
                }
                ':' | ')' if on || any => {
                    return self.flags(set, c == ':');
                }
                _ => match FLAGS.iter().zip(&mut set).find(|(flag, _)| **flag == c) {
                    Some((_, flag)) => {
                        *flag = Some(on);
                        any = true;
                    }
                    None => break,
                },
            }
        }
        error("invalid or unsupported Perl syntax", self.since(start))
    }

    fn flags(&mut self, set: [Option<bool>; 4], group: bool) -> Result<(), SyntaxError> {
        let chosen = |wanted: bool| {
            let flags = FLAGS.iter().zip(&set);
            flags.filter(move |(_, on)| **on == Some(wanted)).map(|(flag, _)| *flag)
        };
        let (on, off): (String, String) = (chosen(true).collect(), chosen(false).collect());
        if on.is_empty() && off.is_empty() && !group {
            return Ok(());
        }
        let mut opening = String::from("(?");
        opening.push_str(&on);
        if !off.is_empty() {
            opening.push('-');
            opening.push_str(&off);
        }
        if group {
            opening.push(':');
            return self.enter(&opening);
        }
        opening.push(')');
        self.out.push_str(&opening);
        Ok(())
    }

    fn open_named(&mut self, name_at: usize) -> Result<(), SyntaxError> {
        let start = self.rest;
        let Some(end) = start.find('>') else {
            return error("invalid named capture", start);
        };
        let name = start.get(name_at..end).unwrap_or_default();
        if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
            return error("invalid named capture", start.get(..=end).unwrap_or_default());
        }
        self.names.push(name.to_owned());
        self.advance(end + 1);
        self.enter("(")
    }

    /// A repetition of the last item; the operator is read but for a `?` behind it.
    fn repeat(&mut self, before: &'a str, counts: Option<Counts>) -> Result<(), SyntaxError> {
        let operator = self.since(before);
        if let Some(Counts { min, max }) = counts
            && (min > REPEAT_MAX || max.is_some_and(|max| max > REPEAT_MAX || max < min))
        {
            return error("invalid repeat count", operator);
        }
        let lazy = self.rest.starts_with('?');
        if lazy {
            self.advance(1);
        }
        if let Some(earlier) = self.repeated {
            return error("invalid nested repetition operator", self.since(earlier));
        }
        let Some((end, weight)) = self.current.last else {
            return error("missing argument to repetition operator", self.since(before));
        };
        let mut text = String::new();
        let weight = match counts {
            None => {
                text.push_str(operator);
                weight
            }
            Some(Counts { min, max }) => {
                text.push('{');
                push_number(min, &mut text);
                if max != Some(min) {
                    text.push(',');
                }
                if let Some(max) = max.filter(|max| *max != min) {
                    push_number(max, &mut text);
                }
                text.push('}');
                match max.unwrap_or(min) {
                    0 if max.is_some() => 0,
                    0 => weight,
                    times => times.saturating_mul(weight),
                }
            }
        };
        if weight > REPEAT_MAX {
            return error("invalid repeat count", self.since(before));
        }
        if lazy {
            text.push('?');
        }
        // Flags may have been set since the item.
        self.out.insert_str(end, &text);
        self.current.last = Some((end + text.len(), weight));
        self.current.weight = self.current.weight.max(weight);
        Ok(())
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        let start = self.rest;
        let second = start.chars().nth(1);
        match second {
            Some('A' | 'z') => {
                self.out.push('\\');
                self.out.extend(second);
                self.advance(2);
                self.item(1);
            }
            Some('b' | 'B') => {
                self.out.push_str(if second == Some('b') { "(?-u:\\b)" } else { "(?-u:\\B)" });
                self.advance(2);
                self.item(1);
            }
            Some('C') => return error("invalid escape sequence", "\\C"),
            Some('Q') => {
                let quoted = start.get(2..).unwrap_or_default();
                let (literal, rest) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                for c in literal.chars() {
                    write_char(c as u32, &mut self.out);
                    self.item(1);
                }
                self.rest = rest;
            }
            _ => {
                if let Some(rest) = class::escape(start, false, &mut self.out)? {
                    self.rest = rest;
                } else {
                    let (c, rest) = class::single_escape(start)?;
                    write_char(c, &mut self.out);
                    self.rest = rest;
                }
                self.item(1);
            }
        }
        Ok(())
    }
}

/// `{min,max}`; no maximum means no limit.
#[derive(Clone, Copy)]
struct Counts {
    min: u32,
    max: Option<u32>,
}

/// Reads `{n}`, `{n,}` or `{n,m}`; anything else is no repetition.
fn counts(text: &str) -> Option<(Counts, &str)> {
    let (min, rest) = count(text.strip_prefix('{')?)?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((Counts { min, max: Some(min) }, rest));
    }
    let rest = rest.strip_prefix(',')?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((Counts { min, max: None }, rest));
    }
    let (max, rest) = count(rest)?;
    Some((Counts { min, max: Some(max) }, rest.strip_prefix('}')?))
}

fn count(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    let value = digits
        .bytes()
        .fold(0u32, |n, digit| n.saturating_mul(10).saturating_add(u32::from(digit - b'0')));
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pattern: &str) -> Result<String, (&'static str, String)> {
        translate(pattern.as_bytes()).map(|p| p.text).map_err(|e| (e.what, e.part))
    }

    #[test]
    fn translations() {
        let cases = [
            ("a.b", "a.b"),
            ("a{,2}", "a\\x{7b}\\x{2c}2\\x{7d}"),
            ("a{2,}?", "a{2,}?"),
            ("\\d+", "[0-9]+"),
            ("(?P<n>x)(?<m>y)", "(x)(y)"),
            ("(?i-s:a)", "(?i-s:a)"),
            ("a(?i)*", "a*(?i)"),
            ("\\Qa.b\\E.", "a\\x{2e}b."),
            ("\\bx", "(?-u:\\b)x"),
        ];
        for (pattern, expected) in cases {
            assert_eq!(text(pattern), Ok(String::from(expected)), "{pattern}");
        }
    }

    #[test]
    fn complaints() {
        let cases = [
            ("(", "missing closing )", "("),
            (")", "unexpected )", ")"),
            ("a**", "invalid nested repetition operator", "**"),
            ("a*?+", "invalid nested repetition operator", "*?+"),
            ("*", "missing argument to repetition operator", "*"),
            ("(|*)", "missing argument to repetition operator", "*"),
            ("a{1001}", "invalid repeat count", "{1001}"),
            ("(a{100}){11}", "invalid repeat count", "{11}"),
            ("(?P<n", "invalid named capture", "(?P<n"),
            ("(?=a)", "invalid or unsupported Perl syntax", "(?="),
            ("(?x)a", "invalid or unsupported Perl syntax", "(?x"),
            ("\\", "trailing backslash at end of expression", ""),
            ("\\x{110000}", "invalid escape sequence", "\\x{110000"),
            ("\\1", "invalid escape sequence", "\\1"),
            ("[z-a]", "invalid character class range", "z-a"),
            ("[", "missing closing ]", "["),
            ("[[:foo:]]", "invalid character class range", "[:foo:]"),
        ];
        for (pattern, what, part) in cases {
            assert_eq!(text(pattern), Err((what, String::from(part))), "{pattern}");
        }
    }
}
