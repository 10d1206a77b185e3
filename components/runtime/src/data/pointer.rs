//! JSON pointers (RFC 6901): `/a/b~1c/0`.

use super::malformed;
use crate::arena::Buffer;
use crate::collections::Array;
use crate::value::Value;

/// The tokens of a pointer, unescaped; none for the pointer to the whole document.
pub fn tokens(pointer: &[u8]) -> Option<Array> {
    let tokens = Array::new();
    let mut parts = pointer.split(|byte| *byte == b'/');
    if parts.next().is_some_and(|first| !first.is_empty()) {
        malformed(b"a JSON pointer begins with `/`");
        return None;
    }
    for part in parts {
        let mut token = Buffer::with_capacity(part.len() as u32);
        let mut bytes = part.iter();
        while let Some(byte) = bytes.next() {
            token.push(match byte {
                b'~' => match bytes.next() {
                    Some(b'0') => b'~',
                    Some(b'1') => b'/',
                    _ => {
                        malformed(b"`~` stands for `~0` or `~1` in a JSON pointer");
                        return None;
                    }
                },
                byte => *byte,
            });
        }
        let token = token.into_string();
        if !token.is_defined() {
            return None;
        }
        tokens.push(token);
    }
    Some(tokens)
}

/// A token as a position in an array: digits without a leading zero.
pub fn position(token: Value) -> Option<u32> {
    let digits = token.str_bytes();
    if digits.is_empty() || digits.len() > 9 || (digits.len() > 1 && digits.first() == Some(&b'0')) {
        return None;
    }
    digits.iter().try_fold(0, |position, byte| {
        byte.is_ascii_digit().then(|| position * 10 + u32::from(byte - b'0'))
    })
}
