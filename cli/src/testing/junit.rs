//! JUnit's XML, as build servers read it: a `testsuite` for each package, a `testcase` for each test or, of a table, for each case.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::pretty::Counts;
use super::result::TestResult;

/// Writes the report.
pub fn report(results: &[TestResult]) -> String {
    let mut packages: BTreeMap<&str, Vec<&TestResult>> = BTreeMap::new();
    for result in results {
        packages.entry(&result.package).or_default().push(result);
    }
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(text, "<testsuites{}>", numbers(results.iter()));
    for (package, results) in &packages {
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\"{}>",
            escaped(package),
            numbers(results.iter().copied())
        );
        for result in results {
            test(&mut text, result);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn numbers<'a>(results: impl Iterator<Item = &'a TestResult> + Clone) -> String {
    let counts = Counts::of(results.clone());
    let nanoseconds: u64 = results.map(|result| result.duration).sum();
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        counts.total(),
        counts.fail,
        counts.error,
        counts.skip,
        seconds(nanoseconds)
    )
}

fn test(text: &mut String, result: &TestResult) {
    let leaves = result.leaves();
    if leaves.is_empty() {
        let inside = match &result.error {
            Some(error) => format!("<error type=\"{}\" message=\"{}\"/>", escaped(error.code()), escaped(&error.text())),
            None if result.skip => "<skipped/>".to_owned(),
            None if result.fail => "<failure message=\"the test is not true\"/>".to_owned(),
            None => String::new(),
        };
        case(text, result, &result.name, result.duration, &inside);
    }
    for (name, leaf) in leaves {
        let name: String = name.iter().fold(result.name.clone(), |name, part| format!("{name}/{part}"));
        let inside = if leaf.fail {
            "<failure message=\"the case is not true\"/>"
        } else {
            ""
        };
        case(text, result, &name, 0, inside);
    }
}

fn case(text: &mut String, result: &TestResult, name: &str, duration: u64, inside: &str) {
    let _ = write!(
        text,
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{}\"",
        escaped(&result.package),
        escaped(name),
        escaped(&result.location.file),
        result.location.row,
        seconds(duration)
    );
    if inside.is_empty() {
        text.push_str("/>\n");
    } else {
        let _ = writeln!(text, ">\n      {inside}\n    </testcase>");
    }
}

fn seconds(nanoseconds: u64) -> String {
    format!("{}.{:06}", nanoseconds / 1_000_000_000, nanoseconds / 1000 % 1_000_000)
}

/// Text for an attribute; what XML cannot hold is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\r' => escaped.push_str("&#13;"),
            char if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            char => escaped.push(char),
        }
    }
    escaped
}
