//! Infix operators between terms. They bind in this order, weakest first: `in`, comparison, `|`, `&`, `+ -`, `* / %`; all group to
//! the left. Each becomes a call of the built-in function that bears the operator's name. (`=` and `:=` make expressions, `and`
//! and `or` join them: see `expr` and `logical`.)

use super::ast::{Term, Value};
use super::parser::Parser;
use super::source::Span;
use super::token::Kind;

impl Parser<'_> {
    /// A term with infix operators; `k, v in xs` is read as one.
    pub fn infix(&mut self) -> Option<Term> {
        let start = self.offset();
        if let Some((_, term, after)) = self.value_read.take_if(|(at, ..)| *at == start) {
            self.s = after;
            return Some(term);
        }
        self.nested(|p| p.membership(true, None))
    }

    /// A term with infix operators in a list, where a comma ends it.
    pub fn infix_in_list(&mut self) -> Option<Term> {
        self.nested(|p| p.membership(false, None))
    }

    /// The same where its first operand was read already.
    pub fn infix_in_list_from(&mut self, first: Term) -> Option<Term> {
        self.nested(|p| p.membership(false, Some(first)))
    }

    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Option<Term>) -> Option<Term> {
        if !self.enter() {
            return None;
        }
        let term = parse(self);
        self.leave(1);
        term
    }

    /// `x in xs`, `k, v in xs` and all that binds tighter.
    fn membership(&mut self, pairs: bool, first: Option<Term>) -> Option<Term> {
        let start = first.as_ref().map_or(self.offset(), |term| term.span.start);
        let mut left = self.operation(1, first)?;
        if pairs && self.at(Kind::Comma) {
            let back = self.save();
            self.scan();
            let pair = self.operation(1, None).and_then(|middle| {
                let operator = self.membership_operator("member_3")?;
                let right = self.operation(1, None)?;
                Some((middle, operator, right))
            });
            match pair {
                Some((middle, operator, right)) => {
                    left = self.call_at(start, vec![operator, left, middle, right], 1);
                    if !self.at(Kind::In) {
                        return Some(left);
                    }
                }
                None => self.restore(back),
            }
        }
        let mut levels = 0;
        loop {
            self.keyword_begins_reference();
            let Some(operator) = self.membership_operator("member_2") else {
                break;
            };
            let Some(right) = self.operation(1, None) else { break };
            left = self.call_at(start, vec![operator, left, right], 1);
            if !self.at(Kind::In) || !self.enter() {
                break;
            }
            levels += 1;
        }
        self.leave(levels);
        Some(left)
    }

    fn membership_operator(&mut self, name: &'static str) -> Option<Term> {
        if !self.at(Kind::In) {
            return None;
        }
        let span = self.here();
        let head = Term {
            span,
            value: Value::Var(self.name("internal")),
        };
        let member = Term {
            span,
            value: Value::String(self.name(name)),
        };
        self.scan();
        Some(Term {
            span,
            value: Value::Ref(vec![head, member]),
        })
    }

    /// Operators that bind at least as tight as `weakest`.
    ///
    /// An operand that cannot be read leaves its error, and what was read so far stands: the operator's token may still be one
    /// that a weaker operator's level continues with, and its errors are reported too.
    fn operation(&mut self, weakest: u8, first: Option<Term>) -> Option<Term> {
        let start = first.as_ref().map_or(self.offset(), |term| term.span.start);
        let mut left = match first {
            Some(term) => term,
            None => self.term()?,
        };
        let mut tightest = u8::MAX;
        let mut levels = 0;
        while let Some(binding) = binding(self.kind()).filter(|binding| (weakest..=tightest).contains(binding)) {
            if !self.enter_by(2) {
                self.leave(levels);
                return None;
            }
            levels += 2;
            let operator = self.operator();
            match self.operation(binding + 1, None) {
                Some(right) => {
                    tightest = binding;
                    left = self.call_at(start, vec![operator, left, right], 1);
                }
                None => tightest = binding - 1,
            }
        }
        self.leave(levels);
        Some(left)
    }

    /// The operator at hand as the reference of its built-in function.
    pub fn operator(&mut self) -> Term {
        let span = self.here();
        let head = Term {
            span,
            value: Value::Var(self.name(self.kind().name())),
        };
        self.scan();
        Term {
            span,
            value: Value::Ref(vec![head]),
        }
    }

    /// A call that is placed where its operand number `placed` is and spans all that was read since `start`.
    fn call_at(&self, start: u32, terms: Vec<Term>, placed: usize) -> Term {
        let span = Span {
            start,
            end: self.s.last_end,
            ..terms[placed].span
        };
        Term {
            span,
            value: Value::Call(terms),
        }
    }
}

/// How tight an infix operator binds; 1 is the weakest here (`in` is weaker still).
pub(super) fn binding(kind: Kind) -> Option<u8> {
    Some(match kind {
        Kind::Equal | Kind::Neq | Kind::Lt | Kind::Gt | Kind::Lte | Kind::Gte => 1,
        Kind::Or => 2,
        Kind::And => 3,
        Kind::Add | Kind::Sub => 4,
        Kind::Mul | Kind::Div | Kind::Rem => 5,
        _ => return None,
    })
}
