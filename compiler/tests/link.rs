//! What policies consist of: for each `link/<case>.rego` the component's imports and exports and the runtime's functions that it keeps stand in
//! `link/<case>.txt`. `BLESS=1` rewrites those. Every component is checked to be valid, and to come out the same twice.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use warrego_compiler::{Input, Options, Output, compile};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

fn build(case: &Path) -> Output {
    let text = fs::read_to_string(case).expect("the case can be read");
    let mut options = Options {
        entrypoints: vec!["test/result".to_owned()],
        ..Options::default()
    };
    if text.contains("# policy service") {
        options.policy_service = Some("test/result".to_owned());
    }
    let input = Input {
        modules: vec![("policy.rego".to_owned(), text)],
        data: serde_json::json!({}),
    };
    compile(&input, &options).unwrap_or_else(|failure| panic!("{}: {failure}: {failure:?}", case.display()))
}

fn outline(output: &Output) -> String {
    let mut text = String::new();
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(&output.component) {
        match payload.expect("the component is well-formed") {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(reader) if depth == 1 => {
                imports.extend(
                    reader
                        .into_iter()
                        .map(|import| import.expect("the component is valid").name.name.to_owned()),
                );
            }
            Payload::ComponentExportSection(reader) if depth == 1 => {
                exports.extend(
                    reader
                        .into_iter()
                        .map(|export| export.expect("the component is valid").name.name.to_owned()),
                );
            }
            _ => {}
        }
    }
    for (title, names) in [("imports", &imports), ("exports", &exports), ("keeps", &output.report.link.kept)] {
        let _ = writeln!(text, "{title}");
        for name in names {
            let _ = writeln!(text, "  {name}");
        }
    }
    text
}

#[test]
fn policies_consist_of_what_they_use() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/link");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rego"))
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in cases {
        let output = build(&case);
        // Hosts that are some years old run no more than this.
        Validator::new_with_features(WasmFeatures::WASM2 | WasmFeatures::COMPONENT_MODEL)
            .validate_all(&output.component)
            .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        assert!(build(&case).component == output.component, "{} is not reproducible", case.display());
        let actual = outline(&output);
        let expected = case.with_extension("txt");
        if env::var_os("BLESS").is_some() {
            fs::write(&expected, &actual).expect("the expectation can be written");
        } else if fs::read_to_string(&expected).unwrap_or_default() != actual {
            wrong.push(format!("{}:\n{actual}", expected.display()));
        }
    }
    assert!(wrong.is_empty(), "not as expected (BLESS=1 rewrites):\n{}", wrong.join("\n"));
}
