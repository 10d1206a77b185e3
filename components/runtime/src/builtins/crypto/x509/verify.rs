//! Chains of certificates: from a leaf over any of some certificates to a root that is trusted.

use super::certificate::Certificate;
use super::extensions::SUBJECT_NAMES;
use super::{constraints, hostname, policies};

/// What a chain must fulfil.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The leaf must be for this host, unless it is empty.
    pub host: Vec<u8>,
    /// Nanoseconds since 1970.
    pub now: i64,
    /// Numbers of extended key usages, one of which must be allowed all along; authentication of servers if there are none.
    pub usages: Vec<i64>,
}

/// How many signatures are looked at, as in Go.
const CHECKS_MAX: usize = 100;
/// The usages "any" and "authentication of servers".
const ANY_USAGE: i64 = 0;
const SERVER: i64 = 1;
/// The bit of the usage of keys that sign certificates.
const SIGNS_CERTIFICATES: i64 = 1 << 5;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Leaf,
    Intermediate,
    Root,
}

type Chain<'c, 'a> = Vec<&'c Certificate<'a>>;

struct Search<'c, 'a> {
    root: &'c Certificate<'a>,
    intermediates: Vec<&'c Certificate<'a>>,
    options: &'c Options,
    checks: usize,
    found: Vec<Chain<'c, 'a>>,
}

/// The first chain from the last certificate to the first that fulfils what is asked for.
pub fn verify<'c, 'a>(certificates: &'c [Certificate<'a>], options: &'c Options) -> Option<Chain<'c, 'a>> {
    let (root, rest) = certificates.split_first()?;
    let (leaf, others) = rest.split_last()?;
    let mut intermediates: Vec<&Certificate<'_>> = Vec::new();
    for certificate in others {
        if !intermediates.iter().any(|known| known.raw == certificate.raw) {
            intermediates.push(certificate);
        }
    }
    if !is_valid(leaf, Role::Leaf, &[], options) || !options.host.is_empty() && !hostname::check(leaf, &options.host) {
        return None;
    }
    let mut search = Search {
        root,
        intermediates,
        options,
        checks: 0,
        found: Vec::new(),
    };
    if leaf.raw == root.raw {
        search.found.push(vec![leaf]);
    } else {
        search.extend(&[leaf]);
    }
    let usages: &[i64] = if options.usages.is_empty() { &[SERVER] } else { &options.usages };
    let fulfils = |chain: &Chain<'_, '_>| policies::check(chain) && allows(chain, usages) && constraints::check(chain);
    search.found.into_iter().find(fulfils)
}

fn is_valid(certificate: &Certificate<'_>, role: Role, chain: &[&Certificate<'_>], options: &Options) -> bool {
    let nanos = |seconds: i64| i128::from(seconds) * 1_000_000_000;
    let now = i128::from(options.now);
    let known = &certificate.known;
    let follows = chain.last().is_none_or(|child| child.raw_issuer == certificate.raw_subject);
    let in_time = nanos(certificate.not_before.seconds) <= now && now <= nanos(certificate.not_after.seconds);
    let may_sign = role != Role::Intermediate || known.authority.is_some_and(|(may_sign, _)| may_sign);
    let between = chain.len() as i64 - 1;
    let short = known.authority.is_none_or(|(_, max)| max < 0 || between <= max);
    known.unhandled.is_empty() && follows && in_time && may_sign && short
}

/// Whether one certificate signed the other and was allowed to.
fn is_signed_by(certificate: &Certificate<'_>, parent: &Certificate<'_>) -> bool {
    let known = &parent.known;
    let may_sign = match known.authority {
        Some((may_sign, _)) => may_sign,
        None => parent.version != 3,
    };
    let usage = known.usage == 0 || known.usage & SIGNS_CERTIFICATES != 0;
    let signed = |key| certificate.algorithm.verify(certificate.raw_signed, &certificate.signature, key);
    may_sign && usage && parent.key.as_ref().is_some_and(signed)
}

/// Whether a certificate, or one that says the same, is in a chain.
fn is_in(candidate: &Certificate<'_>, chain: &[&Certificate<'_>]) -> bool {
    fn names<'a>(certificate: &Certificate<'a>) -> Option<&'a [u8]> {
        certificate
            .extensions
            .iter()
            .find(|extension| extension.id.0 == SUBJECT_NAMES)
            .map(|extension| extension.value)
    }
    let same = |one: &&&Certificate<'_>| one.raw_subject == candidate.raw_subject && one.raw_key == candidate.raw_key;
    chain.iter().filter(same).any(|one| names(one) == names(candidate))
}

/// How well an authority's key identifier fits what a certificate says about its issuer: less is better.
fn misfit(candidate: &Certificate<'_>, certificate: &Certificate<'_>) -> u8 {
    let subject = candidate.known.subject_key.unwrap_or_default();
    let authority = certificate.known.authority_key.unwrap_or_default();
    match (subject == authority, subject.is_empty() || authority.is_empty()) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

impl<'c, 'a> Search<'c, 'a> {
    /// Looks for all chains that begin with this one. The number of signatures that are looked at bounds the depth.
    fn extend(&mut self, chain: &[&'c Certificate<'a>]) {
        let Some(last) = chain.last().copied() else {
            return;
        };
        let mut candidates = vec![(Role::Root, self.root)];
        let mut others: Vec<_> = self.intermediates.iter().map(|other| (Role::Intermediate, *other)).collect();
        others.sort_by_key(|(_, candidate)| misfit(candidate, last));
        candidates.extend(others);
        for (role, candidate) in candidates {
            if candidate.raw_subject != last.raw_issuer {
                continue;
            }
            self.checks += 1;
            if self.checks > CHECKS_MAX {
                return;
            }
            let fits = candidate.key.is_some() && !is_in(candidate, chain);
            if !fits || !is_signed_by(last, candidate) || !is_valid(candidate, role, chain, self.options) {
                continue;
            }
            let longer = [chain, &[candidate]].concat();
            match role {
                Role::Root => self.found.push(longer),
                _ => self.extend(&longer),
            }
        }
    }
}

/// Whether one of the usages is allowed by all certificates of a chain.
fn allows(chain: &[&Certificate<'_>], usages: &[i64]) -> bool {
    if usages.contains(&ANY_USAGE) {
        return true;
    }
    usages.iter().any(|usage| {
        chain.iter().all(|certificate| {
            let known = &certificate.known;
            let unlimited = known.extended.is_empty() && known.extended_unknown.is_empty();
            unlimited || known.extended.contains(&ANY_USAGE) || known.extended.contains(usage)
        })
    })
}
