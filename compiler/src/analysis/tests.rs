//! Test rules: what `opa test` does to them before they are compiled. Rules of one name are numbered (`test_x`, `test_x#01`), since each is a test of its
//! own. A test with variables in its reference (`test_x[note] if …`) is a table of cases; a call of `internal.test_case` is put into its body as soon as
//! the case's name is known, so that a case that fails later on has been seen.
//!
//! The call never reaches the planner: `take_cases` cuts it out and keeps what stands before it as a query, whose solutions are the cases.

use std::collections::{BTreeMap, HashMap};

use super::context::Locals;
use super::tree::RuleId;
use super::vars::{self, Skip, VarSet};
use super::visit::{NodeMut, for_chain, walk_rule_mut};
use super::{Analysed, AnalysedQuery, make, text};
use crate::syntax::ast::{Body, Expr, ExprKind, Module, Name, Ref, Rule, Term, Value};
use crate::syntax::source::Span;

/// What tests' names begin with.
const PREFIX: &str = "test_";
/// What names of tests to come begin with.
const SKIPPED: &str = "todo_test_";
/// The function that notes a case.
const CASE: &str = "internal.test_case";
/// The variable of a query for cases that holds the case's name.
pub const CASE_NAME: &str = "warrego_case";

/// A test rule.
#[derive(Debug, Clone)]
pub struct TestRule {
    /// The rule.
    pub id: RuleId,
    /// Its package's path, `data.…`.
    pub package: Ref,
    /// Its reference within the package, up to the part that makes it a test.
    pub name: Ref,
    /// Where it stands.
    pub span: Span,
    /// Where it and its `else` links stand.
    pub links: Vec<Span>,
    /// It is not to be run yet.
    pub skipped: bool,
    /// It is a function, which no test can be.
    pub function: bool,
    /// For a table of cases, the query that finds them.
    pub cases: Option<AnalysedQuery>,
    /// It has variables in its reference: its value is an object of cases.
    pub table: bool,
}

impl TestRule {
    /// The path of the rule's document, from `data`.
    pub fn path(&self) -> Ref {
        let mut path = self.package.clone();
        path.extend(
            self.name
                .iter()
                .cloned()
                .enumerate()
                .map(|(number, part)| match (number, part.value) {
                    (0, Value::Var(name)) => make::string(part.span, &name),
                    (_, value) => make::term(part.span, value),
                }),
        );
        path
    }

    /// The package as text.
    pub fn package_text(&self) -> String {
        text::reference(&self.package)
    }

    /// The name as text.
    pub fn name_text(&self) -> String {
        text::reference(&self.name)
    }

    /// Package and name as text.
    pub fn full_text(&self) -> String {
        text::reference(&self.path())
    }
}

/// How many parts of a head's reference name the test, if it is one: up to the first part of its ground prefix with a test's name.
fn name_length(reference: &[Term]) -> Option<usize> {
    let is_test = |name: &str| name.starts_with(PREFIX) || name.starts_with(SKIPPED);
    let ground = make::ground_prefix(reference);
    ground
        .iter()
        .position(|part| part_name(part).is_some_and(is_test))
        .map(|position| position + 1)
}

/// The name that a part of a head's reference is; the first one is a variable by its form.
fn part_name(part: &Term) -> Option<&str> {
    match &part.value {
        Value::Var(name) | Value::String(name) => Some(name),
        _ => None,
    }
}

/// The name that makes a rule a test, unless it is to be skipped.
fn test_name(reference: &[Term]) -> Option<(usize, &str)> {
    let length = name_length(reference)?;
    let name = reference.get(length - 1).and_then(part_name)?;
    name.starts_with(PREFIX).then_some((length, name))
}

/// Numbers tests of one name.
pub fn number(modules: &mut [Module]) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for module in modules {
        let package = text::reference(&module.package.path);
        for rule in &mut module.rules {
            let reference = &mut rule.head.reference;
            let Some((length, name)) = test_name(reference) else { continue };
            let count = seen
                .entry(format!("{package} {}", text::reference(&reference[..length])))
                .or_default();
            if *count > 0 {
                let name: Name = format!("{name}#{count:02}").into();
                let part = &mut reference[length - 1].value;
                *part = if length == 1 { Value::Var(name) } else { Value::String(name) };
            }
            *count += 1;
        }
    }
}

/// Puts a call that notes the case into the bodies of tables of cases, as early as the case's name is known. Expressions that bind parts of the
/// name and that nobody wrote are moved up before that.
pub fn inject(modules: &mut [Module]) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        let Some((length, _)) = test_name(&rule.head.reference) else {
            continue;
        };
        let name = rule.head.reference[length..].to_vec();
        if name.is_empty() || rule.body.iter().any(is_case) {
            continue;
        }
        for part in &name {
            move_up(&mut rule.body, part);
        }
        let place = name
            .iter()
            .filter_map(|part| first_use(&rule.body, part))
            .max()
            .map_or(0, |place| place + 1);
        let span = rule.head.span;
        let call = vec![make::operator(span, CASE), make::term(span, Value::Array(name))];
        rule.body.insert(place, make::expr(span, ExprKind::Call(call)));
    }
}

/// Whether an expression is a call that notes a case.
fn is_case(expr: &Expr) -> bool {
    make::operator_of(expr).and_then(make::dotted).is_some_and(|name| name == CASE)
}

/// The first expression that a variable occurs in.
fn first_use(body: &[Expr], part: &Term) -> Option<usize> {
    let Value::Var(name) = &part.value else { return None };
    body.iter().position(|expr| vars::of_expr(expr, Skip::NOTHING).contains(name))
}

/// Moves generated equations of a variable behind the last of the expressions that first use what they need.
fn move_up(body: &mut Body, variable: &Term) {
    let Value::Var(name) = &variable.value else { return };
    let mut from = body.len();
    while from > 0 {
        from -= 1;
        let Some(needed) = needs(&body[from], name) else { continue };
        let mut first: BTreeMap<&Name, usize> = BTreeMap::new();
        for (place, expr) in body[..from].iter().enumerate() {
            let used = vars::of_expr(expr, Skip::NOTHING);
            for name in needed.iter().filter(|&name| used.contains(name)) {
                first.entry(name).or_insert(place);
            }
        }
        let to = if needed.is_empty() {
            0
        } else {
            first.values().max().map_or(0, |place| place + 1)
        };
        if to < from {
            let expr = body.remove(from);
            body.insert(to, expr);
        }
    }
}

/// What a generated equation of a variable needs; `None` for other expressions.
fn needs(expr: &Expr, name: &Name) -> Option<VarSet> {
    let ExprKind::Call(terms) = &expr.kind else { return None };
    let [_, left, right] = terms.as_slice() else { return None };
    let binds = matches!(&left.value, Value::Var(bound) if bound == name);
    if !(expr.generated && make::calls(expr, "eq") && binds) {
        return None;
    }
    let mut needed = vars::of_term(right, Skip::NOTHING);
    needed.retain(|name| vars::is_generated(name));
    Some(needed)
}

/// Binds references and comprehensions that are sides of an equation to variables, so that there is something to show when the equation fails. Within a
/// negation it would fail instead of the negation; there they stay.
pub fn expose(modules: &mut [Module], locals: &mut Locals) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        if test_name(&rule.head.reference).is_some() {
            for_chain(rule, &mut |rule| expose_in(&mut rule.body, locals));
        }
    }
}

fn expose_in(body: &mut Body, locals: &mut Locals) {
    for mut expr in std::mem::take(body) {
        if !expr.negated && !expr.generated {
            let is_equation = make::calls(&expr, "eq");
            let with = expr.with.clone();
            match &mut expr.kind {
                ExprKind::Call(terms) if is_equation && terms.len() == 3 => {
                    for side in terms.iter_mut().skip(1) {
                        if matches!(side.value, Value::Ref(_)) || make::is_comprehension(side) {
                            let mut equation = locals.hoist(side);
                            equation.with.clone_from(&with);
                            body.push(equation);
                        }
                    }
                }
                ExprKind::Every(every) => expose_in(&mut every.body, locals),
                _ => {}
            }
        }
        body.push(expr);
    }
}

/// All tests, in order of files and rules. The calls that note cases are cut out of the bodies, unless they are to be kept.
pub fn take(analysed: &mut Analysed, keep_cases: bool) -> Vec<TestRule> {
    let mut tests = Vec::new();
    for (number, module) in analysed.modules.iter_mut().enumerate() {
        for (position, rule) in module.rules.iter_mut().enumerate() {
            let Some(length) = name_length(&rule.head.reference) else {
                continue;
            };
            let name: Ref = rule.head.reference[..length].to_vec();
            tests.push(TestRule {
                id: RuleId {
                    module: number as u32,
                    rule: position as u32,
                },
                package: module.package.path.clone(),
                skipped: name.last().and_then(part_name).is_some_and(|name| name.starts_with(SKIPPED)),
                name,
                span: rule.span,
                links: super::visit::chain(rule).map(|link| link.span).collect(),
                function: !rule.head.has_no_args(),
                cases: cases(rule),
                table: make::ground_prefix(&rule.head.reference).len() < rule.head.reference.len(),
            });
        }
        for rule in module.rules.iter_mut().filter(|_| !keep_cases) {
            for_chain(rule, &mut |rule| walk_rule_mut(rule, &mut erase));
        }
    }
    tests
}

/// The query for the cases of a table: what stands before the call that notes them.
fn cases(rule: &Rule) -> Option<AnalysedQuery> {
    let place = rule.body.iter().position(is_case)?;
    let call = rule.body.get(place)?;
    let ExprKind::Call(terms) = &call.kind else { return None };
    let mut body: Body = rule.body[..place].to_vec();
    let variable = make::var(call.span, &CASE_NAME.into());
    body.push(make::eq(call.span, variable, terms.get(1)?.clone()));
    // Only the case's name is to show in the results.
    let hidden = vars::of_body(&body, Skip::NOTHING).into_iter().filter(|name| &**name != CASE_NAME);
    Some(AnalysedQuery {
        body,
        original_names: hidden.map(|name| (name, "$".into())).collect(),
    })
}

fn erase(node: NodeMut<'_>) -> bool {
    if let NodeMut::Body(body) = node {
        let span: Span = body.first().map(|expr| expr.span).unwrap_or_default();
        body.retain(|expr| !is_case(expr));
        if body.is_empty() {
            body.push(make::always(span));
        }
    }
    true
}
