//! The built-ins that OPA's Wasm leaves to its host, as far as the workloads call them: written natively, so that this peer is not
//! slowed down by its host. They do what those policies need and no more; a policy that asks for others is not run.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::hmac;
use serde_json::{Value, json};

use super::term::Term;

/// Arguments as terms to a result as JSON; `None` is undefined.
pub type Builtin = fn(&[Vec<u8>]) -> Option<String>;

/// Ids are positions in the list of those that the compiler knows, so they have gaps, but are not large.
const MOST: usize = 10_000;

/// The functions for the ids in a module's `builtins` map.
pub fn resolve(map: &str) -> Result<Vec<Option<Builtin>>> {
    let names: serde_json::Map<String, Value> = serde_json::from_str(map)?;
    let mut table = Vec::new();
    let mut missing = Vec::new();
    for (name, id) in &names {
        let serve: Builtin = match name.as_str() {
            "sprintf" => sprintf,
            "io.jwt.decode" => jwt_decode,
            "io.jwt.decode_verify" => jwt_decode_verify,
            _ => {
                missing.push(name.as_str());
                continue;
            }
        };
        let id = id
            .as_u64()
            .and_then(|id| usize::try_from(id).ok())
            .filter(|id| *id < MOST)
            .context("a strange map of built-ins")?;
        table.resize(table.len().max(id + 1), None);
        table[id] = Some(serve);
    }
    if !missing.is_empty() {
        bail!("OPA's Wasm leaves {} to the host", missing.join(", "));
    }
    Ok(table)
}

/// `%s`, `%d` and `%v` without flags.
fn sprintf(arguments: &[Vec<u8>]) -> Option<String> {
    let [format, values] = arguments else { return None };
    let (Term::String(format), Term::Array(values)) = (Term::read(format)?, Term::read(values)?) else {
        return None;
    };
    let mut out = String::with_capacity(format.len() + 32);
    let mut values = values.iter();
    let mut pieces = format.split('%');
    out.push_str(pieces.next()?);
    while let Some(piece) = pieces.next() {
        if piece.is_empty() {
            out.push('%');
            out.push_str(pieces.next()?);
            continue;
        }
        let rest = piece.strip_prefix(['s', 'd', 'v'])?;
        match values.next()? {
            Term::String(text) => out.push_str(text),
            other => other.write(&mut out),
        }
        out.push_str(rest);
    }
    Some(Value::from(out).to_string())
}

struct Token {
    header: Value,
    payload: Value,
    signed: String,
    signature: Vec<u8>,
}

fn token(text: &str) -> Option<Token> {
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.trim_end_matches('=').as_bytes()).ok();
    Some(Token {
        header: serde_json::from_slice(&decode(header)?).ok()?,
        payload: serde_json::from_slice(&decode(payload)?).ok()?,
        signed: signed.to_owned(),
        signature: decode(signature)?,
    })
}

fn jwt_decode(arguments: &[Vec<u8>]) -> Option<String> {
    let Term::String(text) = Term::read(arguments.first()?)? else {
        return None;
    };
    let token = token(&text)?;
    Some(json!([token.header, token.payload, HEXLOWER.encode(&token.signature)]).to_string())
}

/// HS256 with a shared secret, and the constraints on `alg`, `iss`, `aud`, `exp` and `nbf`.
fn jwt_decode_verify(arguments: &[Vec<u8>]) -> Option<String> {
    let [text, constraints] = arguments else { return None };
    let Term::String(text) = Term::read(text)? else { return None };
    let constraints = Term::read(constraints)?;
    let token = token(&text)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, constraints.get("secret")?.as_bytes());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
    let claim = |name: &str| token.payload.get(name);
    let valid = token.header.get("alg").and_then(Value::as_str) == Some("HS256")
        && constraints.get("alg").is_none_or(|alg| alg == "HS256")
        && hmac::verify(&key, token.signed.as_bytes(), &token.signature).is_ok()
        && constraints
            .get("iss")
            .is_none_or(|issuer| claim("iss").and_then(Value::as_str) == Some(issuer))
        && audience(claim("aud"), constraints.get("aud"))
        && claim("exp").and_then(Value::as_f64).is_none_or(|expires| now < expires)
        && claim("nbf").and_then(Value::as_f64).is_none_or(|begins| now >= begins);
    Some(if valid {
        json!([true, token.header, token.payload]).to_string()
    } else {
        r#"[false,{},{}]"#.to_owned()
    })
}

fn audience(claim: Option<&Value>, wanted: Option<&str>) -> bool {
    match (claim, wanted) {
        (None, None) => true,
        (Some(Value::String(one)), Some(wanted)) => one == wanted,
        (Some(Value::Array(several)), Some(wanted)) => several.iter().any(|one| one == wanted),
        _ => false,
    }
}
