//! What passes share: the errors found so far, and the source of generated variables.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::make;
use super::vars::{self, Skip, VarSet};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Expr, Module, Name, Rule, Term, Value};
use crate::syntax::source::{Sources, Span};

/// An error without details. The empty span is no place.
pub fn error(code: Code, span: Span, message: String) -> Diagnostic {
    Diagnostic {
        code,
        message,
        span: (span.row > 0).then_some(span),
        details: Vec::new(),
        hint: None,
    }
}

/// A place as messages name it.
pub fn place(span: Span, sources: &Sources) -> String {
    match sources.files.get(span.file as usize) {
        Some(file) if !file.name.is_empty() => format!("{}:{}", file.name, span.row),
        _ => format!("{}:{}", span.row, span.col),
    }
}

/// The errors of a run. Some end it after the pass that found them, since later passes could not make sense of what is left.
#[derive(Debug, Default)]
pub struct Errors {
    list: Vec<Diagnostic>,
    fatal: bool,
}

impl Errors {
    /// Adds errors that end the run after this pass.
    pub fn fatal(&mut self, errors: impl IntoIterator<Item = Diagnostic>) {
        for error in errors {
            self.list.push(error);
            self.fatal = true;
        }
    }

    /// Adds errors beside which later passes can find more.
    pub fn recoverable(&mut self, errors: impl IntoIterator<Item = Diagnostic>) {
        self.list.extend(errors);
    }

    /// `None` if the run has to end.
    pub fn go_on(&self) -> Option<()> {
        (!self.fatal).then_some(())
    }

    /// True if nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All errors, by place and then by text.
    pub fn sorted(mut self, sources: &Sources) -> Vec<Diagnostic> {
        self.list
            .sort_by(|a, b| compare_places(a.span, b.span, sources).then_with(|| compare_texts(a, b)));
        self.list
    }
}

fn compare_places(a: Option<Span>, b: Option<Span>, sources: &Sources) -> Ordering {
    let name = |span: Span| sources.files.get(span.file as usize).map(|file| &file.name);
    match (a, b) {
        (Some(a), Some(b)) => name(a).cmp(&name(b)).then_with(|| (a.row, a.col).cmp(&(b.row, b.col))),
        // What has no place comes last.
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn compare_texts(a: &Diagnostic, b: &Diagnostic) -> Ordering {
    let key = |d: &Diagnostic| (d.code.as_str(), d.message.clone(), d.details.clone());
    key(a).cmp(&key(b))
}

/// Makes variables that occur nowhere else.
#[derive(Debug)]
pub struct Locals {
    prefix: &'static str,
    next: u32,
    taken: VarSet,
    /// What a generated variable stands for, where an error message had better show that.
    pub subjects: HashMap<Name, Value>,
}

impl Locals {
    /// Variables for rules: `__local0__`, ….
    pub fn for_modules(modules: &[Module]) -> Locals {
        let mut taken = VarSet::new();
        for module in modules {
            for rule in module.rules.iter().flat_map(super::visit::chain) {
                note_generated(rule, &mut taken);
            }
        }
        Locals {
            prefix: "__local",
            next: 0,
            taken,
            subjects: HashMap::new(),
        }
    }

    /// Variables for a query: `__localq0__`, …, those that are free in it.
    pub fn for_query(body: &[Expr]) -> Locals {
        let mut taken = VarSet::new();
        vars::collect(Skip::NOTHING, &mut taken, |c| c.body(body));
        taken.retain(|name| vars::is_generated(name));
        Locals {
            prefix: "__localq",
            next: 0,
            taken,
            subjects: HashMap::new(),
        }
    }

    /// A new variable.
    pub fn fresh(&mut self) -> Name {
        loop {
            let name = format!("{}{}__", self.prefix, self.next);
            self.next += 1;
            if !self.taken.contains(name.as_str()) {
                return name.into();
            }
        }
    }

    /// Puts a new variable in the term's place and gives the expression that binds the variable to what stood there.
    pub fn hoist(&mut self, term: &mut Term) -> Expr {
        let variable = make::var(term.span, &self.fresh());
        let value = std::mem::replace(term, variable.clone());
        let span = value.span;
        Expr {
            generated: true,
            ..make::eq(span, variable, value)
        }
    }

    /// Remembers what a generated variable stands for.
    pub fn note_subject(&mut self, variable: &Term, subject: Value) {
        if let Value::Var(name) = &variable.value {
            self.subjects.insert(name.clone(), subject);
        }
    }
}

fn note_generated(rule: &Rule, taken: &mut VarSet) {
    let mut found = |name: &Name, _| {
        if vars::is_generated(name) {
            taken.insert(name.clone());
        }
    };
    let mut collector = vars::Collector {
        skip: Skip::NOTHING,
        at_logical: None,
        found: &mut found,
    };
    collector.terms(&rule.head.reference);
    for term in rule.head.args.iter().flatten().chain(&rule.head.key).chain(&rule.head.value) {
        collector.term(term);
    }
    collector.body(&rule.body);
}
