//! The JSON reader, as it runs: in a policy's component. `serde_json` reads the same text beside it.
//!
//! The reader has other code on other targets (its blocks of 64 bytes are SIMD in Wasm, and addresses have 32 bits), so only a component tells how it does.
//! A case is read several times, with all of it looked at and with parts of it: what is skipped must be well-formed, too.
//!
//! Where the two promise different things the text is first made what they agree on: bytes that are not UTF-8, and halves of surrogate pairs, stand for U+FFFD.

use std::fmt;
use std::sync::OnceLock;

use serde_json::Value as Json;
use warrego_compiler::{Input, Options, compile};
use warrego_host::{DecisionError, Limits, Policy};

use crate::decisions::engine;
use crate::{Case, Choices};

/// A text that may be JSON.
pub struct Document(Vec<u8>);

/// What is looked at: all, a path, a position, what all elements have, nothing.
const POLICY: &str = "package p

whole := input

path := input.o.k

position := input.xs[1]

every_k := [k | k := input.xs[_].k]

nothing := 1
";

const ENTRYPOINTS: [&str; 5] = ["p/whole", "p/path", "p/position", "p/every_k", "p/nothing"];

impl Case for Document {
    fn make(choices: &mut Choices<'_>) -> Self {
        let mut text = Vec::new();
        match choices.below(16) {
            15 => text = choices.bytes(300),
            kind => {
                let levels = if choices.once_in(8) { choices.below(LEVELS) } else { 0 };
                let closing: Vec<&str> = (0..levels).map(|_| open(choices, &mut text)).collect();
                value(choices, if kind < 12 { 5 } else { 1 }, &mut text);
                closing.iter().rev().for_each(|end| text.extend_from_slice(end.as_bytes()));
                if choices.once_in(2) {
                    change(&mut text, choices);
                }
            }
        }
        Self(text)
    }

    fn check(&self) -> &'static str {
        let text = agreed(&self.0);
        let parsed = serde_json::from_str::<Json>(&text);
        let mut instance = policy().instance().expect("an instance");
        let mut outcome = "read";
        for (entry, name) in ENTRYPOINTS.iter().enumerate() {
            match (instance.evaluate(entry as u32, Some(&self.0)), &parsed) {
                (Ok(decision), Ok(input)) => {
                    let decision = decision.map(|bytes| serde_json::from_slice::<Json>(&bytes).expect("decisions are JSON"));
                    assert_eq!(decision, expected(name, input), "{name}");
                }
                (Err(DecisionError::MalformedInput(_)), Err(_)) => outcome = "refused",
                // The reader asks of a number that it can be held, `serde_json` of a document that it is not deep.
                (Err(DecisionError::MalformedInput(detail)), Ok(_)) if detail.message.contains("too big") => outcome = "too big",
                (_, Err(error)) if error.to_string().contains("recursion limit") => outcome = "deep",
                (decision, _) => panic!("{name}: {decision:?}, but {parsed:?}"),
            }
        }
        outcome
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

fn policy() -> &'static Policy {
    static POLICY_: OnceLock<Policy> = OnceLock::new();
    POLICY_.get_or_init(|| {
        let input = Input {
            modules: vec![("policy.rego".to_owned(), POLICY.to_owned())],
            data: serde_json::json!({}),
        };
        let options = Options {
            entrypoints: ENTRYPOINTS.map(str::to_owned).to_vec(),
            ..Options::default()
        };
        let component = compile(&input, &options).expect("the policy is right").component;
        Policy::load(engine(), &component, Limits::default()).expect("the component is valid")
    })
}

/// What the policy makes of a document.
fn expected(name: &str, input: &Json) -> Option<Json> {
    match name {
        "p/whole" => Some(input.clone()),
        "p/path" => input.get("o")?.get("k").cloned(),
        "p/position" => input.get("xs")?.get(1).cloned(),
        "p/every_k" => {
            let mut values: Vec<&Json> = Vec::new();
            match input.get("xs") {
                Some(Json::Array(items)) => values.extend(items),
                Some(Json::Object(fields)) => {
                    let mut fields: Vec<_> = fields.iter().collect();
                    fields.sort_by_key(|(key, _)| *key);
                    values.extend(fields.iter().map(|(_, value)| *value));
                }
                _ => {}
            }
            Some(values.into_iter().filter_map(|value| value.get("k")).cloned().collect())
        }
        _ => Some(Json::from(1)),
    }
}

/// The text that Go would read: U+FFFD for each byte that is not UTF-8, and for each half of a surrogate pair.
fn agreed(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    let mut agreed = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        agreed.push_str(before);
        let len = match (code_unit(escape), escape.get(6..).and_then(code_unit)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => {
                agreed.push_str("\\ufffd");
                rest = &escape[6..];
                continue;
            }
            _ => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        agreed.push_str(&escape[..len]);
        rest = &escape[len..];
    }
    agreed.push_str(rest);
    agreed
}

/// What an escape like `\u00e9` at the beginning of a text stands for.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u16::from_str_radix(digits, 16).ok())?
}

const NUMBERS: [&str; 20] = [
    "0",
    "1",
    "-1",
    "-0",
    "7",
    "1.0",
    "-0.5e+10",
    "1e3",
    "1E-3",
    "0.1",
    "0.30000000000000004",
    "12345678901234567890",
    "-9223372036854775808",
    "99999999999999999",
    "576460752303423487",
    "576460752303423488",
    "-576460752303423489",
    "1.7976931348623157e308",
    "1E400",
    "1e99999",
];

const STRINGS: [&str; 18] = [
    "",
    "a",
    "k",
    "é",
    "😀",
    "\\n",
    "\\\"",
    "\\\\",
    "\\/",
    "\\b\\f\\r\\t",
    "\\u00e9",
    "\\u0000",
    "\\uD83D\\uDE00",
    "\\ud800",
    "\\udc00\\ud800",
    "\u{7f}",
    "\u{2028}",
    "\\u006b",
];

const KEYS: [&str; 9] = ["k", "o", "xs", "a", "", "\\u006b", "\\u006F", "kk", "x\\u0073"];

const PIECES: [&str; 26] = [
    " ", "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\u12", "\\x", "0", "-", "+", "1e", ".", "true", "nul", "\u{1}", "\u{0}", "\n",
    "é", "\u{feff}", "/", "'",
];

/// Each of them two at most: with those of a value still fewer than `serde_json` reads.
const LEVELS: usize = 60;

/// Begins a level of nesting; gives what ends it.
fn open(choices: &mut Choices<'_>, out: &mut Vec<u8>) -> &'static str {
    const BRACKETS: [(&str, &str); 6] = [
        ("[", "]"),
        ("{\"k\":", "}"),
        ("{\"o\":", "}"),
        ("{\"xs\":[0,", "]}"),
        ("[0,", "]"),
        ("{\"o\":0,\"o\":", ",\"k\":1}"),
    ];
    let (begin, end) = BRACKETS[choices.below(BRACKETS.len())];
    out.extend_from_slice(begin.as_bytes());
    end
}

/// A value, well-formed.
fn value(choices: &mut Choices<'_>, depth: usize, out: &mut Vec<u8>) {
    space(choices, out);
    match choices.below(if depth == 0 { 5 } else { 9 }) {
        0 | 1 => out.extend_from_slice(choices.of(&NUMBERS).as_bytes()),
        2 => out.extend_from_slice(choices.of(&["null", "true", "false"]).as_bytes()),
        3 | 4 => string(choices, &STRINGS, out),
        5 | 6 => list(choices, b"[]", out, |choices, out| value(choices, depth - 1, out)),
        _ => list(choices, b"{}", out, |choices, out| {
            space(choices, out);
            if choices.once_in(4) {
                string(choices, &STRINGS, out);
            } else {
                out.push(b'"');
                out.extend_from_slice(choices.of(&KEYS).as_bytes());
                out.push(b'"');
            }
            space(choices, out);
            out.push(b':');
            value(choices, depth - 1, out);
        }),
    }
    space(choices, out);
}

fn list(choices: &mut Choices<'_>, brackets: &[u8; 2], out: &mut Vec<u8>, mut item: impl FnMut(&mut Choices<'_>, &mut Vec<u8>)) {
    out.push(brackets[0]);
    for position in 0..choices.below(6) {
        if position > 0 {
            out.push(b',');
        }
        item(choices, out);
    }
    space(choices, out);
    out.push(brackets[1]);
}

/// A string in which quotes and escapes come to stand anywhere in the reader's blocks.
fn string(choices: &mut Choices<'_>, parts: &[&str], out: &mut Vec<u8>) {
    out.push(b'"');
    for _ in 0..=choices.below(3) {
        out.extend_from_slice(choices.of(parts).as_bytes());
        if choices.once_in(4) {
            out.resize(out.len() + choices.below(140), b'x');
        }
    }
    out.push(b'"');
}

fn space(choices: &mut Choices<'_>, out: &mut Vec<u8>) {
    if choices.once_in(8) {
        out.extend_from_slice(
            choices
                .of(&[" ", "\n", "\t\r\n  ", "                                     "])
                .as_bytes(),
        );
    }
}

/// Changes a text in one place or two.
fn change(text: &mut Vec<u8>, choices: &mut Choices<'_>) {
    for _ in 0..=choices.below(2) {
        let at = choices.below(text.len() + 1);
        let end = (at + choices.below(4)).min(text.len());
        match choices.below(5) {
            0 => drop(text.drain(at..end)),
            1 => drop(text.splice(at..end, choices.of(&PIECES).bytes())),
            2 if at < text.len() => text[at] ^= 1 << choices.below(8),
            3 => text.truncate(at),
            _ => drop(text.splice(at..at, choices.of(&PIECES).bytes())),
        }
    }
}
