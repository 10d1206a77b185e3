//! Rego's order of values, on syntax: null, false, true, numbers, strings, variables, references, arrays, objects, sets,
//! comprehensions, calls. Analysis sorts collections by it and finds equal expressions with it; [`sort_collections`] puts a parsed module in order.
//! Numbers compare by value, exactly, from their text; nothing here evaluates.

use std::cmp::Ordering;

use crate::ast::{Body, Expr, ExprKind, Head, Module, Rule, TemplatePart, TemplateString, Term, Value, With};

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::TemplateString(_) => 4,
        Value::Var(_) => 5,
        Value::Ref(_) => 6,
        Value::Array(_) => 7,
        Value::Object(_) => 8,
        Value::Set(_) => 9,
        Value::ArrayComprehension(..) => 10,
        Value::ObjectComprehension(..) => 11,
        Value::SetComprehension(..) => 12,
        Value::Call(_) => 13,
    }
}

/// Compares two terms by what they say, wherever they stand.
pub fn compare(a: &Term, b: &Term) -> Ordering {
    compare_values(&a.value, &b.value)
}

/// Compares two values.
pub fn compare_values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b),
        (Value::String(a), Value::String(b)) | (Value::Var(a), Value::Var(b)) => a.cmp(b),
        (Value::Ref(a), Value::Ref(b))
        | (Value::Array(a), Value::Array(b))
        | (Value::Set(a), Value::Set(b))
        | (Value::Call(a), Value::Call(b)) => compare_lists(a, b),
        (Value::Object(a), Value::Object(b)) => compare_objects(a, b),
        (Value::ArrayComprehension(a, x), Value::ArrayComprehension(b, y))
        | (Value::SetComprehension(a, x), Value::SetComprehension(b, y)) => compare(a, b).then_with(|| compare_bodies(x, y)),
        (Value::ObjectComprehension(a, v, x), Value::ObjectComprehension(b, w, y)) => {
            compare(a, b).then_with(|| compare(v, w)).then_with(|| compare_bodies(x, y))
        }
        (Value::TemplateString(a), Value::TemplateString(b)) => compare_templates(a, b),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// Compares references or other lists of terms: element by element, the shorter first.
pub fn compare_lists(a: &[Term], b: &[Term]) -> Ordering {
    for (x, y) in a.iter().zip(b) {
        let order = compare(x, y);
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

fn compare_objects(a: &[(Term, Term)], b: &[(Term, Term)]) -> Ordering {
    for ((k, v), (l, w)) in a.iter().zip(b) {
        let order = compare(k, l).then_with(|| compare(v, w));
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

fn compare_templates(a: &TemplateString, b: &TemplateString) -> Ordering {
    for (x, y) in a.parts.iter().zip(&b.parts) {
        let order = match (x, y) {
            (TemplatePart::Text(x), TemplatePart::Text(y)) => compare(x, y),
            (TemplatePart::Expr(x), TemplatePart::Expr(y)) => compare_exprs(x, y),
            (TemplatePart::Text(_), TemplatePart::Expr(_)) => Ordering::Less,
            (TemplatePart::Expr(_), TemplatePart::Text(_)) => Ordering::Greater,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    a.parts.len().cmp(&b.parts.len())
}

fn compare_bodies(a: &Body, b: &Body) -> Ordering {
    for (x, y) in a.iter().zip(b) {
        let order = compare_exprs(x, y);
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// Compares two expressions, modifiers included.
pub fn compare_exprs(a: &Expr, b: &Expr) -> Ordering {
    a.negated
        .cmp(&b.negated)
        .then_with(|| compare_kinds(&a.kind, &b.kind))
        .then_with(|| compare_withs(&a.with, &b.with))
}

fn compare_kinds(a: &ExprKind, b: &ExprKind) -> Ordering {
    let rank = |kind: &ExprKind| match kind {
        ExprKind::Some(_) => 0,
        ExprKind::Term(_) => 1,
        ExprKind::Call(_) => 2,
        ExprKind::Every(_) => 3,
        ExprKind::Not(_) => 4,
        ExprKind::And(_) => 5,
        ExprKind::Or(_) => 6,
    };
    match (a, b) {
        (ExprKind::Term(a), ExprKind::Term(b)) => compare(a, b),
        (ExprKind::Call(a), ExprKind::Call(b)) | (ExprKind::Some(a), ExprKind::Some(b)) => compare_lists(a, b),
        (ExprKind::Every(a), ExprKind::Every(b)) => match (&a.key, &b.key) {
            (Some(x), Some(y)) => compare(x, y),
            (x, y) => x.is_some().cmp(&y.is_some()),
        }
        .then_with(|| compare(&a.value, &b.value))
        .then_with(|| compare(&a.domain, &b.domain))
        .then_with(|| compare_bodies(&a.body, &b.body)),
        (ExprKind::Not(a), ExprKind::Not(b)) => compare_bodies(&a.body, &b.body),
        (ExprKind::And(a), ExprKind::And(b)) | (ExprKind::Or(a), ExprKind::Or(b)) => {
            compare_bodies(&a.lhs, &b.lhs).then_with(|| compare_bodies(&a.rhs, &b.rhs))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

fn compare_withs(a: &[With], b: &[With]) -> Ordering {
    for (x, y) in a.iter().zip(b) {
        let order = compare(&x.target, &y.target).then_with(|| compare(&x.value, &y.value));
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// Compares two numbers by value, from their text (JSON's grammar).
pub fn compare_numbers(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    if let (Ok(x), Ok(y)) = (a.parse::<i64>(), b.parse::<i64>()) {
        return x.cmp(&y);
    }
    let (a, b) = (Decimal::parse(a), Decimal::parse(b));
    match (a.negative && !a.is_zero(), b.negative && !b.is_zero()) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => a.compare_magnitude(&b),
        (true, true) => b.compare_magnitude(&a),
    }
}

/// A number as `0.d₁d₂d₃… × 10^exponent`, with `d₁` not zero, unless it is zero.
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    fn parse(text: &str) -> Decimal {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.trim_start_matches('+').parse().unwrap_or(0)),
            None => (text, 0_i64),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading = all.iter().take_while(|d| **d == b'0').count();
        let mut digits = all[leading..].to_vec();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        Decimal {
            negative,
            digits,
            exponent: exponent.saturating_add(whole.len() as i64).saturating_sub(leading as i64),
        }
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    fn compare_magnitude(&self, other: &Decimal) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

/// Sorts the elements of all sets and the keys of all objects in a module, and drops doubles.
pub fn sort_collections(module: &mut Module) {
    module.rules.iter_mut().for_each(sort_in_rule);
}

/// Sorts set elements and object keys, and drops doubles: of equal elements the first stays, and of equal keys the first with the last value. What
/// is in them is taken to be in order.
pub fn sort_collection(value: &mut Value) {
    match value {
        Value::Set(items) => {
            items.sort_by(compare);
            items.dedup_by(|b, a| compare(a, b).is_eq());
        }
        Value::Object(pairs) => {
            pairs.sort_by(|(a, _), (b, _)| compare(a, b));
            pairs.dedup_by(|(b, later), (a, value)| {
                let same = compare(a, b).is_eq();
                if same {
                    std::mem::swap(value, later);
                }
                same
            });
        }
        _ => {}
    }
}

fn sort_in_rule(rule: &mut Rule) {
    let mut link = Some(rule);
    while let Some(rule) = link {
        sort_in_head(&mut rule.head);
        sort_in_body(&mut rule.body);
        link = rule.else_rule.as_deref_mut();
    }
}

fn sort_in_head(head: &mut Head) {
    sort_in_terms(&mut head.reference);
    let rest = head.args.iter_mut().flatten().chain(&mut head.key).chain(&mut head.value);
    rest.for_each(sort_in_term);
}

fn sort_in_body(body: &mut Body) {
    body.iter_mut().for_each(sort_in_expr);
}

fn sort_in_expr(expr: &mut Expr) {
    match &mut expr.kind {
        ExprKind::Term(term) => sort_in_term(term),
        ExprKind::Call(terms) | ExprKind::Some(terms) => sort_in_terms(terms),
        ExprKind::Every(every) => {
            sort_in_term(&mut every.domain);
            sort_in_body(&mut every.body);
        }
        ExprKind::Not(not) => sort_in_body(&mut not.body),
        ExprKind::And(operands) | ExprKind::Or(operands) => {
            sort_in_body(&mut operands.lhs);
            sort_in_body(&mut operands.rhs);
        }
    }
    for with in &mut expr.with {
        sort_in_term(&mut with.target);
        sort_in_term(&mut with.value);
    }
}

fn sort_in_terms(terms: &mut [Term]) {
    terms.iter_mut().for_each(sort_in_term);
}

fn sort_in_term(term: &mut Term) {
    match &mut term.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
        Value::Ref(terms) | Value::Array(terms) | Value::Set(terms) | Value::Call(terms) => sort_in_terms(terms),
        Value::Object(pairs) => pairs.iter_mut().for_each(|(key, value)| {
            sort_in_term(key);
            sort_in_term(value);
        }),
        Value::ArrayComprehension(head, body) | Value::SetComprehension(head, body) => {
            sort_in_term(head);
            sort_in_body(body);
        }
        Value::ObjectComprehension(key, value, body) => {
            sort_in_term(key);
            sort_in_term(value);
            sort_in_body(body);
        }
        Value::TemplateString(template) => template.parts.iter_mut().for_each(|part| match part {
            TemplatePart::Text(term) => sort_in_term(term),
            TemplatePart::Expr(expr) => sort_in_expr(expr),
        }),
    }
    sort_collection(&mut term.value);
}
