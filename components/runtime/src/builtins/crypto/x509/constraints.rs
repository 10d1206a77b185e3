//! Constraints of names: which names the certificates below an authority may have.

use super::super::der::{Der, tag};
use super::super::failure::{Failure, Outcome};
use super::certificate::Certificate;
use super::extensions::{NAME_CONSTRAINTS, Names, SUBJECT_NAMES, is_address};

/// The constraints of an authority.
#[derive(Debug, Clone, Default)]
pub struct Constraints<'a> {
    pub critical: bool,
    pub permitted: Trees<'a>,
    pub excluded: Trees<'a>,
}

/// Names with all that is below them.
#[derive(Debug, Clone, Default)]
pub struct Trees<'a> {
    pub dns: Vec<&'a [u8]>,
    /// Address and mask.
    pub ip: Vec<(&'a [u8], &'a [u8])>,
    pub email: Vec<&'a [u8]>,
    pub uri: Vec<&'a [u8]>,
}

/// Whether a name of hosts can be compared at all; a constraint may begin with a dot.
pub fn is_domain(name: &[u8], constraint: bool) -> bool {
    let labels = if constraint {
        name.strip_prefix(b".").unwrap_or(name)
    } else {
        name
    };
    let visible = |label: &[u8]| !label.is_empty() && label.iter().all(|byte| (33..=126).contains(byte));
    name.is_empty() || labels.split(|byte| *byte == b'.').all(visible)
}

fn is_mask(mask: &[u8]) -> bool {
    let number = mask.iter().fold(0u128, |n, byte| n << 8 | u128::from(*byte)) << (128 - 8 * mask.len().min(16));
    number.leading_ones() + number.trailing_zeros().min(128) >= 128
}

fn failed(what: &[u8], name: &[u8]) -> Failure {
    Failure::of(&[b"x509: failed to parse ", what, b" constraint \"", name, b"\""])
}

impl<'a> Constraints<'a> {
    /// The constraints, and whether all of them are of known kinds.
    pub fn parse(value: &'a [u8], critical: bool) -> Outcome<(Constraints<'a>, bool)> {
        let trees = || {
            let mut outer = Der(value);
            let mut inner = outer.enter(tag::SEQUENCE).filter(|_| outer.is_empty())?;
            let permitted = inner.optional(tag::constructed(0))?;
            let excluded = inner.optional(tag::constructed(1))?;
            inner.is_empty().then_some((permitted, excluded))
        };
        let (permitted, excluded) = trees().ok_or(Failure::from("x509: invalid NameConstraints extension"))?;
        let is_empty = |trees: Option<Der<'_>>| trees.is_none_or(|trees| trees.is_empty());
        if is_empty(permitted) && is_empty(excluded) {
            return Err(Failure::from("x509: empty name constraints extension"));
        }
        let mut all_known = true;
        let mut read = |trees: Option<Der<'a>>| trees.map_or(Ok(Trees::default()), |trees| Trees::parse(trees, &mut all_known));
        let constraints = Constraints {
            critical,
            permitted: read(permitted)?,
            excluded: read(excluded)?,
        };
        Ok((constraints, all_known))
    }

    /// Whether names are allowed.
    fn allow(&self, names: &Names<'_>, uris: &[Vec<u8>], mailboxes: &[Mailbox]) -> bool {
        let (permitted, excluded) = (&self.permitted, &self.excluded);
        let ip = names.ip.iter().all(|ip| {
            let within = |trees: &Trees<'_>| trees.ip.iter().any(|network| contains(network, ip));
            (permitted.ip.is_empty() || within(permitted)) && !within(excluded)
        });
        let domain = |name: &[u8], permitted: &[&[u8]], excluded: &[&[u8]]| {
            is_domain(name, false) && (permitted.is_empty() || is_below_any(name, permitted, true)) && !is_below_any(name, excluded, false)
        };
        let dns = names.dns.iter().all(|name| domain(name, &permitted.dns, &excluded.dns));
        let uri = uris.iter().all(|host| domain(host, &permitted.uri, &excluded.uri));
        let email = mailboxes.iter().all(|mailbox| {
            let within = |trees: &Trees<'_>, permitted| mailbox.is_within(&trees.email, permitted);
            is_domain(&mailbox.domain, false) && (permitted.email.is_empty() || within(permitted, true)) && !within(excluded, false)
        });
        ip && dns && uri && email
    }
}

impl<'a> Trees<'a> {
    fn parse(mut list: Der<'a>, all_known: &mut bool) -> Outcome<Trees<'a>> {
        let mut trees = Trees::default();
        while !list.is_empty() {
            let base = list.enter(tag::SEQUENCE).and_then(|mut tree| tree.any());
            let base = base.ok_or(Failure::from("x509: invalid NameConstraints extension"))?;
            let name = base.content;
            if matches!(base.tag ^ 0x80, 1 | 2 | 6) && !name.is_ascii() {
                let why = b"x509: invalid constraint value: x509: \"";
                let text = String::from_utf8_lossy(name).into_owned();
                return Err(Failure::of(&[why, text.as_bytes(), b"\" cannot be encoded as an IA5String"]));
            }
            match base.tag ^ 0x80 {
                2 if !is_domain(name, true) => return Err(failed(b"dnsName", name)),
                2 => trees.dns.push(name),
                7 => trees.ip.push(network(name)?),
                1 => {
                    let valid = if name.contains(&b'@') {
                        Mailbox::parse(name).is_some()
                    } else {
                        is_domain(name, true)
                    };
                    if !valid {
                        return Err(failed(b"rfc822Name", name));
                    }
                    trees.email.push(name);
                }
                6 if is_address(name) => return Err(Failure::of(&[failed(b"URI", name).text(), b": cannot be IP address"])),
                6 if !is_domain(name, true) => return Err(failed(b"URI", name)),
                6 => trees.uri.push(name),
                _ => *all_known = false,
            }
        }
        Ok(trees)
    }
}

fn network(bytes: &[u8]) -> Outcome<(&[u8], &[u8])> {
    if !matches!(bytes.len(), 8 | 32) {
        let length = super::super::number::small(bytes.len() as i64);
        return Err(Failure::of(&[b"x509: IP constraint contained value of length ", &length]));
    }
    let (address, mask) = bytes.split_at(bytes.len() / 2);
    if !is_mask(mask) {
        let digits: String = mask
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 0xf])
            .filter_map(|digit| char::from_digit(u32::from(digit), 16))
            .collect();
        return Err(Failure::of(&[b"x509: IP constraint contained invalid mask ", digits.as_bytes()]));
    }
    Ok((address, mask))
}

fn contains((network, mask): &(&[u8], &[u8]), address: &[u8]) -> bool {
    network.len() == address.len()
        && network
            .iter()
            .zip(*mask)
            .zip(address)
            .all(|((network, mask), byte)| (network ^ byte) & mask == 0)
}

/// Whether a name is one, or below one.
fn is_below(name: &[u8], tree: &[u8]) -> bool {
    let Some((before, end)) = name.len().checked_sub(tree.len()).and_then(|at| name.split_at_checked(at)) else {
        return false;
    };
    let whole_labels = before.is_empty() || before.ends_with(b".") || tree.starts_with(b".");
    end.eq_ignore_ascii_case(tree) && (tree.is_empty() || whole_labels)
}

fn is_below_any(name: &[u8], trees: &[&[u8]], permitted: bool) -> bool {
    // A wildcard stands for names that may be excluded one by one.
    let behind_label = |name: &[u8]| {
        name.iter()
            .position(|byte| *byte == b'.')
            .and_then(|dot| name.get(dot..))
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let wildcard = (!permitted && name.starts_with(b"*"))
        .then(|| behind_label(name))
        .filter(|rest| !rest.is_empty());
    let hits = |tree: &&[u8]| tree.is_empty() || is_below(name, tree) || wildcard.as_ref().is_some_and(|rest| behind_label(tree) == *rest);
    trees.iter().any(hits)
}

/// An address of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mailbox {
    local: Vec<u8>,
    /// In lower case.
    domain: Vec<u8>,
}

impl Mailbox {
    /// Takes an address apart, by the grammar of RFC 2821.
    fn parse(text: &[u8]) -> Option<Mailbox> {
        let (local, rest) = match text.strip_prefix(b"\"") {
            Some(quoted) => quoted_local(quoted)?,
            None => bare_local(text)?,
        };
        let domain = rest.strip_prefix(b"@")?;
        let valid = domain.is_empty() || is_domain(domain, false);
        valid.then(|| Mailbox {
            local,
            domain: domain.to_ascii_lowercase(),
        })
    }

    fn is_within(&self, trees: &[&[u8]], permitted: bool) -> bool {
        let exact = |tree: &&[u8]| tree.contains(&b'@') && Mailbox::parse(tree).as_ref() == Some(self);
        let domains: Vec<&[u8]> = trees.iter().copied().filter(|tree| !tree.contains(&b'@')).collect();
        trees.iter().any(exact) || is_below_any(&self.domain, &domains, permitted)
    }
}

fn quoted_local(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut local = Vec::new();
    let mut rest = text;
    loop {
        let (byte, tail) = rest.split_first()?;
        rest = tail;
        match byte {
            b'"' => return Some((local, rest)),
            b'\\' => {
                let (escaped, tail) = rest.split_first()?;
                if !matches!(escaped, 1..=9 | 11 | 12 | 14..=127) {
                    return None;
                }
                local.push(*escaped);
                rest = tail;
            }
            1..=8 | 11 | 12 | 14..=33 | 35..=91 | 93..=127 => local.push(*byte),
            _ => return None,
        }
    }
}

fn bare_local(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut local = Vec::new();
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        let (byte, tail) = match byte {
            b'\\' => tail.split_first()?,
            byte if byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(byte) => (byte, tail),
            _ => break,
        };
        local.push(*byte);
        rest = tail;
    }
    let dots = local.starts_with(b".") || local.ends_with(b".") || local.windows(2).any(|pair| pair == b"..");
    (!local.is_empty() && !dots).then_some((local, rest))
}

/// The hosts of addresses; `None` if one has none, or is no name.
fn hosts(names: &Names<'_>) -> Option<Vec<Vec<u8>>> {
    let host = |host: &[u8]| {
        let mut host = host.to_ascii_lowercase();
        if host.contains(&b':') && !host.ends_with(b"]") {
            let colon = host.iter().rposition(|byte| *byte == b':')?;
            host.truncate(colon);
            if host.contains(&b':') && !host.starts_with(b"[") {
                return None;
            }
        }
        let valid = !host.is_empty() && !host.starts_with(b"[") && !is_address(&host);
        valid.then_some(host)
    };
    names.uris.iter().map(|uri| host(&uri.host)).collect()
}

/// Whether each certificate of a chain, the leaf first, has only names that those behind it allow.
pub fn check(chain: &[&Certificate<'_>]) -> bool {
    let has = |certificate: &Certificate<'_>, id: &[u8]| certificate.extensions.iter().any(|extension| extension.id.0 == id);
    chain.iter().enumerate().all(|(place, certificate)| {
        let above: Vec<_> = chain.iter().skip(place + 1).filter(|above| has(above, NAME_CONSTRAINTS)).collect();
        if above.is_empty() || !has(certificate, SUBJECT_NAMES) {
            return true;
        }
        let names = &certificate.known.names;
        let mailboxes: Option<Vec<Mailbox>> = names.email.iter().map(|email| Mailbox::parse(email)).collect();
        let (Some(uris), Some(mailboxes)) = (hosts(names), mailboxes) else {
            return false;
        };
        above
            .iter()
            .filter_map(|above| above.known.constraints.as_ref())
            .all(|constraints| constraints.allow(names, &uris, &mailboxes))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees() {
        assert!(is_below(b"a.example.com", b"example.com") && is_below(b"EXAMPLE.com", b"example.com"));
        assert!(!is_below(b"badexample.com", b"example.com") && !is_below(b"example.com", b".example.com"));
        assert!(is_below(b"a.example.com", b".example.com"));
        assert!(is_below_any(b"*.example.com", &[b"foo.example.com"], false));
        assert!(!is_below_any(b"*.example.com", &[b"foo.example.com"], true));
        assert!(is_mask(&[255, 255, 240, 0]) && is_mask(&[0; 16]) && !is_mask(&[255, 0, 255, 0]) && is_mask(&[255; 4]));
        assert!(contains(&(&[10, 0, 0, 0], &[255, 0, 0, 0]), &[10, 1, 2, 3]));
        assert!(Mailbox::parse(b"a.b@c.d").is_some() && Mailbox::parse(b"\"a b\"@c").is_some());
        assert!(Mailbox::parse(b"a..b@c").is_none() && Mailbox::parse(b"a").is_none());
        assert!(
            is_domain(b"", false)
                && is_domain(b".a", true)
                && !is_domain(b".a", false)
                && !is_domain(b"a.", false)
                && !is_domain(b"a b", false)
        );
    }
}
