//! Moments: `2001-12-14`, `2001-12-14t21:59:43.10-05:00`, `2001-12-14 21:59:43`.

/// A moment as JSON writes it, if a text is one.
pub fn parse(text: &str) -> Option<String> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.digits(4)?;
    rest.expect(b"-")?;
    let month = rest.number(12)?;
    rest.expect(b"-")?;
    let day = rest.number(31)?;
    if month == 0 || day == 0 || day > days(year, month) {
        return None;
    }
    let mut out = String::with_capacity(35);
    let mut put = |mark: &str, value: u32, width: usize| {
        out.push_str(mark);
        let digits = value.to_string();
        (digits.len()..width).for_each(|_| out.push('0'));
        out.push_str(&digits);
    };
    put("", year, 4);
    put("-", month, 2);
    put("-", day, 2);
    let Some((mark, _)) = rest.0.split_first() else {
        out.push_str("T00:00:00Z");
        return Some(out);
    };
    let zoned = matches!(mark, b'T' | b't');
    if !zoned && *mark != b' ' {
        return None;
    }
    rest.0 = rest.0.get(1..)?;
    while !zoned && rest.expect(b" ").is_some() {}
    let mut colon = "T";
    for limit in [23, 59, 59] {
        if colon == ":" {
            rest.expect(b":")?;
        }
        put(colon, rest.number(limit)?, 2);
        colon = ":";
    }
    out.push_str(&rest.fraction());
    match rest.0 {
        b"" if !zoned => out.push('Z'),
        b"Z" if zoned => out.push('Z'),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] if zoned => {
            let two = |a: &u8, b: &u8| Rest(&[*a, *b]).digits(2);
            let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
            let offset = hours * 60 + minutes;
            if hours > 24 || minutes > 60 {
                return None;
            }
            if offset == 0 {
                out.push('Z');
            } else {
                out.push(char::from(*sign));
                for (mark, value) in [("", offset / 60), (":", offset % 60)] {
                    out.push_str(mark);
                    out.push_str(if value < 10 { "0" } else { "" });
                    out.push_str(&value.to_string());
                }
            }
        }
        _ => return None,
    }
    Some(out)
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    /// A number of that many digits.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits
            .iter()
            .try_fold(0, |value, digit| Some(value * 10 + char::from(*digit).to_digit(10)?))
    }

    /// A number of one digit or two, up to a limit.
    fn number(&mut self, limit: u32) -> Option<u32> {
        let count = if self.0.get(1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
        self.digits(count).filter(|value| *value <= limit)
    }

    fn expect(&mut self, mark: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(mark)?;
        Some(())
    }

    /// Parts of a second as JSON writes them: nine digits at most, without zeros at the end.
    fn fraction(&mut self) -> String {
        let Some(rest) = self.0.strip_prefix(b".").or_else(|| self.0.strip_prefix(b",")) else {
            return String::new();
        };
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let Some((digits, rest)) = rest.split_at_checked(count).filter(|_| count > 0) else {
            return String::new();
        };
        self.0 = rest;
        let digits = String::from_utf8_lossy(digits.get(..9).unwrap_or(digits)).into_owned();
        match digits.trim_end_matches('0') {
            "" => String::new(),
            digits => [".", digits].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn moments() {
        for (text, moment) in [
            ("2001-1-2", "2001-01-02T00:00:00Z"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
            ("2001-12-14T1:2:3Z", "2001-12-14T01:02:03Z"),
            ("2001-12-14 21:59:43,1234567899", "2001-12-14T21:59:43.123456789Z"),
            ("2001-12-14T21:59:43-00:00", "2001-12-14T21:59:43Z"),
            ("2001-12-14   1:2:3", "2001-12-14T01:02:03Z"),
            ("2004-02-29", "2004-02-29T00:00:00Z"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(moment), "{text}");
        }
        for text in [
            "",
            "2001",
            "2001-02-29",
            "2001-13-01",
            "2001-1-0",
            "2001-1-2x",
            "2001-01-02T1:2",
            "2001-12-14 21:59:43Z",
            "20011-1-2",
            "2001-12-14T24:00:00Z",
            "2001-12-14T21:59:43",
            "2001-12-14T21:59:43.Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
