//! The JSON form of statements: `{"type": "DotStmt", "stmt": {"source": …, "file": 0, "row": 1, …}}`, as OPA writes and reads it.
//!
//! A statement's place stands among its fields, which derived implementations cannot say without copying what is nested once for each
//! level. So a block is one JSON tree, and the statements that hold blocks are taken apart and put together by hand.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Block, Location, Op, Stmt};

type Result<T> = std::result::Result<T, serde_json::Error>;

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        write_block(self).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        read_block(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Stmt {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        write_stmt(self).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Stmt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        read_stmt(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn write_block(block: &Block) -> Result<Value> {
    let stmts: Result<Vec<Value>> = block.stmts.iter().map(write_stmt).collect();
    Ok(json!({ "stmts": stmts? }))
}

fn write_stmt(stmt: &Stmt) -> Result<Value> {
    let mut tree = match &stmt.op {
        Op::Block { blocks } => {
            let blocks: Result<Vec<Value>> = blocks.iter().map(write_block).collect();
            json!({ "type": "BlockStmt", "stmt": { "blocks": blocks? } })
        }
        Op::Not { block } => json!({ "type": "NotStmt", "stmt": { "block": write_block(block)? } }),
        Op::Scan { source, key, value, block } => {
            json!({ "type": "ScanStmt", "stmt": { "source": source, "key": key, "value": value, "block": write_block(block)? } })
        }
        Op::With { local, path, value, block } => {
            json!({ "type": "WithStmt", "stmt": { "local": local, "path": path, "value": value, "block": write_block(block)? } })
        }
        plain => serde_json::to_value(plain)?,
    };
    if let Some(Value::Object(fields)) = tree.get_mut("stmt") {
        let Location {
            file,
            col,
            row,
            end_col,
            end_row,
        } = stmt.location;
        for (name, number) in [
            ("file", file),
            ("col", col),
            ("row", row),
            ("end_col", end_col),
            ("end_row", end_row),
        ] {
            fields.insert(name.to_owned(), number.into());
        }
    }
    Ok(tree)
}

fn read_block(tree: &Value) -> Result<Block> {
    let stmts = match tree.get("stmts") {
        Some(Value::Array(stmts)) => stmts.iter().map(read_stmt).collect::<Result<Vec<Stmt>>>()?,
        // OPA writes empty lists as `null` in places.
        Some(Value::Null) => Vec::new(),
        _ => return Err(serde_json::Error::missing_field("stmts")),
    };
    Ok(Block { stmts })
}

fn read_stmt(tree: &Value) -> Result<Stmt> {
    let Some(Value::Object(fields)) = tree.get("stmt") else {
        return Err(serde_json::Error::missing_field("stmt"));
    };
    let location = Location::deserialize(fields)?;
    let op = match tree.get("type").and_then(Value::as_str) {
        Some("BlockStmt") => Op::Block {
            blocks: read_blocks(fields)?,
        },
        Some("NotStmt") => Op::Not {
            block: read_inner(fields)?,
        },
        Some("ScanStmt") => Op::Scan {
            source: field(fields, "source")?,
            key: field(fields, "key")?,
            value: field(fields, "value")?,
            block: read_inner(fields)?,
        },
        Some("WithStmt") => {
            let path = field::<Option<Vec<u32>>>(fields, "path")?.unwrap_or_default();
            Op::With {
                local: field(fields, "local")?,
                path,
                value: field(fields, "value")?,
                block: read_inner(fields)?,
            }
        }
        _ => Op::deserialize(tree)?,
    };
    Ok(Stmt { op, location })
}

fn read_inner(fields: &Map<String, Value>) -> Result<Block> {
    fields
        .get("block")
        .map_or_else(|| Err(serde_json::Error::missing_field("block")), read_block)
}

fn read_blocks(fields: &Map<String, Value>) -> Result<Vec<Block>> {
    match fields.get("blocks") {
        Some(Value::Array(blocks)) => blocks.iter().map(read_block).collect(),
        _ => Ok(Vec::new()),
    }
}

fn field<'t, T: Deserialize<'t>>(fields: &'t Map<String, Value>, name: &'static str) -> Result<T> {
    T::deserialize(fields.get(name).unwrap_or(&Value::Null))
}

/// OPA writes empty lists as `null` in places.
pub(super) fn null_as_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> std::result::Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}
