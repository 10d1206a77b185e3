//! Has the expressions of certain rules tell when they fail, and what their variables hold then: what a report on a failed test shows.
//!
//! An expression that is watched stands in a block of its own, together with all that follows inside of its loops. A local tells behind the block whether
//! it held at least once. It is the expressions of a rule's body that are watched, and within `every` those of its body, since one of these is what
//! makes the rule fail; not those in comprehensions and negations.
//!
//! What is shown of an expression are its variables and those of the expressions that were split off from it (`f(g(x))` is several by now), by the
//! places that they have in the source.

use std::collections::HashSet;

use super::Error;
use super::body::{Body, Watch};
use super::program::Program;
use crate::analysis::make;
use crate::ir::{Local, Op, Operand};
use crate::syntax::ast::{Body as Exprs, Expr, ExprKind, Name, Ref, Rule, Term, Value};
use crate::syntax::source::Span;

/// The built-in function that notes a failure.
const FAILED: &str = "internal.failed";

/// Built-in functions that calls are added of, which do not fail.
const NEVER_FAIL: [&str; 3] = ["internal.print", "internal.test_case", FAILED];

/// An expression that may fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailPoint {
    /// The expression as it was written.
    pub span: Span,
    /// What is worth showing, in order: of those with the same text the first one with a value counts, or else the first.
    pub shown: Vec<Shown>,
}

/// A part of an expression whose value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Where it stands.
    pub span: Span,
    /// The number under which its value is noted, if it has one.
    pub slot: usize,
    /// That it has no value means that it is undefined, and not that nobody knows.
    pub or_undefined: bool,
}

/// The rules to watch, and what was found in them.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// By their places, `else` links included.
    pub rules: HashSet<Span>,
    /// By their numbers.
    pub points: Vec<FailPoint>,
}

/// Where a value comes from that is noted when an expression has failed.
#[derive(Debug)]
pub(super) enum Slot {
    /// It is there.
    Value(Operand),
    /// It may be within another one.
    Path(Operand, Vec<Operand>),
    /// It is there if evaluation came so far.
    Seen(Local),
    /// There is none.
    Nothing,
}

impl Program<'_> {
    /// Whether a rule is watched.
    pub fn watches(&self, rule: &Rule) -> bool {
        self.watched.as_ref().is_some_and(|watched| watched.rules.contains(&rule.span))
    }

    fn fail_point(&mut self, point: FailPoint) -> i64 {
        let Some(watched) = &mut self.watched else { return 0 };
        watched.points.push(point);
        watched.points.len() as i64 - 1
    }
}

impl Body<'_, '_> {
    /// The expressions of a rule.
    pub fn rule_body(&mut self, rule: &Rule) -> Result<(), Error> {
        self.watching = self.program.watches(rule);
        let planned = self.exprs(&rule.body);
        self.watching = false;
        planned
    }

    /// Expressions, each of which tells when it fails.
    pub fn watched_exprs(&mut self, exprs: &[Expr]) -> Result<(), Error> {
        for expr in exprs {
            let inside = matches!(expr.kind, ExprKind::Every(_)) && !expr.negated;
            self.watching = inside;
            // Of `every` it is an expression within that is to blame.
            let planned = if inside
                || make::operator_of(expr)
                    .and_then(make::dotted)
                    .is_some_and(|name| NEVER_FAIL.contains(&name.as_str()))
            {
                self.expr(expr)
            } else {
                self.watched_expr(exprs, expr)
            };
            self.watching = true;
            planned?;
        }
        Ok(())
    }

    fn watched_expr(&mut self, exprs: &[Expr], expr: &Expr) -> Result<(), Error> {
        let base = base_of(exprs, expr);
        let mut parts = Parts {
            slots: Vec::new(),
            shown: Vec::new(),
            seen: None,
            declares: self.program.written(base).starts_with("some "),
        };
        self.note_expr(expr, !expr.negated, &mut parts);
        for other in exprs
            .iter()
            .filter(|other| !std::ptr::eq(*other, expr) && base_of(exprs, other) == base)
        {
            self.note_expr(other, false, &mut parts);
        }
        let point = self.program.fail_point(FailPoint {
            span: base,
            shown: parts.shown,
        });
        self.at(expr.span);
        for slot in &parts.slots {
            if let Slot::Seen(local) = slot {
                self.emit(Op::ResetLocal { target: *local });
            }
        }
        let held = self.new_local();
        self.emit(Op::ResetLocal { target: held });
        self.open_watch(Watch {
            held,
            point,
            slots: parts.slots,
            location: self.location,
        });
        self.seen = parts.seen;
        self.expr(expr)?;
        self.seen = None;
        self.emit(Op::AssignVar {
            source: Operand::Bool(true),
            target: held,
        });
        Ok(())
    }

    /// What follows the block of a watched expression: notes that it failed, if it did.
    pub fn report_failure(&mut self, watch: Watch) -> Result<(), Error> {
        self.location = watch.location;
        let block = self.block(|body| {
            body.emit(Op::IsUndefined { source: watch.held });
            let values = body.new_local();
            body.emit(Op::MakeObject { target: values });
            for (number, slot) in watch.slots.iter().enumerate() {
                let key = body.string(&number.to_string());
                let insert = body.block(|body| {
                    let value = match slot {
                        Slot::Value(value) => *value,
                        Slot::Path(value, path) => path.iter().fold(*value, |value, &key| body.dot(value, key)),
                        Slot::Seen(local) => {
                            body.emit(Op::IsDefined { source: *local });
                            Operand::Local(*local)
                        }
                        Slot::Nothing => return Ok(()),
                    };
                    body.emit(Op::ObjectInsert {
                        key,
                        value,
                        object: values,
                    });
                    Ok(())
                })?;
                body.emit(Op::Block { blocks: vec![insert] });
            }
            let (point, result) = (body.new_local(), body.new_local());
            body.emit(Op::MakeNumberInt {
                value: watch.point,
                target: point,
            });
            body.emit(Op::Call {
                func: FAILED.to_owned(),
                args: vec![Operand::Local(point), Operand::Local(values)],
                result,
            });
            Ok(())
        })?;
        self.emit(Op::Block { blocks: vec![block] });
        Ok(())
    }

    fn note_expr(&mut self, expr: &Expr, or_undefined: bool, parts: &mut Parts) {
        match &expr.kind {
            ExprKind::Term(term) => self.note_term(term, or_undefined, parts),
            ExprKind::Call(terms) => terms.iter().skip(1).for_each(|term| self.note_term(term, or_undefined, parts)),
            ExprKind::Not(not) => self.note_body(&not.body, or_undefined, parts),
            ExprKind::And(sides) | ExprKind::Or(sides) => {
                self.note_body(&sides.lhs, or_undefined, parts);
                self.note_body(&sides.rhs, or_undefined, parts);
            }
            ExprKind::Every(_) | ExprKind::Some(_) => {}
        }
        for with in &expr.with {
            self.note_term(&with.value, or_undefined, parts);
        }
        if let ExprKind::Term(term) = &expr.kind
            && let Value::Ref(reference) = &term.value
            && let Some(head) = reference.first()
            && make::root_name(reference).is_some()
        {
            let slot = match self.program.analysed.tree.find(reference) {
                Some(_) => {
                    let local = self.new_local();
                    parts.seen = Some(local);
                    Slot::Seen(local)
                }
                None => Slot::Nothing,
            };
            parts.add(head.span, slot, or_undefined);
        }
    }

    fn note_body(&mut self, body: &Exprs, or_undefined: bool, parts: &mut Parts) {
        body.iter().for_each(|expr| self.note_expr(expr, or_undefined, parts));
    }

    fn note_term(&mut self, term: &Term, or_undefined: bool, parts: &mut Parts) {
        match &term.value {
            Value::Var(name) => self.note_var(name, term.span, or_undefined, parts),
            Value::Ref(reference) => {
                if let Some(slot) = self.local_path(reference) {
                    parts.add(term.span, slot, false);
                }
                // That a document has no value is said by what it is bound to.
                let rest = reference.iter().skip(usize::from(make::root_name(reference).is_some()));
                rest.for_each(|part| self.note_term(part, or_undefined, parts));
            }
            Value::Array(items) | Value::Set(items) => items.iter().for_each(|item| self.note_term(item, or_undefined, parts)),
            Value::Object(pairs) => {
                for (key, value) in pairs {
                    self.note_term(key, or_undefined, parts);
                    self.note_term(value, or_undefined, parts);
                }
            }
            Value::Call(terms) => terms.iter().skip(1).for_each(|term| self.note_term(term, or_undefined, parts)),
            _ => {}
        }
    }

    fn note_var(&mut self, name: &Name, span: Span, or_undefined: bool, parts: &mut Parts) {
        match self.var(name) {
            Some(value) => parts.add(span, Slot::Value(value), false),
            None => {
                let users = self.program.analysed.original_names.contains_key(name);
                // What `some x in xs` declares is undefined as long as it does not hold.
                if (or_undefined || users) && !(users && parts.declares) {
                    parts.add(span, Slot::Nothing, true);
                }
            }
        }
    }

    /// A reference into what a variable holds, if all of its keys have values.
    fn local_path(&mut self, reference: &Ref) -> Option<Slot> {
        let (head, rest) = reference.split_first()?;
        let Value::Var(name) = &head.value else { return None };
        let value = self.var(name)?;
        if rest.is_empty() {
            return None;
        }
        let known = |body: &Self, part: &Term| match &part.value {
            Value::Var(name) => body.var(name).is_some(),
            _ => make::is_scalar(part),
        };
        if !rest.iter().all(|part| known(self, part)) {
            return None;
        }
        let keys = rest.iter().map(|part| self.term(part)).collect::<Result<_, _>>().ok()?;
        Some(Slot::Path(value, keys))
    }
}

/// What is shown of an expression.
struct Parts {
    slots: Vec<Slot>,
    shown: Vec<Shown>,
    /// The local that gets the value of a condition.
    seen: Option<Local>,
    /// The expression declares its variables.
    declares: bool,
}

impl Parts {
    fn add(&mut self, span: Span, slot: Slot, or_undefined: bool) {
        // What nobody wrote cannot be shown.
        if span.row > 0 && span.end > span.start {
            self.shown.push(Shown {
                span,
                slot: self.slots.len(),
                or_undefined,
            });
            self.slots.push(slot);
        }
    }
}

/// The place of the expression that somebody wrote and that this one was split off from, if it is not that itself.
fn base_of(exprs: &[Expr], expr: &Expr) -> Span {
    let within = |outer: Span| outer.file == expr.span.file && outer.start <= expr.span.start && expr.span.end <= outer.end;
    let written = exprs
        .iter()
        .filter(|other| expr.generated && !other.generated && within(other.span));
    written
        .map(|other| other.span)
        .min_by_key(|span| span.end - span.start)
        .unwrap_or(expr.span)
}
