//! Operands of `and`, `or` and `not` that could be misread, and how they are refused: `{a | b}` may be meant as a comprehension,
//! `{1, 2}` as a set, a `with` for one operand or for all. Each refusal hints at the ways to say it clearly.

use super::ast::{Expr, ExprKind, Term, Value};
use super::builtin_names::VOID;
use super::parser::Parser;
use super::print::{infix_sign, reference_text};
use super::source::Span;

impl Parser<'_> {
    pub fn refuse_with(&mut self, place: Span, word: &str) {
        self.hint(format!(
            "Wrap the operand in `(...)` or `{{...}}` to scope, or move `with` after the `{word}` expression to apply it to the whole expression"
        ));
        self.error(place, format!("`with` modifier is not allowed on operand of `{word}`"));
    }

    pub fn refuse_leading_brace(&mut self, place: Span, operand: &str, word: &str) {
        self.hint(format!("wrap the operand to keep the value: `({operand}) {word} ...`"));
        self.error(
            place,
            format!("operand of `{word}` cannot begin with `{{` unless the braces hold a body"),
        );
    }

    pub fn refuse_ambiguous_union(&mut self, place: Span, body: &[Expr], prefix: &str) {
        let braces = self.slice(place.start, self.s.last_end);
        let union = body.first().map_or(place, |expr| expr.span);
        let before = self.slice(place.start, union.start);
        let after = self.slice(union.end, self.s.last_end);
        let union = self.slice(union.start, union.end);
        self.hint(format!(
            "write `{prefix}({braces})` for the comprehension, or `{prefix}{before}({union}){after}` for the set union"
        ));
        let message = "ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension";
        self.error(place, message.to_owned());
    }
}

/// Whether a body begins with a bare `a | b`: with a term before and expressions behind the bar it could be a comprehension.
pub(super) fn is_ambiguous_union(body: &[Expr], text: &str) -> bool {
    let Some(Expr {
        kind: ExprKind::Call(terms),
        span,
        ..
    }) = body.first()
    else {
        return false;
    };
    let Some(operator) = terms.first() else { return false };
    let text_of = |span: Span| text.get(span.start as usize..span.end as usize).unwrap_or_default();
    infix_sign(operator) == Some("|") && text_of(operator.span) == "|" && !text_of(*span).starts_with('(')
}

/// The value that the leading brace of a term opens: that of the leftmost operand.
pub(super) fn leading_value(value: &Value) -> &Value {
    match value {
        Value::Call(terms) if terms.len() == 3 && infix_sign(&terms[0]).is_some() => leading_value(&terms[1].value),
        Value::Call(terms) if terms.len() > 2 && is_member(&terms[0]) => leading_value(&terms[1].value),
        other => other,
    }
}

fn is_member(operator: &Term) -> bool {
    matches!(&operator.value, Value::Ref(parts) if reference_text(parts).starts_with("internal.member_"))
}

/// The first call of an operand that consists of nothing but calls without a result.
pub(super) fn void_call(body: &[Expr]) -> Option<(&'static str, Span)> {
    let mut first = None;
    for expr in body {
        let ExprKind::Call(terms) = &expr.kind else { return None };
        let Some(Term {
            value: Value::Ref(parts), ..
        }) = terms.first()
        else {
            return None;
        };
        let name = reference_text(parts);
        let name = VOID.into_iter().find(|void| *void == name).filter(|_| !expr.negated)?;
        first = first.or(Some((name, expr.span)));
    }
    first
}
