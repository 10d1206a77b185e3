//! Families of policies whose cost to compile could grow faster than they do. The query is `data.p.a`.

/// A family.
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// The smaller of the sizes that are compared.
    pub size: usize,
    /// How many times as much may be allocated for four times the size.
    pub allocates: f64,
    /// The policy of a size.
    pub text: fn(usize) -> String,
}

/// All families.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "cross",
        size: 300,
        allocates: 5.5,
        text: |size| {
            package(&rows(size, |i| {
                format!(
                    "a if {{ input.a == {}; input.b == {}; input.c == {}; input.d == {} }}\n",
                    i % 7,
                    i % 11,
                    i % 13,
                    i % 17
                )
            }))
        },
    },
    Family {
        name: "body",
        size: 500,
        allocates: 5.5,
        text: |size| package(&format!("a if {{\n{}}}\n", rows(size, |i| format!("\tinput.k{i} == {i}\n")))),
    },
    Family {
        name: "reference",
        size: 1000,
        allocates: 6.0,
        text: |size| package(&format!("a := 1 if input{}\n", ".a".repeat(size))),
    },
    Family {
        name: "loops",
        size: 25,
        allocates: 20.0,
        text: |size| package(&format!("a if {{ {} }}\n", list(size, "; ", |i| format!("some x{i} in input[_]")))),
    },
    Family {
        name: "modifiers",
        size: 200,
        allocates: 6.0,
        text: |size| {
            package(&format!(
                "a if {{ input.x {} }}\n",
                list(size, " ", |i| format!("with input.k{i} as {i}"))
            ))
        },
    },
    Family {
        name: "shared types",
        size: 6,
        allocates: 5.0,
        text: |size| {
            package(&format!(
                "b0 := {{1, \"s\", null}}\n{}a := 1 if b{}\n",
                rows(size, |i| format!("b{} := {{\"a\": b{i}, \"b\": b{i}}}\n", i + 1)),
                size
            ))
        },
    },
    Family {
        name: "equal types",
        size: 6,
        allocates: 5.0,
        text: |size| {
            package(&format!(
                "b0 := {{1, input.x}}\nc0 := {{\"s\", input.x}}\n{}a if b{size} == c{size}\n",
                rows(size, |i| format!(
                    "b{} := {{\"a\": b{i}, \"b\": b{i}}}\nc{} := {{\"a\": c{i}, \"b\": c{i}}}\n",
                    i + 1,
                    i + 1
                ))
            ))
        },
    },
    Family {
        name: "shared constants",
        size: 8,
        allocates: 5.0,
        text: |size| {
            package(&format!(
                "a if {{\n\tx0 := [1, 2]\n{}\tx{size}\n}}\n",
                rows(size, |i| format!("\tx{} := [x{i}, x{i}]\n", i + 1))
            ))
        },
    },
    Family {
        name: "clauses",
        size: 150,
        allocates: 12.0,
        text: |size| {
            package(&format!(
                "{}a := x if {{ x := f(input.q) }}\n",
                rows(size, |i| format!("f({i}) := {{\"k{i}\": {i}, \"z\": [{i}, \"s\", {{{i}}}]}}\n"))
            ))
        },
    },
    Family {
        name: "rules of one name",
        size: 500,
        allocates: 5.5,
        text: |size| package(&rows(size, |i| format!("a := {i} if input.x == {i}\n"))),
    },
    Family {
        name: "rules by text",
        size: 500,
        allocates: 5.5,
        text: |size| package(&rows(size, |i| format!("a := {i} if input.x == \"v{i}\"\n"))),
    },
    Family {
        name: "members",
        size: 500,
        allocates: 5.5,
        text: |size| package(&rows(size, |i| format!("a contains \"m{i}\" if input.x == {i}\n"))),
    },
    Family {
        name: "template",
        size: 500,
        allocates: 5.5,
        text: |size| package(&format!("x := 1\na := count($\"{}\")\n", "{x}".repeat(size))),
    },
    Family {
        name: "parentheses",
        size: 1000,
        allocates: 5.5,
        text: |size| package(&format!("a := {}1{}\n", "(".repeat(size), ")".repeat(size))),
    },
    Family {
        name: "arrays",
        size: 1000,
        allocates: 5.5,
        text: |size| package(&format!("a := count({}{})\n", "[".repeat(size), "]".repeat(size))),
    },
    Family {
        name: "operands",
        size: 500,
        allocates: 5.5,
        text: |size| package(&format!("a := {}\n", vec!["1"; size].join(" + "))),
    },
    Family {
        name: "else",
        size: 400,
        allocates: 6.0,
        text: |size| {
            package(&format!(
                "a := 0 if input.x == 0\n{}",
                rows(size, |i| format!("else := {} if input.x == {}\n", i + 1, i + 1))
            ))
        },
    },
    Family {
        name: "negations",
        size: 300,
        allocates: 5.5,
        text: |size| package(&format!("a if {{\n{}}}\n", rows(size, |i| format!("\tnot input.k{i}\n")))),
    },
    Family {
        name: "chain of rules",
        size: 300,
        allocates: 6.0,
        text: |size| {
            package(&format!(
                "r0 := input.x\n{}a := r{size}\n",
                rows(size, |i| format!("r{} := r{i} + 1\n", i + 1))
            ))
        },
    },
    Family {
        name: "literal",
        size: 500,
        allocates: 5.5,
        text: |size| {
            package(&format!(
                "a := count({{{}}})\n",
                list(size, ", ", |i| format!("\"s{i}\": input.x{i}"))
            ))
        },
    },
    Family {
        name: "calls",
        size: 500,
        allocates: 5.5,
        text: |size| package(&format!("a := {}input.x{}\n", "abs(".repeat(size), ")".repeat(size))),
    },
];

/// Comprehensions within each other.
pub fn nested_comprehensions(size: usize) -> String {
    package(&format!("a := count({}1{})\n", "[x | x := ".repeat(size), "]".repeat(size)))
}

fn package(rules: &str) -> String {
    format!("package p\n\n{rules}")
}

fn rows(size: usize, row: impl Fn(usize) -> String) -> String {
    (0..size).map(row).collect()
}

fn list(size: usize, between: &str, item: impl Fn(usize) -> String) -> String {
    (0..size).map(item).collect::<Vec<_>>().join(between)
}
