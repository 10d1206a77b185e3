//! Whether two simple patterns have a text in common: characters, `.`, sets in brackets, each perhaps with `+` or `*`.
//!
//! The search is that of the library which OPA uses, with its blind spots: it tries how far a repeated token goes against the other pattern, and takes a
//! pattern's `*` for at least one token in places. What it has found out about two places is remembered, so it takes no more steps than there are pairs of
//! places.

use crate::number::arithmetic::format_small;

/// How many tokens with `+` or `*` a pattern may have: the search calls itself once for each.
const REPEATED_MAX: usize = 300;
/// How many pairs of places there may be.
const PAIRS_MAX: usize = 4_000_000;

/// How often a token comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Once,
    Plus,
    Star,
}

/// What a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    One(char),
    Any,
    /// Ranges in order that neither touch nor overlap.
    Set(Vec<(u32, u32)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    what: What,
    repeat: Repeat,
}

fn in_set(ranges: &[(u32, u32)], c: char) -> bool {
    ranges.iter().any(|(low, high)| (*low..=*high).contains(&u32::from(c)))
}

impl Token {
    /// Whether a character fits both.
    fn meets(&self, other: &Token) -> bool {
        match (&self.what, &other.what) {
            (What::Any, _) | (_, What::Any) => true,
            (What::One(a), What::One(b)) => a == b,
            (What::One(c), What::Set(ranges)) | (What::Set(ranges), What::One(c)) => in_set(ranges, *c),
            (What::Set(a), What::Set(b)) => a.iter().any(|(low, high)| b.iter().any(|(from, to)| low <= to && from <= high)),
        }
    }
}

/// Reads a pattern.
struct Reader<'a> {
    text: &'a str,
    chars: Vec<char>,
    at: usize,
}

type Step<T> = Result<T, String>;

impl Reader<'_> {
    fn fault<T>(&self, at: usize, what: &[&str]) -> Step<T> {
        let mut digits = [0; 20];
        let place = core::str::from_utf8(format_small(at as i64, &mut digits)).unwrap_or_default();
        let what = what.concat();
        Err(["input:", self.text, ", pos:", place, ", ", &what, ": the input provided is invalid"].concat())
    }

    /// The next character and whether a backslash stood before it.
    fn rune(&mut self) -> Step<Option<(char, bool)>> {
        match (self.chars.get(self.at), self.chars.get(self.at + 1)) {
            (None, _) => Ok(None),
            (Some('\\'), None) => self.fault(self.at, &["input ends with a \\ (escape) character"]),
            (Some('\\'), Some(c)) => {
                let c = *c;
                self.at += 2;
                Ok(Some((c, true)))
            }
            (Some(c), _) => {
                let c = *c;
                self.at += 1;
                Ok(Some((c, false)))
            }
        }
    }

    fn token(&mut self) -> Step<Option<Token>> {
        let Some((c, escaped)) = self.rune()? else {
            return Ok(None);
        };
        let what = match c {
            _ if escaped => What::One(c),
            '.' => What::Any,
            ']' => return self.fault(self.at, &["set-close ']' with no preceding '['"]),
            '[' => What::Set(self.set()?),
            '+' | '*' => {
                let flag = if c == '+' { "+" } else { "*" };
                return self.fault(self.at, &["flag '", flag, "' must be preceded by a non-flag"]);
            }
            c => What::One(c),
        };
        let before = self.at;
        let repeat = match self.rune()? {
            Some(('+', false)) => Repeat::Plus,
            Some(('*', false)) => Repeat::Star,
            _ => {
                self.at = before;
                Repeat::Once
            }
        };
        Ok(Some(Token { what, repeat }))
    }

    /// What stands in brackets.
    fn set(&mut self) -> Step<Vec<(u32, u32)>> {
        let mut ranges = Vec::new();
        let mut before: Option<char> = None;
        while let Some((c, escaped)) = self.rune()? {
            match c {
                '-' if !escaped => {
                    let Some(low) = before else {
                        return self.fault(self.at, &["range character '-' must be preceded by a Unicode character"]);
                    };
                    if self.at + 1 >= self.chars.len() {
                        return self.fault(self.at, &["range character '-' must be followed by a Unicode character"]);
                    }
                    let (high, escaped) = self.rune()?.unwrap_or_default();
                    if !escaped && matches!(high, ']' | '-') {
                        return self.fault(self.at, &["range character '-' cannot be followed by a special symbol"]);
                    }
                    if high < low {
                        let (low, high) = (low.to_string(), high.to_string());
                        return self.fault(
                            self.at,
                            &["range is out of order: '", &high, "' comes before '", &low, "' in Unicode"],
                        );
                    }
                    ranges.push((u32::from(low), u32::from(high)));
                    before = None;
                }
                ']' if !escaped => return Ok(merged(ranges)),
                c => {
                    ranges.push((u32::from(c), u32::from(c)));
                    before = Some(c);
                }
            }
        }
        self.fault(self.at, &["found [ without matching ]"])
    }
}

/// The same ranges in order, without overlaps.
fn merged(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut out: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
    for (low, high) in ranges {
        match out.last_mut() {
            Some((_, end)) if low <= end.saturating_add(1) => *end = high.max(*end),
            _ => out.push((low, high)),
        }
    }
    out
}

/// The tokens of a pattern; of equal ones in a row that repeat, one is left.
fn tokens(text: &str) -> Step<Vec<Token>> {
    let mut reader = Reader {
        text,
        chars: text.chars().collect(),
        at: 0,
    };
    let mut tokens: Vec<Token> = Vec::new();
    while let Some(token) = reader.token()? {
        match tokens.last_mut() {
            Some(last) if last.repeat != Repeat::Once && token.repeat != Repeat::Once && last.what == token.what => {
                if token.repeat == Repeat::Plus {
                    last.repeat = Repeat::Plus;
                }
            }
            _ => tokens.push(token),
        }
    }
    Ok(tokens)
}

/// A search through pairs of places. The first index of a pair is one in `sides[0]`, unless the sides are swapped.
struct Search<'a> {
    sides: [&'a [Token]; 2],
    /// What is known of each pair: bits 0 and 1 that it was looked at and fits, bits 2 and 3 the same for swapped sides.
    known: Vec<u8>,
}

impl Search<'_> {
    fn token(&self, side: usize, at: usize) -> Option<&Token> {
        self.sides.get(side)?.get(at)
    }

    fn len(&self, side: usize) -> usize {
        self.sides.get(side).map_or(0, |tokens| tokens.len())
    }

    /// Whether the rests of the patterns have a text in common; `side` is the one that comes first.
    fn normal(&mut self, side: usize, i: usize, j: usize) -> bool {
        let (a, b) = if side == 0 { (i, j) } else { (j, i) };
        let slot = a * (self.len(1) + 1) + b;
        let shift = 2 * side;
        let known = self.known.get(slot).copied().unwrap_or(0) >> shift & 3;
        if known & 1 != 0 {
            return known & 2 != 0;
        }
        let fits = self.compare(side, i, j);
        if let Some(known) = self.known.get_mut(slot) {
            *known |= (1 | u8::from(fits) << 1) << shift;
        }
        fits
    }

    fn compare(&mut self, side: usize, mut i: usize, mut j: usize) -> bool {
        let other = 1 - side;
        loop {
            let (Some(one), Some(two)) = (self.token(side, i), self.token(other, j)) else {
                return i == self.len(side) && j == self.len(other);
            };
            match (one.repeat, two.repeat) {
                (Repeat::Once, Repeat::Once) if !one.meets(two) => return false,
                (Repeat::Once, Repeat::Once) => {}
                (Repeat::Plus, _) => return self.plus(side, i, j),
                (Repeat::Star, _) => return self.star(side, i, j),
                (_, Repeat::Plus) => return self.plus(other, j, i),
                (_, Repeat::Star) => return self.star(other, j, i),
            }
            i += 1;
            j += 1;
        }
    }

    /// A token with `+` at `i` against the other side from `j` on.
    fn plus(&mut self, side: usize, i: usize, j: usize) -> bool {
        let other = 1 - side;
        let (Some(plussed), Some(first)) = (self.token(side, i), self.token(other, j)) else {
            return false;
        };
        let repeated = first.repeat != Repeat::Once;
        if !plussed.meets(first) {
            return false;
        }
        self.star(side, i, j + 1) || repeated && self.normal(side, i + 1, j)
    }

    /// A token with `*` at `i` against the other side from `j` on.
    fn star(&mut self, side: usize, i: usize, j: usize) -> bool {
        let other = 1 - side;
        let has_next = i + 1 < self.len(side);
        for at in j..self.len(other) {
            let meets = |search: &Self, place: usize| match (search.token(other, at), search.token(side, place)) {
                (Some(one), Some(two)) => one.meets(two),
                _ => false,
            };
            if has_next && meets(self, i + 1) && self.normal(side, i + 1, at) {
                return true;
            }
            if !meets(self, i) {
                return false;
            }
        }
        !has_next
    }
}

/// Cuts off what both patterns begin and end with; nothing if these cannot meet.
fn trimmed<'a>(one: &'a [Token], other: &'a [Token]) -> Option<[&'a [Token]; 2]> {
    let plain = |a: &Token, b: &Token| a.repeat == Repeat::Once && b.repeat == Repeat::Once;
    let pairs = one.iter().zip(other).take_while(|(a, b)| plain(a, b));
    let mut start = 0usize;
    for (a, b) in pairs {
        if !a.meets(b) {
            return None;
        }
        start += 1;
    }
    // The last pair stays.
    let start = start.saturating_sub(1);
    let rests = (one.get(start..)?, other.get(start..)?);
    let mut end = 0usize;
    for (a, b) in rests.0.iter().rev().zip(rests.1.iter().rev()).take_while(|(a, b)| plain(a, b)) {
        if !a.meets(b) {
            return None;
        }
        end += 1;
    }
    let end = end.saturating_sub(1);
    Some([rests.0.get(..rests.0.len() - end)?, rests.1.get(..rests.1.len() - end)?])
}

/// Whether a text fits both patterns.
pub(super) fn meet(one: &str, other: &str) -> Result<bool, String> {
    let (one, other) = (tokens(one)?, tokens(other)?);
    let Some(sides) = trimmed(&one, &other) else {
        return Ok(false);
    };
    let repeated = |tokens: &[Token]| tokens.iter().filter(|token| token.repeat != Repeat::Once).count();
    let pairs = sides.iter().map(|side| side.len() + 1).product::<usize>();
    if pairs > PAIRS_MAX || sides.iter().any(|side| repeated(side) > REPEATED_MAX) {
        return Err("the patterns are too long".to_owned());
    }
    let mut search = Search {
        sides,
        known: vec![0; pairs],
    };
    Ok(search.normal(0, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meeting() {
        let cases = [
            ("[a-z]+", "abc", true),
            (".a", "abc", false),
            ("a*b*c*", "a*", false),
            ("[ab]*[bc]+", "[a-z]", true),
            ("[a-c]+", "[c-e]+", true),
            ("[a-c]+", "[d-e]+", false),
            ("f.*", ".*r", true),
            ("aa*", "a*a", true),
            ("a*", "", false),
            ("(a|b)", ".*", true),
            ("abc", "a.*b.*c", true),
        ];
        for (one, other, expected) in cases {
            assert_eq!(meet(one, other), Ok(expected), "{one} {other}");
        }
        let long = "a*b*".repeat(100);
        assert!(meet(&long, &[&long, "c"].concat()).is_ok());
    }

    #[test]
    fn refusals() {
        let cases = [
            ("[", "input:[, pos:1, found [ without matching ]: the input provided is invalid"),
            (
                "[z-a]",
                "input:[z-a], pos:4, range is out of order: 'a' comes before 'z' in Unicode: the input provided is invalid",
            ),
            (
                "a\\",
                "input:a\\, pos:1, input ends with a \\ (escape) character: the input provided is invalid",
            ),
            (
                "*a",
                "input:*a, pos:1, flag '*' must be preceded by a non-flag: the input provided is invalid",
            ),
        ];
        for (pattern, expected) in cases {
            assert_eq!(meet(pattern, "a"), Err(expected.to_owned()), "{pattern}");
        }
    }
}
