//! `and`, `or`, and bodies as operands of them and of `not`: `{ x; y } or not (a and b)`.
//!
//! Braces in an operand position hold a body, parentheses group. Both also begin ordinary terms, so a group is only taken for
//! one when an `and`, an `or` or a `not` shows that it is; otherwise the parser steps back and reads a term. Where the two
//! readings are easily confused the text is refused, with a hint at both ways to write it.

use super::ambiguity::{is_ambiguous_union, leading_value, void_call};
use super::ast::{Body, Expr, ExprKind, Logical, Not, Term, Value};
use super::parser::Parser;
use super::source::Span;
use super::token::Kind;

/// An operand, or a group of them in parentheses.
pub(super) struct Operand {
    pub body: Body,
    /// Written with braces.
    pub explicit: bool,
    pub place: Span,
}

impl Parser<'_> {
    fn at_logical(&self) -> bool {
        matches!(self.kind(), Kind::LogicalAnd | Kind::LogicalOr)
    }

    /// An expression that begins with `{` or `(` and turns out to be logical. `None` where it does not, with the state unchanged.
    pub fn logical_start(&mut self) -> Option<Option<Expr>> {
        if self.at(Kind::LBrace) {
            return self.braces_before_operator();
        }
        if !self.at(Kind::LParen) {
            return None;
        }
        let group = self.logical_group(false, "")?;
        Some(group.and_then(|group| self.logical_tail_at(group.body, group.explicit, group.place)))
    }

    fn braces_before_operator(&mut self) -> Option<Option<Expr>> {
        let back = self.save();
        let place = self.here();
        self.scan();
        self.speculating += 1;
        let body = self.body(Kind::RBrace);
        self.speculating -= 1;
        if let Some(body) = body {
            self.scan();
            if self.at_logical() {
                if is_ambiguous_union(&body, self.text) {
                    self.refuse_ambiguous_union(place, &body, "");
                    return Some(None);
                }
                return Some(self.logical_tail_at(body, true, place));
            }
        }
        self.restore(back);
        None
    }

    /// Behind an operand that began where its first expression did.
    pub fn logical_tail(&mut self, body: Body, explicit: bool) -> Option<Expr> {
        let place = body.first()?.span;
        self.logical_tail_at(body, explicit, place)
    }

    /// Behind an operand: the operators that may follow, then `with`.
    fn logical_tail_at(&mut self, body: Body, explicit: bool, place: Span) -> Option<Expr> {
        let expr = if self.at_logical() {
            self.or_chain(Operand { body, explicit, place })?
        } else {
            body.into_iter().next()?
        };
        self.attach_with(expr)
    }

    /// At the operator behind an expression that was read as an ordinary one.
    pub fn logical_behind(&mut self, expr: Expr, negated: bool, with_place: Option<Span>) -> Option<Expr> {
        let word = self.kind().name();
        if let Some(place) = with_place {
            self.refuse_with(place, word);
            return None;
        }
        let place = expr.span;
        let text = self.slice(place.start, place.end);
        if !negated && text.starts_with('{') {
            if matches!(&expr.kind, ExprKind::Term(Term { value: Value::Object(pairs), .. }) if pairs.is_empty()) {
                self.error(place, "found empty body".to_owned());
            } else {
                self.refuse_leading_brace(place, text, word);
            }
            return None;
        }
        self.logical_tail_at(vec![expr], false, place)
    }

    /// At an operator behind its left operand. `and` binds tighter than `or`; both group to the left.
    fn or_chain(&mut self, first: Operand) -> Option<Expr> {
        if !self.enter() {
            return None;
        }
        let expr = self.or_links(first);
        self.leave(1);
        expr
    }

    fn or_links(&mut self, first: Operand) -> Option<Expr> {
        let mut left = self.and_chain(first)?;
        let mut levels = 0;
        while self.at(Kind::LogicalOr) && self.enter() {
            levels += 1;
            self.scan();
            let right = self.operand("or").and_then(|operand| self.and_chain(operand));
            let Some(right) = right else {
                self.leave(levels);
                return None;
            };
            left = self.combined(left, right, "or");
        }
        self.leave(levels);
        left.body.into_iter().next()
    }

    fn and_chain(&mut self, first: Operand) -> Option<Operand> {
        let mut left = first;
        let mut levels = 0;
        while self.at(Kind::LogicalAnd) && self.enter() {
            levels += 1;
            self.scan();
            let Some(right) = self.operand("and") else {
                self.leave(levels);
                return None;
            };
            left = self.combined(left, right, "and");
        }
        self.leave(levels);
        Some(left)
    }

    fn combined(&mut self, left: Operand, right: Operand, word: &'static str) -> Operand {
        for body in [&left.body, &right.body] {
            if let Some((name, place)) = void_call(body) {
                self.hint(format!(
                    "`{name}` produces no value and always succeeds, so the operand can never fail; move it out of the operand, or add an expression that can fail"
                ));
                self.error(place, format!("operand of `{word}` cannot consist only of calls to `{name}`"));
            }
        }
        let place = self.since(left.place);
        let operands = Box::new(Logical {
            lhs: left.body,
            rhs: right.body,
            explicit_lhs: left.explicit,
            explicit_rhs: right.explicit,
        });
        let kind = if word == "and" {
            ExprKind::And(operands)
        } else {
            ExprKind::Or(operands)
        };
        Operand {
            body: vec![self.placed(kind, place)],
            explicit: false,
            place,
        }
    }

    /// One operand of `word`; of nothing yet where that is empty and the caller steps back on failure.
    fn operand(&mut self, word: &'static str) -> Option<Operand> {
        if self.at(Kind::LBrace) {
            return self.operand_in_braces(word);
        }
        let not = self.negation();
        let not_bodies = self.keywords.not_bodies();
        if let Some(not) = not.filter(|_| not_bodies)
            && self.at(Kind::LBrace)
        {
            let expr = self.not_body(not)?;
            let place = expr.span;
            return Some(Operand {
                body: vec![expr],
                explicit: false,
                place,
            });
        }
        if self.at(Kind::LParen) && self.keywords.logical() && (not.is_none() || not_bodies) {
            let prefix = if not.is_some() { "not " } else { "" };
            if let Some(group) = self.logical_group(true, prefix) {
                let group = group?;
                return Some(match not {
                    Some(not) => self.negated(not, group.body, group.explicit),
                    None => group,
                });
            }
        }
        let mut expr = self.expression()?;
        let place = expr.span;
        match not {
            Some(not) if not_bodies => return Some(self.negated(not, vec![expr], false)),
            Some(_) => expr.negated = true,
            None => {}
        }
        Some(Operand {
            body: vec![expr],
            explicit: false,
            place,
        })
    }

    fn negated(&self, not: Span, body: Body, explicit: bool) -> Operand {
        let expr = self.placed(ExprKind::Not(Box::new(Not { body, explicit })), not);
        let place = expr.span;
        Operand {
            body: vec![expr],
            explicit: false,
            place,
        }
    }

    fn operand_in_braces(&mut self, word: &'static str) -> Option<Operand> {
        let place = self.here();
        let back = self.save();
        self.scan();
        let empty = self.at(Kind::RBrace);
        let Some(body) = self.body(Kind::RBrace) else {
            if !empty && !word.is_empty() {
                // The braces may hold a value instead, with operators behind it.
                let failed = self.save();
                self.restore(back);
                if self.infix().is_some() {
                    let text = self.slice(place.start, self.s.last_end);
                    self.refuse_leading_brace(place, text, word);
                } else {
                    self.restore(failed);
                }
            }
            return None;
        };
        self.scan();
        if is_ambiguous_union(&body, self.text) {
            self.refuse_ambiguous_union(place, &body, "");
        }
        Some(Operand {
            body,
            explicit: true,
            place,
        })
    }

    /// At the brace behind `not`.
    pub fn not_body(&mut self, not: Span) -> Option<Expr> {
        let place = self.here();
        let back = self.save();
        self.scan();
        let empty = self.at(Kind::RBrace);
        let Some(body) = self.body(Kind::RBrace) else {
            if !empty {
                let failed = self.save();
                self.restore(back);
                if let Some(term) = self.infix() {
                    let text = self.slice(place.start, self.s.last_end);
                    self.hint(format!(
                        "write `not ({text})` to negate the value, or `not {{{text}}}` for a body holding it"
                    ));
                    let kind = leading_value(&term.value).kind_name();
                    self.error(
                        place,
                        format!("`{{...}}` in an operand position must contain expression(s), got: {kind}"),
                    );
                } else {
                    self.restore(failed);
                }
            }
            return None;
        };
        self.scan();
        if is_ambiguous_union(&body, self.text) {
            self.refuse_ambiguous_union(place, &body, "not ");
            return None;
        }
        Some(self.placed(ExprKind::Not(Box::new(Not { body, explicit: true })), not))
    }

    /// At a parenthesis that may group operands. `None`, with the state unchanged, where it does not. `is_operand` tells that
    /// it stands where only an operand can.
    pub fn logical_group(&mut self, is_operand: bool, prefix: &str) -> Option<Option<Operand>> {
        if !self.enter_by(4) {
            return Some(None);
        }
        self.speculating += 1;
        let group = self.group_inside(is_operand, prefix);
        self.speculating -= 1;
        self.leave(4);
        group
    }

    fn group_inside(&mut self, is_operand: bool, prefix: &str) -> Option<Option<Operand>> {
        let back = self.save();
        let open = self.here();
        self.scan();
        if self.at(Kind::RParen) {
            if is_operand {
                self.error(open, "empty parenthesized group".to_owned());
                return Some(None);
            }
            self.restore(back);
            return None;
        }
        let Some(mut first) = self.operand("") else {
            self.restore(back);
            return None;
        };
        if self.at_logical() {
            let expr = self.or_chain(first).and_then(|expr| self.attach_with(expr));
            return Some(expr.and_then(|expr| self.closed_group(vec![expr], open)));
        }
        if self.at(Kind::With) && !first.explicit && first.body.len() == 1 {
            let place = self.here();
            let Some(with) = self.with() else { return Some(None) };
            first.body.iter_mut().for_each(|expr| expr.with = with.clone());
            if self.at_logical() {
                self.refuse_with(place, self.kind().name());
                return Some(None);
            }
            let Some(group) = self.closed_group(first.body, open) else {
                return Some(None);
            };
            if is_operand || self.at_logical() {
                return Some(Some(group));
            }
        } else if first.explicit {
            let braces = self.slice(first.place.start, self.s.last_end);
            self.restore(back.clone());
            self.scan();
            let is_value = self.term().is_some();
            self.restore(back);
            if is_value {
                return None;
            }
            self.hint(format!("drop the parens to keep the body: `{prefix}{braces}`"));
            self.error(open, "`(...)` in an operand position cannot contain a body".to_owned());
            return Some(None);
        } else if let [only] = first.body.as_slice()
            && (only.negated || matches!(only.kind, ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_)))
        {
            return Some(self.closed_group(first.body, open));
        }
        self.restore(back);
        None
    }

    fn closed_group(&mut self, body: Body, open: Span) -> Option<Operand> {
        if !self.at(Kind::RParen) {
            self.error(self.here(), "expected ) to close parenthesized group".to_owned());
            return None;
        }
        self.scan();
        Some(Operand {
            body,
            explicit: false,
            place: self.since(open),
        })
    }
}
