//! Template strings: `$"text {expression} text"`, and the same in back quotes.

use super::ast::{Expr, ExprKind, TemplatePart, TemplateString, Term, Value};
use super::literal::unescape;
use super::parser::Parser;
use super::source::Span;
use super::token::Kind;

impl Parser<'_> {
    /// At the first part. Leaves the last part at hand.
    pub fn template_string(&mut self, raw: bool) -> Option<Term> {
        let start = self.here();
        if !self.has_template_strings() {
            self.error(start, "template strings are not supported by current capabilities".to_owned());
            return None;
        }
        let mut parts = Vec::new();
        // Before the text stands `$"` at first, later nothing: the brace is a token of its own.
        let mut lead = 2;
        loop {
            let text = self.template_text(lead, raw)?;
            if !text.is_empty() {
                parts.push(TemplatePart::Text(Term {
                    span: self.here(),
                    value: Value::String(text.into()),
                }));
            }
            if matches!(self.kind(), Kind::TemplateEnd | Kind::RawTemplateEnd) {
                break;
            }
            self.scan();
            let commented = self.s.token.comment_before;
            let expr = self.template_expression()?;
            parts.push(template_part(expr, commented));
            if !self.at(Kind::RBrace) {
                self.error(self.here(), "expected } to end template string expression".to_owned());
                return None;
            }
            self.scan_blank();
            lead = 0;
        }
        let span = Span {
            end: self.s.token_end,
            ..start
        };
        Some(Term {
            span,
            value: Value::TemplateString(TemplateString { parts, raw }),
        })
    }

    fn template_text(&mut self, lead: usize, raw: bool) -> Option<String> {
        if !matches!(
            self.kind(),
            Kind::TemplatePart | Kind::TemplateEnd | Kind::RawTemplatePart | Kind::RawTemplateEnd
        ) {
            self.error(self.here(), "expected template-string part".to_owned());
            return None;
        }
        let literal = self.literal();
        let inner = literal.get(lead..literal.len().saturating_sub(1)).unwrap_or_default();
        if raw {
            return Some(inner.replace("\\{", "{"));
        }
        if !inner.contains('\\') {
            return Some(inner.to_owned());
        }
        let text = unescape(inner, true);
        if text.is_none() {
            self.error(self.here(), format!("illegal template-string part: {literal}"));
        }
        text
    }

    fn template_expression(&mut self) -> Option<Expr> {
        let Some(expr) = self.literal_expression() else {
            self.error(self.here(), "invalid template-string expression".to_owned());
            return None;
        };
        let unexpected = match &expr.kind {
            _ if expr.negated => "negation ('not')",
            ExprKind::Call(terms) if is_operator(terms, "eq") => "unification ('=')",
            ExprKind::Call(terms) if is_operator(terms, "assign") => "assignment (':=')",
            ExprKind::Every(_) => "'every'",
            ExprKind::Some(_) => "'some'",
            _ => return Some(expr),
        };
        self.error(expr.span, format!("unexpected {unexpected} in template-string expression"));
        None
    }
}

/// Scalars are never undefined and need no expression around them, unless a comment is to be kept.
fn template_part(expr: Expr, commented: bool) -> TemplatePart {
    match expr.kind {
        ExprKind::Term(term) if !commented && matches!(term.value, Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null) => {
            TemplatePart::Text(term)
        }
        _ => TemplatePart::Expr(expr),
    }
}

/// Whether a call is one of the built-in function of that single name.
pub(super) fn is_operator(terms: &[Term], name: &str) -> bool {
    let Some(Term {
        value: Value::Ref(parts), ..
    }) = terms.first()
    else {
        return false;
    };
    matches!(parts.as_slice(), [Term { value: Value::Var(head), .. }] if &**head == name)
}
