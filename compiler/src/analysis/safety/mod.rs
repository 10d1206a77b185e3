//! The safety check: every variable that a rule needs has a value when it is needed. Bodies are put into an order in which that
//! holds; where there is none, the variables are reported.

pub mod outputs;
mod promote;
pub mod reorder;
mod unify;

use std::collections::{BTreeMap, HashMap};

use self::reorder::{Unsafe, reorder};
use super::context::{Errors, error};
use super::functions::Functions;
use super::make;
use super::text;
use super::vars::{self, Collector, Skip, VarSet, reserved};
use crate::diagnostic::{Code, Diagnostic};
use crate::nearest;
use crate::syntax::ast::{Head, Module, Name, Rule, Value};
use crate::syntax::source::Span;

/// Generated variables and the names they were generated for.
pub type Originals = HashMap<Name, Name>;

fn original<'a>(name: &'a Name, originals: &'a Originals) -> &'a Name {
    originals.get(name).unwrap_or(name)
}

/// Reports variables in heads that the body does not bind.
pub fn check_heads(modules: &[Module], originals: &Originals, errors: &mut Errors) {
    for module in modules {
        let mut scopes = Scopes::new(module);
        for rule in module.rules.iter().flat_map(super::visit::chain) {
            if !head_may_have_vars(&rule.head) {
                continue;
            }
            let mut bound = vars::of_body(&rule.body, Skip::SAFETY);
            vars::collect(Skip::NOTHING, &mut bound, |c| rule.head.args.iter().for_each(|args| c.terms(args)));
            for (name, span) in head_vars(&rule.head) {
                let shown = original(&name, originals);
                if !bound.contains(&name) && !vars::is_generated(shown) {
                    let message = format!("var {} is unsafe{}", text::variable(shown), scopes.suffix(rule));
                    errors.fatal([error(Code::UnsafeVar, span, message)]);
                }
            }
        }
    }
}

/// The variables of a head and where they stand last.
fn head_vars(head: &Head) -> BTreeMap<Name, Span> {
    let mut places = BTreeMap::new();
    let mut found = |name: &Name, span: Span| {
        places.insert(name.clone(), span);
    };
    let mut collector = Collector {
        skip: Skip::NOTHING,
        at_logical: None,
        found: &mut found,
    };
    for term in head
        .args
        .iter()
        .flatten()
        .chain(&head.key)
        .chain(&head.value)
        .chain(head.reference.iter().skip(1))
    {
        collector.term(term);
    }
    places
}

/// True if something in a head is no scalar.
pub fn head_may_have_vars(head: &Head) -> bool {
    let mut terms = head
        .args
        .iter()
        .flatten()
        .chain(&head.key)
        .chain(&head.value)
        .chain(head.reference.iter().skip(1));
    terms.any(|term| !make::is_scalar(term))
}

/// Orders all bodies, and reports what is unsafe in them.
pub fn check_bodies(modules: &mut [Module], functions: Functions<'_>, originals: &Originals, errors: &mut Errors) {
    let reserved = reserved();
    for module in modules {
        let mut rules = std::mem::take(&mut module.rules);
        let mut failed: Vec<(Vec<Unsafe>, usize, usize)> = Vec::new();
        for (index, rule) in rules.iter_mut().enumerate() {
            let mut link = 0;
            super::visit::for_chain(rule, &mut |rule| {
                let mut globals = reserved.clone();
                vars::collect(Skip::NOTHING, &mut globals, |c| {
                    rule.head.args.iter().for_each(|args| c.terms(args))
                });
                let found = reorder(&mut rule.body, functions, &globals);
                if !found.is_empty() {
                    failed.push((found, index, link));
                }
                link += 1;
            });
        }
        module.rules = rules;
        let mut scopes = Scopes::new(module);
        for (number, (found, index, link)) in failed.into_iter().enumerate() {
            if let Some(rule) = super::visit::chain(&module.rules[index]).nth(link) {
                let mut reported = report(&found, originals, &scopes.suffix(rule));
                if number < HINTED {
                    reported.iter_mut().take(HINTED).for_each(|error| suggest(error, &module.rules));
                }
                errors.fatal(reported);
            }
        }
    }
}

/// How many errors get hints at most: they are for people.
const HINTED: usize = 10;

/// Adds what may have been meant by an unsafe variable: a rule of a name near to it.
fn suggest(error: &mut Diagnostic, rules: &[Rule]) {
    let name = error.message.strip_prefix("var ").and_then(|rest| rest.split(' ').next());
    let Some(name) = name.filter(|name| name.len() > 2) else { return };
    let names = rules.iter().filter_map(|rule| match &rule.head.reference.first()?.value {
        Value::Var(name) => Some(&**name),
        _ => None,
    });
    error.hint = nearest::hint(name, names);
}

/// The errors for what is unsafe in one body.
pub fn report(found: &[Unsafe], originals: &Originals, scope: &str) -> Vec<Diagnostic> {
    let mut places: BTreeMap<&Name, Span> = BTreeMap::new();
    for (name, span) in found.iter().flat_map(|entry| entry.vars.iter().map(|name| (name, entry.span))) {
        let place = places.entry(name).or_insert(span);
        if (span.file, span.row, span.col) < (place.file, place.row, place.col) {
            *place = span;
        }
    }
    let mut pairs: Vec<(&Name, Span)> = places.into_iter().collect();
    pairs.sort_by_key(|(_, span)| (span.file, span.row, span.col));

    let assigned: VarSet = found.iter().filter_map(|entry| entry.assigns.as_ref()).flatten().cloned().collect();
    let assigned: VarSet = assigned
        .iter()
        .map(|name| original(name, originals).clone())
        .chain(assigned.iter().cloned())
        .collect();
    let is_assigned = |name: &Name| assigned.contains(original(name, originals)) || assigned.contains(name);
    let is_shown = |name: &Name| !vars::is_generated(original(name, originals));
    let others = pairs.iter().any(|(name, _)| is_shown(name) && !is_assigned(name));

    let mut errors = Vec::new();
    for (name, span) in pairs {
        if is_shown(name) && !(others && is_assigned(name)) {
            errors.push(error(Code::UnsafeVar, span, unsafe_var(original(name, originals), scope)));
        }
    }
    if errors.is_empty() {
        report_expressions(found, scope)
    } else {
        errors
    }
}

fn unsafe_var(name: &str, scope: &str) -> String {
    let shown = text::variable(name);
    match name {
        "in" | "every" | "contains" | "if" | "and" | "or" | "not" => {
            format!("var {shown} is unsafe{scope} (hint: `import future.keywords.{shown}` to import a future keyword)")
        }
        _ => format!("var {shown} is unsafe{scope}"),
    }
}

/// Where only generated variables are unsafe, their names would tell nothing: the expressions are reported, one for each variable.
fn report_expressions(found: &[Unsafe], scope: &str) -> Vec<Diagnostic> {
    let mut entries: Vec<&Unsafe> = found.iter().collect();
    entries.sort_by_key(|entry| (entry.span.file, entry.span.row, entry.span.col));
    let mut seen = VarSet::new();
    let mut errors = Vec::new();
    for entry in entries {
        let before = seen.len();
        seen.extend(entry.vars.iter().filter(|name| vars::is_generated(name)).cloned());
        if seen.len() > before {
            errors.push(error(Code::UnsafeVar, entry.span, format!("expression is unsafe{scope}")));
        }
    }
    errors
}

/// Says which rule an error is about, where one line holds rules of several names.
pub struct Scopes<'a> {
    rules: &'a [Rule],
    shared: Option<HashMap<u32, bool>>,
}

impl<'a> Scopes<'a> {
    /// For the rules of one module.
    pub fn new(module: &'a Module) -> Scopes<'a> {
        Scopes {
            rules: &module.rules,
            shared: None,
        }
    }

    /// ` in rule p`, or nothing.
    pub fn suffix(&mut self, rule: &Rule) -> String {
        let rules = self.rules;
        let shared = self.shared.get_or_insert_with(|| shared_rows(rules));
        if shared.get(&rule.span.row) != Some(&true) {
            return String::new();
        }
        format!(" in rule {}", text::reference(make::ground_prefix(&rule.head.reference)))
    }
}

/// The rows rules begin in, and whether rules of several names begin there.
fn shared_rows(rules: &[Rule]) -> HashMap<u32, bool> {
    let mut first: HashMap<u32, &Rule> = HashMap::new();
    let mut shared = HashMap::new();
    for rule in rules.iter().flat_map(super::visit::chain) {
        let other = first.entry(rule.span.row).or_insert(rule);
        let same = super::compare::compare_lists(
            make::ground_prefix(&other.head.reference),
            make::ground_prefix(&rule.head.reference),
        )
        .is_eq();
        let entry = shared.entry(rule.span.row).or_insert(false);
        *entry = *entry || !same;
    }
    shared
}
