//! What the parser does with texts that are large, deep or odd: it answers, in time that grows with their size.

use std::time::Instant;

use warrego_syntax::{ParseOptions, Parsed, parse_module};

fn parse(text: &str) -> Parsed {
    parse_module(0, text, &ParseOptions::default())
}

fn messages(parsed: &Parsed) -> Vec<&str> {
    parsed.errors.iter().map(|error| error.message.as_str()).collect()
}

/// Ways to nest, each with its opening, middle and closing.
const NESTINGS: [(&str, &str, &str); 14] = [
    ("[", "1", "]"),
    ("{", "1", "}"),
    ("{1: ", "2", "}"),
    ("(", "1", ")"),
    ("[x | x := ", "1", "]"),
    ("{x | x := ", "1", "}"),
    ("[1 | ", "x", ", 2]"),
    ("{1 | ", "x", ", 2}"),
    ("{1: 2 | ", "x", ", 3: 4}"),
    ("{1 + ", "x", "}"),
    ("f(", "1", ")"),
    ("a[", "1", "]"),
    ("1 + ", "1", ""),
    ("$\"{", "1", "}\""),
];

#[test]
fn nesting_beyond_the_limit_is_an_error() {
    for (open, middle, close) in NESTINGS {
        let text = format!("package a\np := {}{middle}{}", open.repeat(50_000), close.repeat(50_000));
        let parsed = parse(&text);
        assert!(parsed.module.is_none(), "{open}");
        assert!(
            messages(&parsed)[0].starts_with("max parsing recursion depth exceeded"),
            "{open} {:?}",
            messages(&parsed)
        );
    }
}

#[test]
fn nesting_within_the_limit_is_linear() {
    for (open, middle, close) in NESTINGS {
        let text = format!("package a\np := {}{middle}{}", open.repeat(120), close.repeat(120));
        let begin = Instant::now();
        parse(&text);
        assert!(begin.elapsed().as_millis() < 500, "{open} takes {:?}", begin.elapsed());
    }
}

#[test]
fn chains_and_bodies_have_limits_too() {
    for (open, link) in [
        ("p if { not", " {"),
        ("p if {", " {"),
        ("p if { x ", "and x "),
        ("p if { every x in y {", " every x in y {"),
    ] {
        let text = format!("package a\nimport rego.v2\n{open}{}", link.repeat(50_000));
        assert!(parse(&text).module.is_none(), "{open}");
    }
    let text = format!("package a\np if {{ x }}{}", " else := 1 if { x }".repeat(50_000));
    assert!(messages(&parse(&text))[0].starts_with("max parsing recursion depth exceeded"));
}

#[test]
fn nested_operands_are_linear() {
    let nestings = [
        ("{", "x", "}", " and y"),
        ("{", "x", "} and y", ""),
        ("not {", "x", "}", ""),
        ("(", "x", ")", " and y"),
        ("(", "x and y", ")", ""),
        ("not (", "x or y", ")", ""),
        ("{(", "x", ")}", " or y"),
        ("{not (", "x", ")}", " or y"),
        ("({", "x", "})", " or y"),
    ];
    for (open, middle, close, behind) in nestings {
        let text = format!(
            "package a\nimport rego.v2\np if {}{middle}{}{behind}\n",
            open.repeat(60),
            close.repeat(60)
        );
        let begin = Instant::now();
        parse(&text);
        assert!(begin.elapsed().as_millis() < 500, "{open} takes {:?}", begin.elapsed());
    }
}

#[test]
fn ten_thousand_rules_parse_in_a_blink() {
    let mut text = String::from("package a\n\nimport data.roles\n\n");
    for number in 0..10_000 {
        text.push_str(&format!(
            "# rule {number}\nallow if {{\n\tinput.user == \"user{number}\"\n\tsome role in roles[input.user]\n\trole.level > {number} # enough\n}}\n\n"
        ));
    }
    let begin = Instant::now();
    let parsed = parse(&text);
    let took = begin.elapsed();
    println!("{} bytes in {took:?}", text.len());
    assert_eq!(parsed.module.map(|module| module.rules.len()), Some(10_000));
    // Generous, for builds that are not optimised and machines that are busy.
    assert!(took.as_millis() < 1000, "{took:?}");
}

#[test]
fn odd_texts_are_answered() {
    for text in [
        "",
        " ",
        "#",
        "\u{feff}",
        "\u{feff}package a",
        "\0",
        "package",
        "package a\np := \"",
        "package a\np := `",
        "é",
        "a\u{a0}b",
    ] {
        parse(text);
    }
}
