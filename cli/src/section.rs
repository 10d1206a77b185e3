//! The custom section in which a policy says what it was made of: a JSON object with the compiler's version and, for each entrypoint, the paths of
//! `input` that it reads. Nothing depends on it; `warrego inspect` shows it.

use serde_json::Value;
use wasmparser::{Parser, Payload};

/// Name of the section.
const NAME: &str = "warrego:policy";

/// Adds the section to a component.
pub fn add(mut component: Vec<u8>, description: &Value) -> Vec<u8> {
    let content = description.to_string();
    let mut section = Vec::new();
    leb(&mut section, NAME.len());
    section.extend_from_slice(NAME.as_bytes());
    section.extend_from_slice(content.as_bytes());
    component.push(0);
    leb(&mut component, section.len());
    component.extend(section);
    component
}

/// Reads the section, also from a policy within a composed component.
pub fn read(component: &[u8]) -> Option<Value> {
    Parser::new(0).parse_all(component).find_map(|payload| match payload {
        Ok(Payload::CustomSection(section)) if section.name() == NAME => serde_json::from_slice(section.data()).ok(),
        _ => None,
    })
}

/// An unsigned number as Wasm writes it.
fn leb(bytes: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        bytes.push(if number == 0 { low } else { low | 0x80 });
        if number == 0 {
            return;
        }
    }
}
