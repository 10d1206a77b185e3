//! The versions of Rego that a manifest gives to a bundle's files: one for all, and others by patterns of paths. As in OPA, `*` in a pattern stands for any
//! characters, slashes among them, and of several patterns that fit the first by the alphabet counts.

use regex::{Regex, RegexBuilder};
use warrego_syntax::ast::RegoVersion;

use crate::{Error, Manifest};

/// How large a compiled pattern may be, in bytes.
const PATTERN_MAX: usize = 1 << 20;

/// The versions of a bundle's files.
pub(crate) struct Versions {
    common: Option<RegoVersion>,
    patterns: Vec<(Regex, Option<RegoVersion>)>,
}

impl Versions {
    /// The versions that a manifest speaks of.
    pub(crate) fn new(manifest: &Manifest) -> Result<Self, Error> {
        let mut patterns = Vec::with_capacity(manifest.file_rego_versions.len());
        for (pattern, number) in &manifest.file_rego_versions {
            let regex = expression(pattern).and_then(|text| RegexBuilder::new(&text).size_limit(PATTERN_MAX).build().ok());
            let regex = regex.ok_or_else(|| Error::Pattern(pattern.clone()))?;
            patterns.push((regex, version(*number)));
        }
        Ok(Self {
            common: manifest.rego_version.and_then(version),
            patterns,
        })
    }

    /// The version of the file with a path.
    pub(crate) fn of(&self, path: &str) -> Option<RegoVersion> {
        let found = self.patterns.iter().find(|(pattern, _)| pattern.is_match(path));
        found.map_or(self.common, |(_, version)| *version)
    }
}

fn version(number: i64) -> Option<RegoVersion> {
    match number {
        0 => Some(RegoVersion::V0),
        1 => Some(RegoVersion::V1),
        2 => Some(RegoVersion::V2),
        _ => None,
    }
}

/// A pattern as a regular expression; nothing if it is none.
fn expression(pattern: &str) -> Option<String> {
    let mut out = String::from("\\A(?s:");
    let mut open = 0usize;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '\\' => out.push_str(&regex::escape(chars.next()?.encode_utf8(&mut [0; 4]))),
            '{' => {
                open += 1;
                out.push_str("(?:");
            }
            '}' if open > 0 => {
                open -= 1;
                out.push(')');
            }
            ',' if open > 0 => out.push('|'),
            '[' => {
                let (inside, rest) = chars.as_str().split_once(']')?;
                chars = rest.chars();
                class(inside, &mut out)?;
            }
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push_str(")\\z");
    (open == 0).then_some(out)
}

/// Characters in brackets: those that are listed, or a range; others after an exclamation mark.
fn class(inside: &str, out: &mut String) -> Option<()> {
    let (mark, listed) = match inside.strip_prefix('!') {
        Some(listed) => ("[^", listed),
        None => ("[", inside),
    };
    let chars: Vec<char> = listed.chars().collect();
    let escaped = |c: char| regex::escape(c.encode_utf8(&mut [0; 4]));
    out.push_str(mark);
    match chars.as_slice() {
        [] => return None,
        [low, '-', high] => out.push_str(&format!("{}-{}", escaped(*low), escaped(*high))),
        chars => chars.iter().for_each(|c| out.push_str(&escaped(*c))),
    }
    out.push(']');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let fits = |pattern: &str, path: &str| Regex::new(&expression(pattern).unwrap()).unwrap().is_match(path);
        for (pattern, path) in [
            ("/a/*.rego", "/a/b/c.rego"),
            ("*/c.rego", "/a/b/c.rego"),
            ("/a/**", "/a/x\ny"),
            ("/{a,b}/?.rego", "/b/x.rego"),
            ("/[!x][a-c].rego", "/yb.rego"),
            ("/a\\*.rego", "/a*.rego"),
            ("/[.+].rego", "/+.rego"),
        ] {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        assert!(!fits("/a/*.rego", "/b/a/c.rego") && !fits("a.rego", "axrego") && !fits("/[!x].rego", "/x.rego"));
        for pattern in ["/a/[", "/{a", "/[]", "\\"] {
            assert!(expression(pattern).is_none(), "{pattern}");
        }
    }
}
