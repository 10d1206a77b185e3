//! Keys in DER: public ones of certificates and PEM blocks, private ones in the three forms that there are.

use super::asn1::{self, Algorithm, Mode, Reader, structure, syntax};
use super::der::{BitString, Der, Oid, tag, to_i64};
use super::ec::{self, Curve, ED25519, Point};
use super::failure::{Failure, Outcome};
use super::json::Json;
use super::number::{small, trim};
use super::rsa;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Public {
    Rsa(rsa::Public),
    Ec(Point),
    Ed25519([u8; ED25519]),
    /// For key agreement only.
    X25519,
    /// Only read and shown: `P`, `Q`, `G` and `Y`.
    Dsa([Vec<u8>; 4]),
}

/// A private key.
#[derive(Debug, Clone)]
pub enum Private {
    Rsa(rsa::Private),
    Ec {
        secret: Vec<u8>,
        public: Point,
    },
    Ed25519 {
        seed: [u8; ED25519],
        public: [u8; ED25519],
    },
    /// For key agreement only.
    X25519([u8; 32]),
}

/// What an object identifier says about a key.
pub mod id {
    pub const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    pub const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];
    pub const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    pub const X25519: &[u8] = &[0x2b, 0x65, 110];
    pub const ED25519: &[u8] = &[0x2b, 0x65, 112];
}

fn curve(id: &[u8]) -> Option<Curve> {
    match id {
        [0x2b, 0x81, 4, 0, 33] => Some(Curve::P224),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7] => Some(Curve::P256),
        [0x2b, 0x81, 4, 0, 34] => Some(Curve::P384),
        [0x2b, 0x81, 4, 0, 35] => Some(Curve::P521),
        _ => None,
    }
}

/// A positive integer's bytes.
fn positive(content: &[u8]) -> Option<Vec<u8>> {
    let is_positive = content.first().is_some_and(|first| first & 0x80 == 0);
    Some(trim(content))
        .filter(|bytes| is_positive && !bytes.is_empty())
        .map(<[u8]>::to_vec)
}

impl Public {
    /// The key in a `SubjectPublicKeyInfo`.
    pub fn parse_pkix(der: &[u8]) -> Outcome<Public> {
        let mut reader = Reader::new(der);
        match public_key_info(&mut reader) {
            Ok((algorithm, bits)) => {
                if !reader.is_at_end() {
                    return Err(Failure::from("x509: trailing data after ASN.1 of public-key"));
                }
                Public::parse(&algorithm, &bits)
            }
            Err(_) if is_pkcs1_public(der) => Err(Failure::from(
                "x509: failed to parse public key (use ParsePKCS1PublicKey instead for this key format)",
            )),
            Err(failure) => Err(failure),
        }
    }

    /// The key of an algorithm.
    pub fn parse(algorithm: &Algorithm<'_>, bits: &BitString<'_>) -> Outcome<Public> {
        let data = bits.right_aligned();
        match algorithm.id.0 {
            id::RSA => parse_rsa(algorithm.parameters, &data),
            id::EC => {
                let named = Der(algorithm.parameters)
                    .oid()
                    .ok_or(Failure::from("x509: invalid ECDSA parameters"))?;
                let curve = curve(named.0).ok_or(Failure::from("x509: unsupported elliptic curve"))?;
                parse_point(curve, &data).map(Public::Ec)
            }
            id::ED25519 if !algorithm.parameters.is_empty() => Err(Failure::from("x509: Ed25519 key encoded with illegal parameters")),
            id::ED25519 => {
                let key = data.as_slice().try_into();
                key.map(Public::Ed25519)
                    .map_err(|_| Failure::from("x509: wrong Ed25519 public key size"))
            }
            id::X25519 if !algorithm.parameters.is_empty() => Err(Failure::from("x509: X25519 key encoded with illegal parameters")),
            id::X25519 if data.len() != 32 => Err(Failure::from("crypto/ecdh: invalid public key")),
            id::X25519 => Ok(Public::X25519),
            id::DSA => parse_dsa(algorithm.parameters, &data),
            _ => Err(Failure::from("x509: unknown public key algorithm")),
        }
    }

    /// The number that Go has for its algorithm.
    pub const fn algorithm_of(id: &[u8]) -> i64 {
        match id {
            id::RSA => 1,
            id::DSA => 2,
            id::EC => 3,
            id::ED25519 => 4,
            _ => 0,
        }
    }

    /// As Go's structures are written in JSON.
    pub fn write(&self, json: &mut Json) -> Outcome<()> {
        match self {
            Public::Rsa(key) => json.object(|json| {
                json.key("N").natural(&key.n)?;
                json.key("E").integer(key.e);
                Ok(())
            }),
            Public::Ec(point) => json.object(|json| write_point(point, json)),
            Public::Ed25519(key) => {
                json.bytes(key);
                Ok(())
            }
            Public::X25519 => {
                json.raw(b"{}");
                Ok(())
            }
            Public::Dsa(numbers) => json.object(|json| {
                for (name, number) in ["P", "Q", "G", "Y"].iter().zip(numbers) {
                    json.key(name).natural(number)?;
                }
                Ok(())
            }),
        }
    }
}

fn write_point(point: &Point, json: &mut Json) -> Outcome<()> {
    json.key("Curve").raw(b"{}");
    json.key("X").natural(&point.x)?;
    json.key("Y").natural(&point.y)
}

/// The parts of a `SubjectPublicKeyInfo`.
pub fn public_key_info<'a>(reader: &mut Reader<'a>) -> Outcome<(Algorithm<'a>, BitString<'a>)> {
    let mut inner = Reader::new(reader.value(structure("publicKeyInfo"), Mode::Required)?.content);
    Ok((inner.algorithm(Mode::Required)?, inner.bit_string()?))
}

fn is_pkcs1_public(der: &[u8]) -> bool {
    let read = || {
        let mut inner = Reader::new(Reader::new(der).value(structure("pkcs1PublicKey"), Mode::Required)?.content);
        inner.big_int()?;
        inner.int()
    };
    read().is_ok()
}

fn parse_rsa(parameters: &[u8], data: &[u8]) -> Outcome<Public> {
    if parameters != [5, 0] {
        return Err(Failure::from("x509: RSA key missing NULL parameters"));
    }
    let mut inner = Der(data)
        .enter(tag::SEQUENCE)
        .ok_or(Failure::from("x509: invalid RSA public key"))?;
    let n = inner.integer().ok_or(Failure::from("x509: invalid RSA modulus"))?;
    let e = inner
        .integer()
        .and_then(to_i64)
        .ok_or(Failure::from("x509: invalid RSA public exponent"))?;
    let n = positive(n).ok_or(Failure::from("x509: RSA modulus is not a positive number"))?;
    if e <= 0 {
        return Err(Failure::from("x509: RSA public exponent is not a positive number"));
    }
    Ok(Public::Rsa(rsa::Public { n, e }))
}

fn parse_point(curve: Curve, data: &[u8]) -> Outcome<Point> {
    if data.first() != Some(&4) {
        return Err(Failure::from("ecdsa: invalid uncompressed public key"));
    }
    let name = &curve.name().as_bytes().get(2..).unwrap_or_default();
    let problem = if data.len() == 2 * curve.size() + 1 {
        " point not on curve"
    } else {
        " point encoding"
    };
    let before: &[u8] = if data.len() == 2 * curve.size() + 1 { b"P" } else { b"invalid P" };
    Point::parse(curve, data).ok_or_else(|| Failure::of(&[before, name, problem.as_bytes()]))
}

fn parse_dsa(parameters: &[u8], data: &[u8]) -> Outcome<Public> {
    let y = Der(data).integer().ok_or(Failure::from("x509: invalid DSA public key"))?;
    let numbers = || {
        let mut inner = Der(parameters).enter(tag::SEQUENCE)?;
        Some([inner.integer()?, inner.integer()?, inner.integer()?])
    };
    let [p, q, g] = numbers().ok_or(Failure::from("x509: invalid DSA parameters"))?;
    let all = || Some([positive(p)?, positive(q)?, positive(g)?, positive(y)?]);
    all().map(Public::Dsa).ok_or(Failure::from("x509: zero or negative DSA parameter"))
}

/// The forms of private keys, by the functions of Go that read them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Pkcs1,
    Pkcs8,
    Ec,
}

/// The failure to read a key in one form when it is in one of the others.
fn other_form(der: &[u8], tried: [Form; 2], failure: Failure) -> Failure {
    for form in tried {
        let (is_it, function): (bool, &[u8]) = match form {
            Form::Pkcs1 => (Pkcs1::read(der).is_ok(), b"ParsePKCS1PrivateKey"),
            Form::Pkcs8 => (Pkcs8::read(der).is_ok(), b"ParsePKCS8PrivateKey"),
            Form::Ec => (EcKey::read(der).is_ok(), b"ParseECPrivateKey"),
        };
        if is_it {
            return Failure::of(&[
                b"x509: failed to parse private key (use ",
                function,
                b" instead for this key format)",
            ]);
        }
    }
    failure
}

struct Pkcs1<'a> {
    version: i64,
    e: i64,
    /// `n`, `d`, `p`, `q`.
    numbers: [&'a [u8]; 4],
    crt: [Option<&'a [u8]>; 3],
    primes: Vec<&'a [u8]>,
    trailing: bool,
}

impl<'a> Pkcs1<'a> {
    fn read(der: &'a [u8]) -> Outcome<Pkcs1<'a>> {
        let mut outer = Reader::new(der);
        let mut inner = Reader::new(outer.value(structure("pkcs1PrivateKey"), Mode::Required)?.content);
        let version = inner.int()?;
        let n = inner.big_int()?;
        let e = inner.int()?;
        let numbers = [n, inner.big_int()?, inner.big_int()?, inner.big_int()?];
        let crt = [inner.optional_big_int()?, inner.optional_big_int()?, inner.optional_big_int()?];
        let mut primes = Vec::new();
        if let Some(more) = inner.optional(structure(""), Mode::Optional)? {
            let mut more = Reader::new(more.content);
            while !more.is_at_end() {
                let mut prime = Reader::new(more.value(structure("pkcs1AdditionalRSAPrime"), Mode::Required)?.content);
                primes.push(prime.big_int()?);
                prime.big_int()?;
                prime.big_int()?;
            }
        }
        Ok(Pkcs1 {
            version,
            e,
            numbers,
            crt,
            primes,
            trailing: !outer.is_at_end(),
        })
    }
}

struct Pkcs8<'a> {
    algorithm: Algorithm<'a>,
    key: &'a [u8],
}

impl<'a> Pkcs8<'a> {
    fn read(der: &'a [u8]) -> Outcome<Pkcs8<'a>> {
        let mut inner = Reader::new(Reader::new(der).value(structure("pkcs8"), Mode::Required)?.content);
        inner.int()?;
        let algorithm = inner.algorithm(Mode::Required)?;
        let key = inner.value(asn1::BYTES, Mode::Required)?.content;
        Ok(Pkcs8 { algorithm, key })
    }
}

struct EcKey<'a> {
    version: i64,
    key: &'a [u8],
    curve: Option<Oid<'a>>,
}

impl<'a> EcKey<'a> {
    fn read(der: &'a [u8]) -> Outcome<EcKey<'a>> {
        let mut inner = Reader::new(Reader::new(der).value(structure("ecPrivateKey"), Mode::Required)?.content);
        let version = inner.int()?;
        let key = inner.value(asn1::BYTES, Mode::Required)?.content;
        let curve = inner.optional(asn1::OID, Mode::OptionalExplicit(0))?;
        let curve = curve.map(|found| asn1::oid(found.content)).transpose()?;
        if let Some(public) = inner.optional(asn1::BIT_STRING, Mode::OptionalExplicit(1))? {
            asn1::bit_string(public.content)?;
        }
        Ok(EcKey { version, key, curve })
    }
}

impl Private {
    /// A key in one of the forms.
    pub fn parse(form: Form, der: &[u8]) -> Outcome<Private> {
        match form {
            Form::Pkcs1 => parse_pkcs1(der),
            Form::Pkcs8 => parse_pkcs8(der),
            Form::Ec => parse_ec(None, der),
        }
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> Public {
        match self {
            Private::Rsa(key) => Public::Rsa(key.public.clone()),
            Private::Ec { public, .. } => Public::Ec(public.clone()),
            Private::Ed25519 { public, .. } => Public::Ed25519(*public),
            Private::X25519(_) => Public::X25519,
        }
    }

    /// As Go's structures are written in JSON.
    pub fn write(&self, json: &mut Json) -> Outcome<()> {
        match self {
            Private::Rsa(key) => json.object(|json| write_rsa(key, json)),
            Private::Ec { secret, public } => json.object(|json| {
                write_point(public, json)?;
                json.key("D").natural(secret)
            }),
            Private::Ed25519 { seed, public } => {
                json.bytes(&[seed.as_slice(), public].concat());
                Ok(())
            }
            Private::X25519(_) => {
                json.raw(b"{}");
                Ok(())
            }
        }
    }
}

fn write_rsa(key: &rsa::Private, json: &mut Json) -> Outcome<()> {
    json.key("N").natural(&key.public.n)?;
    json.key("E").integer(key.public.e);
    json.key("D").natural(&key.d)?;
    json.key("Primes")
        .array(|json| key.primes.iter().try_for_each(|prime| json.natural(prime)))?;
    json.key("Precomputed").object(|json| {
        for (name, index) in [("Dp", 0), ("Dq", 1), ("Qinv", 2)] {
            match key.crt.as_ref().and_then(|crt| crt.get(index)) {
                Some(number) => json.key(name).natural(number)?,
                None => json.key(name).null(),
            }
        }
        json.key("CRTValues").raw(b"[]");
        Ok(())
    })
}

fn parse_pkcs1(der: &[u8]) -> Outcome<Private> {
    let key = match Pkcs1::read(der) {
        Ok(key) if key.trailing => return Err(syntax("trailing data")),
        Ok(key) => key,
        Err(failure) => return Err(other_form(der, [Form::Ec, Form::Pkcs8], failure)),
    };
    if key.version > 1 {
        return Err(Failure::from("x509: unsupported private key version"));
    }
    let not_positive = || Failure::from("x509: private key contains zero or negative value");
    let [n, d, p, q] = key.numbers.map(positive);
    let (Some(n), Some(d), Some(p), Some(q)) = (n, d, p, q) else {
        return Err(not_positive());
    };
    if key.crt.iter().flatten().any(|number| positive(number).is_none()) {
        return Err(not_positive());
    }
    let mut primes = vec![p, q];
    for prime in key.primes {
        primes.push(positive(prime).ok_or(Failure::from("x509: private key contains zero or negative prime"))?);
    }
    let crt = match key.crt.map(|number| number.and_then(positive)) {
        [Some(dp), Some(dq), Some(inverse)] if primes.len() == 2 => Some([dp, dq, inverse]),
        _ => None,
    };
    let public = rsa::Public { n, e: key.e };
    let key = rsa::Private { public, d, primes, crt };
    key.complete().map(Private::Rsa)
}

fn parse_pkcs8(der: &[u8]) -> Outcome<Private> {
    let Pkcs8 { algorithm, key } = Pkcs8::read(der).map_err(|failure| other_form(der, [Form::Ec, Form::Pkcs1], failure))?;
    match algorithm.id.0 {
        id::RSA => parse_pkcs1(key).map_err(|failure| failure.behind("x509: failed to parse RSA private key embedded in PKCS#8: ")),
        id::EC => {
            let named = Reader::new(algorithm.parameters).oid().ok();
            parse_ec(named, key).map_err(|failure| failure.behind("x509: failed to parse EC private key embedded in PKCS#8: "))
        }
        id::ED25519 if !algorithm.parameters.is_empty() => Err(Failure::from("x509: invalid Ed25519 private key parameters")),
        id::ED25519 => {
            let seed = inner_key(key).map_err(|failure| failure.behind("x509: invalid Ed25519 private key: "))?;
            let length = || Failure::of(&[b"x509: invalid Ed25519 private key length: ", &small(seed.len() as i64)]);
            let seed: [u8; ED25519] = seed.try_into().map_err(|_| length())?;
            let public = ec::public_ed25519(&seed);
            Ok(Private::Ed25519 { seed, public })
        }
        id::X25519 if !algorithm.parameters.is_empty() => Err(Failure::from("x509: invalid X25519 private key parameters")),
        id::X25519 => {
            let key = inner_key(key).map_err(|failure| failure.behind("x509: invalid X25519 private key: "))?;
            let key = key.try_into().map_err(|_| Failure::from("crypto/ecdh: invalid private key size"))?;
            Ok(Private::X25519(key))
        }
        _ => {
            let mut message = b"x509: PKCS#8 wrapping contained private key with unknown algorithm: ".to_vec();
            for (place, component) in algorithm.id.components().enumerate() {
                message.extend_from_slice(if place > 0 { b"." } else { b"" });
                message.extend(small(component as i64));
            }
            Err(Failure::of(&[&message]))
        }
    }
}

fn inner_key(der: &[u8]) -> Outcome<&[u8]> {
    Ok(Reader::new(der).value(asn1::BYTES, Mode::Required)?.content)
}

fn parse_ec(named: Option<Oid<'_>>, der: &[u8]) -> Outcome<Private> {
    let key = EcKey::read(der).map_err(|failure| {
        let failure = failure.behind("x509: failed to parse EC private key: ");
        other_form(der, [Form::Pkcs8, Form::Pkcs1], failure)
    })?;
    if key.version != 1 {
        return Err(Failure::of(&[b"x509: unknown EC private key version ", &small(key.version)]));
    }
    let curve = named.or(key.curve).and_then(|id| curve(id.0));
    let curve = curve.ok_or(Failure::from("x509: unknown elliptic curve"))?;
    let secret = super::number::pad(key.key, curve.size()).ok_or(Failure::from("x509: invalid private key length"))?;
    if trim(&secret).is_empty() {
        return Err(Failure::from("ecdsa: private key is zero"));
    }
    if curve == Curve::P224 {
        return Err(Failure::from("x509: P-224 private keys are not supported"));
    }
    let public = ec::public(curve, &secret).ok_or(Failure::from("input overflows the modulus"))?;
    Ok(Private::Ec { secret, public })
}
