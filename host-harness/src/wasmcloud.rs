//! The answer of wasmCloud's policy service that the host itself gives: when a composed component fails without one, by a deadline, a memory limit
//! or a trap, or never sees the request, the host that asked still learns that it is denied, and why.

use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::json;

use crate::messaging::HandlerError;

/// How much of a request that no component sees is searched for its id: hosts write it first, and shedding has to be cheap.
const BEGINNING: usize = 4 << 10;

/// A denial for the request in `body`, with its id if that can be read.
pub fn denial(body: &[u8], cause: &HandlerError) -> Vec<u8> {
    let body = match cause {
        HandlerError::Expired(_) | HandlerError::Dropped | HandlerError::TooLarge { .. } => &body[..body.len().min(BEGINNING)],
        _ => body,
    };
    json!({"requestId": request_id(body), "permitted": false, "message": format!("no decision: {cause}")})
        .to_string()
        .into_bytes()
}

/// The id of a request, which may be broken or break off after it. Reads without keeping anything else, since a small document can be a large tree.
fn request_id(body: &[u8]) -> String {
    let mut id = String::new();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    // The id that was read before an error is what this is for.
    let _ = Id(&mut id).deserialize(&mut deserializer);
    id
}

/// Reads an object for its `requestId` and puts that where it survives an error further on.
struct Id<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Id<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Id<'_> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_whatever_follows_them() {
        for (body, id) in [
            (r#"{"requestId":"a","kind":"x"}"#, "a"),
            (r#"{"kind":[1,{"requestId":"b"}],"requestId":"a""#, "a"),
            (r#"{"requestId":"a","kind":"#, "a"),
            (r#"{"requestId":"a","requestId":"b"}"#, "a"),
            (r#"{"requestId":"a"#, ""),
            (r#"{"requestId":7}"#, ""),
            (r#"["requestId","a"]"#, ""),
            ("", ""),
        ] {
            assert_eq!(request_id(body.as_bytes()), id, "{body}");
        }
        let deep = format!("{{\"requestId\":\"a\",\"x\":{}", "[".repeat(100_000));
        assert_eq!(request_id(deep.as_bytes()), "a");
    }
}
