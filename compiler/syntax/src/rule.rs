//! Rules: heads, bodies, `else` chains, defaults.

use super::ast::{Expr, ExprKind, Head, Ref, Rule, Term, Value};
use super::parser::Parser;
use super::place;
use super::print::reference_text;
use super::source::Span;
use super::token::Kind;

impl Parser<'_> {
    /// A rule, with the further bodies that may be chained to it. `None` without an error where this is no rule.
    pub fn rules(&mut self) -> Option<Vec<Rule>> {
        let start = self.here();
        self.keyword_begins_reference();
        let default = self.at(Kind::Default);
        if default {
            self.scan();
            self.keyword_begins_reference();
        }
        if !self.at(Kind::Ident) {
            if default {
                self.refuse_keyword_as_rule_name(true);
            }
            return None;
        }
        let mut head = self.head(default)?;
        if default {
            return self.default_rule(start, head).map(|rule| vec![rule]);
        }
        let has_if = self.at(Kind::If);
        let begins_with_name = matches!(head.reference[0].value, Value::Var(_));
        if !begins_with_name && !head.uses_contains && head.reference.len() == 2 && (!has_if || head.value.is_some()) {
            return None;
        }
        if has_if && head.value.is_none() && head.key.is_none() {
            head.generated_value = true;
            head.value = Some(truth(head.span));
        }
        let has_key = is_keyed(&head, has_if);
        if !has_if && !head.uses_contains && head.has_no_args() && head.reference.len() == 2 {
            // v0's way to write partial rules: `p[x] { … }`.
            if head.value.is_none() {
                head.key = head.reference.pop();
            }
        }
        let mut rule = new_rule(start, head);
        rule.uses_if = has_if;
        if has_if {
            self.scan();
            rule.body = self.body_behind_if()?;
        } else if self.at(Kind::LBrace) {
            rule.body = self.braces()?;
        } else if rule.head.uses_contains {
            rule.generated_body = true;
            rule.body = vec![truth_expr(start)];
            rule.span = rule.head.span;
            return Some(vec![rule]);
        } else {
            let written = rule.head.value.filter(|_| !rule.head.generated_value);
            self.value_read = written.map(|value| (value.span.start, value, self.s.clone()));
            return None;
        }
        if self.at(Kind::Else) && !self.keyword_begins_reference() {
            rule.else_rule = Some(Box::new(self.first_else(&rule.head, has_key)?));
        }
        rule.span.end = self.s.last_end;
        self.chained(rule)
    }

    /// Behind `if`: one expression, or a body in braces.
    fn body_behind_if(&mut self) -> Option<Vec<Expr>> {
        let back = self.save();
        let braces = self.at(Kind::LBrace);
        if let Some(expr) = self.literal_expression() {
            // A set is never undefined nor false: `{ x }` is meant to be a body.
            let is_set = braces && matches!(&expr.kind, ExprKind::Term(Term { value: Value::Set(_), .. }));
            if !is_set {
                return Some(vec![expr]);
            }
        }
        if !braces {
            return None;
        }
        self.restore(back);
        self.braces()
    }

    /// A body with its braces.
    fn braces(&mut self) -> Option<Vec<Expr>> {
        self.scan();
        let body = self.body(Kind::RBrace)?;
        self.scan();
        Some(body)
    }

    /// Further bodies in braces are rules of the same head.
    fn chained(&mut self, first: Rule) -> Option<Vec<Rule>> {
        let mut rules = vec![first];
        while self.at(Kind::LBrace) {
            if rules[0].else_rule.is_some() {
                self.error(self.here(), "expected else keyword".to_owned());
                return None;
            }
            let start = self.here();
            let body = self.braces()?;
            let span = self.since(start);
            let mut head = self.copied_head(&rules[0].head);
            place::head(&mut head, span);
            rules.push(Rule {
                body,
                uses_if: rules[0].uses_if,
                ..new_rule(span, head)
            });
        }
        Some(rules)
    }

    /// A head for another body: each `_` among its arguments is a new variable.
    fn copied_head(&mut self, head: &Head) -> Head {
        let mut copy = head.clone();
        for arg in copy.args.iter_mut().flatten() {
            if matches!(&arg.value, Value::Var(name) if name.starts_with('$')) {
                arg.value = Value::Var(self.wildcard());
            }
        }
        copy
    }

    fn first_else(&mut self, head: &Head, has_key: bool) -> Option<Rule> {
        let refused = if !head.reference.iter().skip(1).all(Term::is_ground) {
            "else keyword cannot be used on rules with variables in head"
        } else if has_key {
            "else keyword cannot be used on multi-value rules"
        } else {
            return self.else_rule(head);
        };
        self.error(self.here(), refused.to_owned());
        None
    }

    /// At `else`: this link of the chain and those behind it.
    fn else_rule(&mut self, head: &Head) -> Option<Rule> {
        let mut links = Vec::new();
        let mut levels = 0;
        while self.at(Kind::Else) {
            if !self.enter() {
                break;
            }
            levels += 1;
            match self.else_link(head) {
                Some((link, true)) => links.push(link),
                Some((link, false)) => {
                    links.push(link);
                    break;
                }
                None => {
                    self.leave(levels);
                    return None;
                }
            }
        }
        self.leave(levels);
        let end = self.s.last_end;
        let mut chain: Option<Box<Rule>> = None;
        while let Some(mut link) = links.pop() {
            link.span.end = end;
            if link.generated_body {
                link.body = vec![truth_expr(link.span)];
            }
            // A body without braces stands where its link does.
            for expr in &mut link.body {
                if expr.span.start == link.span.start {
                    place::expr(expr, link.span);
                }
            }
            link.else_rule = chain;
            chain = Some(Box::new(link));
        }
        chain.map(|link| *link)
    }

    /// One link, and whether another may follow.
    fn else_link(&mut self, head: &Head) -> Option<(Rule, bool)> {
        let start = self.here();
        let mut head = self.copied_head(head);
        head.span = start;
        head.generated_value = false;
        head.uses_contains = false;
        self.scan();
        match self.kind() {
            Kind::LBrace | Kind::If => {
                head.generated_value = true;
                head.value = Some(truth(start));
            }
            Kind::Assign | Kind::Unify => {
                head.assign = self.at(Kind::Assign);
                self.scan();
                head.value = Some(self.infix()?);
                head.span = self.since(start);
            }
            _ => {
                self.illegal("expected else value term or rule body");
                return None;
            }
        }
        let mut rule = new_rule(start, head);
        rule.uses_if = self.at(Kind::If);
        if rule.uses_if {
            self.scan();
        } else if !self.at(Kind::LBrace) {
            rule.generated_body = true;
            return Some((rule, false));
        }
        rule.body = if self.at(Kind::LBrace) {
            self.braces()?
        } else if self.at(Kind::Eof) {
            self.illegal("rule body expected");
            return None;
        } else {
            let mut expr = self.literal_expression()?;
            place::expr(&mut expr, self.since(start));
            vec![expr]
        };
        Some((rule, true))
    }

    fn head(&mut self, default: bool) -> Option<Head> {
        let start = self.here();
        let name = self.variable();
        let Some(term) = self.finish_head(name) else {
            self.illegal("expected rule head name");
            return None;
        };
        let mut head = self.head_of(term)?;
        match self.kind() {
            Kind::Contains => {
                let name = reference_text(&head.reference);
                if head.args.is_some() {
                    self.illegal(format!(
                        "the contains keyword can only be used with multi-value rule definitions (e.g., {name} contains <VALUE> {{ ... }})"
                    ));
                }
                self.scan();
                head.uses_contains = true;
                head.key = self.infix();
                if head.key.is_none() {
                    self.illegal(format!("expected rule key term (e.g., {name} contains <VALUE> {{ ... }})"));
                }
                head.span = self.since(start);
                return Some(head);
            }
            Kind::Unify => {
                self.scan();
                head.value = self.infix();
                if head.value.is_none() {
                    let name = reference_text(&head.reference);
                    self.illegal(format!("expected rule value term (e.g., {name}[<nil>] = <VALUE> {{ ... }})"));
                }
            }
            Kind::Assign => {
                self.scan();
                head.assign = true;
                head.value = self.infix();
                if head.value.is_none() {
                    let name = reference_text(&head.reference);
                    self.illegal(match () {
                        () if !head.has_no_args() => {
                            format!("expected function value term (e.g., {name}(...) := <VALUE> {{ ... }})")
                        }
                        () if default => format!("expected default rule value term (e.g., default {name} := <VALUE>)"),
                        () => format!("expected rule value term (e.g., {name} := <VALUE> {{ ... }})"),
                    });
                }
            }
            _ => {}
        }
        head.span = self.since(start);
        let may_be_partial = head.reference.len() == 2 && head.has_no_args();
        if head.value.is_none() && !may_be_partial {
            head.generated_value = true;
            head.value = Some(truth(head.span));
        }
        Some(head)
    }

    /// The head that a term is: a name, a reference or a call.
    fn head_of(&mut self, term: Term) -> Option<Head> {
        let span = term.span;
        let (reference, args) = match term.value {
            Value::Var(_) => (vec![term], None),
            Value::Ref(parts) => (parts, None),
            Value::Call(mut terms) => {
                let args = terms.split_off(1);
                let Some(Value::Ref(parts)) = terms.pop().map(|operator| operator.value) else {
                    return None;
                };
                if !matches!(parts[0].value, Value::Var(_)) {
                    self.illegal(format!("rule head ref {} invalid", reference_text(&parts)));
                    return None;
                }
                (parts, Some(args))
            }
            _ => return None,
        };
        Some(new_head(span, reference, args))
    }
}

/// Whether the last part of a head counts as a key: it does in `p contains x`, `p[x] { … }`, and in `p[x] if …` with a variable.
fn is_keyed(head: &Head, has_if: bool) -> bool {
    if head.key.is_some() {
        return true;
    }
    let [_, last] = head.reference.as_slice() else { return false };
    head.has_no_args() && (!has_if || !last.is_ground() || matches!(last.value, Value::Ref(_)))
}

pub(super) fn new_rule(span: Span, head: Head) -> Rule {
    Rule {
        span,
        default: false,
        head,
        body: Vec::new(),
        else_rule: None,
        generated_body: false,
        uses_if: false,
    }
}

/// A head without key and value.
pub(super) fn new_head(span: Span, reference: Ref, args: Option<Vec<Term>>) -> Head {
    Head {
        span,
        reference,
        args,
        key: None,
        value: None,
        assign: false,
        generated_value: false,
        uses_contains: false,
    }
}

/// The value or body of what was written without one.
pub(super) fn truth(span: Span) -> Term {
    Term {
        span,
        value: Value::Bool(true),
    }
}

/// The body of a rule that was written without one.
pub(super) fn truth_expr(span: Span) -> Expr {
    Expr {
        span,
        kind: ExprKind::Term(truth(span)),
        negated: false,
        with: Vec::new(),
        generated: true,
        assigned: false,
    }
}
