//! YAML, by both users of the reader: the compiler's own, with numbers of Rust's standard library, and a policy's `yaml.unmarshal`, with those of the
//! runtime. Whatever the bytes are, there is a document that is well-formed JSON, or an error that says why; both users have the same one; and the document
//! is no larger than the limit on aliases allows.

use std::fmt;
use std::sync::{LazyLock, OnceLock};

use serde_json::{Map, Value as Json};
use warrego_compiler::{Input, Options, compile};
use warrego_host::{Limits, Policy};

use crate::decisions::engine;
use crate::{Case, Choices};

/// Texts with OPA's answers; here they are what is changed.
const TABLE: &str = include_str!("../../../cli/tests/yaml/table.jsonl");

/// The texts of the table that are short.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let texts = rows.filter_map(|row| row["text"].as_str().map(str::to_owned));
    texts.filter(|text| text.len() < 1000).collect()
});

const PIECES: [&str; 44] = [
    "\n",
    " ",
    "  ",
    "- ",
    "? ",
    ": ",
    ":",
    ",",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "<<: ",
    "<<: *a",
    "!!str ",
    "!!int ",
    "!!binary ",
    "!",
    "'",
    "\"",
    "|\n",
    ">-\n",
    "#",
    "---\n",
    "...\n",
    "%TAG ! x\n",
    "\t",
    "\u{feff}",
    "\u{85}",
    "é",
    "0x",
    "_",
    "1",
    "~",
    "\\",
    "\r\n",
    "e5",
    ".",
    "-",
    "2001-01-01",
    "\u{0}",
    "[*a,*a,*a,*a,*a,*a,*a,*a]",
];

/// A stream that may be YAML.
pub struct Stream(Vec<u8>);

impl Case for Stream {
    fn make(choices: &mut Choices<'_>) -> Self {
        if choices.below(16) == 15 {
            return Self(choices.bytes(300));
        }
        let text = |choices: &mut Choices<'_>| TEXTS[choices.below(TEXTS.len())].clone().into_bytes();
        let mut stream = text(choices);
        if choices.once_in(3) {
            stream.push(b'\n');
            stream.extend(text(choices));
        }
        for _ in 0..choices.below(4) {
            let at = choices.below(stream.len() + 1);
            match choices.below(4) {
                0 => drop(stream.drain(at..(at + choices.below(5)).min(stream.len()))),
                3 if at < stream.len() => stream[at] ^= 1 << choices.below(8),
                _ => drop(stream.splice(at..at, choices.of(&PIECES).bytes())),
            }
        }
        if choices.once_in(16) {
            stream = [&b"\xff\xfe"[..], &utf16(&stream)].concat();
        }
        Self(stream)
    }

    fn check(&self) -> &'static str {
        let read = warrego_yaml::json(&self.0);
        match &read {
            Ok(document) => {
                let text = document.to_string();
                assert!(text.len() < 64 << 20, "{} bytes of {}", text.len(), self.0.len());
                let again: Json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                assert_eq!(again, *document);
            }
            Err(error) => assert!(!error.message.is_empty()),
        }
        if let Ok(text) = std::str::from_utf8(&self.0) {
            let input = Json::from(text).to_string();
            let answer = policy()
                .evaluate_fresh(0, Some(input.as_bytes()))
                .unwrap_or_else(|error| panic!("{error}"));
            let answer = answer.map(|bytes| serde_json::from_slice::<Json>(&bytes).unwrap_or_else(|error| panic!("{error}")));
            assert_eq!(
                answer,
                read.as_ref().ok().cloned(),
                "in a policy, and here: {:?}",
                read.as_ref().err()
            );
        }
        if read.is_ok() { "read" } else { "refused" }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n{}", self.0, String::from_utf8_lossy(&self.0))
    }
}

/// Bytes as units of two bytes.
fn utf16(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn policy() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY.get_or_init(|| {
        let input = Input {
            modules: vec![("p.rego".to_owned(), "package p\n\nvalue := yaml.unmarshal(input)\n".to_owned())],
            data: Json::Object(Map::new()),
        };
        let options = Options {
            entrypoints: vec!["p/value".to_owned()],
            ..Options::default()
        };
        let output = compile(&input, &options).unwrap_or_else(|failure| panic!("{failure}"));
        Policy::load(engine(), &output.component, Limits::default()).unwrap_or_else(|error| panic!("{error}"))
    })
}
