//! Where a request goes: what of a URL `wasi:http` wants to know. What may not stand in a URL as it is gets escaped, as Go does it.

use super::super::base64::codec;

/// The parts of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether it is `https`.
    pub secure: bool,
    /// Host and port.
    pub authority: Vec<u8>,
    /// Path and query, escaped.
    pub path: Vec<u8>,
    /// User and password in Base64, as the header wants them.
    pub credentials: Option<Vec<u8>>,
}

/// Why a URL leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Its scheme is neither `http` nor `https`.
    Scheme(Vec<u8>),
    /// It names no host.
    NoHost,
    /// It has control characters or broken escapes.
    Malformed,
}

/// Whether a byte stands for itself in a path or query.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

fn escaped(text: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(text.len() + 1);
    for &byte in text {
        if is_plain(byte) {
            out.push(byte);
        } else {
            let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
            out.extend([b'%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}

/// Splits at the first byte that `is_end` accepts, which goes to the second part.
fn split(text: &[u8], is_end: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let at = text.iter().position(|byte| is_end(*byte)).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, b""))
}

/// The scheme of a URL, and what is behind its colon.
fn scheme(url: &[u8]) -> (&[u8], &[u8]) {
    let (scheme, rest) = split(url, |byte| byte == b':');
    let fits = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    match rest.split_first() {
        Some((_, rest)) if fits => (scheme, rest),
        _ => (b"", url),
    }
}

fn path_of(rest: &[u8]) -> Vec<u8> {
    let (path, _fragment) = split(rest, |byte| byte == b'#');
    let mut path = escaped(path);
    if path.first() != Some(&b'/') {
        path.insert(0, b'/');
    }
    path
}

impl Target {
    /// Reads a URL.
    pub fn parse(url: &[u8]) -> Result<Target, Fault> {
        if url.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
            return Err(Fault::Malformed);
        }
        let (scheme, rest) = scheme(url);
        let secure = match scheme.to_ascii_lowercase().as_slice() {
            b"http" => false,
            b"https" => true,
            other => return Err(Fault::Scheme(other.to_vec())),
        };
        let Some(rest) = rest.strip_prefix(b"//") else {
            return Err(Fault::NoHost);
        };
        let (authority, rest) = split(rest, |byte| matches!(byte, b'/' | b'?' | b'#'));
        let (credentials, authority) = match authority.iter().rposition(|byte| *byte == b'@') {
            Some(at) => (authority.get(..at), authority.get(at + 1..).unwrap_or_default()),
            None => (None, authority),
        };
        if authority.is_empty() || authority.first() == Some(&b':') {
            return Err(Fault::NoHost);
        }
        if !authority
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(byte))
        {
            return Err(Fault::Malformed);
        }
        Ok(Target {
            secure,
            authority: authority.to_vec(),
            path: path_of(rest),
            credentials: credentials.map(basic),
        })
    }

    /// The host without its port.
    pub fn host(&self) -> &[u8] {
        match self.authority.iter().rposition(|byte| *byte == b':') {
            Some(at) if !self.authority.ends_with(b"]") => self.authority.get(..at).unwrap_or_default(),
            _ => &self.authority,
        }
    }

    /// Where a reference in a `Location` header leads from here: a whole URL.
    pub fn join(&self, reference: &[u8]) -> Vec<u8> {
        let (named, _) = scheme(reference);
        if !named.is_empty() {
            return reference.to_vec();
        }
        let mut url: Vec<u8> = if self.secure { b"https:".to_vec() } else { b"http:".to_vec() };
        if reference.starts_with(b"//") {
            url.extend_from_slice(reference);
            return url;
        }
        url.extend_from_slice(b"//");
        url.extend_from_slice(&self.authority);
        let (path, query) = split(&self.path, |byte| byte == b'?');
        match reference.first() {
            Some(b'/') => url.extend_from_slice(reference),
            Some(b'?') => url.extend(path.iter().chain(reference)),
            Some(b'#') | None => url.extend(path.iter().chain(query)),
            Some(_) => {
                let folder = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
                let (relative, query) = split(reference, |byte| matches!(byte, b'?' | b'#'));
                let mut all = path.get(..folder).unwrap_or_default().to_vec();
                all.extend_from_slice(relative);
                url.extend(without_dots(&all));
                url.extend_from_slice(query);
            }
        }
        url
    }
}

/// A path with `.` and `..` carried out.
fn without_dots(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let steps: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let last = steps.len().saturating_sub(1);
    for (at, step) in steps.into_iter().enumerate() {
        match step {
            b"." | b".." => {
                if step == b".." && kept.len() > 1 {
                    kept.pop();
                }
                if at == last {
                    kept.push(b"");
                }
            }
            _ => kept.push(step),
        }
    }
    kept.join(&b'/')
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        let nibble = |at: usize| behind.get(at).and_then(|digit| super::super::hex::nibble(*digit));
        match (byte, nibble(0), nibble(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(byte);
                rest = behind;
            }
        }
    }
    out
}

/// The credentials of an address as the header for basic authentication has them.
fn basic(credentials: &[u8]) -> Vec<u8> {
    let mut plain = unescaped(credentials);
    if !credentials.contains(&b':') {
        plain.push(b':');
    }
    let mut text = Vec::new();
    codec::encode_standard(&plain, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (bool, String, String) {
        let target = Target::parse(url.as_bytes()).expect(url);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (target.secure, text(target.authority), text(target.path))
    }

    #[test]
    fn urls() {
        assert_eq!(parts("http://h"), (false, "h".into(), "/".into()));
        assert_eq!(parts("HTTPS://h:8443/a b?q=é#x"), (true, "h:8443".into(), "/a%20b?q=%C3%A9".into()));
        assert_eq!(parts("http://[::1]:80?x"), (false, "[::1]:80".into(), "/?x".into()));
        let with = Target::parse(b"http://u:p%40@h/").expect("a URL");
        assert_eq!((with.host(), with.credentials.as_deref()), (&b"h"[..], Some(&b"dTpwQA=="[..])));
        assert_eq!(Target::parse(b"ftp://h"), Err(Fault::Scheme(b"ftp".to_vec())));
        assert_eq!(Target::parse(b"h/x"), Err(Fault::Scheme(Vec::new())));
        assert_eq!(Target::parse(b"http:///x"), Err(Fault::NoHost));
        assert_eq!(Target::parse(b"http://h/\n"), Err(Fault::Malformed));
    }

    #[test]
    fn redirects() {
        let from = Target::parse(b"http://h:1/a/b?q").expect("a URL");
        for (reference, to) in [
            ("/x", "http://h:1/x"),
            ("c", "http://h:1/a/c"),
            ("../c/./d/..", "http://h:1/c/"),
            ("?r", "http://h:1/a/b?r"),
            ("//o/x", "http://o/x"),
            ("https://o/x", "https://o/x"),
            ("", "http://h:1/a/b?q"),
        ] {
            assert_eq!(String::from_utf8(from.join(reference.as_bytes())).as_deref(), Ok(to), "{reference}");
        }
    }
}
