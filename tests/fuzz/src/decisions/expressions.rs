//! Expressions made up: what stands in bodies, and what has a value.

use super::rules::{Dialect, Maker};

const PATHS: [&str; 15] = [
    "input.a",
    "input.b",
    "input.xs",
    "input.o",
    "input.o.k",
    "input.xs[0]",
    "input.s",
    "input",
    "data.d.a",
    "data.d.m.a",
    "data.d.m[input.s].k",
    "io.k",
    "xs",
    "input[\"o\"][\"l\"]",
    "lib.maybe",
];
pub const LISTS: [&str; 9] = [
    "input.xs",
    "input.o",
    "input.ys",
    "data.d.l",
    "data.d.m",
    "[1, 2, 1]",
    "{3, \"a\"}",
    "lib.names",
    "lib.table",
];
pub const NUMBERS: [&str; 5] = ["0", "1", "2", "3", "7"];
pub const SCALARS: [&str; 13] = [
    "0",
    "1",
    "2",
    "true",
    "false",
    "null",
    "\"a\"",
    "\"b\"",
    "\"\"",
    "-3",
    "2.5",
    "`raw`",
    "\"\\n\\u00e9\"",
];
const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// Functions of one value that answer with `undefined` to what they are not made for, in the interpreter for tests as well.
const FUNCTIONS: [&str; 16] = [
    "count",
    "sum",
    "max",
    "min",
    "sort",
    "abs",
    "upper",
    "lower",
    "type_name",
    "is_string",
    "is_array",
    "is_object",
    "is_number",
    "is_null",
    "is_set",
    "is_boolean",
];

impl Maker<'_, '_> {
    /// An expression with a value.
    pub fn value(&mut self, depth: usize) -> String {
        match self.choices.below(if depth == 0 { 6 } else { 25 }) {
            0 | 1 => self.choices.of(&SCALARS).to_owned(),
            2 | 3 => self.choices.of(&PATHS).to_owned(),
            4 | 5 => self.bound(),
            6 => format!("[{}, {}]", self.value(depth - 1), self.value(depth - 1)),
            7 => format!("{{\"k\": {}, \"l\": {}}}", self.value(depth - 1), self.value(depth - 1)),
            8 => format!("{{{}, {}}}", self.value(depth - 1), self.value(depth - 1)),
            9 => self.comprehension(depth - 1),
            10 => self.rule_reference(),
            11 => {
                let name = self.function_name();
                format!("{name}({}, {})", self.value(depth - 1), self.value(depth - 1))
            }
            12 => {
                let operator = self.choices.of(&["+", "-", "*"]);
                format!("({} {operator} {})", self.value(depth - 1), self.choices.of(&NUMBERS))
            }
            13 => {
                let operator = self.choices.of(&["|", "&", "-"]);
                format!("({} {operator} {{{}}})", self.value(depth - 1), self.value(0))
            }
            14 => format!("{}({})", self.choices.of(&FUNCTIONS), self.value(depth - 1)),
            15 => format!("object.get(input.o, {}, {})", self.choices.of(&SCALARS), self.value(depth - 1)),
            16 | 17 => self.constant_call(),
            18 => {
                let name = self.function_name();
                let call = format!("{name}({}, {})", self.value(depth - 1), self.value(depth - 1));
                format!("{call}{}", self.choices.of(&["[0]", ".k", "[_]"]))
            }
            19 => format!("[{}, 7, \"a\"][{}]", self.value(0), self.choices.of(&["0", "1", "input.a", "_"])),
            20 => format!(
                "{{\"k\": {}, \"a\": 1}}[{}]",
                self.value(0),
                self.choices.of(&["\"k\"", "input.s", "_"])
            ),
            21 => self.template(depth - 1),
            22 => self.choices.of(&["set()", "[]", "{}"]).to_owned(),
            23 => format!("twice({})", self.value(depth - 1)),
            24 => {
                // Quotients that have an end, which the interpreter for tests writes alike.
                let (operator, divisors) = if self.choices.once_in(2) {
                    ("%", ["2", "3", "7"])
                } else {
                    ("/", ["1", "2", "0"])
                };
                format!("({} {operator} {})", self.choices.of(&NUMBERS), self.choices.of(&divisors))
            }
            _ => format!("{}[{}]", self.choices.of(&LISTS[..5]), self.value(0)),
        }
    }

    /// A call without arguments.
    fn constant_call(&mut self) -> String {
        match self.choices.below(self.constants + 1) {
            0 => self.choices.of(&["lib.now()", "data.lib.deep.now()"]).to_owned(),
            constant => format!("{}z{}()", self.choices.of(&["", "data.r."]), constant - 1),
        }
    }

    /// A string with expressions in it; v0 has none.
    fn template(&mut self, depth: usize) -> String {
        if self.dialect == Dialect::V0 || self.dialect == Dialect::V0WithV1 {
            return format!("concat(\"-\", [\"x\", type_name({})])", self.value(0));
        }
        let (one, two) = (self.value(depth).replace('\n', " "), self.bound());
        match self.choices.below(2) {
            0 => format!("$\"x {{{one}}} y {{{two}}}\""),
            _ => format!("$`{{{two}}} \\ z`"),
        }
    }

    /// A variable that is bound, if there is one.
    fn bound(&mut self) -> String {
        match self.vars.len() {
            0 => self.choices.of(&NUMBERS).to_owned(),
            len => self.vars[self.choices.below(len)].clone(),
        }
    }

    fn rule_reference(&mut self) -> String {
        if self.rules == 0 {
            return "count(input.xs)".to_owned();
        }
        let rule = self.earlier_rule();
        match self.choices.below(8) {
            0..3 => format!("data.r.r{rule}"),
            7 => format!("data.r.r{rule}[{}]", self.bound()),
            _ => format!(
                "data.r.r{rule}{}",
                self.choices.of(&[".a", ".k", ".b", "[input.s]", "[input.s][_]", "[_]"])
            ),
        }
    }

    /// One of the rules before; the first few are asked often, which makes them worth remembering.
    pub fn earlier_rule(&mut self) -> usize {
        let among = if self.choices.once_in(2) { self.rules } else { self.rules.min(4) };
        self.choices.below(among)
    }

    fn function_name(&mut self) -> String {
        match self.choices.below(self.functions + 1) {
            0 => "data.r.pick".to_owned(),
            function => format!("data.r.f{}", function - 1),
        }
    }

    fn comprehension(&mut self, depth: usize) -> String {
        let vars = self.vars.clone();
        let body = self.body(depth, 3).join("; ");
        let value = self.value(depth);
        let text = match self.choices.below(4) {
            0 => format!("[{value} | {body}]"),
            1 => format!("{{{value} | {body}}}"),
            2 => format!("{{\"k\": {value} | {body}}}"),
            _ => format!("{{{}: {value} | {body}}}", self.bound()),
        };
        self.vars = vars;
        text
    }

    /// One to `most` expressions of a body; what they bind stays bound.
    pub fn body(&mut self, depth: usize, most: usize) -> Vec<String> {
        (0..=self.choices.below(most)).map(|_| self.expression(depth)).collect()
    }

    pub fn expression(&mut self, depth: usize) -> String {
        match self.choices.below(28) {
            0 => self.choices.of(&["input.a", "input.b", "input.o.k", "input.missing.k"]).to_owned(),
            1 | 2 => format!("{} {} {}", self.choices.of(&PATHS), self.choices.of(&COMPARISONS), self.value(0)),
            3 => {
                let value = self.value(depth);
                format!("not {value}")
            }
            4 | 5 => {
                let list = self.choices.of(&LISTS);
                self.binding(|var| format!("some {var} in {list}"))
            }
            6 => {
                let value = self.value(depth);
                self.binding(|var| format!("{var} := {value}"))
            }
            7 => self.every(),
            8 => {
                let rule = self.rule_reference();
                format!("{}{rule}", self.choices.of(&["", "not "]))
            }
            9 => {
                let value = if self.choices.once_in(2) {
                    self.rule_reference()
                } else {
                    self.value(depth)
                };
                let with = self.with();
                self.binding(|var| format!("{var} := {value} with {with}"))
            }
            10 => {
                let list = self.choices.of(&LISTS);
                let key = self.var();
                let text = self.binding(|var| format!("some {key}, {var} in {list}"));
                self.vars.push(key);
                text
            }
            11 => {
                let list = self.choices.of(&LISTS[..5]);
                let key = self.var();
                let text = self.binding(|var| format!("some {key}; {var} := {list}[{key}]"));
                self.vars.push(key);
                text
            }
            12 => {
                let pair = self.choices.of(&["input.xs", "input.ys", "[input.a, input.b]", "input.o.k"]);
                let other = self.value(0);
                self.binding(|var| format!("some {var}; [{var}, {other}] = {pair}"))
            }
            13 => {
                let object = self.choices.of(&["input.o", "data.d.m.a", "data.d.m[input.s]", "input.ys[_]"]);
                self.binding(|var| format!("some {var}; {{\"k\": {var}}} = {object}"))
            }
            14 => {
                let value = self.value(0);
                format!("{}{value} in {}", self.choices.of(&["", "not "]), self.choices.of(&LISTS))
            }
            16 => {
                let (a, b) = (self.var(), self.var());
                let pair = self.choices.of(&["input.xs", "input.ys", "[input.a, input.b]"]);
                self.vars.extend([a.clone(), b.clone()]);
                format!("[{a}, {b}] := {pair}")
            }
            17 => {
                let object = self.choices.of(&["input.o", "data.d.m.a", "{\"k\": input.a}"]);
                self.binding(|var| format!("{{\"k\": {var}}} := {object}"))
            }
            18 => {
                let name = self.function_name();
                let (one, two) = (self.value(0), self.value(0));
                self.binding(|var| format!("some {var}; {name}({one}, {two}, {var})"))
            }
            19 => {
                let call = self.constant_call();
                match self.choices.below(4) {
                    0 => call,
                    1 => format!("not {call}"),
                    2 => self.binding(|var| format!("some {var}; {}({var})", call.trim_end_matches("()"))),
                    _ => {
                        let with = self.with();
                        self.binding(|var| format!("{var} := {call} with {with}"))
                    }
                }
            }
            20 => {
                let (key, element) = (self.value(0), self.value(0));
                format!("{key}, {element} in {}", self.choices.of(&LISTS))
            }
            21 => {
                let list = self.choices.of(&["input.ys", "[[1, 2], [input.a, 3]]", "data.d.l"]);
                self.binding(|var| format!("some [{var}, _] in {list}"))
            }
            22 => self.logic(depth),
            23 => {
                let (one, other) = (self.with(), self.with());
                let value = self.value(depth);
                self.binding(|var| format!("{var} := {value} with {one} with {other}"))
            }
            24 => {
                let function = self
                    .choices
                    .of(&["count", "is_string", "startswith(\"ab\", ", "contains(\"abc\", "]);
                let value = self.value(0);
                match function.contains('(') {
                    true => format!("{function}{value})"),
                    false => format!("{function}({value})"),
                }
            }
            25 => {
                let (one, other) = (self.bound(), self.value(0));
                format!("{one} = {other}")
            }
            26 => {
                let value = self.value(0);
                format!("print(\"seen\", {value})")
            }
            27 => self.binding(|var| format!("{var} := rego.metadata.rule()")),
            _ => {
                let key = self.var();
                let path = self.choices.of(&PATHS[..4]);
                let text = self.binding(|var| format!("walk({path}, [{key}, {var}])"));
                self.vars.push(key);
                text
            }
        }
    }

    /// `and`, `or` and bodies after `not`, where they are words; else a negated comprehension.
    fn logic(&mut self, depth: usize) -> String {
        if self.dialect != Dialect::V2 {
            return format!(
                "not count([1 | {}]) == 1",
                self.choices.of(&["input.a", "some _ in input.xs", "input.o.k == 1"])
            );
        }
        let (one, other) = (self.value(0), self.choices.of(&PATHS));
        let vars = self.vars.clone();
        let body = self.body(depth.min(1), 2).join("; ");
        self.vars = vars;
        match self.choices.below(5) {
            0 => format!("{one} == 1 or {other}"),
            1 => format!("{other} and {one} != 1"),
            2 => format!("not {{ {body} }}"),
            3 => format!("{{ {body} }} or {other}"),
            _ => format!("{other} and {{ {body} }}"),
        }
    }

    fn binding(&mut self, text: impl FnOnce(&str) -> String) -> String {
        let var = self.var();
        let text = text(&var);
        self.vars.push(var);
        text
    }

    fn every(&mut self) -> String {
        let (key, var) = (self.var(), self.var());
        let list = self.choices.of(&LISTS);
        let operator = self.choices.of(&COMPARISONS);
        match self.choices.below(3) {
            0 => format!("every {var} in {list} {{ {var} {operator} {} }}", self.choices.of(&NUMBERS)),
            1 => format!("every {key}, {var} in {list} {{ {key} {operator} {var} }}"),
            _ => format!("every {var} in {list} {{ {} {operator} {var} }}", self.bound()),
        }
    }

    /// What is replaced, and by what.
    fn with(&mut self) -> String {
        let target = match self.choices.below(6) {
            0 => "input".to_owned(),
            1 | 2 => format!("input.{}", self.choices.of(&["a", "b", "xs", "o.k", "s"])),
            3 => self.choices.of(&["data.d.a", "data.d.l", "data.d.m", "data.d"]).to_owned(),
            4 if self.rules > 0 => format!("data.r.r{}", self.earlier_rule()),
            _ => {
                return format!(
                    "{} as {}",
                    self.choices.of(&[
                        "data.r.pick",
                        "pick",
                        "count",
                        "lib.twice",
                        "lib.now",
                        "data.lib.deep.now",
                        "lib.answer"
                    ]),
                    self.choices
                        .of(&["7", "[1]", "type_name", "data.lib.deep.twice", "lib.now", "input.a", "data.r.pick"])
                );
            }
        };
        let value = match self.choices.below(3) {
            0 => self.value(0),
            1 => self
                .choices
                .of(&["[1, 3]", "{\"a\": 1, \"xs\": [2], \"o\": {\"k\": 1}}", "{}"])
                .to_owned(),
            _ => self.choices.of(&PATHS).to_owned(),
        };
        format!("{target} as {value}")
    }
}
