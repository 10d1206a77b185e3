//! Which constructs of the syntax tree a policy uses, by names, so that a test can see that policies made up use all that there are.

use std::collections::BTreeMap;

use warrego_compiler::analysis::visit::{Node, chain, walk_rule};
use warrego_compiler::syntax::ast::{Expr, ExprKind, Head, Import, Module, RegoVersion, Rule, TemplatePart, Term, Value, With};

/// How often each construct was used.
pub type Counts = BTreeMap<&'static str, u32>;

/// All constructs: the fields and variants of `compiler/syntax/src/ast.rs`, and the operators, which are calls there.
pub const ALL: &[&str] = &[
    "annotations: document",
    "annotations: package",
    "annotations: rule",
    "body: one expression after if",
    "body: none",
    "comment",
    "every",
    "every: key",
    "expression: and",
    "expression: and, body",
    "expression: call",
    "expression: call with output",
    "expression: not",
    "expression: not, body",
    "expression: or",
    "expression: or, body",
    "expression: some",
    "expression: some in",
    "expression: some key in",
    "expression: some pattern in",
    "expression: term",
    "function: array as argument",
    "function: constant as argument",
    "function: default",
    "function: else",
    "function: no arguments",
    "function: object as argument",
    "function: several arguments",
    "function: wildcard as argument",
    "head: =",
    "head: contains",
    "head: key without contains",
    "head: no value",
    "head: reference of constants",
    "head: reference with a variable at its end",
    "head: reference with a variable within",
    "head: set below a reference",
    "import: alias",
    "import: data",
    "import: future.keywords",
    "import: future.keywords.x",
    "import: input",
    "import: rego.v1",
    "import: rego.v2",
    "operator: %",
    "operator: &",
    "operator: *",
    "operator: +",
    "operator: -",
    "operator: /",
    "operator: :=",
    "operator: := with a pattern",
    "operator: =",
    "operator: = with a pattern",
    "operator: comparison",
    "operator: in",
    "operator: key, value in",
    "operator: |",
    "reference: call as head",
    "reference: collection as head",
    "reference: data",
    "reference: input",
    "reference: number as operand",
    "reference: reference as operand",
    "reference: variable as head",
    "reference: variable as operand",
    "reference: wildcard as operand",
    "rule: default",
    "rule: else",
    "rule: else without value",
    "rule: else without body",
    "term: array",
    "term: array comprehension",
    "term: call of a built-in function",
    "term: call of a function",
    "term: call of a function of another package",
    "term: call without arguments",
    "term: empty set",
    "term: false",
    "term: null",
    "term: number",
    "term: number with a fraction",
    "term: object",
    "term: object comprehension",
    "term: raw template string",
    "term: set",
    "term: set comprehension",
    "term: string",
    "term: string with escapes",
    "term: template string",
    "term: true",
    "term: variable",
    "version: v0",
    "version: v0 with rego.v1",
    "version: v1",
    "version: v2",
    "with: base document",
    "with: built-in function",
    "with: function",
    "with: function as value",
    "with: input",
    "with: part of input",
    "with: rule",
    "with: several",
    "with: zero-argument function",
];

/// Counts what a module uses.
pub fn count(module: &Module, counts: &mut Counts) {
    let mut seen = Seen(counts);
    let imports = |name: &str, second: &str| module.imports.iter().any(|import| path(import).starts_with(&[name, second]));
    seen.note(match module.version {
        RegoVersion::V0 => "version: v0",
        RegoVersion::V0CompatV1 => "version: v0 with rego.v1",
        _ if imports("rego", "v2") => "version: v2",
        RegoVersion::V1 => "version: v1",
        RegoVersion::V2 => "version: v2",
    });
    module.imports.iter().for_each(|import| seen.import(import));
    for block in &module.annotations {
        seen.note(match block.scope.as_str() {
            "document" => "annotations: document",
            "package" => "annotations: package",
            _ => "annotations: rule",
        });
    }
    if !module.comments.is_empty() {
        seen.note("comment");
    }
    for rule in &module.rules {
        seen.rule(rule);
        for link in chain(rule) {
            walk_rule(link, &mut |node| {
                match node {
                    Node::Expr(expr) => seen.expr(expr),
                    Node::With(with) => seen.with(with),
                    Node::Term(term) => seen.term(term),
                    Node::Head(_) | Node::Body(_) => {}
                }
                true
            });
        }
    }
}

fn path(import: &Import) -> Vec<&str> {
    match &import.path.value {
        Value::Ref(parts) => parts.iter().map(name).collect(),
        _ => vec![name(&import.path)],
    }
}

fn name(term: &Term) -> &str {
    match &term.value {
        Value::Var(name) | Value::String(name) => name,
        _ => "",
    }
}

struct Seen<'a>(&'a mut Counts);

impl Seen<'_> {
    fn note(&mut self, construct: &'static str) {
        debug_assert!(ALL.contains(&construct), "{construct} is not in the list");
        *self.0.entry(construct).or_default() += 1;
    }

    fn note_if(&mut self, holds: bool, construct: &'static str) {
        if holds {
            self.note(construct);
        }
    }

    fn import(&mut self, import: &Import) {
        match path(import).as_slice() {
            ["data", ..] => self.note("import: data"),
            ["input", ..] => self.note("import: input"),
            ["rego", "v1"] => self.note("import: rego.v1"),
            ["rego", ..] => self.note("import: rego.v2"),
            ["future", _] => self.note("import: future.keywords"),
            ["future", ..] => self.note("import: future.keywords.x"),
            _ => {}
        }
        self.note_if(import.alias.is_some(), "import: alias");
    }

    fn rule(&mut self, rule: &Rule) {
        let head = &rule.head;
        let is_function = head.args.as_ref().is_some_and(|args| !args.is_empty());
        self.note_if(rule.default, if is_function { "function: default" } else { "rule: default" });
        self.note_if(rule.else_rule.is_some(), if is_function { "function: else" } else { "rule: else" });
        for link in chain(rule).skip(1) {
            self.note_if(link.head.generated_value, "rule: else without value");
            self.note_if(link.generated_body, "rule: else without body");
        }
        self.note_if(rule.generated_body && !rule.default, "body: none");
        self.note_if(rule.uses_if && rule.body.len() == 1, "body: one expression after if");
        self.head(head);
    }

    fn head(&mut self, head: &Head) {
        let rest = &head.reference[1..];
        let is_constant = |term: &Term| matches!(term.value, Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null);
        if let Some((last, before)) = rest.split_last() {
            self.note_if(rest.iter().all(is_constant), "head: reference of constants");
            self.note_if(!is_constant(last), "head: reference with a variable at its end");
            self.note_if(!before.iter().all(is_constant), "head: reference with a variable within");
        }
        self.note_if(head.uses_contains, "head: contains");
        self.note_if(head.key.is_some() && !head.uses_contains, "head: key without contains");
        self.note_if(head.uses_contains && !rest.is_empty(), "head: set below a reference");
        self.note_if(head.generated_value, "head: no value");
        self.note_if(head.value.is_some() && !head.generated_value && !head.assign, "head: =");
        match head.args.as_deref() {
            None => {}
            Some([]) => self.note("function: no arguments"),
            Some(args) => {
                self.note_if(args.len() > 1, "function: several arguments");
                for arg in args {
                    match &arg.value {
                        Value::Array(_) => self.note("function: array as argument"),
                        Value::Object(_) => self.note("function: object as argument"),
                        Value::Var(name) => self.note_if(name.starts_with('$'), "function: wildcard as argument"),
                        _ => self.note("function: constant as argument"),
                    }
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.note_if(expr.negated, "expression: not");
        self.note_if(expr.with.len() > 1, "with: several");
        match &expr.kind {
            ExprKind::Term(_) => self.note("expression: term"),
            ExprKind::Call(terms) => self.call_expression(terms),
            ExprKind::Some(terms) => match terms.as_slice() {
                [
                    Term {
                        value: Value::Call(call), ..
                    },
                ] => {
                    self.note(match call.len() {
                        3 => "expression: some in",
                        _ => "expression: some key in",
                    });
                    let pattern = call[1..call.len() - 1].iter().any(|term| !matches!(term.value, Value::Var(_)));
                    self.note_if(pattern, "expression: some pattern in");
                }
                _ => self.note("expression: some"),
            },
            ExprKind::Every(every) => {
                self.note("every");
                self.note_if(every.key.is_some(), "every: key");
            }
            ExprKind::Not(not) => self.note(match not.explicit {
                true => "expression: not, body",
                false => "expression: not",
            }),
            ExprKind::And(sides) => self.note(match sides.explicit_lhs || sides.explicit_rhs {
                true => "expression: and, body",
                false => "expression: and",
            }),
            ExprKind::Or(sides) => self.note(match sides.explicit_lhs || sides.explicit_rhs {
                true => "expression: or, body",
                false => "expression: or",
            }),
        }
    }

    fn call_expression(&mut self, terms: &[Term]) {
        let is_pattern = |term: &Term| matches!(term.value, Value::Array(_) | Value::Object(_));
        let operator = operator(&terms[0]);
        match operator.as_str() {
            "assign" => self.note(match is_pattern(&terms[1]) {
                true => "operator: := with a pattern",
                false => "operator: :=",
            }),
            "eq" => self.note(match terms[1..].iter().any(is_pattern) {
                true => "operator: = with a pattern",
                false => "operator: =",
            }),
            "equal" | "neq" | "lt" | "lte" | "gt" | "gte" => self.note("operator: comparison"),
            "internal.member_2" => self.note("operator: in"),
            "internal.member_3" => self.note("operator: key, value in"),
            _ => {
                self.note("expression: call");
                // `f(x, y, output)` and `z(output)`: the functions made up have two arguments and none.
                let user = operator.starts_with("data.r.f") || operator.starts_with("data.r.pick");
                let without = operator.ends_with("now") || operator.starts_with('z') || operator.starts_with("data.r.z");
                self.note_if(
                    (user && terms.len() == 4) || (without && terms.len() == 2),
                    "expression: call with output",
                );
            }
        }
    }

    fn with(&mut self, with: &With) {
        let target = operator(&with.target);
        self.note(match target.as_str() {
            "input" => "with: input",
            "count" => "with: built-in function",
            target if target.ends_with("now") || target.ends_with("answer") => "with: zero-argument function",
            target if target.ends_with("pick") || target.ends_with("twice") => "with: function",
            target if target.starts_with("input.") => "with: part of input",
            target if target.starts_with("data.r.") => "with: rule",
            _ => "with: base document",
        });
        let value = operator(&with.value);
        self.note_if(
            ["type_name", "data.r.pick", "data.lib.deep.twice"].contains(&value.as_str()),
            "with: function as value",
        );
    }

    fn term(&mut self, term: &Term) {
        match &term.value {
            Value::Null => self.note("term: null"),
            Value::Bool(true) => self.note("term: true"),
            Value::Bool(false) => self.note("term: false"),
            Value::Number(text) => self.note(match text.contains('.') {
                true => "term: number with a fraction",
                false => "term: number",
            }),
            Value::String(text) => self.note(match text.contains('\n') {
                true => "term: string with escapes",
                false => "term: string",
            }),
            Value::Var(_) => self.note("term: variable"),
            Value::Ref(parts) => self.reference(parts),
            Value::Array(_) => self.note("term: array"),
            Value::Object(_) => self.note("term: object"),
            Value::Set(items) => self.note(match items.is_empty() {
                true => "term: empty set",
                false => "term: set",
            }),
            Value::ArrayComprehension(..) => self.note("term: array comprehension"),
            Value::SetComprehension(..) => self.note("term: set comprehension"),
            Value::ObjectComprehension(..) => self.note("term: object comprehension"),
            Value::Call(terms) => self.call(terms),
            Value::TemplateString(template) => {
                let is_filled = template.parts.iter().any(|part| matches!(part, TemplatePart::Expr(_)));
                self.note(match template.raw && is_filled {
                    true => "term: raw template string",
                    false => "term: template string",
                });
            }
        }
    }

    fn call(&mut self, terms: &[Term]) {
        let operator = operator(&terms[0]);
        self.note(match operator.as_str() {
            "plus" => "operator: +",
            "minus" => "operator: -",
            "mul" => "operator: *",
            "div" => "operator: /",
            "rem" => "operator: %",
            "and" => "operator: &",
            "or" => "operator: |",
            name if name.starts_with("lib.") || name.starts_with("data.lib.") || name == "twice" => {
                "term: call of a function of another package"
            }
            name if name.starts_with("data.") => "term: call of a function",
            _ => "term: call of a built-in function",
        });
        self.note_if(terms.len() == 1, "term: call without arguments");
    }

    fn reference(&mut self, parts: &[Term]) {
        self.note(match &parts[0].value {
            Value::Var(name) if &**name == "data" => "reference: data",
            Value::Var(name) if &**name == "input" => "reference: input",
            Value::Var(_) => "reference: variable as head",
            Value::Call(_) => "reference: call as head",
            _ => "reference: collection as head",
        });
        for part in &parts[1..] {
            match &part.value {
                Value::Var(name) if name.starts_with('$') => self.note("reference: wildcard as operand"),
                Value::Var(_) => self.note("reference: variable as operand"),
                Value::Ref(_) => self.note("reference: reference as operand"),
                Value::Number(_) => self.note("reference: number as operand"),
                _ => {}
            }
        }
    }
}

/// An operator's or target's name: its parts with dots between them.
fn operator(term: &Term) -> String {
    match &term.value {
        Value::Ref(parts) => parts.iter().map(name).collect::<Vec<_>>().join("."),
        _ => name(term).to_owned(),
    }
}
