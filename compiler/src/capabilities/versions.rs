//! What OPA's versions could do: the capabilities by the version's name, from the table `versions.tsv` beside this file (`cargo xtask capabilities`).

use serde_json::{Map, Value};

const TABLE: &str = include_str!("versions.tsv");

/// The names of OPA's versions, oldest first: `v0.17.0`, ….
pub fn versions() -> Vec<&'static str> {
    rows().next().map_or_else(Vec::new, |line| line.split(' ').collect())
}

/// The capabilities of one of OPA's versions, as `opa capabilities --version` prints them.
pub fn of_version(name: &str) -> Option<Value> {
    let all = versions();
    let position = |name: &str| all.iter().position(|version| *version == name);
    let number = position(name)?;
    let mut builtins = Vec::new();
    let mut fields = Map::new();
    for line in rows().skip(1) {
        let mut columns = line.splitn(4, '\t');
        let (Some(first), Some(last), Some(field), Some(entry)) = (columns.next(), columns.next(), columns.next(), columns.next()) else {
            continue;
        };
        if position(first)? > number || position(last)? < number {
            continue;
        }
        let entry: Value = serde_json::from_str(entry).ok()?;
        if field == "builtins" {
            builtins.push(entry);
        } else {
            fields.insert(field.to_owned(), entry);
        }
    }
    let mut document = Map::new();
    document.insert("builtins".to_owned(), builtins.into());
    for field in ["future_keywords", "wasm_abi_versions", "features"] {
        if let Some(value) = fields.remove(field) {
            document.insert(field.to_owned(), value);
        }
    }
    Some(document.into())
}

fn rows() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_can_be_read() {
        let all = versions();
        assert_eq!((all.first(), all.last()), (Some(&"v0.17.0"), Some(&"v1.22.2")));
        for version in all {
            let document = of_version(version).unwrap();
            assert!(document["builtins"].as_array().is_some_and(|list| list.len() > 100), "{version}");
            crate::capabilities::Capabilities::read(document.to_string().as_bytes()).unwrap();
        }
        assert_eq!(of_version("v0.34.0").unwrap()["future_keywords"], serde_json::json!(["in"]));
        assert!(of_version("v9.0.0").is_none());
    }

    #[test]
    fn the_last_version_has_our_functions() {
        let names = |document: &Value| -> Vec<String> {
            let list = document["builtins"].as_array().unwrap().iter();
            list.map(|builtin| builtin["name"].as_str().unwrap().to_owned()).collect()
        };
        let last = of_version(versions().last().unwrap()).unwrap();
        let theirs = names(&last);
        let ours: Vec<&str> = crate::analysis::builtins::all().map(|builtin| builtin.name).collect();
        assert_eq!(ours, theirs);
    }
}
