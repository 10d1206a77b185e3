//! JSON text in the making: how OPA hands certificates and keys to a policy is how Go writes its structures as JSON.

use super::super::base64::codec;
use super::der::Oid;
use super::failure::Outcome;
use super::number;

/// Text that grows.
#[derive(Default)]
pub struct Json {
    text: Vec<u8>,
}

impl Json {
    /// The text.
    pub fn finish(self) -> Vec<u8> {
        self.text
    }

    /// A comma unless something begins here.
    fn separate(&mut self) {
        if !matches!(self.text.last(), None | Some(b'{' | b'[' | b':')) {
            self.text.push(b',');
        }
    }

    /// Something that is JSON text already.
    pub fn raw(&mut self, text: &[u8]) {
        self.separate();
        self.text.extend_from_slice(text);
    }

    /// `{…}`
    pub fn object<T>(&mut self, write: impl FnOnce(&mut Json) -> T) -> T {
        self.raw(b"{");
        let written = write(self);
        self.text.push(b'}');
        written
    }

    /// `[…]`
    pub fn array<T>(&mut self, write: impl FnOnce(&mut Json) -> T) -> T {
        self.raw(b"[");
        let written = write(self);
        self.text.push(b']');
        written
    }

    /// `"key":`; the value comes next.
    pub fn key(&mut self, key: &str) -> &mut Json {
        self.string(key.as_bytes());
        self.text.push(b':');
        self
    }

    pub fn null(&mut self) {
        self.raw(b"null");
    }

    pub fn boolean(&mut self, value: bool) {
        self.raw(if value { b"true" } else { b"false" });
    }

    pub fn integer(&mut self, value: i64) {
        self.raw(&number::small(value));
    }

    /// A natural number in bytes.
    pub fn natural(&mut self, bytes: &[u8]) -> Outcome<()> {
        self.raw(&number::decimal(bytes)?);
        Ok(())
    }

    /// A string; bytes that are not UTF-8 become U+FFFD.
    pub fn string(&mut self, text: &[u8]) {
        self.raw(b"\"");
        for byte in String::from_utf8_lossy(text).bytes() {
            match byte {
                b'"' | b'\\' => self.text.extend([b'\\', byte]),
                0..0x20 => self.text.extend([
                    b'\\',
                    b'u',
                    b'0',
                    b'0',
                    b'0' + (byte >> 4),
                    b"0123456789abcdef"[usize::from(byte & 0xf)],
                ]),
                _ => self.text.push(byte),
            }
        }
        self.text.push(b'"');
    }

    /// Bytes in base64.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.raw(b"\"");
        codec::encode_standard(bytes, &mut self.text);
        self.text.push(b'"');
    }

    /// Bytes in base64, or null.
    pub fn optional_bytes(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => self.null(),
        }
    }

    /// Bytes in base64 for addresses, without padding.
    pub fn url_bytes(&mut self, bytes: &[u8]) {
        self.raw(b"\"");
        codec::encode_url_no_pad(bytes, &mut self.text);
        self.text.push(b'"');
    }

    /// An array, or null when there is nothing: what Go makes of a slice that nothing was appended to.
    pub fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Json, &T)) {
        if items.is_empty() {
            return self.null();
        }
        self.array(|json| items.iter().for_each(|item| write(json, item)));
    }

    /// [`Json::list`] of strings.
    pub fn strings(&mut self, items: &[impl AsRef<[u8]>]) {
        self.list(items, |json, item| json.string(item.as_ref()));
    }

    /// An object identifier as an array of numbers.
    pub fn oid(&mut self, oid: &Oid<'_>) {
        self.array(|json| {
            oid.components()
                .for_each(|component| json.integer(i64::try_from(component).unwrap_or(i64::MAX)))
        });
    }

    /// [`Json::list`] of object identifiers.
    pub fn oids(&mut self, oids: &[Oid<'_>]) {
        self.list(oids, |json, oid| json.oid(oid));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text() {
        let mut json = Json::default();
        json.object(|json| {
            json.key("a").integer(-1);
            json.key("b").strings(&[b"x\"\n\xff".as_slice()]);
            json.key("c").list(&[0u8; 0], |json, _| json.null());
            json.key("d").array(|json| {
                json.boolean(true);
                json.oid(&Oid(&[0x55, 4, 3]));
            });
        });
        assert_eq!(
            String::from_utf8_lossy(&json.finish()),
            "{\"a\":-1,\"b\":[\"x\\\"\\u000a\u{fffd}\"],\"c\":null,\"d\":[true,[2,5,4,3]]}"
        );
    }
}
