//! Rules made up, of every kind there is: complete and partial ones, defaults, `else`, functions, rules with references for heads.

use std::fmt::Write as _;

use super::expressions::{LISTS, NUMBERS, SCALARS};
use crate::Choices;

/// How a policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Rego v1.
    V1,
    /// Rego v1 with `import rego.v2`: `and`, `or` and bodies after `not`.
    V2,
    /// Rego v0, with the keywords `in` and `every` imported.
    V0,
    /// Rego v0 with `import rego.v1`.
    V0WithV1,
}

impl Dialect {
    /// One of them, most often v1.
    pub fn choose(choices: &mut Choices<'_>) -> Self {
        match choices.below(8) {
            4 | 5 => Self::V2,
            6 => Self::V0,
            7 => Self::V0WithV1,
            _ => Self::V1,
        }
    }

    /// Whether files are read as Rego v0.
    pub fn is_v0_compatible(self) -> bool {
        matches!(self, Self::V0 | Self::V0WithV1)
    }

    /// Whether `if` and `contains` are words.
    pub fn has_if(self) -> bool {
        self != Self::V0
    }

    /// What all policies of it begin with.
    pub fn head(self) -> String {
        let keywords = match self {
            Self::V1 => "",
            Self::V2 => "import rego.v2\n",
            Self::V0 => "import future.keywords.every\nimport future.keywords.in\n",
            Self::V0WithV1 => "import rego.v1\n",
        };
        let rules = "pick(x, _) := x if x\n\npick(x, y) := y if x == null\n\npick(x, y) := [x, y] if not x\n\n";
        let rules = match self.has_if() {
            true => rules.to_owned(),
            false => "pick(x, _) = x { x }\n\npick(x, y) = y { x == null }\n\npick(x, y) = [x, y] { not x }\n\n".to_owned(),
        };
        format!(
            "# METADATA\n# title: policy\n# scope: package\npackage r\n\n{keywords}import data.lib.deep as lib\nimport data.lib.deep.twice\n\
             import input.o as io\nimport input.xs\n\n{rules}"
        )
    }

    /// Another package, which all policies of it can call.
    pub fn library(self) -> String {
        let text = "package lib.deep\n\nimport future.keywords\n\ntwice(x) := [x, x] if x != false\n\nnow() := input.a\n\nanswer := 42\n\n\
                    default maybe := \"none\"\n\nmaybe := input.s if input.s\n\nnames contains input.s\n\ntable[k] := v if some k, v in input.o\n";
        match self {
            Self::V1 | Self::V2 => text.replace("import future.keywords\n\n", ""),
            Self::V0 | Self::V0WithV1 => text.to_owned(),
        }
    }
}

/// A policy under way.
pub struct Maker<'c, 'b> {
    pub choices: &'c mut Choices<'b>,
    /// How many rules there are, `r0` and so on; a rule calls those before it alone.
    pub rules: usize,
    /// How many functions there are, `f0` and so on, each of two arguments.
    pub functions: usize,
    /// How many functions without arguments there are, `z0` and so on.
    pub constants: usize,
    /// How it is written.
    pub dialect: Dialect,
    /// Variables bound where the next expression stands.
    pub vars: Vec<String>,
    next: usize,
}

impl<'c, 'b> Maker<'c, 'b> {
    pub fn new(choices: &'c mut Choices<'b>, dialect: Dialect) -> Self {
        Self {
            choices,
            rules: 0,
            functions: 0,
            constants: 0,
            dialect,
            vars: Vec::new(),
            next: 0,
        }
    }

    /// Whether nothing is left to choose from.
    pub fn is_done(&self) -> bool {
        self.choices.is_empty()
    }

    /// How many rules and functions there are.
    pub fn kept(&self) -> [usize; 3] {
        [self.rules, self.functions, self.constants]
    }

    /// Forgets later ones.
    pub fn restore(&mut self, kept: [usize; 3]) {
        [self.rules, self.functions, self.constants] = kept;
    }

    /// A name that no variable has.
    pub fn var(&mut self) -> String {
        self.next += 1;
        format!("v{}", self.next)
    }

    /// The next rule, or function.
    pub fn rule(&mut self) -> String {
        self.vars.clear();
        let metadata = self.metadata();
        let text = self.unmarked();
        metadata + &text
    }

    /// A block of metadata, now and then.
    fn metadata(&mut self) -> String {
        if !self.choices.once_in(8) {
            return String::new();
        }
        let more = self.choices.of(&[
            "# title: rule\n",
            "# scope: document\n# title: document\n",
            "# scope: rule\n# custom:\n#   level: 3\n",
            "# description: |\n#   Several\n#   lines\n",
        ]);
        format!("# METADATA\n{more}")
    }

    fn unmarked(&mut self) -> String {
        if self.choices.once_in(6) {
            if self.choices.once_in(2) {
                let text = self.constant();
                self.constants += 1;
                return text;
            }
            let text = self.function();
            self.functions += 1;
            return text;
        }
        let name = format!("r{}", self.rules);
        let mut text = String::new();
        let kind = self.choices.below(13);
        if kind == 12 {
            let text = self.unconditional(&name);
            self.rules += 1;
            return text;
        }
        if kind == 9 && self.rules > 0 {
            let text = self.remembering(&name);
            self.rules += 1;
            return text;
        }
        let bodies = 1 + self.choices.below(5);
        if matches!(kind, 0 | 3) && self.choices.once_in(2) {
            let _ = writeln!(text, "default {name} {} {}\n", self.choices.of(&[":=", "="]), self.default_value());
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
            0 => self.body_of(|maker| match maker.choices.below(2) {
                0 => name.to_owned(),
                _ => format!("{name} := true"),
            }),
            1 => self.body_of(|maker| {
                let value = maker.value(1);
                maker.element(name, &value)
            }),
            2 => self.body_of(|maker| format!("{name}[{}] := {}", maker.key(), maker.value(0))),
            3 => {
                // A constant ends the loops around it.
                let depth = usize::from(self.choices.once_in(2));
                let mut text = self.body_of(|maker| format!("{name} := {}", maker.value(depth)));
                for _ in 0..=self.choices.below(2) {
                    text.push(' ');
                    text.push_str(&self.alternative());
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
                1 => self.body_of(|maker| {
                    let value = maker.value(0);
                    maker.element(&format!("{name}.b"), &value)
                }),
                2 => self.body_of(|maker| format!("{name}.c := {}", maker.value(0))),
                _ => self.body_of(|maker| format!("{name}.d.k := {}", maker.value(0))),
            },
            6 => match self.choices.below(2) {
                0 => self.body_of(|maker| format!("{name}[{}][{}] := {}", maker.key(), maker.key(), maker.value(0))),
                _ => self.body_of(|maker| {
                    let (key, value) = (maker.key(), maker.value(0));
                    maker.element(&format!("{name}[{key}]"), &value)
                }),
            },
            // References with something in the middle that is not constant.
            10 => self.body_of(|maker| format!("{name}[{}].m := {}", maker.key(), maker.value(0))),
            // The body is a single expression.
            11 if self.dialect.has_if() => {
                self.vars.clear();
                let condition = self.expression(1);
                format!("{name} {} {} if {condition}", self.choices.of(&[":=", "="]), self.value(0))
            }
            _ => self.body_of(|maker| format!("{name} := {}", maker.value(1))),
        }
    }

    /// The head of a rule that makes a set.
    fn element(&mut self, name: &str, value: &str) -> String {
        match self.dialect.has_if() {
            true => format!("{name} contains {value}"),
            // Below a reference v0 has no form for it.
            false if name.contains(['.', '[']) => format!("{name}[{value}] := true"),
            false => format!("{name}[{value}]"),
        }
    }

    /// A link of an `else` chain.
    fn alternative(&mut self) -> String {
        match self.choices.below(5) {
            0 => format!("else := {}", self.value(0)),
            1 => self.body_of(|_| "else".to_owned()),
            2 => self.body_of(|maker| format!("else = {}", maker.value(0))),
            _ => self.body_of(|maker| format!("else := {}", maker.value(0))),
        }
    }

    /// A rule without a body.
    fn unconditional(&mut self, name: &str) -> String {
        let value = self.value(2);
        let text = match self.choices.below(5) {
            0 => format!("{name} = {value}"),
            1 => format!("{name}.c := {value}"),
            2 => format!("{name}[\"k\"] := {value}"),
            3 if self.dialect.has_if() => format!("{name} contains {value}"),
            _ => format!("{name} := {value}"),
        };
        text + "\n\n"
    }

    /// The value of a default: a constant, or a collection or comprehension of constants.
    fn default_value(&mut self) -> String {
        match self.choices.below(6) {
            0 => "[1, {\"k\": 2}]".to_owned(),
            1 => "{x | x := 3}".to_owned(),
            _ => self.choices.of(&SCALARS).to_owned(),
        }
    }

    /// A function without arguments; written with parentheses or as the rule that it is.
    fn constant(&mut self) -> String {
        let name = format!("z{}", self.constants);
        let mut text = String::new();
        if self.choices.once_in(4) {
            let _ = writeln!(text, "default {name} := {}\n", self.choices.of(&SCALARS));
        }
        for _ in 0..=self.choices.below(2) {
            let parentheses = self.choices.of(&["()", "()", ""]);
            // Only what has no known type can be called.
            let value = self
                .choices
                .of(&["input.a", "input.o.k", "input.s", "input.xs", "input.ys[0]", "data.d.a"]);
            match self.choices.below(4) {
                0 => {
                    let _ = write!(text, "{name}{parentheses} := {value}");
                }
                1 => {
                    text.push_str(&self.body_of(|_| format!("{name}{parentheses} = {value}")));
                    text.push(' ');
                    text.push_str(&self.body_of(|_| format!("else := {value}")));
                }
                _ => text.push_str(&self.body_of(|_| format!("{name}{parentheses} := {value}"))),
            }
            text.push_str("\n\n");
        }
        text
    }

    /// A loop that gives its memory back after each round, while a rule that it asks is remembered beyond it.
    fn remembering(&mut self, name: &str) -> String {
        let (asked, list) = (self.earlier_rule(), self.choices.of(&LISTS));
        let value = self.value(1);
        let condition = if self.dialect.has_if() { "if " } else { "" };
        format!(
            "{name} := true {condition}{{\n\tsome v in {list}\n\tx := data.r.r{asked}\n\tcount([x, {{v}}, {value}]) == 4\n}} else := [data.r.r{asked}, {value}]\n\n"
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
        let condition = if self.dialect.has_if() { "if " } else { "" };
        format!("{head} {condition}{{\n\t{}\n}}", body.join("\n\t"))
    }
}
