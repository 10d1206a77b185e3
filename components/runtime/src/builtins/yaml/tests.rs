//! Texts with what OPA makes of them.

use super::*;

fn json(tree: &Tree, out: &mut String) {
    match tree {
        Tree::Number(text) => out.push_str(text),
        Tree::Array(trees) => {
            for (position, tree) in trees.iter().enumerate() {
                out.push(if position == 0 { '[' } else { ',' });
                json(tree, out);
            }
            out.push_str(if trees.is_empty() { "[]" } else { "]" });
        }
        Tree::Object(pairs) => {
            for (position, (key, tree)) in pairs.iter().enumerate() {
                out.push_str(if position == 0 { "{\"" } else { ",\"" });
                out.push_str(key);
                out.push_str("\":");
                json(tree, out);
            }
            out.push_str(if pairs.is_empty() { "{}" } else { "}" });
        }
        other => {
            let mut text = Vec::new();
            let _ = other.write_doubles(&mut text);
            out.push_str(&String::from_utf8_lossy(&text));
        }
    }
}

fn show(text: &str) -> String {
    match read(text.as_bytes()) {
        Ok(tree) => {
            let mut out = String::new();
            json(&tree, &mut out);
            out
        }
        Err(message) => ["error: ", &message].concat(),
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
            r#"{"a":{"k":1,"m":2},"b":{"k":1,"m":3}}"#,
        ),
        (
            "a: &x {k: 1}\nc: &y {k: 2}\nb:\n  <<: [*x, *y]",
            r#"{"a":{"k":1},"b":{"k":1},"c":{"k":2}}"#,
        ),
        ("k:\n- 1\n- a: 2\n  b: 3\n", r#"{"k":[1,{"a":2,"b":3}]}"#),
        ("[x: y, ? z]", r#"[{"x":"y"},{"z":null}]"#),
        ("\"a\n  b\\\n  c\"", r#""a bc""#),
        ("a: 2024-05-06\n1.5: yes\n0x10: ~", r#"{"1.5":"yes","16":null,"a":"2024-05-06"}"#),
        ("a: 1\n---\nb: 2", r#"{"a":1}"#),
        ("'1': a\n1: b", r#"{"1":"b"}"#),
        ("a: b: c", "error: yaml: mapping values are not allowed in this context"),
        ("a: 1\nb: [1, 2", "error: yaml: line 1: did not find expected ',' or ']'"),
        ("x:\n\ty: 2", "error: yaml: line 2: found character that cannot start any token"),
        ("[] null: x", "error: yaml: did not find expected <document start>"),
        ("a: *b", "error: yaml: unknown anchor 'b' referenced"),
        ("a: &a\n  b: *a", "error: yaml: anchor 'a' value contains itself"),
        ("[a]: b", "error: yaml: invalid map key: []interface {}{\"a\"}"),
        ("~: a", "error: unsupported map key of type: %!s(<nil>), key: <nil>, value: \"a\""),
        (".inf", "error: json: unsupported value: +Inf"),
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
    assert!(show(&"[".repeat(20_000)).contains("exceeded max depth"));
    assert!(show(&"- ".repeat(20_000)).contains("exceeded max depth"));
}

#[test]
fn writing() {
    let cases = [
        (
            r#"{"b":{"c":[1,{"d":null}]},"a":"x","":0}"#,
            "\"\": 0\na: x\nb:\n  c:\n    - 1\n    - d: null\n",
        ),
        (
            r#"["true","1","1:30","y",""," a","- b","c: d","e\nf\n"]"#,
            "- \"true\"\n- \"1\"\n- \"1:30\"\n- \"y\"\n- \"\"\n- ' a'\n- '- b'\n- 'c: d'\n- |\n  e\n  f\n",
        ),
        (r#"{"10":1,"9":2,"a":3,"B":4}"#, "\"9\": 2\n\"10\": 1\nB: 4\na: 3\n"),
        ("[[],{},[[1]]]", "- []\n- {}\n- - - 1\n"),
        ("1e23", "1e+23\n"),
        ("\"\u{1f600}\"", "\"\\U0001F600\"\n"),
    ];
    for (json, expected) in cases {
        assert_eq!(write(json.as_bytes()).as_deref(), Ok(expected), "{json}");
    }
}
