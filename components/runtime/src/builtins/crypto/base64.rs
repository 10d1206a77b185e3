//! Base64 into and out of the global allocator, where certificates and keys are taken apart; the built-ins of that name write into the arena.
//!
//! What is accepted is what Go's `encoding/base64` accepts: line breaks are skipped, and bits left over are ignored.

/// The last two letters of an alphabet.
type Last = [u8; 2];

const STANDARD: Last = *b"+/";
const URL: Last = *b"-_";

fn letter(value: u32, last: Last) -> u8 {
    match value as u8 & 0x3f {
        value @ 0..=25 => b'A' + value,
        value @ 26..=51 => b'a' + value - 26,
        value @ 52..=61 => b'0' + value - 52,
        62 => last[0],
        _ => last[1],
    }
}

fn value(letter: u8, last: Last) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        _ if letter == last[0] => 62,
        _ if letter == last[1] => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

fn encode(bytes: &[u8], last: Last, pad: bool, out: &mut Vec<u8>) {
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .zip([16, 8, 0])
            .fold(0, |bits, (byte, shift)| bits | u32::from(*byte) << shift);
        let letters = [18, 12, 6, 0].map(|shift| letter(bits >> shift, last));
        out.extend(letters.iter().take(chunk.len() + 1));
        if pad {
            out.extend(core::iter::repeat_n(b'=', 3 - chunk.len()));
        }
    }
}

/// Appends bytes, padded.
pub fn encode_standard(bytes: &[u8], out: &mut Vec<u8>) {
    encode(bytes, STANDARD, true, out);
}

/// Appends bytes in the alphabet for addresses, not padded.
pub fn encode_url_no_pad(bytes: &[u8], out: &mut Vec<u8>) {
    encode(bytes, URL, false, out);
}

/// Appends what a padded text stands for; the error is the place of the byte that does not fit.
pub fn decode_into(text: &[u8], out: &mut Vec<u8>) -> Result<(), usize> {
    decode(text, STANDARD, out)
}

fn decode(text: &[u8], last: Last, out: &mut Vec<u8>) -> Result<(), usize> {
    let mut letters = text.iter().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    loop {
        let (mut bits, mut count) = (0, 0);
        while count < 4 {
            match letters.next() {
                None if count == 0 => return Ok(()),
                None => return Err(text.len() - count),
                Some((place, b'=')) if count < 2 => return Err(place),
                Some((_, b'=')) => break,
                Some((place, byte)) => bits = bits << 6 | value(*byte, last).ok_or(place)?,
            }
            count += 1;
        }
        let bytes = (bits << (6 * (4 - count))).to_be_bytes();
        out.extend(bytes.iter().skip(1).take(count - 1));
        if count == 4 {
            continue;
        }
        // The padding, with nothing behind it.
        if count == 2 {
            match letters.next() {
                Some((_, b'=')) => {}
                None => return Err(text.len()),
                // Go tells the byte before the one that should be the second `=`.
                Some((place, _)) => return Err(place - 1),
            }
        }
        return letters.next().map_or(Ok(()), |(place, _)| Err(place));
    }
}

/// What a text stands for in either alphabet: that for addresses unless there is a letter of the other, padded if it ends in a `=`.
pub fn decode_any(text: &[u8]) -> Option<Vec<u8>> {
    let last = if text.iter().any(|letter| STANDARD.contains(letter)) {
        STANDARD
    } else {
        URL
    };
    let mut padded = text.to_vec();
    if text.last() != Some(&b'=') {
        let letters = text.iter().filter(|letter| !matches!(letter, b'\r' | b'\n')).count();
        if letters % 4 == 1 || text.contains(&b'=') {
            return None;
        }
        padded.extend(core::iter::repeat_n(b'=', (4 - letters % 4) % 4));
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    decode(&padded, last, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Result<Vec<u8>, usize> {
        let mut out = Vec::new();
        decode_into(text.as_bytes(), &mut out).map(|()| out)
    }

    #[test]
    fn there_and_back() {
        for text in ["", "a", "ab", "abc", "hello world"] {
            let mut out = Vec::new();
            encode_standard(text.as_bytes(), &mut out);
            assert_eq!(decoded(&String::from_utf8_lossy(&out)), Ok(text.as_bytes().to_vec()));
            out.clear();
            encode_url_no_pad(text.as_bytes(), &mut out);
            assert_eq!(decode_any(&out), Some(text.as_bytes().to_vec()));
        }
        assert_eq!(decode_any(b"-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(decode_any(b"+/8="), Some(vec![0xfb, 0xff]));
        assert_eq!((decode_any(b"!!"), decode_any(b"a"), decode_any(b"a=b")), (None, None, None));
    }

    #[test]
    fn like_go() {
        assert_eq!(decoded("aGk=\r\n"), Ok(b"hi".to_vec()));
        assert_eq!(decoded("YR=="), Ok(b"a".to_vec()));
        for (text, place) in [("YQ", 0), ("YQ=", 3), ("Y!==", 1), ("YQ==YQ==", 4), ("YWJj=", 4), ("!!", 0)] {
            assert_eq!(decoded(text), Err(place), "{text}");
        }
    }
}
