//! One request and its response, over `wasi:http`.
//!
//! All waiting is for the thing wanted and a timer together, so that the request's time is kept wherever it hangs. Resources are given back in the
//! order that the component model wants: those that came out of others first.

use super::imports as wasi;
use super::target::Target;
use crate::arena::{self, Buffer};
use crate::builtins::wasi::{Handle, pollable, wait};
use crate::collections::{Array, Object};
use crate::json::utf8;
use crate::mem;
use crate::value::Value;
use warrego_abi::STRING;

/// Larger responses are refused.
const BODY_MAX: u32 = 32 << 20;

/// How much is read at a time.
const CHUNK: u64 = 64 << 10;

/// A request, ready to go.
pub struct Outgoing<'a> {
    /// In capital letters.
    pub method: &'a [u8],
    /// Where to.
    pub target: &'a Target,
    /// All headers but those that the host adds.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// What is sent.
    pub body: Option<&'a [u8]>,
}

/// What came back.
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in small letters to arrays of values.
    pub headers: Object,
    /// The body.
    pub body: &'static [u8],
}

/// Why nothing did.
pub enum Broken {
    /// Time is up.
    Timeout,
    /// The host does not take this header.
    Header(Vec<u8>),
    /// The host does not take the method or the URL.
    Request,
    /// One of `error-code`'s cases, and the text of the last.
    Code(u8, &'static [u8]),
    /// A stream broke off.
    Stream,
    /// The response is too large.
    TooLarge,
    /// Memory ran out.
    Memory,
}

/// The time for a request: nanoseconds, 0 for as long as it takes.
pub struct Timer {
    pollable: Option<Handle>,
    nanos: u64,
}

impl Timer {
    /// Starts it.
    pub fn start(nanos: u64) -> Timer {
        Timer {
            pollable: (nanos > 0).then(|| wasi::timer(nanos)),
            nanos,
        }
    }

    /// Waits for something, which is given back.
    fn wait(&self, thing: u32) -> Result<(), Broken> {
        let thing = pollable(thing);
        let ready = match &self.pollable {
            Some(timer) => wait(&[thing.number(), timer.number()]),
            None => wait(&[thing.number()]),
        };
        if ready { Ok(()) } else { Err(Broken::Timeout) }
    }
}

/// Lets time pass.
pub fn pause(nanos: u64) {
    wait(&[wasi::timer(nanos).number()]);
}

/// The number of a method among `method`'s cases.
fn method_number(method: &[u8]) -> u32 {
    const METHODS: [&[u8]; 9] = [
        b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH",
    ];
    METHODS.iter().position(|known| *known == method).unwrap_or(METHODS.len()) as u32
}

/// A handle that a function may have given: `result` as its case and a word.
fn given([case, handle]: [u32; 2], own: fn(u32) -> Handle) -> Result<Handle, Broken> {
    if case & 0xff == 0 { Ok(own(handle)) } else { Err(Broken::Request) }
}

/// An `error-code`, by where it starts in words of eight bytes.
fn code(words: &[u64]) -> Broken {
    let case = words.first().copied().unwrap_or(0) as u8;
    let payload = words.get(1).copied().unwrap_or(0);
    let len = words.get(2).copied().unwrap_or(0) as u32;
    // The last case has a text, perhaps.
    let text = if case == 38 && payload as u8 == 1 {
        mem::bytes((payload >> 32) as u32, len)
    } else {
        b""
    };
    Broken::Code(case, text)
}

fn request(outgoing: &Outgoing<'_>) -> Result<Handle, Broken> {
    let headers = wasi::fields();
    for (name, value) in outgoing.headers {
        let mut result = 0;
        if utf8::valid(name) {
            // SAFETY: the host reads two texts and writes less than eight bytes.
            unsafe {
                wasi::append(
                    headers.number(),
                    name.as_ptr(),
                    name.len(),
                    value.as_ptr(),
                    value.len(),
                    &raw mut result,
                )
            };
        } else {
            result = 1;
        }
        if result as u8 != 0 {
            return Err(Broken::Header(name.to_vec()));
        }
    }
    let request = wasi::request(headers);
    let Target {
        secure, authority, path, ..
    } = outgoing.target;
    if !utf8::valid(outgoing.method) {
        return Err(Broken::Request);
    }
    // SAFETY: the host reads texts; all of them are UTF-8.
    let refused = unsafe {
        wasi::set_method(
            request.number(),
            method_number(outgoing.method),
            outgoing.method.as_ptr(),
            outgoing.method.len(),
        ) | wasi::set_scheme(request.number(), 1, u32::from(*secure), core::ptr::null(), 0)
            | wasi::set_authority(request.number(), 1, authority.as_ptr(), authority.len())
            | wasi::set_path(request.number(), 1, path.as_ptr(), path.len())
    };
    if refused == 0 { Ok(request) } else { Err(Broken::Request) }
}

fn options(nanos: u64) -> Option<Handle> {
    (nanos > 0).then(|| {
        let options = wasi::options();
        // A host that knows none of these may ignore them: the timer counts.
        wasi::set_connect_timeout(options.number(), 1, nanos);
        wasi::set_first_byte_timeout(options.number(), 1, nanos);
        wasi::set_between_bytes_timeout(options.number(), 1, nanos);
        options
    })
}

/// Writes the whole body.
fn send_body(body: Handle, mut bytes: &[u8], timer: &Timer) -> Result<(), Broken> {
    let mut result = [0; 2];
    // SAFETY: the host writes a `result` of eight bytes.
    unsafe { wasi::outgoing_stream(body.number(), &raw mut result) };
    let stream = given(result, wasi::output)?;
    while !bytes.is_empty() {
        let mut room = [0; 2];
        // SAFETY: the host writes a `result` of sixteen bytes.
        unsafe { wasi::check_write(stream.number(), &raw mut room) };
        if room[0] as u8 != 0 {
            drop((room[1] as u8 == 0).then(|| wasi::error((room[1] >> 32) as u32)));
            return Err(Broken::Stream);
        }
        let length = (bytes.len() as u64).min(room[1]) as usize;
        let (now, later) = bytes.split_at_checked(length).unwrap_or((bytes, b""));
        if now.is_empty() {
            timer.wait(wasi::subscribe_to_output(stream.number()))?;
            continue;
        }
        let mut written = [0; 3];
        // SAFETY: the host reads the bytes and writes a `result` of twelve bytes.
        unsafe { wasi::write(stream.number(), now.as_ptr(), now.len(), &raw mut written) };
        stream_result(&written)?;
        bytes = later;
    }
    drop(stream);
    let mut finished = [0; 5];
    // SAFETY: the host writes a `result` of forty bytes.
    unsafe { wasi::finish_body(body.into_number(), 0, 0, &raw mut finished) };
    match finished {
        [case, rest @ ..] if case as u8 != 0 => Err(code(&rest)),
        _ => Ok(()),
    }
}

/// A `result` with a stream's error, which is given back: `Ok(false)` if the stream is at its end.
fn stream_result([case, which, error]: &[u32; 3]) -> Result<(), Broken> {
    if *case as u8 == 0 {
        return Ok(());
    }
    if *which as u8 == 0 {
        drop(wasi::error(*error));
    }
    Err(Broken::Stream)
}

/// Waits for the response.
fn await_response(future: &Handle, timer: &Timer) -> Result<Handle, Broken> {
    loop {
        let mut result = [0; 7];
        // SAFETY: the host writes an `option` of 56 bytes.
        unsafe { wasi::response(future.number(), &raw mut result) };
        // Whether it is there; whether it was taken before; whether it is a response.
        let [there, taken, failed, rest @ ..] = result;
        match (there as u8, taken as u8, failed as u8) {
            (0, ..) => timer.wait(wasi::subscribe_to_response(future.number()))?,
            (_, 0, 0) => return Ok(wasi::incoming_response(rest[0] as u32)),
            (_, 0, _) => return Err(code(&rest)),
            _ => return Err(Broken::Stream),
        }
    }
}

/// The headers: names to arrays of values.
fn headers(response: &Handle) -> Object {
    let fields = wasi::headers_of(response);
    let mut list = [0; 2];
    // SAFETY: the host writes address and length of a list that it put into the arena, of two texts each.
    unsafe { wasi::entries(fields.number(), &raw mut list) };
    let string = |at: u32| Value::string_at(STRING, mem::load32(at), mem::load32(at + 4));
    let headers = Object::with_capacity(list[1]);
    for at in (list[0]..).step_by(16).take(list[1] as usize) {
        let name = Value::string(&string(at).str_bytes().to_ascii_lowercase());
        match headers.get(name).and_then(Value::as_array) {
            Some(values) => values.push(string(at + 8)),
            None => {
                let values = Array::with_capacity(1);
                values.push(string(at + 8));
                headers.insert(name, values.value());
            }
        }
    }
    headers
}

/// Reads the whole body.
fn receive_body(response: &Handle, timer: &Timer) -> Result<&'static [u8], Broken> {
    let mut result = [0; 2];
    // SAFETY: the host writes a `result` of eight bytes.
    unsafe { wasi::consume(response.number(), &raw mut result) };
    let body = given(result, wasi::incoming)?;
    // SAFETY: as above.
    unsafe { wasi::incoming_stream(body.number(), &raw mut result) };
    let stream = given(result, wasi::input)?;
    let mut bytes = Buffer::new();
    loop {
        let mut part = [0; 3];
        // SAFETY: the host writes a `result` of twelve bytes, and a list into the arena.
        unsafe { wasi::read(stream.number(), CHUNK, &raw mut part) };
        match part {
            [case, which, _] if case as u8 != 0 && which as u8 == 1 => break,
            [case, ..] if case as u8 != 0 => stream_result(&part)?,
            [_, _, 0] => timer.wait(wasi::subscribe_to_input(stream.number()))?,
            [_, address, len] => bytes.extend_from(address, len),
        }
        if bytes.len() > BODY_MAX {
            return Err(Broken::TooLarge);
        }
        if arena::exhausted() {
            return Err(Broken::Memory);
        }
    }
    bytes.finish().ok_or(Broken::Memory)
}

/// Sends a request and waits for all of the response.
pub fn exchange(outgoing: &Outgoing<'_>, timer: &Timer) -> Result<Response, Broken> {
    let request = request(outgoing)?;
    let body = match outgoing.body {
        Some(bytes) => {
            let mut result = [0; 2];
            // SAFETY: the host writes a `result` of eight bytes.
            unsafe { wasi::outgoing_body(request.number(), &raw mut result) };
            Some((given(result, wasi::outgoing)?, bytes))
        }
        None => None,
    };
    let (some, options) = match options(timer.nanos) {
        Some(options) => (1, options.into_number()),
        None => (0, 0),
    };
    let mut result = [0; 5];
    // SAFETY: the host writes a `result` of forty bytes.
    unsafe { wasi::handle(request.into_number(), some, options, &raw mut result) };
    let [case, rest @ ..] = result;
    if case as u8 != 0 {
        return Err(code(&rest));
    }
    let future = wasi::future(rest[0] as u32);
    if let Some((body, bytes)) = body
        && let Err(broken) = send_body(body, bytes, timer)
    {
        // A server that does not want the body may have answered, or the connection failed: the response knows.
        return match (broken, await_response(&future, timer)) {
            (Broken::Stream | Broken::Code(..), Err(cause)) => Err(cause),
            (broken, _) => Err(broken),
        };
    }
    let response = await_response(&future, timer)?;
    Ok(Response {
        status: wasi::status(response.number()) as u16,
        headers: headers(&response),
        body: receive_body(&response, timer)?,
    })
}
