//! A request that was not made before in this decision: from what is kept of earlier ones, or over the network.

use super::super::clock;
use super::super::term;
use super::cache;
use super::exchange::Response;
use super::failure::Failure;
use super::freshness::{Headers, SECOND, expiry, may_store};
use super::request::{Request, flag};
use super::response::{Decoding, header, is_cacheable, result};
use super::transfer;
use crate::arena::Buffer;
use crate::collections::Object;
use crate::value::Value;

/// How long responses are kept beyond the decision.
#[derive(Clone, Copy)]
enum Keep {
    /// As long as their headers say.
    ByHeaders,
    /// That many seconds, whatever they say.
    Seconds(i64),
}

/// Whether responses are kept beyond the decision, and how long.
fn keep(asked: Object) -> Result<Option<Keep>, Failure> {
    let cache = flag(asked, b"cache")?;
    if !flag(asked, b"force_cache")? {
        return Ok(cache.then_some(Keep::ByHeaders));
    }
    let Some(duration) = asked.get_bytes(b"force_cache_duration_seconds") else {
        return Err(Failure::internal(&[
            b"'force_cache' set but 'force_cache_duration_seconds' parameter is missing",
        ]));
    };
    let mut text = Buffer::new();
    term::write(duration, &mut text);
    match duration.as_int() {
        Some(seconds) if i32::try_from(seconds).is_ok() => Ok(Some(if seconds > 0 { Keep::Seconds(seconds) } else { Keep::ByHeaders })),
        Some(_) => Err(Failure::internal(&[
            b"strconv.ParseInt: parsing \"",
            text.as_bytes(),
            b"\": value out of range",
        ])),
        None => Err(Failure::internal(&[
            b"strconv.ParseInt: parsing \"",
            text.as_bytes(),
            b"\": invalid syntax",
        ])),
    }
}

/// Until when a response is good.
fn until(keep: Keep, headers: Object) -> Option<i64> {
    match keep {
        Keep::Seconds(seconds) => Some(clock::now().saturating_add(seconds * SECOND)),
        Keep::ByHeaders => expiry(&Headers {
            cache_control: header(headers, b"cache-control"),
            date: header(headers, b"date"),
            expires: header(headers, b"expires"),
        }),
    }
}

fn store(key: &[u8], keep: Keep, response: &Response) {
    let may = matches!(keep, Keep::Seconds(_)) || may_store(header(response.headers, b"cache-control"));
    if may
        && is_cacheable(response.status)
        && let Some(expires) = until(keep, response.headers)
    {
        cache::put(key, response, expires);
    }
}

/// A response that is kept: as it is while it is fresh, else if the server says that it still holds. `None` if there is none.
fn kept(asked: Object, key: &[u8], keep: Keep) -> Result<Option<Response>, Failure> {
    let Some((response, expires)) = cache::get(key) else {
        return Ok(None);
    };
    if clock::now() < expires {
        return Ok(Some(response));
    }
    let validators: [(&[u8], &[u8]); 2] = [
        (b"if-none-match", header(response.headers, b"etag")),
        (b"if-modified-since", header(response.headers, b"last-modified")),
    ];
    let validators: Vec<_> = validators.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    cache::remove(key);
    if validators.is_empty() {
        return Ok(None);
    }
    let answer = transfer::send(&Request::read(asked)?, &validators)?;
    match answer.status {
        200 => {
            store(key, keep, &answer);
            Ok(Some(answer))
        }
        304 => {
            for (name, values) in answer.headers.iter() {
                response.headers.insert(name, values);
            }
            match until(keep, answer.headers) {
                Some(expires) => cache::put(key, &response, expires),
                None => return Err(Failure::plain(&[b"no date header"])),
            }
            Ok(Some(response))
        }
        _ => Ok(None),
    }
}

/// Makes a request; `remember` says whether the decision should remember its outcome.
pub fn send(asked: Object, key: Object, remember: &mut bool) -> Result<Value, Failure> {
    let keep = keep(asked)?;
    let decoding = Decoding {
        json: flag(asked, b"force_json_decode")?,
        yaml: flag(asked, b"force_yaml_decode")?,
    };
    let Some(keep) = keep else {
        let response = transfer::send(&Request::read(asked)?, &[])?;
        *remember = is_cacheable(response.status);
        return Ok(result(&response, decoding));
    };
    let mut text = Buffer::new();
    term::write(key.value(), &mut text);
    let response = match kept(asked, text.as_bytes(), keep)? {
        Some(response) => response,
        None => {
            let response = transfer::send(&Request::read(asked)?, &[])?;
            store(text.as_bytes(), keep, &response);
            response
        }
    };
    Ok(result(&response, decoding))
}
