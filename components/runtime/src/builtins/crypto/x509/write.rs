//! Certificates and requests as JSON: Go's structures, field by field, which is the shape that policies know.

use super::super::super::net::address::each_letter;
use super::super::super::url::Url;
use super::super::der::Oid;
use super::super::failure::Outcome;
use super::super::json::Json;
use super::super::keys::Public;
use super::super::number::small;
use super::certificate::{Certificate, Extension};
use super::constraints::Trees;
use super::extensions::{Names, address};
use super::request::Request;

/// Writes a certificate; with `uris`, also with its addresses as strings.
pub fn write(certificate: &Certificate<'_>, uris: bool, json: &mut Json) -> Outcome<()> {
    json.object(|json| {
        json.key("Raw").bytes(certificate.raw);
        json.key("RawTBSCertificate").bytes(certificate.raw_signed);
        json.key("RawSubjectPublicKeyInfo").bytes(certificate.raw_key);
        json.key("RawSubject").bytes(certificate.raw_subject);
        json.key("RawIssuer").bytes(certificate.raw_issuer);
        write_signature(&certificate.signature, certificate.algorithm.0, json);
        write_key(certificate.key.as_ref(), certificate.key_algorithm, json)?;
        json.key("Version").integer(certificate.version);
        json.key("SerialNumber").natural(certificate.serial)?;
        certificate.issuer.write(json.key("Issuer"));
        certificate.subject.write(json.key("Subject"));
        json.key("NotBefore").string(&certificate.not_before.text());
        json.key("NotAfter").string(&certificate.not_after.text());
        write_extensions(&certificate.extensions, json);
        write_known(certificate, json);
        write_names(&certificate.known.names, json);
        write_constraints(certificate, json);
        write_policies(certificate, json);
        if uris {
            json.key("URIStrings")
                .list(&certificate.known.names.uris, |json, uri| json.string(&uri.to_bytes()));
        }
        Ok(())
    })
}

/// Writes a certificate request.
pub fn write_request(request: &Request<'_>, json: &mut Json) -> Outcome<()> {
    json.object(|json| {
        json.key("Raw").bytes(request.raw);
        json.key("RawTBSCertificateRequest").bytes(request.raw_signed);
        json.key("RawSubjectPublicKeyInfo").bytes(request.raw_key);
        json.key("RawSubject").bytes(request.raw_subject);
        json.key("Version").integer(request.version);
        write_signature(&request.signature, request.algorithm.0, json);
        write_key(request.key.as_ref(), request.key_algorithm, json)?;
        request.subject.write(json.key("Subject"));
        json.key("Attributes").list(&request.attributes, |json, (id, rows)| {
            json.object(|json| {
                json.key("Type").oid(id);
                json.key("Value").array(|json| {
                    for row in rows {
                        json.array(|json| row.iter().for_each(|attribute| attribute.write(json)));
                    }
                });
            });
        });
        write_extensions(&request.extensions, json);
        write_names(&request.names, json);
        Ok(())
    })
}

fn write_signature(signature: &[u8], algorithm: i64, json: &mut Json) {
    json.key("Signature").bytes(signature);
    json.key("SignatureAlgorithm").integer(algorithm);
}

fn write_key(key: Option<&Public>, algorithm: i64, json: &mut Json) -> Outcome<()> {
    json.key("PublicKeyAlgorithm").integer(algorithm);
    match key {
        Some(key) => key.write(json.key("PublicKey")),
        None => {
            json.key("PublicKey").null();
            Ok(())
        }
    }
}

fn write_extensions(extensions: &[Extension<'_>], json: &mut Json) {
    json.key("Extensions").list(extensions, |json, extension| {
        json.object(|json| {
            json.key("Id").oid(&extension.id);
            json.key("Critical").boolean(extension.critical);
            json.key("Value").bytes(extension.value);
        });
    });
    json.key("ExtraExtensions").null();
}

fn write_known(certificate: &Certificate<'_>, json: &mut Json) {
    let known = &certificate.known;
    json.key("KeyUsage").integer(known.usage);
    json.key("UnhandledCriticalExtensions").oids(&known.unhandled);
    json.key("ExtKeyUsage").list(&known.extended, |json, usage| json.integer(*usage));
    json.key("UnknownExtKeyUsage").oids(&known.extended_unknown);
    let (may_sign, between) = known.authority.unwrap_or((false, 0));
    json.key("BasicConstraintsValid").boolean(known.authority.is_some());
    json.key("IsCA").boolean(may_sign);
    json.key("MaxPathLen").integer(between);
    json.key("MaxPathLenZero").boolean(known.authority.is_some() && between == 0);
    json.key("SubjectKeyId").optional_bytes(known.subject_key);
    json.key("AuthorityKeyId").optional_bytes(known.authority_key);
    json.key("OCSPServer").strings(&known.ocsp);
    json.key("IssuingCertificateURL").strings(&known.issuers);
    json.key("CRLDistributionPoints").strings(&known.revocation);
}

fn write_names(names: &Names<'_>, json: &mut Json) {
    json.key("DNSNames").strings(&names.dns);
    json.key("EmailAddresses").strings(&names.email);
    json.key("IPAddresses").list(&names.ip, |json, ip| json.string(&address_text(ip)));
    json.key("URIs").list(&names.uris, write_uri);
}

fn address_text(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(39);
    each_letter(address(bytes), &mut |letter| text.push(letter));
    text
}

fn write_uri(json: &mut Json, uri: &Url) {
    json.object(|json| {
        json.key("Scheme").string(&uri.scheme);
        json.key("Opaque").string(&uri.opaque);
        json.key("User").raw(if uri.user.is_some() { b"{}" } else { b"null" });
        json.key("Host").string(&uri.host);
        json.key("Path").string(&uri.path);
        json.key("Fragment").string(&uri.fragment);
        json.key("RawQuery").string(&uri.query);
        json.key("RawPath").string(&uri.raw_path);
        json.key("RawFragment").string(&uri.raw_fragment);
        json.key("ForceQuery").boolean(uri.force_query);
        json.key("OmitHost").boolean(uri.omit_host);
    });
}

fn write_constraints(certificate: &Certificate<'_>, json: &mut Json) {
    let nothing = Trees::default();
    let constraints = certificate.known.constraints.as_ref();
    json.key("PermittedDNSDomainsCritical")
        .boolean(constraints.is_some_and(|constraints| constraints.critical));
    let permitted = constraints.map_or(&nothing, |constraints| &constraints.permitted);
    let excluded = constraints.map_or(&nothing, |constraints| &constraints.excluded);
    for (keys, trees) in [
        (
            [
                "PermittedDNSDomains",
                "PermittedEmailAddresses",
                "PermittedURIDomains",
                "PermittedIPRanges",
            ],
            permitted,
        ),
        (
            [
                "ExcludedDNSDomains",
                "ExcludedEmailAddresses",
                "ExcludedURIDomains",
                "ExcludedIPRanges",
            ],
            excluded,
        ),
    ] {
        for (key, names) in keys.iter().zip([&trees.dns, &trees.email, &trees.uri]) {
            json.key(key).strings(names);
        }
        json.key(keys[3]).list(&trees.ip, |json, (network, mask)| {
            json.object(|json| {
                json.key("IP").string(&address_text(network));
                json.key("Mask").bytes(mask);
            });
        });
    }
}

fn write_policies(certificate: &Certificate<'_>, json: &mut Json) {
    let known = &certificate.known;
    let policies = known.policies.as_deref();
    json.key("PolicyIdentifiers");
    match policies {
        Some(policies) => json.array(|json| {
            let small = |oid: &&Oid<'_>| Oid::parse(oid.0).is_some();
            policies.iter().filter(small).for_each(|policy| json.oid(policy));
        }),
        None => json.null(),
    }
    json.key("Policies")
        .list(policies.unwrap_or_default(), |json, policy| json.string(&dotted(policy)));
    json.key("PolicyMappings").list(&known.mappings, |json, (issuer, subject)| {
        json.object(|json| {
            json.key("IssuerDomainPolicy").string(&dotted(issuer));
            json.key("SubjectDomainPolicy").string(&dotted(subject));
        });
    });
    for (key, zero, value) in [
        ("InhibitAnyPolicy", "InhibitAnyPolicyZero", known.inhibit_any),
        ("InhibitPolicyMapping", "InhibitPolicyMappingZero", known.inhibit_mapping),
        ("RequireExplicitPolicy", "RequireExplicitPolicyZero", known.require_explicit),
    ] {
        json.key(key).integer(value.unwrap_or(0));
        json.key(zero).boolean(value == Some(0));
    }
}

/// An object identifier as people write it.
fn dotted(oid: &Oid<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    for component in oid.components() {
        if !text.is_empty() {
            text.push(b'.');
        }
        text.extend(small(i64::try_from(component).unwrap_or(i64::MAX)));
    }
    text
}
