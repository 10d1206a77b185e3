//! Expressions made up: what stands in bodies, and what has a value.

use super::rules::Maker;

const PATHS: [&str; 11] = [
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
];
pub const LISTS: [&str; 7] = ["input.xs", "input.o", "input.ys", "data.d.l", "data.d.m", "[1, 2, 1]", "{3, \"a\"}"];
pub const NUMBERS: [&str; 5] = ["0", "1", "2", "3", "7"];
pub const SCALARS: [&str; 9] = ["0", "1", "2", "true", "false", "null", "\"a\"", "\"b\"", "\"\""];
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
        match self.choices.below(if depth == 0 { 6 } else { 17 }) {
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
            _ => format!("{}[{}]", self.choices.of(&LISTS[..5]), self.value(0)),
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

    fn expression(&mut self, depth: usize) -> String {
        match self.choices.below(16) {
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
            _ => {
                let key = self.var();
                let path = self.choices.of(&PATHS[..4]);
                let text = self.binding(|var| format!("walk({path}, [{key}, {var}])"));
                self.vars.push(key);
                text
            }
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
                    self.choices.of(&["data.r.pick", "count"]),
                    self.choices.of(&["7", "[1]", "type_name"])
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
