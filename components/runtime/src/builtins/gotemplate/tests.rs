//! Templates with what OPA makes of them.

use super::*;

fn document() -> Tree {
    let number = |text: &str| Tree::Number(text.into());
    let string = |text: &str| Tree::String(text.into());
    let object = |pairs: &[(&str, Tree)]| Tree::object(pairs.iter().map(|(key, tree)| ((*key).into(), tree.clone())).collect());
    object(&[
        ("name", string("é")),
        ("n", number("1.50")),
        ("i", number("3")),
        ("list", Tree::Array(vec![string("a"), string("b"), number("3")])),
        ("empty", Tree::Array(Vec::new())),
        ("obj", object(&[("k", string("v")), ("a", object(&[("b", number("1"))]))])),
        ("t", Tree::Boolean(true)),
        ("f", Tree::Boolean(false)),
        ("nul", Tree::Null),
        ("html", string("<b>&\"'")),
        ("z", number("0")),
        ("s", string("")),
    ])
}

fn show(text: &str) -> String {
    match render(text, &document()) {
        Ok(out) => String::from_utf8_lossy(&out).into_owned(),
        Err(message) => ["error: ", &message].concat(),
    }
}

#[test]
fn rendering() {
    let cases = [
        ("plain", "plain"),
        ("{{.n}} {{.i}} {{.list}} {{.obj}}", "1.50 3 [a b 3] map[a:map[b:1] k:v]"),
        ("{{.missing.x}} {{.nul}}", "<no value> <no value>"),
        ("{{if .z}}yes{{else}}no{{end}}{{if .empty}}yes{{else if .t}}mid{{end}}", "yesmid"),
        ("{{range $k, $v := .obj}}{{$k}}:{{$v}},{{end}}", "a:map[b:1],k:v,"),
        ("{{range .list}}[{{.}}]{{if eq . \"b\"}}{{break}}{{end}}{{end}}", "[a][b]"),
        ("{{range 3}}{{.}}{{end}}{{range .empty}}x{{else}}none{{end}}", "012none"),
        ("{{with .obj}}{{.k}}{{$.i}}{{end}}", "v3"),
        ("a {{- .name -}} b{{/* c */}}", "aéb"),
        ("{{define \"t\"}}T{{.}}{{end}}{{template \"t\" .name}}", "Té"),
        ("{{len .name}}{{index .list 1}}{{print .name .i 1 2}}", "2bé31 2"),
        (
            "{{js .html}}{{html .html}}{{urlquery .html}}",
            "\\u003Cb\\u003E\\u0026\\\"\\'&lt;b&gt;&amp;&#34;&#39;%3Cb%3E%26%22%27",
        ),
        ("{{$x := 1}}{{$x = .i}}{{$x}}{{\"a\" | print \"b\"}}{{'a'}}{{1.5}}", "3ba971.5"),
        ("{{or .f .name}}{{and .t .f}}{{not .s}}{{(index .obj \"a\").b}}", "éfalsetrue1"),
        (
            "{{.name.x}}",
            "error: template: template:1:7: executing \"template\" at <.name.x>: can't evaluate field x in type interface {}",
        ),
        (
            "{{eq .i 3}}",
            "error: template: template:1:2: executing \"template\" at <eq .i 3>: error calling eq: incompatible types for comparison: json.Number and int",
        ),
        (
            "{{call .name}}",
            "error: template: template:1:2: executing \"template\" at <call .name>: error calling call: non-function .name of type string",
        ),
        (
            "{{nil}}",
            "error: template: template:1:2: executing \"template\" at <nil>: nil is not a command",
        ),
        (
            "x\n{{range .i}}{{end}}",
            "error: template: template:2:8: executing \"template\" at <.i>: range can't iterate over 3",
        ),
        ("{{.name", "error: template: template:1: unclosed action"),
        ("{{end}}", "error: template: template:1: unexpected {{end}}"),
        ("{{if .t}}", "error: template: template:1: unexpected EOF"),
        ("{{foo}}", "error: template: template:1: function \"foo\" not defined"),
        ("{{ .list.0 }}", "error: template: template:1: unexpected \".0\" in operand"),
        (
            "{{template \"x\"}}",
            "error: template: template:1:11: executing \"template\" at <{{template \"x\"}}>: template \"x\" not defined",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(show(text), expected, "{text}");
    }
}
