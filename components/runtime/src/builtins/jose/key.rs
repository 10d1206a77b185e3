//! Keys of tokens: JSON Web Keys and sets of them, certificates and public keys in PEM.
//!
//! Messages are those of the library that OPA reads keys with, which tells apart what is malformed, what is missing, and what cannot be used.

use super::super::base64::codec::decode_any;
use super::super::crypto::ec::{self, Curve, ED25519, Point};
use super::super::crypto::failure::{Failure, Outcome};
use super::super::crypto::keys::{Private, Public};
use super::super::crypto::number::{bits, small, trim};
use super::super::crypto::rsa;
use super::super::crypto::signature::Material;
use super::super::json::check::first_value;
use super::signature::algorithm;
use crate::collections::Object;
use crate::json::read_quietly;
use crate::value::{Kind, Value};

/// A key.
#[derive(Debug, Clone)]
pub struct Key {
    /// The name of its type in Go, for messages; empty if it was no JSON Web Key.
    pub kind: &'static str,
    /// Empty if nothing is said.
    pub algorithm: Vec<u8>,
    /// Empty if there is none.
    pub id: Vec<u8>,
    /// What it is made of, or why it cannot be used.
    pub material: Outcome<Material>,
}

/// Keys in a set, as many as the library reads.
const KEYS_MAX: u32 = 1000;
/// The structure into which the library reads the type of a key.
const PROBE: &[u8] = b"Go value of type struct { Kty string \"json:\\\"kty\\\"\"; D json.RawMessage \"json:\\\"d,omitempty\\\"\" }";

/// The key of a public key that stands for itself.
pub fn bare(public: Public) -> Key {
    Key {
        kind: "",
        algorithm: Vec::new(),
        id: Vec::new(),
        material: Ok(Material::Public(public)),
    }
}

/// The keys in a text: one key, or a set.
pub fn parse(text: &[u8]) -> Outcome<Vec<Key>> {
    parse_all(text).map_err(|failure| failure.behind("jwk.Parse: "))
}

fn parse_all(text: &[u8]) -> Outcome<Vec<Key>> {
    let sole = |failure: Failure| failure.behind("failed to parse sole key: jwk.ParseKey: ");
    let malformed = |why: &[u8]| {
        sole(Failure::of(&[
            b"jwk.Parse: failed to probe data: probe: failed to unmarshal data: ",
            why,
        ]))
    };
    let first = first_value(text).map_err(|why| malformed(why.as_bytes()))?;
    let value = read_quietly(first);
    if !value.is_defined() {
        return Err(malformed(b"invalid number"));
    }
    let whole = text.get(first.len()..).unwrap_or_default().trim_ascii().is_empty();
    let keys = value.as_object().filter(|_| whole).and_then(|members| members.get_bytes(b"keys"));
    match keys {
        Some(keys) => parse_set(keys).map_err(|failure| failure.behind("failed to unmarshal JWK set: ")),
        None => Ok(vec![parse_key(value).map_err(sole)?]),
    }
}

fn parse_set(keys: Value) -> Outcome<Vec<Key>> {
    let Some(keys) = keys.as_array() else {
        return Err(Failure::of(&[b"failed to decode \"keys\": expected '[' but got ", &shown(keys)]));
    };
    let mut parsed = Vec::with_capacity(keys.len().min(KEYS_MAX) as usize);
    for (place, key) in keys.iter().enumerate() {
        if parsed.len() as u32 >= KEYS_MAX {
            return Err(Failure::from("too many keys in \"keys\" array: max 1000"));
        }
        let place = small(place as i64);
        let key = parse_key(key)
            .map_err(|failure| Failure::of(&[b"failed to decode key #", &place, b" in \"keys\": jwk.ParseKey: ", failure.text()]));
        parsed.push(key?);
    }
    Ok(parsed)
}

/// A value that stands where an array should, as Go shows its first token.
fn shown(value: Value) -> Vec<u8> {
    match value.kind() {
        Kind::Null => b"<nil>".to_vec(),
        Kind::Object => b"{".to_vec(),
        Kind::Boolean if value.as_bool() == Some(true) => b"true".to_vec(),
        Kind::Boolean => b"false".to_vec(),
        Kind::String => value.str_bytes().to_vec(),
        _ => value.as_int().map_or_else(|| b"number".to_vec(), small),
    }
}

/// Go's name of a JSON value's type.
fn json_type(value: Value) -> &'static [u8] {
    match value.kind() {
        Kind::Boolean => b"bool",
        other => other.name().as_bytes(),
    }
}

/// Types of keys: `kty`, the name of the type in Go for public and for private keys, and the fields that are required of either.
struct Type {
    public: &'static str,
    private: &'static str,
    required: &'static [&'static str],
}

const RSA: Type = Type {
    public: "*jwk.rsaPublicKey",
    private: "*jwk.rsaPrivateKey",
    required: &["d", "e", "n"],
};
const EC: Type = Type {
    public: "*jwk.ecdsaPublicKey",
    private: "*jwk.ecdsaPrivateKey",
    required: &["crv", "d", "x", "y"],
};
const OKP: Type = Type {
    public: "*jwk.okpPublicKey",
    private: "*jwk.okpPrivateKey",
    required: &["crv", "d", "x"],
};
const OCTETS: Type = Type {
    public: "*jwk.symmetricKey",
    private: "*jwk.symmetricKey",
    required: &["k"],
};

fn parse_key(value: Value) -> Outcome<Key> {
    let probe =
        |failure: Failure| failure.behind("jwk.Parse: failed to probe data: probe: failed to unmarshal data: json: cannot unmarshal ");
    let members = match value.kind() {
        Kind::Object => value.as_object(),
        Kind::Null => None,
        _ => return Err(probe(Failure::of(&[json_type(value), b" into ", PROBE]))),
    };
    let kty = members.and_then(|members| members.get_bytes(b"kty")).unwrap_or(Value::NULL);
    if !matches!(kty.kind(), Kind::String | Kind::Null) {
        return Err(probe(Failure::of(&[json_type(kty), b" into Go struct field .kty of type string"])));
    }
    let kty = kty.as_str().unwrap_or_default();
    let (kind, members) = match (kty, members) {
        (b"RSA", Some(members)) => (RSA, members),
        (b"EC", Some(members)) => (EC, members),
        (b"OKP", Some(members)) => (OKP, members),
        (b"oct", Some(members)) => (OCTETS, members),
        _ => return Err(Failure::of(&[b"invalid key type from JSON (", kty, b")"])),
    };
    let private = members.get_bytes(b"d").is_some();
    let name = if private { kind.private } else { kind.public };
    let fields = Fields::read(members).and_then(|fields| {
        let missing = kind
            .required
            .iter()
            .find(|field| (private || **field != "d") && !fields.has(members, field));
        missing.map_or(Ok(fields), |field| {
            Err(Failure::of(&[b"required field ", field.as_bytes(), b" is missing"]))
        })
    });
    let fields = fields.map_err(|failure| {
        let into: &[u8] = &[b"failed to unmarshal JSON into key (", name.as_bytes(), b"): "].concat();
        Failure::of(&[into, into, failure.text()])
    })?;
    let material = match kty {
        b"RSA" => rsa_key(&fields, private),
        b"EC" => ec_key(&fields, private),
        b"OKP" => okp_key(&fields, private),
        _ => secret(&fields),
    };
    let material = match material {
        Ok(material) => Ok(material),
        Err(Problem::Use(failure)) => Err(failure.behind("jwk.Export: failed to export jwk.Key to raw format: ")),
        Err(Problem::Key(failure)) => return Err(failure.behind("jwk.Parse: key validation failed: key validation failed: jwk.")),
    };
    Ok(Key {
        kind: name,
        algorithm: fields.algorithm,
        id: fields.id,
        material,
    })
}

/// Why a key is not accepted: because of what it says, or only when somebody wants to use it.
enum Problem {
    Key(Failure),
    Use(Failure),
}

fn invalid(kind: &str, private: bool, what: &[&[u8]]) -> Problem {
    let side: &[u8] = if private { b"PrivateKey: " } else { b"PublicKey: " };
    Problem::Key(Failure::of(&[kind.as_bytes(), side, &what.concat()]))
}

/// Fields with bytes in base64.
const BYTES: [&str; 10] = ["d", "dp", "dq", "e", "k", "n", "p", "q", "qi", "x"];

/// What is in the fields of a key.
#[derive(Default)]
struct Fields {
    algorithm: Vec<u8>,
    id: Vec<u8>,
    curve: Vec<u8>,
    y: Option<Vec<u8>>,
    bytes: [Option<Vec<u8>>; 10],
}

fn decoding(key: &str, failure: Failure) -> Failure {
    Failure::of(&[b"failed to decode value for key ", key.as_bytes(), b": ", failure.text()])
}

/// A string, or nothing for null.
fn text(value: Value) -> Outcome<&'static [u8]> {
    match value.kind() {
        Kind::String => Ok(value.str_bytes()),
        Kind::Null => Ok(&[]),
        _ => Err(Failure::of(&[
            b"json: cannot unmarshal ",
            json_type(value),
            b" into Go value of type string",
        ])),
    }
}

fn bytes(value: Value) -> Outcome<Vec<u8>> {
    let text = text(value).map_err(|failure| failure.behind("error reading next value: "))?;
    decode_any(text).ok_or(Failure::from("expected base64 encoded []byte (string)"))
}

impl Fields {
    fn read(members: Object) -> Outcome<Fields> {
        let mut fields = Fields::default();
        for (key, value) in members {
            let key = core::str::from_utf8(key.str_bytes()).unwrap_or_default();
            let read = || text(value).map(<[u8]>::to_vec);
            match key {
                "alg" => fields.algorithm = read().and_then(known_algorithm).map_err(|failure| decoding(key, failure))?,
                "kid" | "use" | "x5t" | "x5t#S256" | "x5u" => {
                    let text = read().map_err(|failure| decoding(key, failure.behind("error reading next value: ")))?;
                    if key == "kid" {
                        fields.id = text;
                    }
                }
                "crv" => {
                    let curve = read().map_err(|failure| failure.behind("failed to unmarshal EllipticCurveAlgorithm: "));
                    fields.curve = curve.and_then(known_curve).map_err(|failure| decoding(key, failure))?;
                }
                "y" => fields.y = Some(bytes(value).map_err(|failure| decoding(key, failure))?),
                _ => {
                    if let Some(slot) = BYTES
                        .iter()
                        .position(|name| *name == key)
                        .and_then(|place| fields.bytes.get_mut(place))
                    {
                        *slot = Some(bytes(value).map_err(|failure| decoding(key, failure))?);
                    }
                }
            }
        }
        Ok(fields)
    }

    fn has(&self, members: Object, key: &str) -> bool {
        match key {
            "crv" => members.get_bytes(b"crv").is_some(),
            "y" => self.y.is_some(),
            _ => self.optional(key).is_some(),
        }
    }

    fn optional(&self, key: &str) -> Option<&[u8]> {
        let place = BYTES.iter().position(|name| *name == key)?;
        self.bytes.get(place)?.as_deref()
    }

    fn get(&self, key: &str) -> &[u8] {
        self.optional(key).unwrap_or_default()
    }
}

fn known_curve(name: Vec<u8>) -> Outcome<Vec<u8>> {
    match name.as_slice() {
        b"P-256" | b"P-384" | b"P-521" | b"Ed25519" | b"Ed448" | b"X25519" | b"X448" => Ok(name),
        _ => Err(Failure::of(&[b"unknown EllipticCurveAlgorithm: \"", &name, b"\""])),
    }
}

/// An algorithm that the library has heard of, whether for signatures or not.
fn known_algorithm(name: Vec<u8>) -> Outcome<Vec<u8>> {
    const OTHERS: [&str; 28] = [
        "ES256K",
        "Ed25519",
        "none",
        "A128CBC-HS256",
        "A128GCM",
        "A192CBC-HS384",
        "A192GCM",
        "A256CBC-HS512",
        "A256GCM",
        "A128GCMKW",
        "A128KW",
        "A192GCMKW",
        "A192KW",
        "A256GCMKW",
        "A256KW",
        "dir",
        "ECDH-ES",
        "ECDH-ES+A128KW",
        "ECDH-ES+A192KW",
        "ECDH-ES+A256KW",
        "PBES2-HS256+A128KW",
        "PBES2-HS384+A192KW",
        "PBES2-HS512+A256KW",
        "RSA1_5",
        "RSA-OAEP",
        "RSA-OAEP-256",
        "RSA-OAEP-384",
        "RSA-OAEP-512",
    ];
    if algorithm(&name).is_some() || OTHERS.iter().any(|other| other.as_bytes() == name) {
        return Ok(name);
    }
    Err(Failure::of(&[b"invalid key value: \"", &name, b"\": invalid key algorithm"]))
}

fn rsa_key(fields: &Fields, private: bool) -> Result<Material, Problem> {
    let invalid = |what: &[u8]| Err(invalid("RSA", private, &[what]));
    let (n, e) = (trim(fields.get("n")), trim(fields.get("e")));
    if n.is_empty() {
        return invalid(b"missing \"n\" value");
    }
    if e.is_empty() {
        return invalid(b"missing \"e\" value");
    }
    if e.last().is_none_or(|last| last & 1 == 0) {
        return invalid(b"invalid rsa public exponent: must be a positive odd integer");
    }
    if bits(e) >= 64 {
        let size = small(bits(e) as i64);
        return invalid(
            &[
                b"rsa public exponent too large for this platform: ",
                size.as_slice(),
                b" bits (max 63)",
            ]
            .concat(),
        );
    }
    let public = rsa::Public {
        n: n.to_vec(),
        e: e.iter().fold(0, |n, byte| n << 8 | i64::from(*byte)),
    };
    if !private {
        return Ok(Material::Public(Public::Rsa(public)));
    }
    if fields.get("d").is_empty() {
        return invalid(b"missing \"d\" value");
    }
    let number = |key: &str| {
        let missing = || Problem::Use(Failure::of(&[b"missing \"", key.as_bytes(), b"\" value"]));
        fields.optional(key).map(|bytes| trim(bytes).to_vec()).ok_or_else(missing)
    };
    let d = number("d")?;
    let q = number("q")?;
    let primes = vec![number("p")?, q];
    let crt = match (number("dp"), number("dq"), number("qi")) {
        (Ok(dp), Ok(dq), Ok(inverse)) => Some([dp, dq, inverse]),
        _ => None,
    };
    Ok(Material::Private(Private::Rsa(rsa::Private { public, d, primes, crt })))
}

fn ec_key(fields: &Fields, private: bool) -> Result<Material, Problem> {
    let invalid = |what: &[&[u8]]| invalid("ECDSA", private, what);
    let curve = match fields.curve.as_slice() {
        b"P-256" => Curve::P256,
        b"P-384" => Curve::P384,
        b"P-521" => Curve::P521,
        name => {
            return Err(invalid(&[
                b"invalid curve algorithm \"",
                name,
                b"\": unknown elliptic curve algorithm: \"",
                name,
                b"\"",
            ]));
        }
    };
    let sized = |key: &[u8], bytes: &[u8]| {
        let of_curve = curve.name().as_bytes();
        let problem = || {
            invalid(&[
                b"invalid \"",
                key,
                b"\" length (",
                &small(bytes.len() as i64),
                b") for curve \"",
                of_curve,
                b"\"",
            ])
        };
        if bytes.len() == curve.size() { Ok(()) } else { Err(problem()) }
    };
    let (x, y) = (fields.get("x"), fields.y.as_deref().unwrap_or_default());
    sized(b"x", x)?;
    sized(b"y", y)?;
    if trim(x).is_empty() && trim(y).is_empty() {
        return Err(invalid(&[b"invalid ECDSA public key: identity point is not a valid public key"]));
    }
    for (name, coordinate) in [(b"x", x), (b"y", y)] {
        if bits(coordinate) > curve.bits() {
            let size = small(bits(coordinate) as i64);
            let field = small(curve.bits() as i64);
            let of_curve = curve.name().as_bytes();
            let what: [&[u8]; 9] = [
                b"invalid ECDSA public key: ",
                name,
                b" coordinate is ",
                &size,
                b" bits, exceeds curve \"",
                of_curve,
                b"\" field size of ",
                &field,
                b" bits",
            ];
            return Err(invalid(&what));
        }
    }
    let point = Point::new(curve, x, y).ok_or_else(|| invalid(&[b"invalid ECDSA public key: ", &off_curve(curve)]))?;
    if !private {
        return Ok(Material::Public(Public::Ec(point)));
    }
    let secret = fields.get("d");
    sized(b"d", secret)?;
    Ok(Material::Private(Private::Ec {
        secret: secret.to_vec(),
        public: point,
    }))
}

/// What Go says about a point that is not on a curve.
fn off_curve(curve: Curve) -> Vec<u8> {
    let name = curve.name().as_bytes().get(2..).unwrap_or_default();
    [b"P", name, b" point not on curve"].concat()
}

fn okp_key(fields: &Fields, private: bool) -> Result<Material, Problem> {
    let invalid = |what: &[u8]| Err(invalid("OKP", private, &[what]));
    let (x, d) = (fields.get("x"), fields.get("d"));
    if fields.curve.is_empty() {
        return invalid(b"invalid curve algorithm");
    }
    if x.is_empty() {
        return invalid(b"missing \"x\" field");
    }
    let name: &[u8] = match fields.curve.as_slice() {
        b"Ed25519" => b"ed25519",
        b"X25519" => b"x25519",
        _ => b"",
    };
    if !name.is_empty() && x.len() != 32 {
        return invalid(&[name, b": wrong public key size"].concat());
    }
    if private && d.is_empty() {
        return invalid(b"missing \"d\" field");
    }
    if private && !name.is_empty() && d.len() != 32 {
        return invalid(&[name, b": wrong private key size"].concat());
    }
    let unusable = |what: &[u8]| {
        let side: &[u8] = if private {
            b"PrivateKey: failed to build private key: "
        } else {
            b"PublicKey: failed to build public key: "
        };
        Problem::Use(Failure::of(&[b"jwk.OKP", side, what]))
    };
    let (Ok(public), Ok(seed)) = (<[u8; ED25519]>::try_from(x), <[u8; ED25519]>::try_from(if private { d } else { x })) else {
        return Err(unusable(&[b"invalid curve algorithm ", fields.curve.as_slice()].concat()));
    };
    match (name, private) {
        (b"ed25519", false) => Ok(Material::Public(Public::Ed25519(public))),
        (b"ed25519", true) if ec::public_ed25519(&seed) != public => Err(unusable(b"ed25519: invalid x value given d value")),
        (b"ed25519", true) => Ok(Material::Private(Private::Ed25519 { seed, public })),
        (b"x25519", false) => Ok(Material::Public(Public::X25519)),
        (b"x25519", true) => Ok(Material::Private(Private::X25519(seed))),
        _ => Err(unusable(&[b"invalid curve algorithm ", fields.curve.as_slice()].concat())),
    }
}

fn secret(fields: &Fields) -> Result<Material, Problem> {
    match fields.get("k") {
        [] => Err(Problem::Key(Failure::from("SymmetricKey: missing \"k\" field"))),
        secret => Ok(Material::Secret(secret.to_vec())),
    }
}
