//! Whether a certificate is one for a host.

use super::super::super::net::address::parse_address;
use super::certificate::Certificate;
use super::extensions::address;

/// Whether a name is made of labels of letters, digits, hyphens and underscores; a pattern may begin with `*`.
fn is_valid(host: &[u8], pattern: bool) -> bool {
    let host = if pattern { host } else { host.strip_suffix(b".").unwrap_or(host) };
    let label = |(place, label): (usize, &[u8])| {
        let letters = !label.starts_with(b"-") && label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        !label.is_empty() && (letters || pattern && place == 0 && label == b"*")
    };
    host != b"*" && host.split(|byte| *byte == b'.').enumerate().all(label)
}

fn matches(pattern: &[u8], host: &[u8]) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    let mut labels = host.split(|byte| *byte == b'.');
    let mut patterns = pattern.split(|byte| *byte == b'.').enumerate();
    let fit = patterns.all(|(place, pattern)| match labels.next() {
        Some(label) => place == 0 && pattern == b"*" || pattern.eq_ignore_ascii_case(label),
        None => false,
    });
    fit && labels.next().is_none() && !pattern.is_empty()
}

/// Whether a certificate is for a host, which may be an address, also in brackets.
pub fn check(certificate: &Certificate<'_>, host: &[u8]) -> bool {
    let names = &certificate.known.names;
    let bare = host
        .strip_prefix(b"[")
        .and_then(|rest| rest.strip_suffix(b"]"))
        .filter(|bare| !bare.is_empty());
    if let Some(ip) = parse_address(bare.unwrap_or(host)) {
        return names.ip.iter().any(|bytes| address(bytes) == ip);
    }
    let valid = is_valid(host, false);
    names.dns.iter().any(|name| {
        if valid && is_valid(name, true) {
            matches(name, host)
        } else {
            !matches!(*name, b"" | b".") && name.eq_ignore_ascii_case(host)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(matches(b"*.svc.example.com", b"A.svc.example.com.") && matches(b"a.b", b"A.B"));
        assert!(!matches(b"*.example.com", b"a.b.example.com") && !matches(b"*.example.com", b"example.com"));
        assert!(is_valid(b"a-b._c.", false) && !is_valid(b"-a", false) && !is_valid(b"a..b", false) && !is_valid(b"", false));
        assert!(is_valid(b"*.a", true) && !is_valid(b"*.a", false) && !is_valid(b"a.*", true));
    }
}
