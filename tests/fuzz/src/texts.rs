//! Texts that are nearly Rego: the repository's own policies with something changed, rows of what the grammar knows, and sometimes no Rego at all.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value as Json;
use warrego_compiler::{Input, Options, plan};

use crate::Choices;

/// What Rego's grammar has a meaning for, and what it has none for.
const PIECES: &[&str] = &[
    " ",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ":=",
    "=",
    "==",
    "!=",
    "<",
    "+",
    "*",
    "%",
    "|",
    "&",
    ",",
    ";",
    ":",
    ".",
    "\"",
    "`",
    "$\"{",
    "$`",
    "\n",
    "\r\n",
    "\t",
    "#",
    "# METADATA\n# title: x\n",
    "# scope: rule\n",
    "if",
    "contains",
    "else",
    "default",
    "not",
    "some",
    "every",
    "in",
    "with",
    "as",
    "and",
    "or",
    "import",
    "package",
    "data",
    "input",
    "_",
    "x",
    "x.y",
    "f(x)",
    "count(x)",
    "set()",
    "0",
    "1e9",
    "1e",
    "-",
    "/",
    "\\u12",
    "\\ud800",
    "é",
    "\u{0}",
    "\u{feff}",
    "\u{2028}",
    "null",
    "true",
    "false",
    "import rego.v1\n",
    "import future.keywords\n",
    "import future.keywords.in\n",
];

/// Words without which a text is rarely Rego any more.
const KEYWORDS: &[&str] = &[
    "package", "import", "if", "contains", "else", "default", "not", "some", "every", "in", "with", "as",
];

/// The repository's policies, without those whose point is to run for ever.
pub fn policies() -> &'static [&'static str] {
    static POLICIES: OnceLock<Vec<&'static str>> = OnceLock::new();
    POLICIES.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut texts = Vec::new();
        for folder in ["examples", "cli/tests/commands", "compiler/syntax/tests", "compiler/tests"] {
            collect(&root.join(folder), &mut texts);
        }
        // By length: the first choice is the simplest.
        texts.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        texts.dedup();
        texts.into_iter().map(|text| &*text.leak()).collect()
    })
}

/// Those that have a plan as they are, and their plans for all that they define.
pub fn planned() -> &'static (Vec<&'static str>, Vec<Json>) {
    static PLANNED: OnceLock<(Vec<&'static str>, Vec<Json>)> = OnceLock::new();
    PLANNED.get_or_init(|| policies().iter().filter_map(|&text| Some((text, plan_of(text)?))).unzip())
}

fn plan_of(text: &str) -> Option<Json> {
    let input = Input {
        modules: vec![("policy.rego".to_owned(), text.to_owned())],
        data: serde_json::json!({}),
    };
    let options = Options {
        queries: vec!["data".to_owned()],
        ..Options::default()
    };
    let (policy, _) = plan(&input, &options).ok()?;
    Some(serde_json::to_value(policy).expect("a plan is JSON"))
}

fn collect(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            collect(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rego") {
            texts.push(fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        }
    }
}

/// A text that may be Rego, mostly one of the policies with something changed.
pub fn text(policies: &[&str], choices: &mut Choices<'_>) -> String {
    match choices.below(16) {
        15 => String::from_utf8_lossy(&choices.bytes(200)).into_owned(),
        14 => pieces(choices, 40),
        _ => {
            let policy = choices.of(policies);
            changed(policy, choices)
        }
    }
}

/// A row of the grammar's pieces.
pub fn pieces(choices: &mut Choices<'_>, most: usize) -> String {
    let count = choices.below(most + 1);
    (0..count).map(|_| choices.of(PIECES)).collect()
}

/// A text with something changed in up to three places.
fn changed(text: &str, choices: &mut Choices<'_>) -> String {
    let mut text = text.to_owned();
    for _ in 0..=choices.below(3) {
        text = match choices.below(6) {
            0..4 => other_word(&text, choices),
            4 => other_lines(&text, choices),
            _ => other_chars(&text, choices),
        };
    }
    text
}

/// One word for another: most texts stay Rego.
fn other_word(text: &str, choices: &mut Choices<'_>) -> String {
    let other = |char: char| !char.is_alphanumeric() && char != '_';
    // Each word with the character behind it.
    let mut parts: Vec<&str> = text.split_inclusive(other).collect();
    let word = |part: &&str| -> Option<usize> {
        let len = part.trim_end_matches(other).len();
        (len > 0 && !KEYWORDS.contains(&&part[..len])).then_some(len)
    };
    let words: Vec<(usize, usize)> = parts.iter().enumerate().filter_map(|(at, part)| Some((at, word(part)?))).collect();
    if words.is_empty() {
        return text.to_owned();
    }
    let (old, len) = words[choices.below(words.len())];
    let (other, other_len) = words[choices.below(words.len())];
    let new = match choices.below(6) {
        5 => choices.of(PIECES),
        _ => &parts[other][..other_len],
    };
    let replaced = format!("{new}{}", &parts[old][len..]);
    parts[old] = &replaced;
    parts.concat()
}

/// A line less, once more, or elsewhere.
fn other_lines(text: &str, choices: &mut Choices<'_>) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let (from, to) = (choices.below(lines.len()), choices.below(lines.len()));
    match choices.below(3) {
        0 => lines.insert(to, lines[from]),
        1 => lines.swap(from, to),
        _ => drop(lines.remove(from)),
    }
    lines.join("\n")
}

/// Characters less, more, or elsewhere.
fn other_chars(text: &str, choices: &mut Choices<'_>) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = choices.below(chars.len() + 1);
    let end = (at + choices.below(12)).min(chars.len());
    match choices.below(5) {
        0 => drop(chars.drain(at..end)),
        1 => drop(chars.splice(at..at, choices.of(PIECES).chars())),
        2 => drop(chars.splice(at..end, choices.of(PIECES).chars())),
        3 => {
            let from = choices.below(chars.len());
            let copy = chars[from..(from + choices.below(60)).min(chars.len())].to_vec();
            drop(chars.splice(at..at, copy));
        }
        _ => chars.truncate(at.max(1)),
    }
    chars.into_iter().collect()
}
