//! Rules made up, of every kind there is: complete and partial ones, defaults, `else`, functions, rules with references for heads.

use std::fmt::Write as _;

use super::expressions::{LISTS, NUMBERS, SCALARS};
use crate::Choices;

/// What all policies begin with.
pub const HEAD: &str = "package r

pick(x, _) := x if x

pick(x, y) := y if x == null

pick(x, y) := [x, y] if not x

";

/// A policy under way.
pub struct Maker<'c, 'b> {
    pub choices: &'c mut Choices<'b>,
    /// How many rules there are, `r0` and so on; a rule calls those before it alone.
    pub rules: usize,
    /// How many functions there are, `f0` and so on, each of two arguments.
    pub functions: usize,
    /// Variables bound where the next expression stands.
    pub vars: Vec<String>,
    next: usize,
}

impl<'c, 'b> Maker<'c, 'b> {
    pub fn new(choices: &'c mut Choices<'b>) -> Self {
        Self {
            choices,
            rules: 0,
            functions: 0,
            vars: Vec::new(),
            next: 0,
        }
    }

    /// Whether nothing is left to choose from.
    pub fn is_done(&self) -> bool {
        self.choices.is_empty()
    }

    /// How many rules and functions there are.
    pub fn kept(&self) -> (usize, usize) {
        (self.rules, self.functions)
    }

    /// Forgets later ones.
    pub fn restore(&mut self, kept: (usize, usize)) {
        (self.rules, self.functions) = kept;
    }

    /// A name that no variable has.
    pub fn var(&mut self) -> String {
        self.next += 1;
        format!("v{}", self.next)
    }

    /// The next rule, or function.
    pub fn rule(&mut self) -> String {
        self.vars.clear();
        if self.choices.once_in(6) {
            let text = self.function();
            self.functions += 1;
            return text;
        }
        let name = format!("r{}", self.rules);
        let mut text = String::new();
        let kind = self.choices.below(10);
        if kind == 9 && self.rules > 0 {
            let text = self.remembering(&name);
            self.rules += 1;
            return text;
        }
        let bodies = 1 + self.choices.below(5);
        if matches!(kind, 0 | 3) && self.choices.once_in(2) {
            let _ = writeln!(text, "default {name} := {}\n", self.choices.of(&SCALARS));
        }
        for _ in 0..bodies {
            text.push_str(&self.definition(&name, kind));
            text.push_str("\n\n");
        }
        self.rules += 1;
        text
    }

    fn definition(&mut self, name: &str, kind: usize) -> String {
        match kind {
            // One constant for all: left as soon as one holds.
            0 => self.body_of(|_| format!("{name} := true")),
            1 => self.body_of(|maker| format!("{name} contains {}", maker.value(1))),
            2 => self.body_of(|maker| format!("{name}[{}] := {}", maker.key(), maker.value(0))),
            3 => {
                // A constant ends the loops around it.
                let depth = usize::from(self.choices.once_in(2));
                let mut text = self.body_of(|maker| format!("{name} := {}", maker.value(depth)));
                for _ in 0..=self.choices.below(2) {
                    text.push(' ');
                    text.push_str(&self.body_of(|maker| format!("else := {}", maker.value(0))));
                }
                text
            }
            // A row of comparisons with constants, for the index.
            4 => {
                let conditions: Vec<String> = (0..=self.choices.below(2)).map(|_| self.indexed()).collect();
                let text = self.body_of(|maker| format!("{name} := {}", maker.choices.of(&NUMBERS)));
                text.replacen("{\n", &format!("{{\n\t{}\n", conditions.join("\n\t")), 1)
            }
            // Documents below a rule's name.
            5 => match self.choices.below(4) {
                0 => self.body_of(|maker| format!("{name}.a[{}] := {}", maker.key(), maker.value(0))),
                1 => self.body_of(|maker| format!("{name}.b contains {}", maker.value(0))),
                2 => self.body_of(|maker| format!("{name}.c := {}", maker.value(0))),
                _ => self.body_of(|maker| format!("{name}.d.k := {}", maker.value(0))),
            },
            6 => match self.choices.below(2) {
                0 => self.body_of(|maker| format!("{name}[{}][{}] := {}", maker.key(), maker.key(), maker.value(0))),
                _ => self.body_of(|maker| format!("{name}[{}] contains {}", maker.key(), maker.value(0))),
            },
            _ => self.body_of(|maker| format!("{name} := {}", maker.value(1))),
        }
    }

    /// A loop that gives its memory back after each round, while a rule that it asks is remembered beyond it.
    fn remembering(&mut self, name: &str) -> String {
        let (asked, list) = (self.earlier_rule(), self.choices.of(&LISTS));
        let value = self.value(1);
        format!(
            "{name} := true if {{\n\tsome v in {list}\n\tx := data.r.r{asked}\n\tcount([x, {{v}}, {value}]) == 4\n}} else := [data.r.r{asked}, {value}]\n\n"
        )
    }

    /// What an index can tell from the input.
    fn indexed(&mut self) -> String {
        let path = self.choices.of(&["input.s", "input.a", "input.o.k"]);
        let key = self.choices.of(&["\"a\"", "\"b\"", "\"c\"", "\"d\"", "1", "2", "true", "null"]);
        match self.choices.below(6) {
            0..3 => format!("{path} == {key}"),
            3 => format!("{key} == {path}"),
            4 => format!("{path} in {{\"b\", {key}}}"),
            _ => format!("startswith({path}, {})", self.choices.of(&["\"a\"", "\"b\"", "\"\""])),
        }
    }

    /// A function of two arguments, of which patterns and several bodies make something.
    fn function(&mut self) -> String {
        let name = format!("f{}", self.functions);
        let mut text = String::new();
        if self.choices.once_in(3) {
            let _ = writeln!(text, "default {name}(_, _) := {}\n", self.choices.of(&SCALARS));
        }
        for _ in 0..=self.choices.below(3) {
            let first = self.choices.of(&["x", "_", "1", "\"a\"", "[x, _]", "{\"k\": x}", "null"]);
            let second = self.choices.of(&["y", "_", "true", "[_, [y]]", "2"]);
            let vars: Vec<String> = ["x", "y"]
                .into_iter()
                .filter(|var| first.contains(var) || second.contains(var))
                .map(str::to_owned)
                .collect();
            let (bound, depth) = (vars.clone(), self.choices.below(2));
            let body = self.body_with(vars, |maker| format!("{name}({first}, {second}) := {}", maker.value(depth)));
            text.push_str(&body);
            if self.choices.once_in(3) {
                text.push(' ');
                text.push_str(&self.body_with(bound, |maker| format!("else := {}", maker.value(0))));
            }
            text.push_str("\n\n");
        }
        text
    }

    /// A key for a head: a constant, a path or a variable of the body.
    fn key(&mut self) -> String {
        match (self.choices.below(4), self.vars.last()) {
            (2 | 3, Some(var)) => var.clone(),
            _ => self.choices.of(&["\"k\"", "\"l\"", "input.s", "1"]).to_owned(),
        }
    }

    fn body_of(&mut self, head: impl FnOnce(&mut Self) -> String) -> String {
        self.body_with(Vec::new(), head)
    }

    /// A head, and before it a body in which some variables are bound.
    fn body_with(&mut self, vars: Vec<String>, head: impl FnOnce(&mut Self) -> String) -> String {
        self.vars = vars;
        let body = self.body(2, 3);
        let head = head(self);
        format!("{head} if {{\n\t{}\n}}", body.join("\n\t"))
    }
}
