//! Expressions and bodies: what stands between the braces of a rule.

use super::ast::{Body, Every, Expr, ExprKind, Not, RegoVersion, Term, Value, With};
use super::parser::Parser;
use super::source::Span;
use super::token::{Keywords, Kind};

impl Parser<'_> {
    /// Expressions up to a closing bracket, which stays at hand.
    pub fn body(&mut self, end: Kind) -> Option<Body> {
        if !self.enter_by(6) {
            return None;
        }
        let body = self.query(false, end);
        self.leave(6);
        body
    }

    /// Expressions up to `end`; where `statement` is set, up to the first that no semicolon follows.
    pub fn query(&mut self, statement: bool, end: Kind) -> Option<Body> {
        if self.at(end) {
            self.error(self.here(), "found empty body".to_owned());
            return None;
        }
        let mut body = Vec::new();
        loop {
            body.push(self.literal_expression()?);
            if self.at(Kind::Semicolon) {
                self.scan();
                continue;
            }
            if self.at(end) || statement {
                return Some(body);
            }
            if !self.s.skipped_newline {
                if self.s.errors.is_empty() {
                    self.hint_missing_infix_keyword();
                    self.illegal(format!("expected \\n or ; or {}", end.name()));
                }
                return None;
            }
        }
    }

    /// One expression with all that belongs to it: `not`, `some`, `every`, `and`, `or`, `with`.
    pub fn literal_expression(&mut self) -> Option<Expr> {
        let start = self.here();
        let mut expr = self.unplaced_expression()?;
        expr.span = self.since(start);
        if let ExprKind::Not(not) = &mut expr.kind
            && !not.explicit
        {
            not.body.iter_mut().for_each(|inner| inner.span = expr.span);
        }
        Some(expr)
    }

    fn unplaced_expression(&mut self) -> Option<Expr> {
        if self.keywords.logical()
            && let Some(outcome) = self.logical_start()
        {
            return outcome;
        }
        if self.keyword_begins_reference() {
            return self.plain_expression(None);
        }
        let not = self.negation();
        if let Some(not) = not
            && self.at(Kind::LBrace)
            && self.keywords.not_bodies()
        {
            let expr = self.not_body(not)?;
            return self.logical_tail(vec![expr], false);
        }
        match self.kind() {
            Kind::Some | Kind::Every if not.is_some() => {
                self.illegal(format!("illegal negation of '{}'", self.kind().name()));
                None
            }
            Kind::Some => self.some(),
            Kind::Every => self.every(),
            _ => self.plain_expression(not),
        }
    }

    /// Steps over a `not` that is no part of a reference; its place.
    pub fn negation(&mut self) -> Option<Span> {
        if !self.at(Kind::Not) || matches!(self.kind_behind(), Kind::Dot | Kind::LBrack) {
            return None;
        }
        let place = self.here();
        self.scan();
        Some(place)
    }

    /// A term, a call or an assignment, with its `with`s.
    fn plain_expression(&mut self, not: Option<Span>) -> Option<Expr> {
        let not_bodies = self.keywords.not_bodies();
        if let Some(not) = not.filter(|_| not_bodies)
            && self.at(Kind::LParen)
            && let Some(group) = self.logical_group(true, "not ")
        {
            let group = group?;
            let kind = ExprKind::Not(Box::new(Not {
                body: group.body,
                explicit: group.explicit,
            }));
            return self.logical_tail(vec![self.placed(kind, not)], false);
        }
        let before = self.is_future_keyword("every").then(|| self.save());
        let start = self.here();
        let mut expr = self.expression()?;
        expr.span = self.since(start);
        let with_place = self.at(Kind::With).then(|| self.here());
        if with_place.is_some() {
            expr.with = self.with()?;
        }
        if let Some(before) = before {
            self.hint_every(&expr, before);
        }
        if let Some(not) = not.filter(|_| not_bodies) {
            let with = std::mem::take(&mut expr.with);
            let kind = ExprKind::Not(Box::new(Not {
                body: vec![expr],
                explicit: false,
            }));
            expr = Expr {
                with,
                ..self.placed(kind, not)
            };
        } else {
            expr.negated = not.is_some();
        }
        if matches!(self.kind(), Kind::LogicalAnd | Kind::LogicalOr) {
            return self.logical_behind(expr, not.is_some(), with_place);
        }
        Some(expr)
    }

    /// A term, a call, or two terms with `=` or `:=` between them.
    pub fn expression(&mut self) -> Option<Expr> {
        let start = self.here();
        let left = self.infix()?;
        let kind = if matches!(self.kind(), Kind::Assign | Kind::Unify) {
            let operator = self.operator();
            let right = self.infix()?;
            ExprKind::Call(vec![operator, left, right])
        } else {
            match left.value {
                Value::Call(terms) => ExprKind::Call(terms),
                _ => ExprKind::Term(left),
            }
        };
        Some(self.placed(kind, start))
    }

    /// An expression that began at `start` and ends here.
    pub fn placed(&self, kind: ExprKind, start: Span) -> Expr {
        Expr {
            span: self.since(start),
            kind,
            negated: false,
            with: Vec::new(),
            generated: false,
            assigned: false,
        }
    }

    /// One or more `with target as value`.
    pub fn with(&mut self) -> Option<Vec<With>> {
        let mut all = Vec::new();
        while self.at(Kind::With) {
            let start = self.here();
            self.scan();
            if !self.at(Kind::Ident) {
                self.illegal("expected ident");
                return None;
            }
            let target = self.term()?;
            if !matches!(target.value, Value::Ref(_) | Value::Var(_)) {
                self.illegal("expected with target path");
            }
            if !self.at(Kind::As) {
                self.illegal("expected as keyword");
                return None;
            }
            self.scan();
            let value = self.infix()?;
            all.push(With {
                span: self.since(start),
                target,
                value,
            });
        }
        Some(all)
    }

    /// Adds the `with`s that follow.
    pub fn attach_with(&mut self, mut expr: Expr) -> Option<Expr> {
        if self.at(Kind::With) {
            expr.with = self.with()?;
        }
        Some(expr)
    }

    fn some(&mut self) -> Option<Expr> {
        let start = self.here();
        let before = self.save();
        self.scan();
        if let Some(term) = self.infix()
            && let Value::Call(terms) = &term.value
        {
            match membership(terms) {
                None => self.illegal("expected `x in xs` or `x, y in xs` expression"),
                Some(false) => self.illegal("illegal domain"),
                Some(true) => {
                    let expr = self.placed(ExprKind::Some(vec![term]), start);
                    return self.attach_with(expr);
                }
            }
            return None;
        }
        self.restore(before);
        self.hint_in();
        let mut variables = Vec::new();
        loop {
            self.scan();
            if !self.at(Kind::Ident) {
                self.illegal("expected var");
                return None;
            }
            variables.push(self.variable());
            self.scan();
            if !self.at(Kind::Comma) {
                break;
            }
        }
        Some(self.placed(ExprKind::Some(variables), start))
    }

    /// At `every`, or at a word that would be it.
    fn every(&mut self) -> Option<Expr> {
        const WANTED: &str = "expected `x[, y] in xs { ... }` expression";
        let start = self.here();
        self.scan();
        let term = self.infix()?;
        let Value::Call(mut terms) = term.value else {
            self.illegal(WANTED);
            return None;
        };
        match membership(&terms) {
            None => self.illegal(WANTED),
            Some(false) => self.illegal("illegal domain"),
            Some(true) => {
                let domain = terms.pop()?;
                let value = terms.pop()?;
                let key = if terms.len() == 2 { terms.pop() } else { None };
                return self.every_body(start, key, value, domain);
            }
        }
        None
    }

    fn every_body(&mut self, start: Span, key: Option<Term>, value: Term, domain: Term) -> Option<Expr> {
        if key.as_ref().is_some_and(|key| !matches!(key.value, Value::Var(_))) {
            self.illegal("expected key to be a variable");
            return None;
        }
        if !matches!(value.value, Value::Var(_)) {
            self.illegal("expected value to be a variable");
            return None;
        }
        if !self.at(Kind::LBrace) {
            self.illegal("missing body");
            return None;
        }
        self.scan();
        let body = self.body(Kind::RBrace)?;
        self.scan();
        let expr = self.placed(ExprKind::Every(Box::new(Every { key, value, domain, body })), start);
        self.attach_with(expr)
    }

    // ---- hints at imports that are missing ----

    /// Whether a keyword of the future is one that this version would have to import.
    fn is_future_keyword(&self, word: &str) -> bool {
        let future = match self.version {
            RegoVersion::V0 | RegoVersion::V0CompatV1 => Keywords::V1,
            RegoVersion::V1 => Keywords::V2,
            RegoVersion::V2 => Keywords::NONE,
        };
        future.has_word(word)
    }

    /// Parses as if all keywords of the future were imported, and comes back.
    fn in_future<T>(&mut self, parse: impl FnOnce(&mut Self) -> T) -> T {
        let back = self.save();
        let keywords = self.keywords;
        self.keywords = keywords.union(Keywords::WORDS);
        let remembered = std::mem::take(&mut self.remembered);
        let failed = self.failed.take();
        let outcome = parse(self);
        self.keywords = keywords;
        self.remembered = remembered;
        self.failed = failed;
        self.restore(back);
        outcome
    }

    /// A plain `every` that would begin an expression if it were a keyword.
    fn hint_every(&mut self, expr: &Expr, before: super::parser::State) {
        let ExprKind::Term(Term {
            value: Value::Var(name), ..
        }) = &expr.kind
        else {
            return;
        };
        if &**name != "every" {
            return;
        }
        let now = self.save();
        self.restore(before);
        let parses = self.in_future(|p| p.every().is_some());
        self.restore(now);
        if parses {
            self.hint("`import future.keywords.every` for `every x in xs { ... }` expressions");
        }
    }

    /// At `some`: a plain `in` that would make it a membership if it were a keyword.
    fn hint_in(&mut self) {
        if !self.is_future_keyword("in") {
            return;
        }
        let back = self.save();
        self.scan();
        let parses = self.in_future(|p| p.infix().is_some_and(|term| is_membership(&term)));
        self.restore(back);
        if parses {
            self.hint("`import future.keywords.in` for `some x in xs` expressions");
        }
    }

    /// An expression is followed by a plain `in`, `and` or `or`, or by the comma of `k, v in xs`.
    fn hint_missing_infix_keyword(&mut self) {
        if !self.s.hints.is_empty() {
            return;
        }
        let (keyword, example) = match self.kind() {
            Kind::Ident => match self.s.token.kind {
                Kind::In => ("in", "x in xs"),
                Kind::LogicalAnd => ("and", "x and y"),
                Kind::LogicalOr => ("or", "x or y"),
                _ => return,
            },
            Kind::Comma => {
                let back = self.save();
                self.scan();
                let parses = self.in_future(|p| p.infix().is_some_and(|term| is_membership(&term)));
                self.restore(back);
                if !parses {
                    return;
                }
                ("in", "x in xs")
            }
            _ => return,
        };
        self.hint(format!("`import future.keywords.{keyword}` for `{example}` expressions"));
    }
}

/// Whether a call is `x in xs` or `k, v in xs`, and if so, whether it has the right number of operands.
fn membership(terms: &[Term]) -> Option<bool> {
    let Value::Ref(parts) = &terms.first()?.value else { return None };
    let [
        Term {
            value: Value::Var(head), ..
        },
        Term {
            value: Value::String(member),
            ..
        },
    ] = parts.as_slice()
    else {
        return None;
    };
    match (&**head, &**member) {
        ("internal", "member_2") => Some(terms.len() == 3),
        ("internal", "member_3") => Some(terms.len() == 4),
        _ => None,
    }
}

fn is_membership(term: &Term) -> bool {
    matches!(&term.value, Value::Call(terms) if membership(terms).is_some())
}
