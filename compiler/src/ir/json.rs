//! The JSON form of statements: `{"type": "DotStmt", "stmt": {"source": …, "file": 0, "row": 1, …}}`, as OPA writes and reads it.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::Value;

use super::{Location, Op, Stmt};

impl Serialize for Stmt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tree = serde_json::to_value(&self.op).map_err(S::Error::custom)?;
        let location = serde_json::to_value(self.location).map_err(S::Error::custom)?;
        if let (Some(fields), Value::Object(location)) = (tree.get_mut("stmt").and_then(Value::as_object_mut), location) {
            fields.extend(location);
        }
        tree.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Stmt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tree = Value::deserialize(deserializer)?;
        let location = match tree.get("stmt") {
            Some(fields) => Location::deserialize(fields).map_err(D::Error::custom)?,
            None => return Err(D::Error::missing_field("stmt")),
        };
        let op = Op::deserialize(tree).map_err(D::Error::custom)?;
        Ok(Self { op, location })
    }
}

/// OPA writes empty lists as `null` in places.
pub(super) fn null_as_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}
