//! Natural numbers as bytes, the most significant first: without leading zeros, and in decimal.

use super::failure::{Failure, Outcome};

/// The longest number that is written in decimal, which takes time that grows with the square of the length: eight times the largest sensible key.
const BYTES_MAX: usize = 8 * 1024;

/// Without leading zeros.
pub fn trim(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// With leading zeros up to a length; `None` if it is longer.
pub fn pad(bytes: &[u8], len: usize) -> Option<Vec<u8>> {
    let bytes = trim(bytes);
    let mut padded = vec![0; len.checked_sub(bytes.len())?];
    padded.extend_from_slice(bytes);
    Some(padded)
}

/// How many bits it has.
pub fn bits(bytes: &[u8]) -> usize {
    let bytes = trim(bytes);
    bytes.first().map_or(0, |first| bytes.len() * 8 - first.leading_zeros() as usize)
}

/// In decimal.
pub fn decimal(bytes: &[u8]) -> Outcome<Vec<u8>> {
    const TEN_9: u64 = 1_000_000_000;
    let bytes = trim(bytes);
    if bytes.len() > BYTES_MAX {
        return Err(Failure::from("integer is too large"));
    }
    let mut limbs: Vec<u32> = bytes
        .rchunks(4)
        .map(|limb| limb.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)))
        .collect();
    let mut digits = Vec::with_capacity(bytes.len() * 5 / 2 + 9);
    while !limbs.is_empty() {
        let mut rest = 0u64;
        for limb in limbs.iter_mut().rev() {
            let value = rest << 32 | u64::from(*limb);
            *limb = (value / TEN_9) as u32;
            rest = value % TEN_9;
        }
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        for _ in 0..9 {
            digits.push(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
    }
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    if digits.is_empty() {
        digits.push(b'0');
    }
    digits.reverse();
    Ok(digits)
}

/// A small number in decimal.
pub fn small(value: i64) -> Vec<u8> {
    crate::number::arithmetic::format_small(value, &mut [0; 20]).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        let text = |bytes: &[u8]| decimal(bytes).map(|digits| String::from_utf8_lossy(&digits).into_owned());
        assert_eq!(text(&[]), Ok(String::from("0")));
        assert_eq!(text(&[0, 0, 1, 0]), Ok(String::from("256")));
        assert_eq!(text(&[0x3b, 0x9a, 0xca, 0x00]), Ok(String::from("1000000000")));
        assert_eq!(text(&[0xff; 16]), Ok(u128::MAX.to_string()));
        assert!(text(&[1; 9000]).is_err());
        assert_eq!(
            (bits(&[0, 1, 0]), bits(&[]), pad(&[0, 1], 3), pad(&[1, 1], 1)),
            (9, 0, Some(vec![0, 0, 1]), None)
        );
    }
}
