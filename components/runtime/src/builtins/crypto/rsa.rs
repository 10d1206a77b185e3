//! RSA signatures: PKCS #1 v1.5 and PSS, on the modular arithmetic of `crypto-bigint`, which takes the same time for all secrets of one size.
//!
//! What is a usable key is what Go says, and its messages. Keys of more than [`BITS_MAX`] bits are refused: nothing here may take seconds.
//! Salts of PSS come from key and message instead of a source of randomness, like the nonces of deterministic ECDSA.

use super::digest::Hash;
use super::failure::{Failure, Outcome};
use super::number::{bits, pad, small, trim};
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, ConcatenatingMul, NonZero, Odd, Resize};

/// Bits of the smallest modulus, as in Go.
const BITS_MIN: usize = 1024;
/// Bits of the largest modulus.
const BITS_MAX: usize = 8192;
/// The largest public exponent, as in Go.
const EXPONENT_MAX: i64 = i32::MAX as i64;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    /// The modulus, without leading zeros.
    pub n: Vec<u8>,
    /// The exponent.
    pub e: i64,
}

/// A private key.
#[derive(Debug, Clone)]
pub struct Private {
    pub public: Public,
    pub d: Vec<u8>,
    /// Two or more.
    pub primes: Vec<Vec<u8>>,
    /// `d` modulo the first prime less 1, modulo the second less 1, and the second's inverse modulo the first. Only with two primes.
    pub crt: Option<[Vec<u8>; 3]>,
}

/// How PSS is padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Salt {
    /// As long as it happens to be.
    Any,
    /// As long as the hash.
    Hash,
}

fn uint(bytes: &[u8]) -> BoxedUint {
    let bytes = trim(bytes);
    BoxedUint::from_be_slice_truncated(bytes, (bytes.len() as u32 * 8).max(8))
}

/// A number less than a modulus, to compute with modulo it.
fn form(value: &[u8], params: &BoxedMontyParams) -> Option<BoxedMontyForm> {
    let value = uint(value).try_resize(params.bits_precision())?;
    Some(BoxedMontyForm::new(value, params))
}

/// `base ^ exponent` modulo an odd number, for a base that is less than it.
fn power(base: &[u8], exponent: &[u8], params: &BoxedMontyParams) -> Option<Vec<u8>> {
    let exponent_bits = exponent.len() as u32 * 8;
    let power = form(base, params)?.pow_bounded_exp(&uint(exponent), exponent_bits).retrieve();
    Some(trim(&power.to_be_bytes()).to_vec())
}

/// `base ^ exponent` modulo an odd number, for a public exponent: by squaring, in a time that depends on it.
fn public_power(base: &[u8], exponent: u64, params: &BoxedMontyParams) -> Option<Vec<u8>> {
    let base = form(base, params)?;
    let mut power = base.clone();
    let below_top = 63u32.checked_sub(exponent.leading_zeros())?;
    for bit in (0..below_top).rev() {
        power = power.square();
        if exponent >> bit & 1 == 1 {
            power = power.mul(&base);
        }
    }
    Some(trim(&power.retrieve().to_be_bytes()).to_vec())
}

fn params(modulus: &[u8]) -> Option<BoxedMontyParams> {
    let odd = Odd::new(uint(modulus)).into_option()?;
    Some(BoxedMontyParams::new_vartime(odd))
}

impl Public {
    /// Bytes of the modulus, and of signatures.
    pub fn size(&self) -> usize {
        self.n.len()
    }

    fn check(&self) -> Outcome<()> {
        let size = bits(&self.n);
        if size < BITS_MIN {
            let why = b"-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)";
            return Err(Failure::of(&[b"crypto/rsa: ", &small(size as i64), why]));
        }
        self.check_numbers()
    }

    fn check_numbers(&self) -> Outcome<()> {
        let problem = if bits(&self.n) > BITS_MAX {
            "crypto/rsa: keys of more than 8192 bits are not supported"
        } else if self.n.last().is_none_or(|last| last & 1 == 0) {
            "crypto/rsa: public modulus is even"
        } else if self.e < 2 {
            "crypto/rsa: public exponent too small or negative"
        } else if self.e & 1 == 0 {
            "crypto/rsa: public exponent is even"
        } else if self.e > EXPONENT_MAX {
            "crypto/rsa: public exponent too large"
        } else {
            return Ok(());
        };
        Err(Failure::from(problem))
    }

    /// The padded message of a signature.
    fn open(&self, signature: &[u8]) -> Option<Vec<u8>> {
        self.check().ok()?;
        if signature.len() != self.size() || signature >= self.n.as_slice() {
            return None;
        }
        let message = public_power(signature, self.e.unsigned_abs(), &params(&self.n)?)?;
        pad(&message, self.size())
    }

    /// Whether it is a signature of a hash in PKCS #1 v1.5.
    pub fn verify(&self, hash: Hash, digest: &[u8], signature: &[u8]) -> bool {
        let expected = padded(self.size(), hash, digest);
        expected.is_some_and(|expected| self.open(signature).is_some_and(|message| message == expected))
    }

    /// Whether it is a signature of a hash in PSS.
    pub fn verify_pss(&self, hash: Hash, digest: &[u8], signature: &[u8], salt: Salt) -> bool {
        let message = self.open(signature);
        message.is_some_and(|message| is_pss(&message, bits(&self.n) - 1, hash, digest, salt).is_some())
    }
}

/// The padding of PKCS #1 v1.5; `None` if there is no room for it.
fn padded(size: usize, hash: Hash, digest: &[u8]) -> Option<Vec<u8>> {
    let len = hash.len() as u8;
    let prefix = [
        0x30,
        len + 17,
        0x30,
        13,
        6,
        9,
        0x60,
        0x86,
        0x48,
        1,
        101,
        3,
        4,
        2,
        hash.number(),
        5,
        0,
        4,
        len,
    ];
    let filling = size.checked_sub(prefix.len() + digest.len() + 3).filter(|len| *len >= 8)?;
    Some([&[0, 1], vec![0xff; filling].as_slice(), &[0], &prefix, digest].concat())
}

/// Changes a block by a mask made of a seed (MGF1).
fn mask(block: &mut [u8], hash: Hash, seed: &[u8]) {
    for (counter, piece) in block.chunks_mut(hash.len()).enumerate() {
        let mask = hash.digest(&[seed, &(counter as u32).to_be_bytes()]);
        piece.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    }
}

/// The bits that count in the first byte of a message of so many bits.
fn first_byte_mask(bits: usize) -> u8 {
    0xff >> (bits.div_ceil(8) * 8 - bits)
}

fn is_pss(message: &[u8], bits: usize, hash: Hash, digest: &[u8], salt: Salt) -> Option<()> {
    let len = bits.div_ceil(8);
    let (zeros, message) = message.split_at_checked(message.len().checked_sub(len)?)?;
    let (block, tail) = message.split_at_checked(len.checked_sub(hash.len() + 1)?)?;
    let (seed, trailer) = tail.split_at_checked(hash.len())?;
    let first = first_byte_mask(bits);
    if zeros.iter().any(|zero| *zero != 0) || trailer != [0xbc] || block.first()? & !first != 0 {
        return None;
    }
    let mut block = block.to_vec();
    mask(&mut block, hash, seed);
    *block.first_mut()? &= first;
    let filling = block.iter().take_while(|byte| **byte == 0).count();
    let found = block.get(filling..)?.strip_prefix(&[1])?;
    let fits = salt == Salt::Any || found.len() == hash.len();
    (fits && hash.digest(&[&[0; 8], digest, found]) == seed).then_some(())
}

fn pss(size: usize, bits: usize, hash: Hash, digest: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
    let len = bits.div_ceil(8);
    let seed = hash.digest(&[&[0; 8], digest, salt]);
    let filling = len.checked_sub(hash.len() + salt.len() + 2)?;
    let mut block = [vec![0; filling].as_slice(), &[1], salt].concat();
    mask(&mut block, hash, &seed);
    *block.first_mut()? &= first_byte_mask(bits);
    pad(&[block.as_slice(), &seed, &[0xbc]].concat(), size)
}

/// `a` modulo `b`; `None` if `b` is 0.
fn modulo(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    let divisor = NonZero::new(uint(b)).into_option()?;
    Some(trim(&uint(a).rem(&divisor).to_be_bytes()).to_vec())
}

/// `a - 1`, for what is not 0.
fn less_one(a: &[u8]) -> Vec<u8> {
    let mut digits = a.to_vec();
    for digit in digits.iter_mut().rev() {
        *digit = digit.wrapping_sub(1);
        if *digit != 0xff {
            break;
        }
    }
    trim(&digits).to_vec()
}

/// `a * b`.
fn product(a: &[u8], b: &[u8]) -> Vec<u8> {
    trim(&uint(a).concatenating_mul(&uint(b)).to_be_bytes()).to_vec()
}

/// Both numbers with the same room, which is more than they need.
fn alike(a: &[u8], b: &[u8]) -> (BoxedUint, BoxedUint) {
    let bits = (a.len().max(b.len()) as u32 + 1) * 8;
    (
        BoxedUint::from_be_slice_truncated(a, bits),
        BoxedUint::from_be_slice_truncated(b, bits),
    )
}

/// `a + b`.
fn sum(a: &[u8], b: &[u8]) -> Vec<u8> {
    let (a, b) = alike(a, b);
    trim(&a.wrapping_add(&b).to_be_bytes()).to_vec()
}

/// The difference of two numbers, whichever is larger.
fn distance(a: &[u8], b: &[u8]) -> Vec<u8> {
    let (a, b) = alike(a, b);
    let difference = if a > b { a.wrapping_sub(&b) } else { b.wrapping_sub(&a) };
    trim(&difference.to_be_bytes()).to_vec()
}

impl Private {
    /// Checks that the numbers belong together, and computes those that are only there to be faster.
    pub fn complete(mut self) -> Outcome<Private> {
        if self
            .primes
            .iter()
            .chain([&self.public.n, &self.d])
            .any(|number| bits(number) > BITS_MAX)
        {
            return Err(Failure::from("crypto/rsa: keys of more than 8192 bits are not supported"));
        }
        if let [p, q] = self.primes.as_slice()
            && self.crt.is_none()
        {
            self.crt = Some(crt(p, q, &self.d)?);
        }
        self.check()?;
        Ok(self)
    }

    fn check(&self) -> Outcome<()> {
        self.public.check()?;
        let ([p, q], Some([dp, dq, inverse])) = (self.primes.as_slice(), &self.crt) else {
            return self.check_many();
        };
        let n_bits = bits(&self.public.n);
        let exponent = self.public.e.to_be_bytes();
        let is_one = |product: Vec<u8>, modulus: &[u8]| modulo(&product, modulus).is_some_and(|rest| rest == [1]);
        let (p_less, q_less) = (less_one(p), less_one(q));
        let less = |a: &[u8], b: &[u8]| (bits(a), trim(a)) < (bits(b), trim(b));
        let problem = if !less(p, &self.public.n) || !less(q, &self.public.n) {
            "crypto/rsa: invalid prime"
        } else if modulo(&product(p, q), &self.public.n).is_none_or(|rest| !rest.is_empty()) {
            "crypto/rsa: p * q != n"
        } else if !less(dp, &p_less)
            || !is_one(product(dp, &exponent), &p_less)
            || !less(dq, &q_less)
            || !is_one(product(dq, &exponent), &q_less)
        {
            "crypto/rsa: invalid CRT exponent"
        } else if !is_one(product(q, inverse), p) {
            "crypto/rsa: invalid CRT coefficient"
        } else if modulo(&self.d, &p_less).as_deref() != Some(trim(dp)) {
            "crypto/rsa: d does not match dP"
        } else if modulo(&self.d, &q_less).as_deref() != Some(trim(dq)) {
            "crypto/rsa: d does not match dQ"
        } else if bits(&distance(p, q)) + 100 <= n_bits / 2 {
            "crypto/rsa: |p - q| too small"
        } else if bits(&self.d) <= n_bits / 2 {
            "crypto/rsa: d too small"
        } else {
            return Ok(());
        };
        Err(Failure::from(problem))
    }

    /// Keys of more than two primes.
    fn check_many(&self) -> Outcome<()> {
        let mut n = vec![1];
        for prime in &self.primes {
            n = product(&n, prime);
        }
        if n != self.public.n {
            return Err(Failure::from("crypto/rsa: product of primes does not match modulus"));
        }
        Ok(())
    }

    /// The signature whose padded message this is.
    fn close(&self, message: &[u8]) -> Option<Vec<u8>> {
        let size = self.public.size();
        let signature = match (self.primes.as_slice(), &self.crt) {
            ([p, q], Some([dp, dq, inverse])) => {
                let root = |prime: &[u8], exponent: &[u8]| power(&modulo(message, prime)?, exponent, &params(prime)?);
                let (of_p, of_q) = (root(p, dp)?, root(q, dq)?);
                let params = params(p)?;
                let difference = form(&of_p, &params)?.sub(&form(&modulo(&of_q, p)?, &params)?);
                let factor = difference.mul(&form(&modulo(inverse, p)?, &params)?).retrieve();
                sum(&product(&factor.to_be_bytes(), q), &of_q)
            }
            _ => power(message, &self.d, &params(&self.public.n)?)?,
        };
        let signature = pad(&signature, size)?;
        // A mistake on the way could give the key away.
        (self.public.open(&signature)? == message).then_some(signature)
    }

    /// A signature of a hash in PKCS #1 v1.5.
    pub fn sign(&self, hash: Hash, digest: &[u8]) -> Outcome<Vec<u8>> {
        let signature = padded(self.public.size(), hash, digest).and_then(|message| self.close(&message));
        signature.ok_or_else(|| Failure::from("crypto/rsa: message too long for RSA key size"))
    }

    /// A signature of a hash in PSS, with a salt as long as the hash.
    pub fn sign_pss(&self, hash: Hash, digest: &[u8]) -> Outcome<Vec<u8>> {
        let salt = hash.code(&self.d, &[b"PSS", digest]);
        let message = pss(self.public.size(), bits(&self.public.n) - 1, hash, digest, &salt);
        let signature = message.and_then(|message| self.close(&message));
        signature.ok_or_else(|| Failure::from("crypto/rsa: message too long for RSA key size"))
    }
}

/// The numbers for the Chinese remainder theorem.
fn crt(p: &[u8], q: &[u8], d: &[u8]) -> Outcome<[Vec<u8>; 3]> {
    let invalid = || Failure::from("modulus must be > 1");
    if bits(p) < 2 || bits(q) < 2 {
        return Err(invalid());
    }
    let params = params(p).ok_or(Failure::from("crypto/rsa: p is even"))?;
    let dp = modulo(d, &less_one(p)).ok_or_else(invalid)?;
    let dq = modulo(d, &less_one(q)).ok_or_else(invalid)?;
    // Fermat: the inverse modulo a prime is the power of the prime less 2.
    let rest = modulo(q, p).ok_or_else(invalid)?;
    let inverse = power(&rest, &less_one(&less_one(p)), &params).ok_or_else(invalid)?;
    Ok([dp, dq, inverse])
}
