//! URLs as Go's `net/url` takes them apart: lenient about what stands in a path, strict about hosts, and with its reasons where it refuses one.
//!
//! All parts are bytes, since escapes may stand for any. What an escape means and which bytes need one is in `escape`; the texts of addresses in brackets
//! are checked by `address`; `write` puts a URL together again and resolves one against another.

mod address;
mod escape;
mod write;

use super::quote::quote;
pub use escape::{Part, escape, unescape};

/// User and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name, without escapes.
    pub name: Vec<u8>,
    /// The password, without escapes.
    pub password: Option<Vec<u8>>,
}

/// The parts of a URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Url {
    /// In lower case, without the colon.
    pub scheme: Vec<u8>,
    /// What follows the scheme when that is no slash.
    pub opaque: Vec<u8>,
    /// Who.
    pub user: Option<User>,
    /// Host and port.
    pub host: Vec<u8>,
    /// Without escapes.
    pub path: Vec<u8>,
    /// As it was written, where that is not the usual form.
    pub raw_path: Vec<u8>,
    /// Behind the question mark.
    pub query: Vec<u8>,
    /// There was a question mark with nothing behind it.
    pub force_query: bool,
    /// Behind the hash, without escapes.
    pub fragment: Vec<u8>,
    /// As it was written, where that is not the usual form.
    pub raw_fragment: Vec<u8>,
    /// The scheme was followed by a single slash.
    pub omit_host: bool,
}

/// Go's words for why a text is no URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlError(pub Vec<u8>);

impl UrlError {
    fn new(what: &str) -> UrlError {
        UrlError(what.as_bytes().to_vec())
    }

    /// `before "text" after`.
    fn quoting(before: &str, text: &[u8], after: &str) -> UrlError {
        let mut message = before.as_bytes().to_vec();
        quote(text, false, &mut message);
        message.extend_from_slice(after.as_bytes());
        UrlError(message)
    }

    /// The error as Go's `url.Parse` gives it, which names the text.
    fn about(self, text: &[u8]) -> UrlError {
        let mut error = UrlError::quoting("parse ", text, ": ");
        error.0.extend_from_slice(&self.0);
        error
    }
}

/// What stands before and after the first `separator`.
fn cut(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let mut parts = text.splitn(2, |byte| *byte == separator);
    (parts.next().unwrap_or_default(), parts.next())
}

fn last_index(text: &[u8], wanted: u8) -> Option<usize> {
    text.iter().rposition(|byte| *byte == wanted)
}

fn from(text: &[u8], start: usize) -> &[u8] {
    text.get(start..).unwrap_or_default()
}

fn until(text: &[u8], end: usize) -> &[u8] {
    text.get(..end).unwrap_or_default()
}

impl Url {
    /// Takes a URL, or a reference relative to one, apart.
    pub fn parse(text: &[u8]) -> Result<Url, UrlError> {
        let (before, fragment) = cut(text, b'#');
        let mut url = parse_absolute(before).map_err(|error| error.about(before))?;
        if let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty()) {
            url.set_fragment(fragment).map_err(|error| error.about(text))?;
        }
        Ok(url)
    }

    fn set_fragment(&mut self, raw: &[u8]) -> Result<(), UrlError> {
        self.fragment = unescape(raw, Part::Fragment)?;
        let usual = escape(&self.fragment, Part::Fragment) == raw;
        self.raw_fragment = if usual { Vec::new() } else { raw.to_vec() };
        Ok(())
    }

    pub(super) fn set_path(&mut self, raw: &[u8]) -> Result<(), UrlError> {
        self.path = unescape(raw, Part::Path)?;
        let usual = escape(&self.path, Part::Path) == raw;
        self.raw_path = if usual { Vec::new() } else { raw.to_vec() };
        Ok(())
    }

    /// The host without its port, and without brackets.
    pub fn hostname(&self) -> &[u8] {
        self.split_host().0
    }

    /// The port, empty if there is none.
    pub fn port(&self) -> &[u8] {
        self.split_host().1
    }

    fn split_host(&self) -> (&[u8], &[u8]) {
        let (mut host, mut port) = (self.host.as_slice(), &b""[..]);
        if let Some(colon) = last_index(host, b':')
            && valid_port(from(host, colon))
        {
            port = from(host, colon + 1);
            host = until(host, colon);
        }
        if let [b'[', inner @ .., b']'] = host {
            host = inner;
        }
        (host, port)
    }
}

/// The scheme and what follows its colon.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), UrlError> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(UrlError::new("missing protocol scheme")),
            b':' => return Ok((until(text, at), from(text, at + 1))),
            _ => break,
        }
    }
    Ok((b"", text))
}

/// All but the fragment.
fn parse_absolute(text: &[u8]) -> Result<Url, UrlError> {
    if text.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
        return Err(UrlError::new("net/url: invalid control character in URL"));
    }
    let mut url = Url::default();
    if text == b"*" {
        url.path = text.to_vec();
        return Ok(url);
    }
    let (scheme, mut rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    match rest.strip_suffix(b"?") {
        Some(path) if !path.contains(&b'?') => {
            url.force_query = true;
            rest = path;
        }
        _ => {
            let (path, query) = cut(rest, b'?');
            url.query = query.unwrap_or_default().to_vec();
            rest = path;
        }
    }
    if !rest.starts_with(b"/") {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err(UrlError::new("first path segment in URL cannot contain colon"));
        }
    }
    if let Some(authority) = rest.strip_prefix(b"//")
        && (!url.scheme.is_empty() || !rest.starts_with(b"///"))
    {
        let end = authority.iter().position(|byte| *byte == b'/').unwrap_or(authority.len());
        rest = from(authority, end);
        (url.user, url.host) = parse_authority(&url.scheme, until(authority, end))?;
    } else if !url.scheme.is_empty() && rest.starts_with(b"/") {
        url.omit_host = true;
    }
    url.set_path(rest)?;
    Ok(url)
}

fn parse_authority(scheme: &[u8], authority: &[u8]) -> Result<(Option<User>, Vec<u8>), UrlError> {
    let Some(at) = last_index(authority, b'@') else {
        return Ok((None, parse_host(scheme, authority)?));
    };
    let host = parse_host(scheme, from(authority, at + 1))?;
    let info = until(authority, at);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !info.iter().all(plain) {
        return Err(UrlError::new("net/url: invalid userinfo"));
    }
    let (name, password) = cut(info, b':');
    let user = User {
        name: unescape(name, Part::User)?,
        password: password.map(|password| unescape(password, Part::User)).transpose()?,
    };
    Ok((Some(user), host))
}

fn valid_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn check_port(text: &[u8]) -> Result<(), UrlError> {
    if valid_port(text) {
        return Ok(());
    }
    Err(UrlError::quoting("invalid port ", text, " after host"))
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, UrlError> {
    match last_index(host, b'[') {
        Some(0) => return parse_literal(host),
        Some(_) => return Err(UrlError::new("invalid IP-literal")),
        None => {}
    }
    let first = host.iter().position(|byte| *byte == b':');
    if let (Some(first), Some(last)) = (first, last_index(host, b':')) {
        // Some schemes have lists of hosts with ports; those of the web have one.
        let web = matches!(scheme, b"http" | b"https");
        check_port(from(host, if web { first } else { last }))?;
    }
    unescape(host, Part::Host)
}

/// An address of IPv6 in brackets, with a zone and a port.
fn parse_literal(host: &[u8]) -> Result<Vec<u8>, UrlError> {
    let Some(close) = last_index(host, b']') else {
        return Err(UrlError::new("missing ']' in host"));
    };
    let port = from(host, close + 1);
    check_port(port)?;
    let port = unescape(port, Part::Host)?;
    let inner = host.get(1..close).unwrap_or_default();
    let name = match super::text::find(inner, b"%25") {
        Some(zone) => {
            let mut name = unescape(until(inner, zone), Part::Host)?;
            name.extend(unescape(from(inner, zone), Part::Zone)?);
            name
        }
        None => unescape(inner, Part::Host)?,
    };
    match address::check(&name) {
        Err(error) => {
            let mut message = b"invalid host: ".to_vec();
            message.extend(error.0);
            return Err(UrlError(message));
        }
        Ok(address::Family::Four) => return Err(UrlError::new("invalid IP-literal")),
        Ok(address::Family::Six) => {}
    }
    let mut out = vec![b'['];
    out.extend(name);
    out.push(b']');
    out.extend(port);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        match Url::parse(text.as_bytes()) {
            Ok(url) => format!("{url:?}"),
            Err(error) => String::from_utf8_lossy(&error.0).into_owned(),
        }
    }

    #[test]
    fn parts() {
        let url = Url::parse(b"https://user:pa%20ss@[::1]:8080/a%2Fb?q=1#fr%20ag").unwrap_or_default();
        assert_eq!(url.scheme, b"https");
        assert_eq!(url.hostname(), b"::1");
        assert_eq!(url.port(), b"8080");
        assert_eq!((url.path.as_slice(), url.raw_path.as_slice()), (&b"/a/b"[..], &b"/a%2Fb"[..]));
        assert_eq!(url.query, b"q=1");
        assert_eq!(url.fragment, b"fr ag");
        let password = url.user.and_then(|user| user.password);
        assert_eq!(password.as_deref(), Some(&b"pa ss"[..]));
        let opaque = Url::parse(b"mailto:a@b.com").unwrap_or_default();
        assert_eq!(opaque.opaque, b"a@b.com");
    }

    #[test]
    fn refusals() {
        let cases = [
            (
                "http://example.com:abc",
                "parse \"http://example.com:abc\": invalid port \":abc\" after host",
            ),
            ("http://::1/", "parse \"http://::1/\": invalid port \"::1\" after host"),
            ("ht tp://x", "parse \"ht tp://x\": first path segment in URL cannot contain colon"),
            ("://x", "parse \"://x\": missing protocol scheme"),
            (
                "http://host\\path",
                "parse \"http://host\\\\path\": invalid character \"\\\\\" in host name",
            ),
            (
                "http://example.com#%zz",
                "parse \"http://example.com#%zz\": invalid URL escape \"%zz\"",
            ),
            ("http://us er@host", "parse \"http://us er@host\": net/url: invalid userinfo"),
            ("http://[1.2.3.4]/", "parse \"http://[1.2.3.4]/\": invalid IP-literal"),
            (
                "http://[::g]/",
                "parse \"http://[::g]/\": invalid host: ParseAddr(\"::g\"): each colon-separated field must have at least one digit (at \"g\")",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(message(text), expected);
        }
    }

    #[test]
    fn references() {
        let resolve = |base: &str, reference: &str| {
            let base = Url::parse(base.as_bytes()).unwrap_or_default();
            let reference = Url::parse(reference.as_bytes()).unwrap_or_default();
            String::from_utf8_lossy(&base.resolve(&reference).to_bytes()).into_owned()
        };
        assert_eq!(resolve("http://a/b/c", "../d?x#y"), "http://a/d?x#y");
        assert_eq!(resolve("http://a/b/c#f", "#/definitions/x"), "http://a/b/c#/definitions/x");
        assert_eq!(resolve("", "#/definitions/x"), "#/definitions/x");
        assert_eq!(resolve("", "#"), "");
        assert_eq!(resolve("http://a/b/c", "//h/./x/../y"), "http://h/y");
        assert_eq!(resolve("urn:a:b", "#x"), "urn:a:b#x");
    }
}
