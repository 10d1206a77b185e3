//! A module as an indented outline for people: a node a line, one blank per level, the way `opa parse` prints it. Terms that are one word stand for
//! themselves, all others are named by what they are. Where nodes stand is not told, nor what is in template strings and blocks of metadata.

use crate::ast::{Body, Expr, ExprKind, Head, Module, Name, Rule, Term, Value, With};
use crate::order::sort_collections;
use crate::print::quote;

/// The outline of a module.
pub fn module_outline(mut module: Module) -> String {
    sort_collections(&mut module);
    let mut outline = Outline {
        out: String::new(),
        depth: 0,
    };
    outline.node("module", |o| o.module(&module));
    outline.out
}

struct Outline {
    out: String,
    depth: usize,
}

impl Outline {
    fn line(&mut self, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', self.depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// A line, and what is below it.
    fn node(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.line(name);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    fn module(&mut self, module: &Module) {
        self.node("package", |o| o.node("ref", |o| o.terms(&module.package.path)));
        for import in &module.imports {
            self.node("import", |o| {
                o.term(&import.path);
                o.line(import.alias.as_deref().unwrap_or_default());
            });
        }
        module.rules.iter().for_each(|rule| self.rule(rule));
        module.annotations.iter().for_each(|_| self.line("annotations"));
        module.comments.iter().for_each(|_| self.line("comment"));
    }

    fn rule(&mut self, rule: &Rule) {
        self.node("rule", |o| {
            o.head(&rule.head);
            o.body(&rule.body);
            if let Some(link) = &rule.else_rule {
                o.rule(link);
            }
        });
    }

    fn head(&mut self, head: &Head) {
        self.node("head", |o| {
            o.node("ref", |o| o.terms(&head.reference));
            if let Some(args) = head.args.as_ref().filter(|args| !args.is_empty()) {
                o.node("args", |o| o.terms(args));
            }
            if let Some(value) = &head.value {
                o.term(value);
            }
        });
    }

    fn body(&mut self, body: &Body) {
        self.node("body", |o| body.iter().enumerate().for_each(|(index, expr)| o.expr(index, expr)));
    }

    fn expr(&mut self, index: usize, expr: &Expr) {
        let negated = if expr.negated { "negated " } else { "" };
        self.node(&format!("expr {negated}index={index}"), |o| {
            o.kind(&expr.kind);
            expr.with.iter().for_each(|with| o.with(with));
        });
    }

    fn kind(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) => self.terms(terms),
            ExprKind::Some(symbols) => self.node("somedecl", |o| o.terms(symbols)),
            ExprKind::Every(every) => self.node("every", |o| {
                every.key.iter().chain([&every.value, &every.domain]).for_each(|term| o.term(term));
                o.body(&every.body);
            }),
            ExprKind::Not(not) => self.node("not", |o| o.body(&not.body)),
            ExprKind::And(operands) => self.node("logicaland", |o| {
                o.body(&operands.lhs);
                o.body(&operands.rhs);
            }),
            ExprKind::Or(operands) => self.node("logicalor", |o| {
                o.body(&operands.lhs);
                o.body(&operands.rhs);
            }),
        }
    }

    fn with(&mut self, with: &With) {
        self.node("with", |o| {
            o.term(&with.target);
            o.term(&with.value);
        });
    }

    fn terms(&mut self, terms: &[Term]) {
        terms.iter().for_each(|term| self.term(term));
    }

    fn term(&mut self, term: &Term) {
        match &term.value {
            Value::Null => self.line("null"),
            Value::Bool(value) => self.line(if *value { "true" } else { "false" }),
            Value::Number(text) => self.line(text),
            Value::String(text) => self.line(&quote(text)),
            Value::Var(name) => self.line(shown(name)),
            Value::Ref(terms) | Value::Array(terms) | Value::Set(terms) | Value::Call(terms) => {
                self.node(term.value.kind_name(), |o| o.terms(terms));
            }
            Value::Object(pairs) => self.node("object", |o| {
                for (key, value) in pairs {
                    o.term(key);
                    o.term(value);
                }
            }),
            Value::ArrayComprehension(head, body) | Value::SetComprehension(head, body) => self.node(term.value.kind_name(), |o| {
                o.term(head);
                o.body(body);
            }),
            Value::ObjectComprehension(key, value, body) => self.node(term.value.kind_name(), |o| {
                o.term(key);
                o.term(value);
                o.body(body);
            }),
            Value::TemplateString(_) => self.line(term.value.kind_name()),
        }
    }
}

/// A variable as it was written.
fn shown(name: &Name) -> &str {
    if name.starts_with('$') { "_" } else { name }
}
