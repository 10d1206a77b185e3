//! Texts with what OPA makes of them. `tests/conformance` holds many more.

use super::*;
use crate::{Floats, Standard, float_json};

/// Writes JSON.
#[derive(Default)]
pub struct Text {
    out: String,
    open: Vec<char>,
}

impl Text {
    fn before(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with(['[', '{', ':']) {
            self.out.push(',');
        }
    }

    fn write(&mut self, text: &str) {
        self.before();
        self.out.push_str(text);
    }
}

impl Floats for Text {
    fn parse_float(text: &str) -> Option<f64> {
        Standard::parse_float(text)
    }

    fn float_key(value: f64) -> String {
        Standard::float_key(value)
    }
}

impl Sink for Text {
    fn null(&mut self) {
        self.write("null");
    }

    fn boolean(&mut self, value: bool) {
        self.write(&value.to_string());
    }

    fn integer(&mut self, digits: &str) {
        self.write(digits);
    }

    fn float(&mut self, value: f64) {
        self.write(&float_json(value));
    }

    fn string(&mut self, text: &str) {
        self.write(&format!("{text:?}"));
    }

    fn begin_array(&mut self) {
        self.write("[");
        self.open.push(']');
    }

    fn begin_object(&mut self) {
        self.write("{");
        self.open.push('}');
    }

    fn key(&mut self, key: &str) {
        self.write(&format!("{key:?}:"));
    }

    fn end(&mut self) {
        self.out.extend(self.open.pop());
    }
}

fn show(text: &str) -> String {
    let mut sink = Text::default();
    match read(text, &mut sink) {
        Ok(()) => sink.out,
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn reading() {
    let cases = [
        ("", "null"),
        ("a: 1\nb: [x, y]\n", r#"{"a":1,"b":["x","y"]}"#),
        ("a: |-\n  x\n  y\nb: >+\n  z\n\n", r#"{"a":"x\ny","b":"z\n\n"}"#),
        (
            "a: &x {k: 1, m: 2}\nb:\n  <<: *x\n  m: 3",
            r#"{"a":{"k":1,"m":2},"b":{"m":3,"k":1}}"#,
        ),
        (
            "a: &x {k: 1}\nc: &y {k: 2}\nb:\n  <<: [*x, *y]",
            r#"{"a":{"k":1},"c":{"k":2},"b":{"k":1}}"#,
        ),
        (
            "a: &x {k: 1}\nc: &y {<<: *x, m: 2}\nb:\n  <<: *y\n  k: 3",
            r#"{"a":{"k":1},"c":{"m":2,"k":1},"b":{"k":3,"m":2}}"#,
        ),
        (
            "a: &x {0x10: 1, ~: 2}\nb: {<<: *x}",
            "error: unsupported map key of type: %!s(<nil>), key: <nil>, value: 2",
        ),
        ("b: {c: 1, <<: {0x10: 1, ~: 2}}", r#"{"b":{"c":1,"0x10":1}}"#),
        ("b: {1: 1, <<: {0x10: 1}}", r#"{"b":{"1":1,"16":1}}"#),
        ("k:\n- 1\n- a: 2\n  b: 3\n", r#"{"k":[1,{"a":2,"b":3}]}"#),
        ("[x: y, ? z]", r#"[{"x":"y"},{"z":null}]"#),
        ("\"a\n  b\\\n  c\"", r#""a bc""#),
        ("a: 2024-05-06\n1.5: yes\n0x10: ~", r#"{"a":"2024-05-06","1.5":"yes","16":null}"#),
        ("a: !!timestamp 2024-5-6 1:2:3.40", r#"{"a":"2024-05-06T01:02:03.4Z"}"#),
        ("a: !!binary aGk=\nb: !!binary \"/w==\"", "{\"a\":\"hi\",\"b\":\"\u{fffd}\"}"),
        ("a: !!binary aGk", "error: yaml: !!binary value contains invalid base64 data"),
        ("a: 1\n---\nb: 2", r#"{"a":1}"#),
        ("'1': a\n1: b", r#"{"1":"b"}"#),
        (
            "2001-01-01: a\n2001-01-01: b",
            "error: yaml: unmarshal errors:\n  line 2: mapping key \"2001-01-01\" already defined at line 1",
        ),
        ("a: b: c", "error: yaml: mapping values are not allowed in this context"),
        ("a: 1\nb: [1, 2", "error: yaml: line 1: did not find expected ',' or ']'"),
        ("x:\n\ty: 2", "error: yaml: line 2: found character that cannot start any token"),
        ("[] null: x", "error: yaml: did not find expected <document start>"),
        ("a: *b", "error: yaml: unknown anchor 'b' referenced"),
        ("a: &a\n  b: *a", "error: yaml: anchor 'a' value contains itself"),
        ("[a]: b", "error: yaml: invalid map key: []interface {}{\"a\"}"),
        ("~: a", "error: unsupported map key of type: %!s(<nil>), key: <nil>, value: \"a\""),
        (".inf", "error: json: unsupported value: +Inf"),
        ("<<: 1", "error: yaml: map merge requires map or sequence of maps as the value"),
        ("%YAML 1.2\n---\na", "error: yaml: found incompatible YAML document"),
        ("a\u{7}", "error: yaml: control characters are not allowed"),
    ];
    for (text, expected) in cases {
        assert_eq!(show(text), expected, "{text:?}");
    }
}

#[test]
fn bombs_do_not_go_off() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let inner = ["*a"; 9].map(|name| format!("{name}{}", level - 1)).join(", ");
        text.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    assert_eq!(show(&text), "error: yaml: document contains excessive aliasing");
    // Few aliases of a long string.
    let text = format!("a: &a {}\nb: [{}]", "x".repeat(1 << 20), "*a, ".repeat(300));
    assert_eq!(show(&text), "error: yaml: document contains excessive aliasing");
}

#[test]
fn depth_is_limited_and_costs_no_stack() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        let nested = |depth: usize| open.repeat(depth) + "x" + &close.repeat(depth);
        assert!(
            show(&nested(10_001)).starts_with("error: yaml: exceeded max depth of 10000"),
            "{open}"
        );
        if open != "? " {
            assert!(show(&nested(10_000)).ends_with(['}', ']']), "{open}");
        }
    }
    // Each level by an alias: the text is flat.
    let mut text = String::from("- &a0 x\n");
    (1..10_010).for_each(|level| text.push_str(&format!("- &a{level} [*a{}]\n", level - 1)));
    let shown = show(&text);
    assert!(
        shown == "error: exceeded max depth" || shown.contains("excessive aliasing"),
        "{}",
        &shown[..100.min(shown.len())]
    );
}
