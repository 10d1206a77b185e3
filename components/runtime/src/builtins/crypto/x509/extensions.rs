//! The extensions that Go knows.

use super::super::super::net::address::parse_address;
use super::super::super::url::Url;
use super::super::der::{Der, Oid, tag};
use super::super::failure::{Failure, Outcome};
use super::super::number::small;
use super::certificate::{Extension, number};
use super::constraints::{Constraints, is_domain};

/// What the extensions of a certificate say. Numbers whose field in Go comes with a field that tells a zero from nothing are options here.
#[derive(Debug, Clone, Default)]
pub struct Extensions<'a> {
    pub usage: i64,
    /// Go's numbers of the usages it knows.
    pub extended: Vec<i64>,
    pub extended_unknown: Vec<Oid<'a>>,
    /// Whether it may sign others, and how many there may be between.
    pub authority: Option<(bool, i64)>,
    pub subject_key: Option<&'a [u8]>,
    pub authority_key: Option<&'a [u8]>,
    pub ocsp: Vec<&'a [u8]>,
    pub issuers: Vec<&'a [u8]>,
    pub names: Names<'a>,
    pub constraints: Option<Constraints<'a>>,
    pub revocation: Vec<&'a [u8]>,
    pub policies: Option<Vec<Oid<'a>>>,
    pub mappings: Vec<(Oid<'a>, Oid<'a>)>,
    pub inhibit_any: Option<i64>,
    pub inhibit_mapping: Option<i64>,
    pub require_explicit: Option<i64>,
    pub unhandled: Vec<Oid<'a>>,
}

/// Other names of a subject.
#[derive(Debug, Clone, Default)]
pub struct Names<'a> {
    pub dns: Vec<&'a [u8]>,
    pub email: Vec<&'a [u8]>,
    /// 4 or 16 bytes each.
    pub ip: Vec<&'a [u8]>,
    pub uris: Vec<Url>,
}

/// Extensions whose identifier is `2.5.29.n`.
const STANDARD: &[u8] = &[0x55, 0x1d];
/// `2.5.29.n`: subject's other names, and constraints of names.
pub const SUBJECT_NAMES: &[u8] = &[0x55, 0x1d, 17];
/// See [`SUBJECT_NAMES`].
pub const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
const AUTHORITY_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
const OCSP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1];
const ISSUERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 2];

fn invalid<T>(value: Option<T>, what: &'static str) -> Outcome<T> {
    value.ok_or_else(|| Failure::of(&[b"x509: ", what.as_bytes()]))
}

fn enter<'a>(value: &'a [u8], what: &'static str) -> Outcome<Der<'a>> {
    invalid(Der(value).enter(tag::SEQUENCE), what)
}

impl<'a> Extensions<'a> {
    /// Reads those that are known.
    pub fn parse(extensions: &[Extension<'a>]) -> Outcome<Extensions<'a>> {
        let mut known = Extensions::default();
        for extension in extensions {
            let handled = match extension.id.0.strip_prefix(STANDARD) {
                Some([number]) => known.read_standard(*number, extension)?,
                _ if extension.id.0 == AUTHORITY_ACCESS => known.read_access(extension)?,
                _ => false,
            };
            if extension.critical && !handled {
                known.unhandled.push(extension.id);
            }
        }
        Ok(known)
    }

    /// Whether the extension is one that is known.
    fn read_standard(&mut self, number: u8, extension: &Extension<'a>) -> Outcome<bool> {
        let value = extension.value;
        match number {
            14 => {
                if extension.critical {
                    return Err(Failure::from("x509: subject key identifier incorrectly marked critical"));
                }
                self.subject_key = Some(invalid(Der(value).content(tag::OCTET_STRING), "invalid subject key identifier")?);
            }
            15 => {
                let bits = invalid(Der(value).bit_string(), "invalid key usage")?;
                self.usage = (0..9).filter(|index| bits.at(*index)).fold(0, |usage, index| usage | 1 << index);
            }
            17 => {
                self.names = Names::parse(value)?;
                return Ok(!self.names.is_empty());
            }
            19 => self.authority = Some(invalid(authority(value), "invalid basic constraints")?),
            30 => {
                let (constraints, handled) = Constraints::parse(value, extension.critical)?;
                self.constraints = Some(constraints);
                return Ok(handled);
            }
            31 => self.revocation = revocation(value)?,
            32 => self.policies = Some(invalid(policies(value), "invalid certificate policies")?),
            33 => self.mappings = invalid(mappings(value), "invalid policy mappings extension")?,
            35 => {
                if extension.critical {
                    return Err(Failure::from("x509: authority key identifier incorrectly marked critical"));
                }
                self.authority_key = invalid(authority_key(value), "invalid authority key identifier")?;
            }
            36 => {
                let mut inner = enter(value, "invalid policy constraints extension")?;
                for (n, field) in [(0, &mut self.require_explicit), (1, &mut self.inhibit_mapping)] {
                    if inner.peek(tag::context(n)) {
                        *field = Some(invalid(inner.i64_tagged(tag::context(n)), "invalid policy constraints extension")?);
                    }
                }
            }
            37 => self.read_extended(value)?,
            54 => self.inhibit_any = Some(invalid(self::number(&mut Der(value)), "invalid inhibit any policy extension")?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_extended(&mut self, value: &'a [u8]) -> Outcome<()> {
        const WHAT: &str = "invalid extended key usages";
        let mut inner = enter(value, WHAT)?;
        while !inner.is_empty() {
            let id = invalid(inner.oid(), WHAT)?;
            match extended_usage(id.0) {
                Some(usage) => self.extended.push(usage),
                None => self.extended_unknown.push(id),
            }
        }
        Ok(())
    }

    fn read_access(&mut self, extension: &Extension<'a>) -> Outcome<bool> {
        const WHAT: &str = "invalid authority info access";
        if extension.critical {
            return Err(Failure::from("x509: authority info access incorrectly marked critical"));
        }
        let mut list = enter(extension.value, WHAT)?;
        while !list.is_empty() {
            let mut access = invalid(list.enter(tag::SEQUENCE), WHAT)?;
            let method = invalid(access.oid(), WHAT)?;
            if !access.peek(tag::context(6)) {
                continue;
            }
            let location = invalid(access.content(tag::context(6)), WHAT)?;
            match method.0 {
                OCSP => self.ocsp.push(location),
                ISSUERS => self.issuers.push(location),
                _ => {}
            }
        }
        Ok(true)
    }
}

/// Go's number of an extended key usage, by its identifier.
fn extended_usage(id: &[u8]) -> Option<i64> {
    match id {
        [0x55, 0x1d, 37, 0] => Some(0),
        [0x2b, 6, 1, 5, 5, 7, 3, number @ 1..=9] => Some(i64::from(*number)),
        [0x2b, 6, 1, 4, 1, 0x82, 0x37, 10, 3, 3] => Some(10),
        [0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 4, 1] => Some(11),
        [0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 22] => Some(12),
        [0x2b, 6, 1, 4, 1, 0x82, 0x37, 61, 1, 1] => Some(13),
        _ => None,
    }
}

/// Go's number of an extended key usage, by the name it has in OPA.
pub fn usage_number(name: &[u8]) -> Option<i64> {
    const NAMES: [&str; 14] = [
        "Any",
        "ServerAuth",
        "ClientAuth",
        "CodeSigning",
        "EmailProtection",
        "IPSECEndSystem",
        "IPSECTunnel",
        "IPSECUser",
        "TimeStamping",
        "OCSPSigning",
        "MicrosoftServerGatedCrypto",
        "NetscapeServerGatedCrypto",
        "MicrosoftCommercialCodeSigning",
        "MicrosoftKernelCodeSigning",
    ];
    let name = name.strip_prefix(b"KeyUsage")?;
    NAMES.iter().position(|known| known.as_bytes() == name).map(|place| place as i64)
}

fn authority(value: &[u8]) -> Option<(bool, i64)> {
    let mut inner = Der(value).enter(tag::SEQUENCE)?;
    let may_sign = inner.peek(tag::BOOLEAN) && inner.boolean()?;
    let between = if inner.peek(tag::INTEGER) {
        number(&mut inner).filter(|n| *n >= 0)?
    } else {
        -1
    };
    Some((may_sign, between))
}

fn authority_key(value: &[u8]) -> Option<Option<&[u8]>> {
    let mut inner = Der(value).enter(tag::SEQUENCE)?;
    if !inner.peek(tag::context(0)) {
        return Some(None);
    }
    inner.content(tag::context(0)).map(Some)
}

fn revocation(value: &[u8]) -> Outcome<Vec<&[u8]>> {
    const WHAT: &str = "invalid CRL distribution point";
    let mut points = enter(value, "invalid CRL distribution points")?;
    let mut addresses = Vec::new();
    while !points.is_empty() {
        let mut point = invalid(points.enter(tag::SEQUENCE), WHAT)?;
        let Some(mut name) = invalid(point.optional(tag::constructed(0)), WHAT)? else {
            continue;
        };
        let mut full = invalid(name.enter(tag::constructed(0)), WHAT)?;
        while full.peek(tag::context(6)) {
            addresses.push(invalid(full.content(tag::context(6)), WHAT)?);
        }
    }
    Ok(addresses)
}

/// An identifier whose components may have any size.
fn any_oid<'a>(der: &mut Der<'a>) -> Option<Oid<'a>> {
    let content = der.content(tag::OID)?;
    let mut begins = true;
    for byte in content {
        if begins && *byte == 0x80 {
            return None;
        }
        begins = byte & 0x80 == 0;
    }
    (!content.is_empty() && begins).then_some(Oid(content))
}

fn policies(value: &[u8]) -> Option<Vec<Oid<'_>>> {
    let mut list = Der(value).enter(tag::SEQUENCE)?;
    let mut policies = Vec::new();
    while !list.is_empty() {
        let policy = any_oid(&mut list.enter(tag::SEQUENCE)?)?;
        if policies.contains(&policy) {
            return None;
        }
        policies.push(policy);
    }
    Some(policies)
}

fn mappings(value: &[u8]) -> Option<Vec<(Oid<'_>, Oid<'_>)>> {
    let mut list = Der(value).enter(tag::SEQUENCE)?;
    let mut mappings = Vec::new();
    while !list.is_empty() {
        let mut pair = list.enter(tag::SEQUENCE)?;
        mappings.push((Oid(pair.content(tag::OID)?), Oid(pair.content(tag::OID)?)));
    }
    Some(mappings)
}

impl<'a> Names<'a> {
    fn is_empty(&self) -> bool {
        self.dns.is_empty() && self.email.is_empty() && self.ip.is_empty() && self.uris.is_empty()
    }

    /// The names of a subject besides its distinguished one.
    pub fn parse(value: &'a [u8]) -> Outcome<Names<'a>> {
        let mut names = Names::default();
        let mut list = enter(value, "invalid subject alternative names")?;
        let ascii = |content: &'a [u8], what| invalid(content.is_ascii().then_some(content), what);
        while !list.is_empty() {
            let name = invalid(list.any(), "invalid subject alternative name")?;
            match name.tag ^ 0x80 {
                1 => names.email.push(ascii(name.content, "SAN rfc822Name is malformed")?),
                2 => names.dns.push(ascii(name.content, "SAN dNSName is malformed")?),
                6 => {
                    let text = ascii(name.content, "SAN uniformResourceIdentifier is malformed")?;
                    names.uris.push(uri(text)?);
                }
                7 if matches!(name.content.len(), 4 | 16) => names.ip.push(name.content),
                7 => {
                    return Err(Failure::of(&[
                        b"x509: cannot parse IP address of length ",
                        &small(name.content.len() as i64),
                    ]));
                }
                _ => {}
            }
        }
        Ok(names)
    }
}

fn uri(text: &[u8]) -> Outcome<Url> {
    let cannot = |why: &[u8]| Failure::of(&[b"x509: cannot parse URI \"", text, b"\": ", why]);
    let url = Url::parse(text).map_err(|error| cannot(&error.0))?;
    if !url.host.is_empty() && !is_domain(&url.host, false) {
        return Err(cannot(b"invalid domain"));
    }
    Ok(url)
}

/// The address in 4 or 16 bytes.
pub fn address(bytes: &[u8]) -> u128 {
    let number = bytes.iter().fold(0, |n, byte| n << 8 | u128::from(*byte));
    if bytes.len() == 4 { number | 0xffff << 32 } else { number }
}

/// Whether a text is an address.
pub fn is_address(text: &[u8]) -> bool {
    parse_address(text).is_some()
}
