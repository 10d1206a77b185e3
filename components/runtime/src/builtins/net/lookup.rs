//! `net.lookup_ip_addr`: addresses of a name, from `wasi:sockets`. An address is its own, and nobody has to be asked.

use super::address::{parse_address, write_address};
use crate::arena::Buffer;
use crate::builtins::args::{failure_parts, type_error};
use crate::builtins::memo::Memo;
use crate::collections::Set;
use crate::json::utf8;
use crate::value::Value;

const NAME: &str = "net.lookup_ip_addr";

static ANSWERS: Memo = Memo::new();

/// Why there are no addresses.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "the host says most of them"))]
enum Failure {
    /// The host refuses to ask.
    Denied,
    /// There is no such name.
    Unknown,
    /// It took too long.
    Timeout,
    /// Anything else.
    Other,
}

fn text(address: u128) -> Value {
    let mut out = Buffer::with_capacity(40);
    write_address(address, &mut out);
    out.into_string()
}

#[cfg(target_arch = "wasm32")]
mod imports {
    #[link(wasm_import_module = "wasi:sockets/instance-network@0.2.0")]
    unsafe extern "C" {
        #[link_name = "instance-network"]
        pub safe fn instance_network() -> u32;
    }
    #[link(wasm_import_module = "wasi:sockets/network@0.2.0")]
    unsafe extern "C" {
        #[link_name = "[resource-drop]network"]
        pub safe fn drop_network(network: u32);
    }
    #[link(wasm_import_module = "wasi:sockets/ip-name-lookup@0.2.0")]
    unsafe extern "C" {
        #[link_name = "resolve-addresses"]
        pub unsafe fn resolve_addresses(network: u32, name: *const u8, length: usize, result: *mut [u8; 8]);
        #[link_name = "[method]resolve-address-stream.resolve-next-address"]
        pub unsafe fn resolve_next_address(stream: u32, result: *mut [u8; 22]);
        #[link_name = "[method]resolve-address-stream.subscribe"]
        pub safe fn subscribe(stream: u32) -> u32;
        #[link_name = "[resource-drop]resolve-address-stream"]
        pub safe fn drop_stream(stream: u32);
    }
}

/// Asks the host for the addresses of a name.
#[cfg(target_arch = "wasm32")]
fn resolve(name: &[u8]) -> Result<Set, Failure> {
    use crate::builtins::wasi::{Handle, pollable, wait};
    /// The numbers of `wasi:sockets/network`'s `error-code`.
    fn failure(code: u8) -> Failure {
        match code {
            1 => Failure::Denied,
            5 => Failure::Timeout,
            3 | 18 => Failure::Unknown,
            _ => Failure::Other,
        }
    }
    const WOULD_BLOCK: u8 = 8;
    // Memory that is aligned as the records want it.
    #[repr(C, align(8))]
    struct Aligned<T>(T);

    let network = Handle::new(imports::instance_network(), |number| imports::drop_network(number));
    let mut begun = Aligned([0; 8]);
    // SAFETY: the host reads the name and writes a `result` of eight bytes.
    unsafe { imports::resolve_addresses(network.number(), name.as_ptr(), name.len(), &raw mut begun.0) };
    let [result, _, _, _, a, b, c, d] = begun.0;
    if result != 0 {
        return Err(failure(a));
    }
    let stream = Handle::new(u32::from_le_bytes([a, b, c, d]), |number| imports::drop_stream(number));
    let set = Set::new();
    loop {
        let mut next = Aligned([0; 22]);
        // SAFETY: the host writes a `result` of 22 bytes.
        unsafe { imports::resolve_next_address(stream.number(), &raw mut next.0) };
        let bytes = next.0;
        match (bytes[0], bytes[2], bytes[4]) {
            (0, 0, _) => return Ok(set),
            (0, _, 0) => {
                let four = u32::from_be_bytes([bytes[6], bytes[7], bytes[8], bytes[9]]);
                set.add(text(u128::from(four) | 0xffff << 32));
            }
            (0, ..) => {
                let groups = bytes[6..].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
                set.add(text(groups.fold(0, |all, group| all << 16 | u128::from(group))));
            }
            (_, WOULD_BLOCK, _) => {
                let ready = pollable(imports::subscribe(stream.number()));
                wait(&[ready.number()]);
            }
            (_, code, _) => return Err(failure(code)),
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn resolve(_name: &[u8]) -> Result<Set, Failure> {
    Err(Failure::Other)
}

/// All addresses of a name.
#[unsafe(export_name = "b.net.lookup_ip_addr")]
pub extern "C" fn lookup_ip_addr(name: Value) -> Value {
    let Some(bytes) = name.as_str() else {
        return type_error(NAME, 0, name, "string");
    };
    if let Some(known) = ANSWERS.get(name) {
        return known;
    }
    let set = match parse_address(bytes) {
        Some(address) => {
            let set = Set::new();
            set.add(text(address));
            Ok(set)
        }
        // Names that are no text are nobody's.
        None if bytes.is_empty() || !utf8::valid(bytes) => Err(Failure::Unknown),
        None => resolve(bytes),
    };
    match set {
        Ok(set) => ANSWERS.put(name, set.value()),
        Err(failure) => {
            let what: &[u8] = match failure {
                Failure::Denied => b": the host does not allow this name to be looked up",
                Failure::Unknown => b": no such host",
                Failure::Timeout => b": i/o timeout",
                Failure::Other => b": server misbehaving",
            };
            failure_parts(NAME, &[b"lookup ", bytes, what])
        }
    }
}
