//! Compact JSON text on many lines, as Go's `json.MarshalIndent` writes it.

use crate::arena::Buffer;
use crate::value::Value;

fn line(depth: usize, prefix: &[u8], indent: &[u8], out: &mut Buffer) {
    out.push(b'\n');
    out.extend(prefix);
    for _ in 0..depth {
        out.extend(indent);
    }
}

/// The text with the prefix before each line, and the indent once per level.
pub fn indented(text: &[u8], prefix: &[u8], indent: &[u8]) -> Value {
    let mut out = Buffer::with_capacity(text.len() as u32 * 2);
    out.extend(prefix);
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut fresh = false;
    for byte in text {
        if in_string {
            out.push(*byte);
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        let closing = matches!(byte, b']' | b'}');
        if core::mem::take(&mut fresh) && !closing {
            line(depth, prefix, indent, &mut out);
        } else if closing && out.as_bytes().last().is_none_or(|last| !matches!(last, b'[' | b'{')) {
            line(depth.saturating_sub(1), prefix, indent, &mut out);
        }
        out.push(*byte);
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                fresh = true;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => line(depth, prefix, indent, &mut out),
            b':' => out.push(b' '),
            _ => {}
        }
    }
    out.into_string()
}
