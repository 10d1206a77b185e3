//! URLs as text, and references resolved against the URL they stand in.

use super::escape::{Part, escape, is_plain, unescape};
use super::{Url, cut, last_index, until};

/// Whether a text could be one that was escaped, though perhaps more than it had to be.
fn is_escaped(text: &[u8], part: Part) -> bool {
    text.iter().all(|byte| b"!$&'()*+,;=:@[]%".contains(byte) || is_plain(*byte, part))
}

/// `raw` if it is a form of `plain`, else the usual form of that.
fn written(raw: &[u8], plain: &[u8], part: Part) -> Vec<u8> {
    if !raw.is_empty() && is_escaped(raw, part) && unescape(raw, part).is_ok_and(|text| text == plain) {
        return raw.to_vec();
    }
    escape(plain, part)
}

impl Url {
    /// The path as it was written, or in its usual form.
    pub fn path_text(&self) -> Vec<u8> {
        if self.path == b"*" && self.raw_path.is_empty() {
            return self.path.clone();
        }
        written(&self.raw_path, &self.path, Part::Path)
    }

    /// The text of the URL.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if self.force_query || !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(written(&self.raw_fragment, &self.fragment, Part::Fragment));
        }
        out
    }

    fn write_hierarchy(&self, out: &mut Vec<u8>) {
        let authority = !self.host.is_empty() || self.user.is_some();
        if authority || !self.scheme.is_empty() && !self.omit_host {
            if authority || !self.path.is_empty() {
                out.extend_from_slice(b"//");
            }
            if let Some(user) = &self.user {
                out.extend(escape(&user.name, Part::User));
                if let Some(password) = &user.password {
                    out.push(b':');
                    out.extend(escape(password, Part::User));
                }
                out.push(b'@');
            }
            out.extend(escape(&self.host, Part::Host));
        }
        let path = self.path_text();
        if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
            out.push(b'/');
        }
        if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
            out.extend_from_slice(b"./");
        }
        out.extend(path);
    }

    /// The URL that a reference in this one means.
    pub fn resolve(&self, reference: &Url) -> Url {
        let mut url = reference.clone();
        if reference.scheme.is_empty() {
            url.scheme = self.scheme.clone();
        }
        if !reference.scheme.is_empty() || !reference.host.is_empty() || reference.user.is_some() {
            let path = join(&reference.path_text(), b"");
            // It was taken from a URL, so its escapes are well-formed.
            let _ = url.set_path(&path);
            return url;
        }
        let bare = |mut url: Url| {
            url.user = None;
            url.host.clear();
            url.path.clear();
            url
        };
        if !reference.opaque.is_empty() {
            return bare(url);
        }
        if reference.path.is_empty() && !reference.force_query && reference.query.is_empty() {
            url.query = self.query.clone();
            if reference.fragment.is_empty() {
                url.fragment = self.fragment.clone();
                url.raw_fragment = self.raw_fragment.clone();
            }
        }
        if reference.path.is_empty() && !self.opaque.is_empty() {
            url.opaque = self.opaque.clone();
            return bare(url);
        }
        url.host = self.host.clone();
        url.user = self.user.clone();
        let path = join(&self.path_text(), &reference.path_text());
        let _ = url.set_path(&path);
        url
    }
}

/// A path relative to another, without dots.
fn join(base: &[u8], path: &[u8]) -> Vec<u8> {
    let full = match path.first() {
        None => base.to_vec(),
        Some(b'/') => path.to_vec(),
        Some(_) => {
            let folder = last_index(base, b'/').map_or(0, |slash| slash + 1);
            [until(base, folder), path].concat()
        }
    };
    if full.is_empty() {
        return full;
    }
    let mut out = vec![b'/'];
    let mut first = true;
    let mut last = &b""[..];
    for step in full.split(|byte| *byte == b'/') {
        last = step;
        match step {
            b"." => first = false,
            b".." => {
                let slash = out.get(1..).and_then(|steps| last_index(steps, b'/'));
                out.truncate(slash.map_or(1, |slash| slash + 1));
                first = out.len() == 1;
            }
            step => {
                if !first {
                    out.push(b'/');
                }
                out.extend_from_slice(step);
                first = false;
            }
        }
    }
    if matches!(last, b"." | b"..") {
        out.push(b'/');
    }
    if out.starts_with(b"//") {
        out.remove(0);
    }
    out
}
