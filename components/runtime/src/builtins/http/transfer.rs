//! From a request as asked to the response that counts: redirects are followed, failures tried again, and told in the words of Go's client.

use super::exchange::{Broken, Outgoing, Response, Timer, exchange, pause};
use super::failure::Failure;
use super::request::Request;
use super::target::{Fault, Target};

/// How many redirects are followed.
const REDIRECTS_MAX: usize = 10;

/// The pause before the second attempt after the first has failed, and the longest there is, in nanoseconds.
const PAUSE: u64 = 100_000_000;
const PAUSE_MAX: u64 = 60_000_000_000;

/// What `error-code`'s cases are called; those that have better words are not among them.
const CODES: [&str; 39] = [
    "DNS time-out",
    "DNS error",
    "destination not found",
    "network is unreachable",
    "",
    "no route to host",
    "connection refused",
    "EOF",
    "",
    "",
    "",
    "connection limit reached",
    "tls: protocol error",
    "tls: failed to verify certificate",
    "remote error: tls: alert",
    "",
    "request needs a length",
    "request body too large",
    "invalid method",
    "invalid URL",
    "URL too long",
    "request headers too large",
    "request header too large",
    "request trailers too large",
    "request trailer too large",
    "incomplete response",
    "response headers too large",
    "response header too large",
    "response body too large",
    "response trailers too large",
    "response trailer too large",
    "unknown transfer coding",
    "unknown content coding",
    "",
    "upgrade failed",
    "malformed HTTP response",
    "loop detected",
    "the host's configuration does not allow it",
    "internal error of the host",
];

fn broken(request: &Request, method: &[u8], url: &[u8], target: &Target, broken: Broken) -> Failure {
    let network = |message: &[&[u8]]| Failure::network(method, url, message);
    let authority = target.authority.as_slice();
    match broken {
        Broken::Timeout | Broken::Code(8 | 9 | 10 | 33, _) => Failure::timeout(&request.method, url),
        Broken::Header(name) => Failure::internal(&[b"the host does not let requests have the header \"", &name, b"\""]),
        Broken::Request => Failure::internal(&[b"the host does not take the method or URL of the request"]),
        Broken::Code(0..=2, _) => network(&[b"dial tcp: lookup ", target.host(), b": no such host"]),
        Broken::Code(4 | 15, _) => network(&[b"disallowed host: ", target.host()]),
        Broken::Code(code @ (3 | 5 | 6), _) => network(&[b"dial tcp ", authority, b": connect: ", name(code)]),
        Broken::Code(38, text) if !text.is_empty() => network(&[text]),
        Broken::Code(code, _) => network(&[name(code)]),
        Broken::Stream => network(&[b"unexpected EOF"]),
        Broken::TooLarge => network(&[b"the response is larger than 32 MiB"]),
        Broken::Memory => Failure::internal(&[b"out of memory"]),
    }
}

fn name(code: u8) -> &'static [u8] {
    CODES.get(usize::from(code)).map_or(b"unknown error", |name| name.as_bytes())
}

fn target(method: &[u8], url: &[u8]) -> Result<Target, Failure> {
    Target::parse(url).map_err(|fault| match fault {
        Fault::Scheme(scheme) if scheme == b"unix" => Failure::internal(&[b"a component cannot reach unix sockets"]),
        Fault::Scheme(scheme) => Failure::network(method, url, &[b"unsupported protocol scheme \"", &scheme, b"\""]),
        Fault::NoHost => Failure::network(method, url, &[b"http: no Host in request URL"]),
        Fault::Malformed => Failure::internal(&[b"parse \"", url, b"\": net/url: invalid control character or host in URL"]),
    })
}

/// Which method follows a redirect, and whether the body goes along.
fn redirected(status: u16, method: &[u8]) -> Option<(&[u8], bool)> {
    match status {
        301..=303 if method == b"GET" || method == b"HEAD" => Some((method, false)),
        301..=303 => Some((b"GET", false)),
        307 | 308 => Some((method, true)),
        _ => None,
    }
}

/// Headers that are only for the host they were meant for.
fn is_secret(name: &[u8]) -> bool {
    let secrets: [&[u8]; 4] = [b"authorization", b"www-authenticate", b"cookie", b"cookie2"];
    secrets.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Digits of a length.
fn digits(mut number: usize) -> Vec<u8> {
    let mut digits = Vec::new();
    loop {
        digits.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            digits.reverse();
            return digits;
        }
    }
}

/// All headers of a request.
fn headers<'a>(
    request: &'a Request,
    more: &[(&'static [u8], &'a [u8])],
    target: &'a Target,
    foreign: bool,
    length: &'a Option<Vec<u8>>,
    credentials: &'a Option<Vec<u8>>,
) -> Vec<(&'a [u8], &'a [u8])> {
    let mut headers: Vec<(&[u8], &[u8])> = Vec::with_capacity(request.headers.len() + 4);
    for &(name, value) in request.headers.iter().chain(more) {
        let is_host = name.eq_ignore_ascii_case(b"host") && value == target.authority;
        // The length is what it is.
        let is_length = name.eq_ignore_ascii_case(b"content-length");
        if !(is_host || is_length || foreign && is_secret(name)) {
            headers.push((name, value));
        }
    }
    let has = |headers: &[(&[u8], &[u8])], wanted: &[u8]| headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    if !has(&headers, b"user-agent") {
        headers.push((b"user-agent", concat!("warrego/", env!("CARGO_PKG_VERSION")).as_bytes()));
    }
    if let Some(length) = length {
        headers.push((b"content-length", length));
    }
    if let Some(credentials) = credentials
        && !has(&headers, b"authorization")
    {
        headers.push((b"authorization", credentials));
    }
    headers
}

/// One attempt, redirects and all.
fn attempt(request: &Request, more: &[(&'static [u8], &[u8])]) -> Result<Response, Failure> {
    let timer = Timer::start(request.timeout);
    let mut url = request.url.to_vec();
    let first = target(&request.method, &url)?;
    let mut method: &[u8] = if request.method.is_empty() { b"GET" } else { &request.method };
    let mut body = request.body;
    for _ in 0..=REDIRECTS_MAX {
        let target = target(method, &url)?;
        if target.secure
            && let Some(parameter) = request.tls
        {
            return Err(Failure::internal(&[
                b"`",
                parameter,
                b"` cannot be honoured: TLS is made by the host of the component, which does not let it choose",
            ]));
        }
        let length = body.map(|body| digits(body.len()));
        let credentials = target
            .credentials
            .as_ref()
            .map(|credentials| [b"Basic ", credentials.as_slice()].concat());
        let headers = headers(request, more, &target, target.host() != first.host(), &length, &credentials);
        let outgoing = Outgoing {
            method,
            target: &target,
            headers: &headers,
            body,
        };
        let response = exchange(&outgoing, &timer).map_err(|cause| broken(request, method, &url, &target, cause))?;
        let location = response
            .headers
            .get_bytes(b"location")
            .and_then(|values| values.as_array()?.get(0)?.as_str());
        match (redirected(response.status, method), location) {
            (Some((next, keeps_body)), Some(location)) if request.redirect => {
                url = target.join(location);
                method = next;
                if !keeps_body {
                    body = None;
                }
            }
            _ => return Ok(response),
        }
    }
    Err(Failure::network(method, &url, &[b"stopped after 10 redirects"]))
}

/// Sends a request, with further headers, and tries again as often as it wants.
pub fn send(request: &Request, more: &[(&'static [u8], &[u8])]) -> Result<Response, Failure> {
    let mut next = 0;
    for _ in 0..request.retries {
        match attempt(request, more) {
            Err(failure) if failure.is_network() => {}
            done => return done,
        }
        if next > 0 {
            pause(next);
        }
        // Each pause is 1.6 times the one before; there is none at first.
        next = match next {
            0 => PAUSE * 8 / 5,
            _ => (next * 8 / 5).min(PAUSE_MAX),
        };
    }
    attempt(request, more)
}
