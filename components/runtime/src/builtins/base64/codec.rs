//! Bytes into letters and back, as Go's `encoding/base64` does it: line breaks are skipped, bits left over are ignored, and errors tell the byte. Results
//! go into slices that the caller gives, or into the global allocator.

/// The standard alphabet's last two letters, and those of the one for addresses.
pub(super) const STANDARD: [u8; 2] = *b"+/";
pub(super) const URL: [u8; 2] = *b"-_";

const fn letter(value: u32, last: [u8; 2]) -> u8 {
    match value as u8 & 0x3f {
        value @ 0..=25 => b'A' + value,
        value @ 26..=51 => b'a' + value - 26,
        value @ 52..=61 => b'0' + value - 52,
        62 => last[0],
        _ => last[1],
    }
}

/// No letter.
const NONE: u8 = 0xff;

/// What each byte stands for, or [`NONE`].
const fn values(last: [u8; 2]) -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 64 {
        values[letter(value, last) as usize] = value as u8;
        value += 1;
    }
    values
}

pub(super) static STANDARD_VALUES: [u8; 256] = values(STANDARD);
pub(super) static URL_VALUES: [u8; 256] = values(URL);

pub(super) static STANDARD_LETTERS: [u8; 64] = letters(STANDARD);
pub(super) static URL_LETTERS: [u8; 64] = letters(URL);

/// The letters of all values.
const fn letters(last: [u8; 2]) -> [u8; 64] {
    let mut letters = [0; 64];
    let mut value = 0;
    while value < 64 {
        letters[value] = letter(value as u32, last);
        value += 1;
    }
    letters
}

/// As many letters as bytes become, padding included.
pub(super) fn letters_of(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(3).saturating_mul(4)
}

/// Encodes bytes into `out`, which has room for [`letters_of`] them, and says how many letters that were.
pub(super) fn encode(bytes: &[u8], letters: &[u8; 64], pad: bool, out: &mut [u8]) -> usize {
    let letter = |bits: u32, place: u32| letters[(bits >> (18 - 6 * place) & 0x3f) as usize];
    let (whole, rest) = bytes.as_chunks::<3>();
    let quads = out.as_chunks_mut::<4>().0;
    for ([a, b, c], quad) in whole.iter().zip(quads.iter_mut()) {
        let bits = u32::from_be_bytes([0, *a, *b, *c]);
        *quad = [letter(bits, 0), letter(bits, 1), letter(bits, 2), letter(bits, 3)];
    }
    let (Some(first), Some(last)) = (rest.first(), quads.get_mut(whole.len())) else {
        return whole.len() * 4;
    };
    let second = rest.get(1);
    let bits = u32::from_be_bytes([0, *first, second.copied().unwrap_or(0), 0]);
    *last = [
        letter(bits, 0),
        letter(bits, 1),
        if second.is_some() { letter(bits, 2) } else { b'=' },
        b'=',
    ];
    whole.len() * 4 + if pad { 4 } else { rest.len() + 1 }
}

/// As many bytes as a text can stand for.
pub(super) fn room(text: &[u8]) -> usize {
    text.len() / 4 * 3 + 3
}

/// Decodes padded text into `out`, which has [`room`] for it, and says how much that was; the error is the place of the byte that does not fit.
pub(super) fn decode(text: &[u8], values: &[u8; 256], out: &mut [u8]) -> Result<usize, usize> {
    let (mut at, mut written) = fast(text, values, out);
    // Line breaks don't count.
    let mut next = || {
        while let Some(byte) = text.get(at) {
            at += 1;
            if !matches!(byte, b'\r' | b'\n') {
                return (Some(*byte), at - 1);
            }
        }
        (None, at)
    };
    loop {
        let (mut bits, mut count) = (0, 0);
        while count < 4 {
            let (byte, place) = next();
            match byte {
                None if count == 0 => return Ok(written),
                None => return Err(place - count),
                Some(b'=') => {
                    let more = finish(count, place, &mut next)?;
                    write(out, &mut written, bits << (6 * (4 - count)), more);
                    return Ok(written);
                }
                Some(byte) => match values[usize::from(byte)] {
                    NONE => return Err(place),
                    value => bits = bits << 6 | u32::from(value),
                },
            }
            count += 1;
        }
        write(out, &mut written, bits, 3);
    }
}

/// Decodes from the beginning as long as four bytes at a time are letters: how many bytes were read and written.
fn fast(text: &[u8], values: &[u8; 256], out: &mut [u8]) -> (usize, usize) {
    let mut quads = 0;
    for (quad, bytes) in text.as_chunks::<4>().0.iter().zip(out.as_chunks_mut::<3>().0) {
        let [a, b, c, d] = *quad;
        let (a, b, c, d) = (value(values, a), value(values, b), value(values, c), value(values, d));
        if a | b | c | d == u32::from(NONE) {
            break;
        }
        let [_, first, second, third] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
        *bytes = [first, second, third];
        quads += 1;
    }
    (quads * 4, quads * 3)
}

#[inline(always)]
fn value(values: &[u8; 256], letter: u8) -> u32 {
    u32::from(values[usize::from(letter)])
}

/// Writes the first bytes of 24 bits.
fn write(out: &mut [u8], written: &mut usize, bits: u32, count: usize) {
    for (byte, shift) in out.iter_mut().skip(*written).zip([16, 8, 0]).take(count) {
        *byte = (bits >> shift) as u8;
    }
    *written += count;
}

/// The end of the text, from the first `=` on, which must come behind two or three letters: how many bytes these stand for.
fn finish(count: usize, place: usize, next: &mut impl FnMut() -> (Option<u8>, usize)) -> Result<usize, usize> {
    match count {
        0 | 1 => return Err(place),
        2 => match next() {
            (Some(b'='), _) => {}
            (None, place) => return Err(place),
            // Go tells the byte before the one that should be the second `=`.
            (Some(_), place) => return Err(place - 1),
        },
        _ => {}
    }
    if let (Some(_), place) = next() {
        return Err(place);
    }
    Ok(count - 1)
}

/// Appends bytes in the standard alphabet, padded.
pub fn encode_standard(bytes: &[u8], out: &mut Vec<u8>) {
    append(bytes, &STANDARD_LETTERS, true, out);
}

/// Appends bytes in the alphabet for addresses, not padded.
pub fn encode_url_no_pad(bytes: &[u8], out: &mut Vec<u8>) {
    append(bytes, &URL_LETTERS, false, out);
}

fn append(bytes: &[u8], letters: &[u8; 64], pad: bool, out: &mut Vec<u8>) {
    let before = out.len();
    out.resize(before + letters_of(bytes), 0);
    let written = encode(bytes, letters, pad, out.get_mut(before..).unwrap_or_default());
    out.truncate(before + written);
}

/// The bytes that padded text stands for; the error is the place of the byte that does not fit.
pub fn decode_standard(text: &[u8]) -> Result<Vec<u8>, usize> {
    decode_all(text, &STANDARD_VALUES)
}

fn decode_all(text: &[u8], values: &[u8; 256]) -> Result<Vec<u8>, usize> {
    let mut bytes = vec![0; room(text)];
    let written = decode(text, values, &mut bytes)?;
    bytes.truncate(written);
    Ok(bytes)
}

/// What a text stands for in either alphabet: that for addresses unless there is a letter of the other, padded if it ends in a `=`.
pub fn decode_any(text: &[u8]) -> Option<Vec<u8>> {
    let standard = text.iter().any(|letter| STANDARD.contains(letter));
    let mut padded = text.to_vec();
    if text.last() != Some(&b'=') {
        let letters = text.iter().filter(|letter| !matches!(letter, b'\r' | b'\n')).count();
        if letters % 4 == 1 || text.contains(&b'=') {
            return None;
        }
        padded.extend(core::iter::repeat_n(b'=', (4 - letters % 4) % 4));
    }
    decode_all(&padded, if standard { &STANDARD_VALUES } else { &URL_VALUES }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded_text(text: &str) -> Result<String, usize> {
        decode_standard(text.as_bytes()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn round_trips() {
        for text in ["", "a", "ab", "abc", "hello world"] {
            let mut out = Vec::new();
            encode_standard(text.as_bytes(), &mut out);
            assert_eq!(decoded_text(&String::from_utf8_lossy(&out)), Ok(String::from(text)));
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
        assert_eq!(decoded_text("aGk=\r\n"), Ok(String::from("hi")));
        assert_eq!(decoded_text("YR=="), Ok(String::from("a")));
        assert_eq!(decoded_text("YQ"), Err(0));
        assert_eq!(decoded_text("YQ="), Err(3));
        assert_eq!(decoded_text("Y!=="), Err(1));
        assert_eq!(decoded_text("YQ==YQ=="), Err(4));
        assert_eq!(decoded_text("YWJj="), Err(4));
        assert_eq!(decoded_text("YWJjZGV\nmZ2g="), Ok(String::from("abcdefgh")));
        assert_eq!(decoded_text("YWJjZG_m"), Err(6));
    }
}
