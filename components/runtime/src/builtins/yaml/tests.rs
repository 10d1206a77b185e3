//! JSON with what OPA makes of it.

use super::*;

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
        assert_eq!(write(json).as_deref(), Ok(expected), "{json}");
    }
}
