//! What components say about themselves to tools: as those of `wasm-tools` read it.

use serde_json::json;
use warrego_compiler::metadata::Metadata;
use warrego_compiler::{Failure, Input, Options, compile};
use wasm_metadata::Payload;

fn build(text: &str, metadata: Metadata) -> Result<Vec<u8>, Failure> {
    let input = Input {
        modules: vec![("p.rego".to_owned(), text.to_owned())],
        data: json!({}),
    };
    let options = Options {
        entrypoints: vec!["p/q/allow".to_owned()],
        metadata,
        ..Options::default()
    };
    compile(&input, &options).map(|output| output.component)
}

const ANNOTATED: &str = "# METADATA
# title: Doors
# description: Who may open which door.
# authors:
# - name: Ann
#   email: ann@example.com
# - name: Ben
# custom:
#   version: 1.2.3
#   license: Apache-2.0
#   source: https://example.com/doors.git
package p.q

allow := input.x
";

#[test]
fn annotations_and_options_become_sections() {
    let given = Metadata {
        description: Some("Doors.".to_owned()),
        revision: Some("1f3c".to_owned()),
        ..Metadata::default()
    };
    let component = build(ANNOTATED, given).unwrap();
    let Payload::Component { metadata, children } = Payload::from_binary(&component).unwrap() else {
        panic!("not a component")
    };
    let text = |field: Option<String>| field.unwrap_or_default();
    assert_eq!(metadata.name.as_deref(), Some("Doors"));
    assert_eq!(text(metadata.version.map(|field| field.to_string())), "1.2.3");
    assert_eq!(text(metadata.description.map(|field| field.to_string())), "Doors.");
    assert_eq!(text(metadata.authors.map(|field| field.to_string())), "Ann <ann@example.com>, Ben");
    assert_eq!(text(metadata.licenses.map(|field| field.to_string())), "Apache-2.0");
    assert_eq!(
        text(metadata.source.map(|field| field.to_string())),
        "https://example.com/doors.git"
    );
    assert_eq!(text(metadata.revision.map(|field| field.to_string())), "1f3c");
    let producers = metadata.producers.unwrap();
    assert_eq!(
        producers.get("processed-by").unwrap().get("warrego").map(String::as_str),
        Some(env!("CARGO_PKG_VERSION"))
    );
    assert!(producers.get("language").unwrap().get("Rego").is_some());
    assert!(!children.is_empty());
}

#[test]
fn a_policy_without_a_name_has_none() {
    let component = build("package p.q\n\nallow := input.x\n", Metadata::default()).unwrap();
    let payload = Payload::from_binary(&component).unwrap();
    assert_eq!(payload.metadata().name, None);
    assert!(payload.metadata().licenses.is_none() && payload.metadata().producers.is_some());
    assert!(component.len() < 68 * 1024, "{}", component.len());
}

#[test]
fn what_tools_could_not_read_is_refused() {
    for (metadata, part) in [
        (
            Metadata {
                licenses: Some("Beerware or so".to_owned()),
                ..Metadata::default()
            },
            "licence expression `Beerware or so`",
        ),
        (
            Metadata {
                source: Some("here".to_owned()),
                ..Metadata::default()
            },
            "URL of the source `here`",
        ),
    ] {
        match build(ANNOTATED, metadata) {
            Err(Failure::Plan(message)) => assert!(message.contains(part), "{message}"),
            other => panic!("{:?}", other.map(|component| component.len())),
        }
    }
}

#[test]
fn the_world_is_documented() {
    let component = build(ANNOTATED, Metadata::default()).unwrap();
    let wit_component::DecodedWasm::Component(resolve, world) = wit_component::decode(&component).unwrap() else {
        panic!("not a component")
    };
    let docs = resolve.worlds[world].docs.contents.clone().unwrap_or_default();
    assert!(docs.contains("`warrego:policy/evaluator@0.2.0`:"), "{docs}");
    for function in ["describe", "decide", "evaluate", "set-data", "patch-data", "entrypoints"] {
        assert!(docs.contains(&format!("\n- `{function}`: ")), "{docs}");
    }
}

#[test]
fn core_modules_name_their_features() {
    let component = build(ANNOTATED, Metadata::default()).unwrap();
    let sections = wasmparser::Parser::new(0)
        .parse_all(&component)
        .filter_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CustomSection(section) if section.name() == "target_features" => Some(section.data().to_vec()),
            _ => None,
        });
    let sections: Vec<Vec<u8>> = sections.collect();
    assert_eq!(sections.len(), 1);
    assert!(sections[0].windows(7).any(|name| name == b"simd128"), "{:?}", sections[0]);
}
