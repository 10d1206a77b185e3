//! `rand.intn` and `uuid.rfc4122`: randomness from `wasi:random`. One value for one argument, as long as a decision lasts.

use super::args::{integer, type_error};
use super::hex::write as write_hex;
use super::memo::Memo;
use crate::arena::Buffer;
use crate::collections::Array;
use crate::number;
use crate::value::Value;

static NUMBERS: Memo = Memo::new();
static UUIDS: Memo = Memo::new();

#[cfg(target_arch = "wasm32")]
fn bits() -> u64 {
    #[link(wasm_import_module = "wasi:random/random@0.2.0")]
    unsafe extern "C" {
        #[link_name = "get-random-u64"]
        safe fn get_random_u64() -> u64;
    }
    get_random_u64()
}

#[cfg(not(target_arch = "wasm32"))]
fn bits() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

/// A number from 0 to `below - 1`, each as likely as any other: bits beyond the largest multiple of `below` are drawn again.
fn uniform(below: u64, mut draw: impl FnMut() -> u64) -> u64 {
    if below == 0 {
        return 0;
    }
    let beyond = (u64::MAX % below + 1) % below;
    // Each draw succeeds more often than not; a source that always gives the same must not keep us forever.
    for _ in 0..64 {
        let bits = draw();
        if bits <= u64::MAX - beyond {
            return bits % below;
        }
    }
    0
}

/// A number from 0 up to, not including, the second operand's magnitude.
#[unsafe(export_name = "b.rand.intn")]
pub extern "C" fn rand_intn(key: Value, n: Value) -> Value {
    const NAME: &str = "rand.intn";
    if key.as_str().is_none() {
        return type_error(NAME, 0, key, "string");
    }
    let n = match integer(NAME, 1, n) {
        Ok(n) => n.unsigned_abs().min(i64::MAX as u64),
        Err(error) => return error,
    };
    if n == 0 {
        return Value::count(0);
    }
    let asked = Array::with_capacity(2);
    asked.push(key);
    asked.push(number::integer(n as i64));
    let asked = asked.value();
    NUMBERS
        .get(asked)
        .unwrap_or_else(|| NUMBERS.put(asked, number::integer(uniform(n, bits) as i64)))
}

/// A UUID of version 4 as text.
fn version_4(high: u64, low: u64) -> Value {
    let high = high & !0xf000 | 0x4000;
    let low = low & (u64::MAX >> 2) | 1 << 63;
    let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
    let mut out = Buffer::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        write_hex(core::slice::from_ref(byte), &mut out);
    }
    out.into_string()
}

/// A random UUID; any value will do as its name.
#[unsafe(export_name = "b.uuid.rfc4122")]
pub extern "C" fn uuid_rfc4122(name: Value) -> Value {
    UUIDS.get(name).unwrap_or_else(|| UUIDS.put(name, version_4(bits(), bits())))
}

#[cfg(test)]
mod tests {
    use super::uniform;

    #[test]
    fn drawn_again_where_not_even() {
        let mut draws = [u64::MAX, u64::MAX - 1, 7].into_iter();
        assert_eq!(uniform(10, || draws.next().unwrap_or_default()), 7);
        assert_eq!(uniform(1, || 5), 0);
        assert_eq!(uniform(1 << 63, || u64::MAX), (1 << 63) - 1);
        assert_eq!(uniform(10, || u64::MAX), 0, "ends all the same");
    }
}
