//! `crypto.parse_private_keys`, `crypto.x509.parse_rsa_private_key`, `crypto.x509.parse_keypair`.

use super::super::args::type_error;
use super::certificates::{decode, value};
use super::failure::{Failure, Outcome};
use super::json::Json;
use super::keys::{Form, Private, Public};
use super::number::trim;
use super::pem::{self, Block};
use super::x509;
use crate::collections::Array;
use crate::value::Value;

/// The private keys in a text, which may be in base64 as a whole; other blocks are passed over.
fn private_keys(text: &[u8]) -> Outcome<Vec<Private>> {
    let decoded = decode(text);
    let mut rest = decoded.as_deref().unwrap_or(text);
    let mut keys = Vec::new();
    while let Some((block, behind)) = pem::decode(rest) {
        let form = match block.kind {
            b"RSA PRIVATE KEY" => Some(Form::Pkcs1),
            b"PRIVATE KEY" => Some(Form::Pkcs8),
            b"EC PRIVATE KEY" => Some(Form::Ec),
            _ => None,
        };
        if let Some(form) = form {
            keys.push(Private::parse(form, &block.bytes)?);
        }
        rest = behind;
    }
    Ok(keys)
}

/// The private keys in a text.
#[unsafe(export_name = "b.crypto.parse_private_keys")]
pub extern "C" fn parse_private_keys(text: Value) -> Value {
    const NAME: &str = "crypto.parse_private_keys";
    let Some(text) = text.as_str() else {
        return type_error(NAME, 0, text, "string");
    };
    if text.is_empty() {
        return Value::NULL;
    }
    match private_keys(text) {
        Ok(keys) if keys.is_empty() => Array::new().value(),
        Ok(keys) => value(NAME, write_all(&keys)),
        Err(failure) => failure.raise(NAME),
    }
}

fn write_all(keys: &[Private]) -> Outcome<Vec<u8>> {
    let mut json = Json::default();
    json.array(|json| keys.iter().try_for_each(|key| key.write(json)))?;
    Ok(json.finish())
}

/// The first private key in a text, whatever its kind, as a JSON Web Key.
#[unsafe(export_name = "b.crypto.x509.parse_rsa_private_key")]
pub extern "C" fn parse_rsa_private_key(text: Value) -> Value {
    const NAME: &str = "crypto.x509.parse_rsa_private_key";
    let Some(text) = text.as_str() else {
        return type_error(NAME, 0, text, "string");
    };
    value(NAME, first_key(text))
}

fn first_key(text: &[u8]) -> Outcome<Vec<u8>> {
    if text.is_empty() {
        return Err(Failure::from("input PEM data was empty"));
    }
    let decoded;
    let mut text = text;
    if !text.starts_with(b"-----BEGIN") {
        decoded = decode(text)?;
        text = &decoded;
    }
    let keys = private_keys(text)?;
    Ok(keys.first().map_or_else(|| b"null".to_vec(), web_key))
}

/// A key as a JSON Web Key.
fn web_key(key: &Private) -> Vec<u8> {
    let mut json = Json::default();
    json.object(|json| match key {
        Private::Rsa(key) => {
            json.key("kty").string(b"RSA");
            json.key("n").url_bytes(&key.public.n);
            json.key("e").url_bytes(trim(&key.public.e.to_be_bytes()));
            json.key("d").url_bytes(&key.d);
            for (name, prime) in ["p", "q"].iter().zip(&key.primes) {
                json.key(name).url_bytes(prime);
            }
            for (name, number) in ["dp", "dq", "qi"].iter().zip(key.crt.iter().flatten()) {
                json.key(name).url_bytes(number);
            }
        }
        Private::Ec { secret, public } => {
            json.key("kty").string(b"EC");
            json.key("crv").string(public.curve.name().as_bytes());
            json.key("x").url_bytes(&public.x);
            json.key("y").url_bytes(&public.y);
            json.key("d").url_bytes(secret);
        }
        Private::Ed25519 { seed, public } => write_okp("Ed25519", public, seed, json),
        Private::X25519(secret) => {
            let public = curve25519_dalek::MontgomeryPoint::mul_base_clamped(*secret);
            write_okp("X25519", public.as_bytes(), secret, json);
        }
    });
    json.finish()
}

fn write_okp(curve: &str, public: &[u8], secret: &[u8], json: &mut Json) {
    json.key("kty").string(b"OKP");
    json.key("crv").string(curve.as_bytes());
    json.key("x").url_bytes(public);
    json.key("d").url_bytes(secret);
}

/// A certificate with its private key, which must fit.
#[unsafe(export_name = "b.crypto.x509.parse_keypair")]
pub extern "C" fn parse_keypair(certificate: Value, key: Value) -> Value {
    const NAME: &str = "crypto.x509.parse_keypair";
    match (certificate.as_str(), key.as_str()) {
        (Some(certificate), Some(key)) => value(NAME, keypair(certificate, key)),
        (None, _) => type_error(NAME, 0, certificate, "string"),
        _ => type_error(NAME, 0, key, "string"),
    }
}

/// The blocks of a text: in PEM, the same in base64, or the bytes of one block in base64.
fn blocks(text: &[u8], kind: &'static [u8]) -> Outcome<Vec<(Vec<u8>, Vec<u8>)>> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let decoded;
    let mut rest = text;
    if !rest.starts_with(BEGIN) {
        decoded = decode(text)?;
        if !decoded.starts_with(BEGIN) {
            return Ok(vec![(kind.to_vec(), decoded)]);
        }
        rest = &decoded;
    }
    let mut blocks = Vec::new();
    while let Some((Block { kind, bytes }, behind)) = pem::decode(rest) {
        blocks.push((kind.to_vec(), bytes));
        rest = behind;
    }
    Ok(blocks)
}

fn list(kinds: &[&[u8]]) -> Vec<u8> {
    [b"[", kinds.join(&b' ').as_slice(), b"]"].concat()
}

fn no_certificate(skipped: &[&[u8]]) -> Failure {
    match skipped {
        [] => Failure::from("tls: failed to find any PEM data in certificate input"),
        [kind] if kind.ends_with(b"PRIVATE KEY") => Failure::from(
            "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
        ),
        kinds => {
            let why =
                b"tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: ";
            Failure::of(&[why, &list(kinds)])
        }
    }
}

fn no_key(skipped: &[&[u8]]) -> Failure {
    match skipped {
        [] => Failure::from("tls: failed to find any PEM data in key input"),
        [b"CERTIFICATE"] => Failure::from("tls: found a certificate rather than a key in the PEM for the private key"),
        kinds => {
            let why = b"tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the following types: ";
            Failure::of(&[why, &list(kinds)])
        }
    }
}

fn keypair(certificate: &[u8], key: &[u8]) -> Outcome<Vec<u8>> {
    // Both texts are decoded before either is looked at.
    let certificates = blocks(certificate, b"CERTIFICATE")?;
    let keys = blocks(key, b"PRIVATE KEY")?;
    let kinds = |blocks: &'_ [(Vec<u8>, Vec<u8>)], count: usize| -> Vec<Vec<u8>> {
        blocks.iter().take(count).map(|(kind, _)| kind.clone()).collect()
    };
    let chain: Vec<&[u8]> = certificates
        .iter()
        .filter(|(kind, _)| kind == b"CERTIFICATE")
        .map(|(_, bytes)| bytes.as_slice())
        .collect();
    let Some(first) = chain.first() else {
        let skipped = kinds(&certificates, certificates.len());
        return Err(no_certificate(&skipped.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    };
    let is_key = |kind: &[u8]| kind == b"PRIVATE KEY" || kind.ends_with(b" PRIVATE KEY");
    let Some((_, key)) = keys.iter().find(|(kind, _)| is_key(kind)) else {
        let skipped = kinds(&keys, keys.len());
        return Err(no_key(&skipped.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    };
    let leaf = x509::parse_one(first)?;
    let key = any_private_key(key)?;
    check_pair(leaf.key.as_ref(), &key.public())?;
    let mut json = Json::default();
    json.object(|json| {
        json.key("Certificate")
            .array(|json| chain.iter().for_each(|bytes| json.bytes(bytes)));
        key.write(json.key("PrivateKey"))?;
        for absent in ["SupportedSignatureAlgorithms", "OCSPStaple", "SignedCertificateTimestamps"] {
            json.key(absent).null();
        }
        x509::write(&leaf, false, json.key("Leaf"))
    })?;
    Ok(json.finish())
}

/// A key in any form.
fn any_private_key(der: &[u8]) -> Outcome<Private> {
    let forms = [Form::Pkcs1, Form::Pkcs8, Form::Ec];
    match forms.into_iter().find_map(|form| Private::parse(form, der).ok()) {
        Some(Private::X25519(_)) => Err(Failure::from("tls: found unknown private key type in PKCS#8 wrapping")),
        Some(key) => Ok(key),
        None => Err(Failure::from("tls: failed to parse private key")),
    }
}

fn check_pair(of_certificate: Option<&Public>, of_key: &Public) -> Outcome<()> {
    let problem = match (of_certificate, of_key) {
        (Some(Public::Rsa(one)), Public::Rsa(other)) if one == other => return Ok(()),
        (Some(Public::Ec(one)), Public::Ec(other)) if one == other => return Ok(()),
        (Some(Public::Ed25519(one)), Public::Ed25519(other)) if one == other => return Ok(()),
        (Some(Public::Rsa(_)), Public::Rsa(_)) | (Some(Public::Ec(_)), Public::Ec(_)) | (Some(Public::Ed25519(_)), Public::Ed25519(_)) => {
            "tls: private key does not match public key"
        }
        (Some(Public::Rsa(_) | Public::Ec(_) | Public::Ed25519(_)), _) => "tls: private key type does not match public key type",
        _ => "tls: unknown public key algorithm",
    };
    Err(Failure::from(problem))
}
