//! `semver.compare`, `semver.is_valid`: versions by the rules of semver.org, with an optional `v` before them.

use super::args::{failure_parts, mismatch};
use super::quote;
use crate::arena::Buffer;
use crate::error;
use crate::number::integer;
use crate::value::{Kind, Value};
use core::cmp::Ordering;

/// A version; build metadata does not count.
struct Version<'a> {
    core: [i64; 3],
    pre_release: &'a [u8],
}

/// Splits at the first place of a byte; the second part is `None` without one.
fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == at) {
        Some(place) => (text.get(..place).unwrap_or_default(), text.get(place + 1..)),
        None => (text, None),
    }
}

fn is_numeric(identifier: &[u8]) -> bool {
    identifier.iter().all(u8::is_ascii_digit)
}

/// Dot-separated identifiers, none of them empty; numbers of a pre-release have no leading zeros.
fn identifiers_fit(text: &[u8], pre_release: bool) -> bool {
    text.split(|byte| *byte == b'.').all(|identifier| {
        let letters = identifier.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
        let padded = pre_release && identifier.len() > 1 && identifier.first() == Some(&b'0') && is_numeric(identifier);
        !identifier.is_empty() && letters && !padded
    })
}

fn core_number(text: &[u8]) -> Option<i64> {
    if text.is_empty() || !is_numeric(text) || text.len() > 1 && text.first() == Some(&b'0') {
        return None;
    }
    text.iter()
        .try_fold(0i64, |n, digit| n.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
}

impl<'a> Version<'a> {
    fn parse(text: &'a [u8]) -> Option<Version<'a>> {
        let text = text.strip_prefix(b"v").unwrap_or(text);
        let (text, metadata) = cut(text, b'+');
        let (text, pre_release) = cut(text, b'-');
        let fits = metadata.is_none_or(|text| identifiers_fit(text, false)) && pre_release.is_none_or(|text| identifiers_fit(text, true));
        let mut numbers = text.split(|byte| *byte == b'.');
        let core = [numbers.next()?, numbers.next()?, numbers.next()?];
        let [major, minor, patch] = core.map(core_number);
        if !fits || numbers.next().is_some() {
            return None;
        }
        Some(Version {
            core: [major?, minor?, patch?],
            pre_release: pre_release.unwrap_or_default(),
        })
    }

    fn compare(&self, other: &Version<'_>) -> Ordering {
        let core = self.core.cmp(&other.core);
        if core != Ordering::Equal || self.pre_release == other.pre_release {
            return core;
        }
        match (self.pre_release.is_empty(), other.pre_release.is_empty()) {
            (true, _) => Ordering::Greater,
            (_, true) => Ordering::Less,
            _ => compare_identifiers(self.pre_release, other.pre_release),
        }
    }
}

fn compare_identifiers(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a.split(|byte| *byte == b'.'), b.split(|byte| *byte == b'.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match (is_numeric(a), is_numeric(b)) {
                // Without leading zeros, the longer number is the larger one.
                (true, true) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cold]
fn invalid(position: &[u8], version: Value) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut quoted = Buffer::new();
    quote::quote(version.str_bytes(), false, &mut quoted);
    failure_parts(
        "semver.compare",
        &[b"operand ", position, b": string ", quoted.as_bytes(), b" is not a valid SemVer"],
    )
}

/// -1, 0 or 1.
#[unsafe(export_name = "b.semver.compare")]
pub extern "C" fn compare(a: Value, b: Value) -> Value {
    let (Some(x), Some(y)) = (a.as_str(), b.as_str()) else {
        return mismatch("semver.compare", &[(a, Kind::String), (b, Kind::String)]);
    };
    match (Version::parse(x), Version::parse(y)) {
        (Some(x), Some(y)) => integer(x.compare(&y) as i64),
        (None, _) => invalid(b"1", a),
        (_, None) => invalid(b"2", b),
    }
}

/// Whether it is a version.
#[unsafe(export_name = "b.semver.is_valid")]
pub extern "C" fn is_valid(a: Value) -> Value {
    Value::boolean(a.as_str().and_then(Version::parse).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order() {
        let order = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "v1.0.0",
            "1.10.0",
        ];
        for pair in order.windows(2) {
            let versions: Vec<_> = pair.iter().filter_map(|text| Version::parse(text.as_bytes())).collect();
            assert_eq!(versions[0].compare(&versions[1]), Ordering::Less, "{pair:?}");
        }
        for bad in [
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3+",
            "V1.2.3",
            "1.2.3-é",
            "9223372036854775808.0.0",
        ] {
            assert!(Version::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
