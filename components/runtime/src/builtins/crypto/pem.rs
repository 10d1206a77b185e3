//! PEM, as Go's `encoding/pem` reads it: a block begins and ends at the begin of a line, may have headers, and what cannot be read is passed over.

use super::super::base64::codec;

/// A block.
#[derive(Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// What stands behind `BEGIN`.
    pub kind: &'a [u8],
    /// What was encoded.
    pub bytes: Vec<u8>,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// The first line, without its end and white space before that, and what follows.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match text.iter().position(|byte| *byte == b'\n') {
        Some(end) => (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default()),
        None => (text, &[][..]),
    };
    let line = if rest.len() < text.len() - line.len() {
        line.strip_suffix(b"\r").unwrap_or(line)
    } else {
        line
    };
    let kept = line
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t'))
        .map_or(0, |last| last + 1);
    (line.get(..kept).unwrap_or_default(), rest)
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    super::super::text::find(text, needle)
}

fn find_last(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).rposition(|window| window == needle)
}

/// The first block, and what follows it; `None` if there is none.
pub fn decode(text: &[u8]) -> Option<(Block<'_>, &[u8])> {
    let mut rest = text;
    loop {
        // The last BEGIN before the first END.
        let end = find(rest, END)?;
        let behind_end = rest.get(end + END.len()..)?;
        let begin = find_last(rest.get(..end)?, BEGIN).filter(|begin| *begin == 0 || rest.get(begin - 1) == Some(&b'\n'));
        if let Some(begin) = begin
            && let Some(block) = block(rest.get(begin + BEGIN.len()..)?)
        {
            return Some(block);
        }
        rest = behind_end;
    }
}

/// The block whose type comes next.
fn block(text: &[u8]) -> Option<(Block<'_>, &[u8])> {
    let (first, mut body) = line(text);
    let kind = first.strip_suffix(DASHES)?;
    let mut headers = false;
    // A block may be empty, and then its end's line break is that of its begin.
    let mut start = text.len() - body.len();
    loop {
        if body.is_empty() {
            return None;
        }
        let (first, next) = line(body);
        if !first.contains(&b':') {
            break;
        }
        headers = true;
        body = next;
        start = text.len() - body.len();
    }
    let end = find(text.get(start - 1..)?, END)? + start - 1;
    if headers && end < start {
        return None;
    }
    let trailer = text.get(end + END.len()..)?.strip_prefix(kind)?.strip_prefix(DASHES)?;
    let (behind, rest) = line(trailer);
    if !behind.is_empty() {
        return None;
    }
    let mut bytes = Vec::new();
    if end > start {
        let encoded: Vec<u8> = text
            .get(start..end)?
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, b' ' | b'\t'))
            .collect();
        bytes = codec::decode_standard(&encoded).ok()?;
    }
    Some((Block { kind, bytes }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Option<(String, Vec<u8>, String)> {
        let (block, rest) = decode(text.as_bytes())?;
        let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((string(block.kind), block.bytes, string(rest)))
    }

    #[test]
    fn blocks() {
        let hi = Some((String::from("X Y"), b"hi".to_vec(), String::new()));
        assert_eq!(bytes("-----BEGIN X Y-----\naGk=\n-----END X Y-----\n"), hi);
        assert_eq!(
            bytes("lead\n-----BEGIN X Y-----\r\na: b\r\n\r\na Gk=\r\n-----END X Y----- \r\n"),
            hi
        );
        assert_eq!(
            bytes("-----BEGIN A-----\n!\n-----END A-----\n-----BEGIN X Y-----\naGk=\n-----END X Y-----"),
            hi
        );
        assert_eq!(
            bytes("-----BEGIN A-----\n-----END A-----\nz"),
            Some((String::from("A"), Vec::new(), String::from("z")))
        );
        assert_eq!(bytes(" -----BEGIN A-----\naGk=\n-----END A-----\n"), None);
        assert_eq!(bytes("-----BEGIN A-----aGk=-----END A-----\n"), None);
        assert_eq!(bytes("-----BEGIN A-----\naGk=\n-----END B-----\n"), None);
        assert_eq!(bytes("-----BEGIN"), None);
    }
}
