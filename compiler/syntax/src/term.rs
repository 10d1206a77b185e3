//! Terms: scalars, variables, references and calls. The infix operators between them are in `infix`.

use super::ast::{Ref, Term, Value};
use super::infix::binding;
use super::parser::{Parser, Remembered};
use super::source::Span;
use super::token::Kind;

/// Terms shorter than this are parsed again rather than remembered.
const WORTH_REMEMBERING: u32 = 16;

impl Parser<'_> {
    /// A term without infix operators around it.
    pub fn term(&mut self) -> Option<Term> {
        let start = self.offset();
        if let Some(known) = self.remembered.get(&start) {
            let term = known.term.clone();
            self.s = known.after.clone();
            return Some(term);
        }
        if let Some((_, after)) = self.failed.as_ref().filter(|(at, _)| *at == start) {
            self.s = after.clone();
            return None;
        }
        if !self.enter_by(3) {
            return None;
        }
        let term = self.fresh_term();
        self.leave(3);
        let Some(term) = term else {
            self.failed = Some((start, self.save()));
            return None;
        };
        if self.failed.as_ref().is_some_and(|(at, _)| *at >= start) {
            self.failed = None;
        }
        if self.speculating > 0 && self.offset() > start + WORTH_REMEMBERING {
            let known = Remembered {
                term: term.clone(),
                after: self.save(),
            };
            self.remembered.insert(start, known);
        }
        Some(term)
    }

    fn fresh_term(&mut self) -> Option<Term> {
        if matches!(self.kind(), Kind::LogicalAnd | Kind::LogicalOr) && self.kind_behind() == Kind::LParen {
            // Where a term is expected this can only be a call of the set operation.
            self.s.kind = Kind::Ident;
        }
        let here = self.here();
        let scalar = |value| Some(Term { span: here, value });
        let term = match self.kind() {
            Kind::Null => scalar(Value::Null),
            Kind::True => scalar(Value::Bool(true)),
            Kind::False => scalar(Value::Bool(false)),
            Kind::Sub => return self.negative(),
            Kind::Dot | Kind::Number => self.number(),
            Kind::String => self.string(),
            Kind::TemplatePart | Kind::TemplateEnd => self.template_string(false),
            Kind::RawTemplatePart | Kind::RawTemplateEnd => self.template_string(true),
            Kind::Ident | Kind::Contains => Some(self.variable()),
            Kind::LBrack => self.array(),
            Kind::LBrace => self.set_or_object(),
            Kind::LParen => self.parenthesised(),
            _ => {
                self.illegal_token();
                None
            }
        };
        self.finish_term(term?)
    }

    /// Behind a `-`: a negative number, or zero minus a reference.
    fn negative(&mut self) -> Option<Term> {
        let minus = self.here();
        let back = self.save();
        self.scan();
        if !matches!(self.kind(), Kind::Ident | Kind::Contains) {
            self.restore(back);
            let number = self.number()?;
            return self.finish_term(number);
        }
        let variable = self.variable();
        let operand = self.finish_term(variable)?;
        let name = self.name("minus");
        let operator = Term {
            span: minus,
            value: Value::Ref(vec![Term {
                span: minus,
                value: Value::Var(name),
            }]),
        };
        let zero = Term {
            span: minus,
            value: Value::Number(self.name("0")),
        };
        Some(Term {
            span: self.since(minus),
            value: Value::Call(vec![operator, zero, operand]),
        })
    }

    fn parenthesised(&mut self) -> Option<Term> {
        let start = self.offset();
        self.scan();
        let mut term = self.infix()?;
        if !self.at(Kind::RParen) {
            self.error(self.here(), "non-terminated expression".to_owned());
            return None;
        }
        term.span.start = start;
        term.span.end = self.s.token_end;
        Some(term)
    }

    /// At the last token of a term: what may follow without a blank in between.
    fn finish_term(&mut self, head: Term) -> Option<Term> {
        self.scan_blank();
        match self.kind() {
            Kind::LParen | Kind::Dot | Kind::LBrack => return self.reference(head),
            Kind::Whitespace => self.scan(),
            _ => {}
        }
        Some(root_document(head))
    }

    /// At the name of a rule: the same, but blanks may stand before its arguments.
    pub fn finish_head(&mut self, head: Term) -> Option<Term> {
        self.scan_blank();
        match self.kind() {
            Kind::Whitespace => self.scan(),
            kind if binding(kind).is_some() => self.illegal_token(),
            _ => {}
        }
        match self.kind() {
            Kind::LParen | Kind::Dot | Kind::LBrack => self.reference(head),
            _ => Some(root_document(head)),
        }
    }

    /// Behind the head of a reference or the operator of a call.
    fn reference(&mut self, head: Term) -> Option<Term> {
        if !self.enter() {
            return None;
        }
        let term = self.reference_parts(head);
        self.leave(1);
        term
    }

    fn reference_parts(&mut self, head: Term) -> Option<Term> {
        let place = head.span;
        if !may_head_reference(&head.value) {
            self.error(place, format!("illegal ref (head cannot be {})", head.value.kind_name()));
        }
        let mut parts: Ref = vec![head];
        loop {
            match self.kind() {
                Kind::Dot => {
                    self.scan_blank();
                    if !self.at(Kind::Ident) && !self.may_be_name(self.kind()) {
                        self.illegal("expected identifier");
                        return None;
                    }
                    let name = self.name(self.literal());
                    parts.push(Term {
                        span: self.here(),
                        value: Value::String(name),
                    });
                    self.scan_blank();
                }
                Kind::LBrack => {
                    self.scan();
                    let operand = self.infix()?;
                    if !self.at(Kind::RBrack) {
                        self.illegal("expected [");
                        return None;
                    }
                    parts.push(operand);
                    self.scan_blank();
                }
                Kind::LParen => {
                    let operator = Term {
                        span: Span {
                            end: self.offset(),
                            ..place
                        },
                        value: Value::Ref(parts),
                    };
                    return self.call_and_beyond(operator);
                }
                kind => {
                    if kind == Kind::Whitespace {
                        self.scan();
                    }
                    return Some(Term {
                        span: self.since(place),
                        value: Value::Ref(parts),
                    });
                }
            }
        }
    }

    /// At the parenthesis of a call: the call, and the reference into its result that may follow.
    fn call_and_beyond(&mut self, operator: Term) -> Option<Term> {
        let place = operator.span;
        let term = self.call(operator)?;
        match self.kind() {
            Kind::Whitespace => self.scan(),
            Kind::Dot | Kind::LBrack => return self.reference(term),
            _ => {}
        }
        Some(Term {
            span: Span {
                end: self.s.last_end,
                ..place
            },
            ..term
        })
    }

    fn call(&mut self, operator: Term) -> Option<Term> {
        let place = operator.span;
        self.scan();
        let makes_set = is_set_constructor(&operator.value);
        let terms = self.list(Kind::RParen, vec![operator], None)?;
        let end = self.s.token_end;
        self.scan_blank();
        let value = if makes_set && terms.len() == 1 {
            Value::Set(Vec::new())
        } else {
            Value::Call(terms)
        };
        Some(Term {
            span: Span { end, ..place },
            value,
        })
    }

    /// Terms up to a closing bracket, which stays at hand; a comma may stand before it. `first` was read already.
    pub fn list(&mut self, end: Kind, mut terms: Vec<Term>, mut first: Option<Term>) -> Option<Vec<Term>> {
        loop {
            if first.is_none() && self.at(end) {
                return Some(terms);
            }
            let term = match first.take() {
                Some(term) => self.infix_in_list_from(term)?,
                None => self.infix_in_list()?,
            };
            terms.push(term);
            match self.kind() {
                kind if kind == end => return Some(terms),
                Kind::Comma => self.scan(),
                _ => {
                    self.illegal(format!("expected \",\" or \"{}\"", end.name()));
                    return None;
                }
            }
        }
    }
}

/// `data` and `input` are references even when they stand alone.
fn root_document(term: Term) -> Term {
    match &term.value {
        Value::Var(name) if matches!(&**name, "data" | "input") => Term {
            span: term.span,
            value: Value::Ref(vec![term]),
        },
        _ => term,
    }
}

fn may_head_reference(value: &Value) -> bool {
    matches!(
        value,
        Value::Var(_)
            | Value::Array(_)
            | Value::Object(_)
            | Value::Set(_)
            | Value::ArrayComprehension(..)
            | Value::SetComprehension(..)
            | Value::ObjectComprehension(..)
            | Value::Call(_)
    )
}

fn is_set_constructor(value: &Value) -> bool {
    let Value::Ref(parts) = value else { return false };
    matches!(parts.as_slice(), [Term { value: Value::Var(name), .. }] if &**name == "set")
}
