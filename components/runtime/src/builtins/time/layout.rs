//! Go's layouts: the reference time `Mon Jan 2 15:04:05 MST 2006` written as the time shall be written, taken apart into its elements.

/// Days from Sunday on.
pub const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// Months.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The layout of RFC 3339.
pub const RFC3339: &[u8] = b"2006-01-02T15:04:05Z07:00";
/// The same with a fraction.
pub const RFC3339_NANO: &[u8] = b"2006-01-02T15:04:05.999999999Z07:00";

/// The layouts that have names.
pub fn named(layout: &'static [u8]) -> &'static [u8] {
    match layout {
        b"ANSIC" => b"Mon Jan _2 15:04:05 2006",
        b"UnixDate" => b"Mon Jan _2 15:04:05 MST 2006",
        b"RubyDate" => b"Mon Jan 02 15:04:05 -0700 2006",
        b"RFC822" => b"02 Jan 06 15:04 MST",
        b"RFC822Z" => b"02 Jan 06 15:04 -0700",
        b"RFC850" => b"Monday, 02-Jan-06 15:04:05 MST",
        b"RFC1123" => b"Mon, 02 Jan 2006 15:04:05 MST",
        b"RFC1123Z" => b"Mon, 02 Jan 2006 15:04:05 -0700",
        b"RFC3339" => RFC3339,
        b"RFC3339Nano" => RFC3339_NANO,
        other => other,
    }
}

/// How many digits a number has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// As many as it takes.
    Plain,
    /// Filled up with spaces.
    Spaces,
    /// Filled up with zeros.
    Zeros,
}

/// An element of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// `2006`
    Year,
    /// `06`
    ShortYear,
    /// `January`
    MonthName,
    /// `Jan`
    ShortMonthName,
    /// `1`, `01`
    Month(Width),
    /// `Monday`
    DayName,
    /// `Mon`
    ShortDayName,
    /// `2`, `_2`, `02`
    Day(Width),
    /// `__2`, `002`
    DayOfYear(Width),
    /// `15`
    Hour,
    /// `3`, `03`
    HalfDayHour(Width),
    /// `4`, `04`
    Minute(Width),
    /// `5`, `05`
    Second(Width),
    /// `PM` (`true`) or `pm`
    HalfDay(bool),
    /// `MST`
    ZoneName,
    /// `Z07:00`, `-0700` …: whether universal time is `Z`, whether there are colons, and how many pairs of digits
    Offset {
        /// Universal time is written `Z`.
        zulu: bool,
        /// Pairs are apart.
        colons: bool,
        /// 1 to 3.
        pairs: u8,
    },
    /// `.000`, `.999`: the digits, whether zeros at the end are left out, and the separator.
    Fraction {
        /// How many.
        digits: usize,
        /// Without zeros at the end.
        trimmed: bool,
        /// A point or a comma.
        separator: u8,
    },
}

/// The first element of a layout: what stands before it, its text, and what is behind it.
pub struct Piece<'a> {
    /// Literal text.
    pub before: &'a [u8],
    /// The element and how it is written; `None` at the end.
    pub element: Option<(Element, &'a [u8])>,
    /// The rest.
    pub rest: &'a [u8],
}

/// Takes the first element off a layout.
pub fn next(layout: &[u8]) -> Piece<'_> {
    for at in 0..layout.len() {
        let here = layout.get(at..).unwrap_or_default();
        if let Some((element, skipped, len)) = element(here) {
            let start = at + skipped;
            return Piece {
                before: layout.get(..start).unwrap_or_default(),
                element: Some((element, layout.get(start..start + len).unwrap_or_default())),
                rest: layout.get(start + len..).unwrap_or_default(),
            };
        }
    }
    Piece {
        before: layout,
        element: None,
        rest: b"",
    }
}

/// The element that text begins with, how many literal bytes stand before it, and its length.
fn element(text: &[u8]) -> Option<(Element, usize, usize)> {
    use Element::{Day, DayName, DayOfYear, HalfDay, HalfDayHour, Hour, Minute, Month, MonthName, Second, ShortDayName, ShortMonthName};
    use Element::{ShortYear, Year, ZoneName};
    use Width::{Plain, Spaces, Zeros};
    let begins = |prefix: &[u8]| text.starts_with(prefix);
    // `Jan` in `Janet` is no month.
    let word_ends = !text.get(3).is_some_and(u8::is_ascii_lowercase);
    let found = match text.first()? {
        b'J' if begins(b"January") => (MonthName, 7),
        b'J' if begins(b"Jan") && word_ends => (ShortMonthName, 3),
        b'M' if begins(b"Monday") => (DayName, 6),
        b'M' if begins(b"Mon") && word_ends => (ShortDayName, 3),
        b'M' if begins(b"MST") => (ZoneName, 3),
        b'0' => match text.get(1)? {
            b'1' => (Month(Zeros), 2),
            b'2' => (Day(Zeros), 2),
            b'3' => (HalfDayHour(Zeros), 2),
            b'4' => (Minute(Zeros), 2),
            b'5' => (Second(Zeros), 2),
            b'6' => (ShortYear, 2),
            b'0' if begins(b"002") => (DayOfYear(Zeros), 3),
            _ => return None,
        },
        b'1' if begins(b"15") => (Hour, 2),
        b'1' => (Month(Plain), 1),
        b'2' if begins(b"2006") => (Year, 4),
        b'2' => (Day(Plain), 1),
        b'_' if begins(b"_2006") => return Some((Year, 1, 4)),
        b'_' if begins(b"_2") => (Day(Spaces), 2),
        b'_' if begins(b"__2") => (DayOfYear(Spaces), 3),
        b'3' => (HalfDayHour(Plain), 1),
        b'4' => (Minute(Plain), 1),
        b'5' => (Second(Plain), 1),
        b'P' if begins(b"PM") => (HalfDay(true), 2),
        b'p' if begins(b"pm") => (HalfDay(false), 2),
        b'-' | b'Z' => offset(text)?,
        b'.' | b',' => fraction(text)?,
        _ => return None,
    };
    Some((found.0, 0, found.1))
}

fn offset(text: &[u8]) -> Option<(Element, usize)> {
    let zulu = text.first() == Some(&b'Z');
    let digits = text.get(1..)?;
    let shapes: [(&[u8], bool, u8); 5] = [
        (b"070000", false, 3),
        (b"07:00:00", true, 3),
        (b"0700", false, 2),
        (b"07:00", true, 2),
        (b"07", false, 1),
    ];
    let (shape, colons, pairs) = shapes.into_iter().find(|(shape, ..)| digits.starts_with(shape))?;
    Some((Element::Offset { zulu, colons, pairs }, shape.len() + 1))
}

fn fraction(text: &[u8]) -> Option<(Element, usize)> {
    let (separator, rest) = text.split_first()?;
    let digit = rest.first().filter(|digit| matches!(digit, b'0' | b'9'))?;
    let digits = rest.iter().take_while(|other| *other == digit).count();
    if rest.get(digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let element = Element::Fraction {
        digits,
        trimmed: *digit == b'9',
        separator: *separator,
    };
    Some((element, digits + 1))
}
