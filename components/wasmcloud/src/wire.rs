//! The policy service's JSON, protocol `v1`: requests as hosts of wasmCloud 1.x write them, and responses.
//!
//! A host leaves no field out: what is absent is `null`, and empty maps are `{}`. Other senders follow the published documentation
//! and do leave fields out, or put an invocation's claims at `request.claims` instead of `request.target.claims`. Both are
//! accepted. What is tolerated is only what cannot change a decision for the better: claims, annotations and labels may be absent or
//! null (there are none then), and so may the invoked component's `maxInstances`, which hosts always write as 0. Whatever
//! identifies the subject of the decision is required, a field given twice is refused, and so is an array in an object's place.
//!
//! One struct stands for the bodies of all three kinds, so that the order of the document's fields does not matter and nothing needs to be
//! read twice. [`request`] checks the kind, the version and what that kind requires.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::bindings::warrego::policy::types::{
    Claims, HostInfo, PerformInvocation, PolicyRequest, PolicyResponse, RequestKind, StartComponent, StartProvider,
};

/// The one version of the protocol there is.
const VERSION: &str = "v1";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    request_id: Option<String>,
    kind: Option<String>,
    version: Option<String>,
    request: Option<Object<Body>>,
    host: Option<Object<Host>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    component_id: Option<String>,
    provider_id: Option<String>,
    image_ref: Option<String>,
    max_instances: Option<u32>,
    annotations: Option<BTreeMap<String, String>>,
    claims: Option<Object<SignedBy>>,
    interface: Option<String>,
    function: Option<String>,
    target: Option<Object<Target>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    component_id: Option<String>,
    image_ref: Option<String>,
    max_instances: Option<u32>,
    annotations: Option<BTreeMap<String, String>>,
    claims: Option<Object<SignedBy>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignedBy {
    public_key: Option<String>,
    issuer: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    issued_at: Option<String>,
    #[serde(default, deserialize_with = "text_or_number")]
    expires_at: Option<String>,
    expired: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Host {
    public_key: Option<String>,
    lattice: Option<String>,
    labels: Option<BTreeMap<String, String>>,
}

/// What is a JSON object in the document. Left to themselves, the readers of structs would take an array for one as well, field by field.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Reads a request, or tells in words what is wrong with it.
pub fn request(body: &[u8]) -> Result<PolicyRequest, String> {
    let Object(envelope) = serde_json::from_slice::<Object<Envelope>>(body).map_err(malformed)?;
    let request_id = need(envelope.request_id, "requestId")?;
    let kind = need(envelope.kind, "kind")?;
    let version = need(envelope.version, "version")?;
    if version != VERSION {
        return Err(format!("unknown version `{}` of the policy protocol", Excerpt(&version)));
    }
    let request = match kind.as_str() {
        "startComponent" => RequestKind::StartComponent(start_component(need(envelope.request, "request")?.0)?),
        "startProvider" => RequestKind::StartProvider(start_provider(need(envelope.request, "request")?.0)?),
        "performInvocation" => RequestKind::PerformInvocation(perform_invocation(need(envelope.request, "request")?.0)?),
        _ => return Err(format!("unknown kind `{}` of request", Excerpt(&kind))),
    };
    let Object(host) = need(envelope.host, "host")?;
    let host = HostInfo {
        public_key: need(host.public_key, "host.publicKey")?,
        lattice: need(host.lattice, "host.lattice")?,
        labels: pairs(host.labels),
    };
    Ok(PolicyRequest {
        request_id,
        version,
        request,
        host,
    })
}

/// The reader's message may quote the document, whatever its size: its beginning and the place at its end are enough.
fn malformed(error: serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(cause) => format!("malformed request: {}{place}", Excerpt(cause)),
        None => format!("malformed request: {}", Excerpt(&text)),
    }
}

fn start_component(body: Body) -> Result<StartComponent, String> {
    Ok(StartComponent {
        component_id: need(body.component_id, "request.componentId")?,
        image_ref: need(body.image_ref, "request.imageRef")?,
        max_instances: need(body.max_instances, "request.maxInstances")?,
        annotations: pairs(body.annotations),
        claims: claims(body.claims, "request.claims")?,
    })
}

fn start_provider(body: Body) -> Result<StartProvider, String> {
    Ok(StartProvider {
        provider_id: need(body.provider_id, "request.providerId")?,
        image_ref: need(body.image_ref, "request.imageRef")?,
        annotations: pairs(body.annotations),
        claims: claims(body.claims, "request.claims")?,
    })
}

/// The claims beside the target are what the documentation shows; a host's own, in the target, come first.
fn perform_invocation(body: Body) -> Result<PerformInvocation, String> {
    let Object(target) = need(body.target, "request.target")?;
    let signed = match claims(target.claims, "request.target.claims")? {
        Some(signed) => Some(signed),
        None => claims(body.claims, "request.claims")?,
    };
    Ok(PerformInvocation {
        interface: need(body.interface, "request.interface")?,
        function: need(body.function, "request.function")?,
        target: StartComponent {
            component_id: need(target.component_id, "request.target.componentId")?,
            image_ref: need(target.image_ref, "request.target.imageRef")?,
            max_instances: target.max_instances.unwrap_or(0),
            annotations: pairs(target.annotations),
            claims: signed,
        },
    })
}

/// Claims name a key and an issuer, and say whether they have expired, or they are none.
fn claims(claims: Option<Object<SignedBy>>, path: &str) -> Result<Option<Claims>, String> {
    let Some(Object(claims)) = claims else { return Ok(None) };
    let missing = |field: &str| format!("missing field `{path}.{field}`");
    let expires_at = match claims.expires_at {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| format!("`{path}.expiresAt` is `{}`, no number of seconds", Excerpt(&text)))?,
        ),
    };
    Ok(Some(Claims {
        public_key: claims.public_key.ok_or_else(|| missing("publicKey"))?,
        issuer: claims.issuer.ok_or_else(|| missing("issuer"))?,
        issued_at: claims.issued_at.unwrap_or_default(),
        expires_at,
        expired: claims.expired.ok_or_else(|| missing("expired"))?,
    }))
}

fn need<T>(field: Option<T>, path: &str) -> Result<T, String> {
    field.ok_or_else(|| format!("missing field `{path}`"))
}

fn pairs(map: Option<BTreeMap<String, String>>) -> Vec<(String, String)> {
    map.unwrap_or_default().into_iter().collect()
}

/// Hosts write `issuedAt` as text and `expiresAt` as a number; the documentation is not of one mind.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(de::Error::custom("expected a text or a number of seconds")),
    }
}

/// At most the first 100 characters of a text that somebody else wrote.
struct Excerpt<'a>(&'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(100) {
            Some((end, _)) => write!(f, "{}…", &self.0[..end]),
            None => f.write_str(self.0),
        }
    }
}

/// The request's id as far as it can be made out: in a document that is broken behind it, of another kind, or otherwise unfit.
/// Empty if there is none.
pub fn request_id(body: &[u8]) -> String {
    let mut id = String::new();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    // A document that breaks off is an error here as it was before; the id read up to that place is what this is for.
    let _ = IdSeed(&mut id).deserialize(&mut deserializer);
    id
}

/// Reads an object for its `requestId` and puts that where it survives an error further on.
struct IdSeed<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for IdSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for IdSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key != "requestId" {
                map.next_value::<IgnoredAny>()?;
            } else if self.0.is_empty() {
                *self.0 = map.next_value()?;
            } else {
                return Err(de::Error::duplicate_field("requestId"));
            }
        }
        Ok(())
    }
}

/// A response as hosts read it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    request_id: &'a str,
    permitted: bool,
    message: Option<&'a str>,
}

/// Writes a response.
pub fn response(response: &PolicyResponse) -> Vec<u8> {
    let document = Response {
        request_id: &response.request_id,
        permitted: response.permitted,
        message: response.message.as_deref(),
    };
    // INVARIANT: strings, a boolean and a null always have a JSON form, and writing to memory does not fail.
    serde_json::to_vec(&document).unwrap_or_default()
}
