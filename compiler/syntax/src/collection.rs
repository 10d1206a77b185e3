//! Arrays, sets, objects and their comprehensions.
//!
//! `{x | y}` may be a comprehension or a set that holds a union: the comprehension goes first. When its body cannot be read and
//! a comma is at hand, the text is read again as a collection.

use super::ast::{Body, Term, Value};
use super::parser::Parser;
use super::source::Span;
use super::token::Kind;

impl Parser<'_> {
    /// At a `[`. Leaves the closing bracket at hand.
    pub fn array(&mut self) -> Option<Term> {
        let open = self.here();
        self.scan();
        let value = if self.at(Kind::RBrack) {
            Value::Array(Vec::new())
        } else {
            self.array_inside()?
        };
        Some(self.closed(open, value))
    }

    fn array_inside(&mut self) -> Option<Value> {
        let may_be_comprehension = !self.skip_comma();
        let head = self.term()?;
        match self.kind() {
            Kind::RBrack => return Some(Value::Array(vec![head])),
            Kind::Comma => {
                self.scan();
                return self.list(Kind::RBrack, vec![head], None).map(Value::Array);
            }
            Kind::Or if may_be_comprehension => {
                let back = self.save();
                if let Some(body) = self.comprehension_body(Kind::RBrack) {
                    return Some(Value::ArrayComprehension(Box::new(head), body));
                }
                if !self.at(Kind::Comma) {
                    return None;
                }
                self.restore(back);
            }
            _ => {}
        }
        self.list(Kind::RBrack, Vec::new(), Some(head)).map(Value::Array)
    }

    /// At a `{`. Leaves the closing brace at hand.
    pub fn set_or_object(&mut self) -> Option<Term> {
        let open = self.here();
        self.scan();
        let value = if self.at(Kind::RBrace) {
            Value::Object(Vec::new())
        } else {
            self.set_or_object_inside()?
        };
        Some(self.closed(open, value))
    }

    fn set_or_object_inside(&mut self) -> Option<Value> {
        let may_be_comprehension = !self.skip_comma();
        let mut head = self.term()?;
        match self.kind() {
            Kind::Or if may_be_comprehension => return self.set_comprehension_or_union(head),
            Kind::RBrace | Kind::Comma => return self.set(head),
            Kind::Colon => return self.object(head, may_be_comprehension),
            _ => {}
        }
        head = self.infix_in_list_from(head)?;
        match self.kind() {
            Kind::RBrace | Kind::Comma => self.set(head),
            Kind::Colon => self.object(head, may_be_comprehension),
            _ => {
                self.illegal("non-terminated set");
                None
            }
        }
    }

    /// Behind the first element.
    fn set(&mut self, head: Term) -> Option<Value> {
        if self.at(Kind::Comma) {
            self.scan();
        }
        self.list(Kind::RBrace, vec![head], None).map(Value::Set)
    }

    /// At the `|` behind a term.
    fn set_comprehension_or_union(&mut self, head: Term) -> Option<Value> {
        let back = self.save();
        if let Some(body) = self.comprehension_body(Kind::RBrace) {
            return Some(Value::SetComprehension(Box::new(head), body));
        }
        if !self.at(Kind::Comma) {
            return None;
        }
        self.restore(back);
        self.list(Kind::RBrace, Vec::new(), Some(head)).map(Value::Set)
    }

    /// At the colon behind the first key.
    fn object(&mut self, key: Term, may_be_comprehension: bool) -> Option<Value> {
        self.scan();
        let mut value = self.term()?;
        if may_be_comprehension {
            match self.kind() {
                Kind::RBrace | Kind::Comma => return self.object_rest(key, value),
                Kind::Or => {
                    let back = self.save();
                    if let Some(body) = self.comprehension_body(Kind::RBrace) {
                        return Some(Value::ObjectComprehension(Box::new(key), Box::new(value), body));
                    }
                    self.restore(back);
                }
                _ => {}
            }
        }
        value = self.infix_in_list_from(value)?;
        match self.kind() {
            Kind::RBrace | Kind::Comma => self.object_rest(key, value),
            _ => {
                self.illegal("non-terminated object");
                None
            }
        }
    }

    /// Behind the first pair.
    fn object_rest(&mut self, key: Term, value: Term) -> Option<Value> {
        let mut pairs = vec![(key, value)];
        if self.at(Kind::Comma) {
            self.scan();
        }
        while !self.at(Kind::RBrace) {
            let key = self.infix_in_list()?;
            if !self.at(Kind::Colon) {
                self.illegal("expected \":\"");
                return None;
            }
            self.scan();
            let value = self.infix_in_list()?;
            pairs.push((key, value));
            match self.kind() {
                Kind::RBrace => {}
                Kind::Comma => self.scan(),
                _ => {
                    self.illegal("expected \",\" or \"}\"");
                    return None;
                }
            }
        }
        Some(Value::Object(pairs))
    }

    /// At the `|` of what may be a comprehension.
    fn comprehension_body(&mut self, end: Kind) -> Option<Body> {
        self.scan();
        self.speculating += 1;
        let body = self.body(end);
        self.speculating -= 1;
        body
    }

    /// A comma before the first element is let pass; whether there was one.
    fn skip_comma(&mut self) -> bool {
        let comma = self.at(Kind::Comma);
        if comma {
            self.scan();
        }
        comma
    }

    fn closed(&self, open: Span, value: Value) -> Term {
        Term {
            span: Span {
                end: self.s.token_end,
                ..open
            },
            value,
        }
    }
}
