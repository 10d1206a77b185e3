//! The functions of `wasi:http` and what belongs to it, lowered. Results that are more than a word are written where the last argument points; their
//! layouts follow from the WIT in `wit/deps/wasi-http` and stand beside their readers.

use super::super::wasi::Handle;

#[link(wasm_import_module = "wasi:http/types@0.2.0")]
unsafe extern "C" {
    #[link_name = "[constructor]fields"]
    safe fn new_fields() -> u32;
    #[link_name = "[method]fields.append"]
    pub unsafe fn append(fields: u32, name: *const u8, name_len: usize, value: *const u8, value_len: usize, result: *mut u64);
    #[link_name = "[method]fields.entries"]
    pub unsafe fn entries(fields: u32, list: *mut [u32; 2]);
    #[link_name = "[resource-drop]fields"]
    safe fn drop_fields(fields: u32);

    #[link_name = "[constructor]outgoing-request"]
    safe fn new_request(headers: u32) -> u32;
    #[link_name = "[method]outgoing-request.set-method"]
    pub unsafe fn set_method(request: u32, method: u32, name: *const u8, len: usize) -> u32;
    #[link_name = "[method]outgoing-request.set-scheme"]
    pub unsafe fn set_scheme(request: u32, some: u32, scheme: u32, name: *const u8, len: usize) -> u32;
    #[link_name = "[method]outgoing-request.set-authority"]
    pub unsafe fn set_authority(request: u32, some: u32, authority: *const u8, len: usize) -> u32;
    #[link_name = "[method]outgoing-request.set-path-with-query"]
    pub unsafe fn set_path(request: u32, some: u32, path: *const u8, len: usize) -> u32;
    #[link_name = "[method]outgoing-request.body"]
    pub unsafe fn outgoing_body(request: u32, result: *mut [u32; 2]);
    #[link_name = "[resource-drop]outgoing-request"]
    safe fn drop_request(request: u32);

    #[link_name = "[method]outgoing-body.write"]
    pub unsafe fn outgoing_stream(body: u32, result: *mut [u32; 2]);
    #[link_name = "[static]outgoing-body.finish"]
    pub unsafe fn finish_body(body: u32, some: u32, trailers: u32, result: *mut [u64; 5]);
    #[link_name = "[resource-drop]outgoing-body"]
    safe fn drop_outgoing_body(body: u32);

    #[link_name = "[constructor]request-options"]
    safe fn new_options() -> u32;
    #[link_name = "[method]request-options.set-connect-timeout"]
    pub safe fn set_connect_timeout(options: u32, some: u32, nanos: u64) -> u32;
    #[link_name = "[method]request-options.set-first-byte-timeout"]
    pub safe fn set_first_byte_timeout(options: u32, some: u32, nanos: u64) -> u32;
    #[link_name = "[method]request-options.set-between-bytes-timeout"]
    pub safe fn set_between_bytes_timeout(options: u32, some: u32, nanos: u64) -> u32;
    #[link_name = "[resource-drop]request-options"]
    safe fn drop_options(options: u32);

    #[link_name = "[method]future-incoming-response.subscribe"]
    pub safe fn subscribe_to_response(future: u32) -> u32;
    #[link_name = "[method]future-incoming-response.get"]
    pub unsafe fn response(future: u32, result: *mut [u64; 7]);
    #[link_name = "[resource-drop]future-incoming-response"]
    safe fn drop_future(future: u32);

    #[link_name = "[method]incoming-response.status"]
    pub safe fn status(response: u32) -> u32;
    #[link_name = "[method]incoming-response.headers"]
    safe fn response_headers(response: u32) -> u32;
    #[link_name = "[method]incoming-response.consume"]
    pub unsafe fn consume(response: u32, result: *mut [u32; 2]);
    #[link_name = "[resource-drop]incoming-response"]
    safe fn drop_response(response: u32);

    #[link_name = "[method]incoming-body.stream"]
    pub unsafe fn incoming_stream(body: u32, result: *mut [u32; 2]);
    #[link_name = "[resource-drop]incoming-body"]
    safe fn drop_incoming_body(body: u32);
}

#[link(wasm_import_module = "wasi:http/outgoing-handler@0.2.0")]
unsafe extern "C" {
    #[link_name = "handle"]
    pub unsafe fn handle(request: u32, some: u32, options: u32, result: *mut [u64; 5]);
}

#[link(wasm_import_module = "wasi:io/streams@0.2.0")]
unsafe extern "C" {
    #[link_name = "[method]input-stream.read"]
    pub unsafe fn read(stream: u32, most: u64, result: *mut [u32; 3]);
    #[link_name = "[method]input-stream.subscribe"]
    pub safe fn subscribe_to_input(stream: u32) -> u32;
    #[link_name = "[resource-drop]input-stream"]
    safe fn drop_input(stream: u32);
    #[link_name = "[method]output-stream.check-write"]
    pub unsafe fn check_write(stream: u32, result: *mut [u64; 2]);
    #[link_name = "[method]output-stream.write"]
    pub unsafe fn write(stream: u32, bytes: *const u8, len: usize, result: *mut [u32; 3]);
    #[link_name = "[method]output-stream.subscribe"]
    pub safe fn subscribe_to_output(stream: u32) -> u32;
    #[link_name = "[resource-drop]output-stream"]
    safe fn drop_output(stream: u32);
}

#[link(wasm_import_module = "wasi:io/error@0.2.0")]
unsafe extern "C" {
    #[link_name = "[resource-drop]error"]
    safe fn drop_error(error: u32);
}

#[link(wasm_import_module = "wasi:clocks/monotonic-clock@0.2.0")]
unsafe extern "C" {
    #[link_name = "subscribe-duration"]
    safe fn subscribe_duration(nanos: u64) -> u32;
}

/// Headers without any entries.
pub fn fields() -> Handle {
    Handle::new(new_fields(), |number| drop_fields(number))
}

/// A request with headers, which it takes.
pub fn request(headers: Handle) -> Handle {
    Handle::new(new_request(headers.into_number()), |number| drop_request(number))
}

/// How long to wait.
pub fn options() -> Handle {
    Handle::new(new_options(), |number| drop_options(number))
}

/// The body of a request.
pub fn outgoing(number: u32) -> Handle {
    Handle::new(number, |number| drop_outgoing_body(number))
}

/// A response that has not come yet.
pub fn future(number: u32) -> Handle {
    Handle::new(number, |number| drop_future(number))
}

/// A response.
pub fn incoming_response(number: u32) -> Handle {
    Handle::new(number, |number| drop_response(number))
}

/// The headers of a response.
pub fn headers_of(response: &Handle) -> Handle {
    Handle::new(response_headers(response.number()), |number| drop_fields(number))
}

/// The body of a response.
pub fn incoming(number: u32) -> Handle {
    Handle::new(number, |number| drop_incoming_body(number))
}

/// A stream to read from.
pub fn input(number: u32) -> Handle {
    Handle::new(number, |number| drop_input(number))
}

/// A stream to write to.
pub fn output(number: u32) -> Handle {
    Handle::new(number, |number| drop_output(number))
}

/// An error of a stream.
pub fn error(number: u32) -> Handle {
    Handle::new(number, |number| drop_error(number))
}

/// Ready when that much time has passed.
pub fn timer(nanos: u64) -> Handle {
    super::super::wasi::pollable(subscribe_duration(nanos))
}
