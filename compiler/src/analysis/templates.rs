//! Template strings become calls of `internal.template_string`: an array of texts and of sets, one for each expression. A set is empty
//! where the expression is undefined, so an undefined part does not undo the whole. A variable or a rule that is known to be
//! defined goes into a set literal, any other expression into a comprehension.

use super::builtins;
use super::context::{Errors, Locals, error};
use super::functions::Functions;
use super::make;
use super::safety::{Originals, outputs};
use super::text;
use super::tree::RuleTree;
use super::vars::{self, Skip, VarSet, reserved};
use super::visit::{Node, any, for_chain};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Body, Expr, ExprKind, Module, Rule, TemplatePart, TemplateString, Term, Value};
use crate::syntax::source::Span;

/// Rewrites the template strings of all rules.
pub fn rewrite(modules: &mut [Module], functions: Functions<'_>, locals: &mut Locals, originals: &Originals, errors: &mut Errors) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for_chain(rule, &mut |rule| {
            if contains_template(rule) {
                let mut rewriter = Rewriter {
                    functions,
                    locals,
                    originals,
                    errors: Vec::new(),
                };
                rewriter.rule(rule);
                errors.fatal(rewriter.errors);
            }
        });
    }
}

/// Rewrites the template strings of a query.
pub fn rewrite_query(body: &mut Body, functions: Functions<'_>, locals: &mut Locals, originals: &Originals) -> Vec<Diagnostic> {
    let mut rewriter = Rewriter {
        functions,
        locals,
        originals,
        errors: Vec::new(),
    };
    rewriter.body(body, &reserved());
    rewriter.errors
}

fn contains_template(rule: &Rule) -> bool {
    let is_template = |node: Node<'_>| {
        matches!(
            node,
            Node::Term(Term {
                value: Value::TemplateString(_),
                ..
            })
        )
    };
    any(Node::Head(&rule.head), is_template) || any(Node::Body(&rule.body), is_template)
}

struct Rewriter<'a> {
    functions: Functions<'a>,
    locals: &'a mut Locals,
    originals: &'a Originals,
    errors: Vec<Diagnostic>,
}

impl Rewriter<'_> {
    fn rule(&mut self, rule: &mut Rule) {
        let mut safe = reserved();
        vars::collect(Skip::NOTHING, &mut safe, |c| rule.head.args.iter().for_each(|args| c.terms(args)));
        let safe = self.body(&mut rule.body, &safe);
        let head = &mut rule.head;
        for term in head.args.iter_mut().flatten().chain(&mut head.key).chain(&mut head.value) {
            self.term(term, &safe);
        }
    }

    /// Rewrites a body and gives the variables that are bound in it or before.
    fn body(&mut self, body: &mut Body, outer: &VarSet) -> VarSet {
        let mut safe = outputs::of_body(body, self.functions, outer);
        safe.extend(outer.iter().cloned());
        for expr in body {
            self.expr(expr, &safe);
        }
        safe
    }

    fn expr(&mut self, expr: &mut Expr, safe: &VarSet) {
        match &mut expr.kind {
            ExprKind::Term(term) => self.term(term, safe),
            ExprKind::Call(terms) | ExprKind::Some(terms) => terms.iter_mut().for_each(|term| self.term(term, safe)),
            ExprKind::Every(every) => {
                self.term(&mut every.domain, safe);
                let mut inner = safe.clone();
                vars::collect(Skip::NOTHING, &mut inner, |c| {
                    every.key.iter().chain([&every.value]).for_each(|term| c.term(term))
                });
                self.body(&mut every.body, &inner);
            }
            ExprKind::Not(not) => not.body.iter_mut().for_each(|expr| self.expr(expr, safe)),
            ExprKind::And(logical) | ExprKind::Or(logical) => {
                logical
                    .lhs
                    .iter_mut()
                    .chain(&mut logical.rhs)
                    .for_each(|expr| self.expr(expr, safe));
            }
        }
        for with in &mut expr.with {
            self.term(&mut with.target, safe);
            self.term(&mut with.value, safe);
        }
    }

    fn term(&mut self, term: &mut Term, safe: &VarSet) {
        match &mut term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
            Value::Ref(items) | Value::Array(items) | Value::Set(items) | Value::Call(items) => {
                items.iter_mut().for_each(|item| self.term(item, safe));
            }
            Value::Object(pairs) => {
                for (key, value) in pairs {
                    self.term(key, safe);
                    self.term(value, safe);
                }
            }
            Value::ArrayComprehension(head, body) | Value::SetComprehension(head, body) => {
                let inner = self.body(body, safe);
                self.term(head, &inner);
                self.again(&mut [head], body, safe);
            }
            Value::ObjectComprehension(key, value, body) => {
                let inner = self.body(body, safe);
                self.term(key, &inner);
                self.term(value, &inner);
                self.again(&mut [key, value], body, safe);
            }
            Value::TemplateString(template) => {
                let before = self.errors.len();
                let call = self.template(template.clone(), term.span, safe);
                if self.errors.len() == before {
                    term.value = call;
                    // Expressions may hold further templates.
                    self.term(term, safe);
                }
            }
        }
    }

    /// What is wrong in a comprehension is reported once more for the body around it, as OPA does.
    fn again(&mut self, heads: &mut [&mut Term], body: &mut Body, safe: &VarSet) {
        if !self.errors.is_empty() {
            heads.iter_mut().for_each(|head| self.term(head, safe));
            body.iter_mut().for_each(|expr| self.expr(expr, safe));
        }
    }

    fn template(&mut self, template: TemplateString, span: Span, safe: &VarSet) -> Value {
        let mut items = Vec::with_capacity(template.parts.len());
        for part in template.parts {
            match part {
                TemplatePart::Text(text) => items.push(text),
                TemplatePart::Expr(expr) => items.extend(self.part(expr, safe)),
            }
        }
        if items.is_empty() {
            items.push(make::string(span, ""));
        }
        Value::Call(vec![
            make::operator(span, "internal.template_string"),
            make::term(span, Value::Array(items)),
        ])
    }

    fn part(&mut self, expr: Expr, safe: &VarSet) -> Option<Term> {
        let span = expr.span;
        let term = match expr.kind {
            ExprKind::Call(terms) => {
                if let Some(builtin) = make::call_operator(&terms)
                    .and_then(builtins::named_by)
                    .filter(|builtin| builtin.relation)
                {
                    let message = format!(
                        "illegal call to relation built-in '{}' that may cause multiple outputs",
                        builtin.name
                    );
                    self.errors.push(error(Code::Compile, Span::default(), message));
                    return None;
                }
                make::term(span, Value::Call(terms))
            }
            ExprKind::Term(term) => term,
            _ => {
                self.errors
                    .push(error(Code::Compile, span, "unexpected expression in template-string".to_owned()));
                return None;
            }
        };
        let defined = match &term.value {
            Value::Var(_) => true,
            Value::Ref(parts) => is_known_defined(self.functions.tree(), parts),
            _ => false,
        };
        if defined {
            return Some(make::term(span, Value::Set(vec![term])));
        }
        for name in vars::of_term(&term, Skip::SAFETY).difference(safe) {
            let shown = text::variable(self.originals.get(name).unwrap_or(name));
            self.errors
                .push(error(Code::Compile, term.span, format!("var {shown} is undeclared")));
        }
        let span = term.span;
        let variable = make::var(span, &self.locals.fresh());
        let capture = Expr {
            with: expr.with,
            ..make::eq(span, variable.clone(), term)
        };
        Some(make::term(span, Value::SetComprehension(Box::new(variable), vec![capture])))
    }
}

/// True if a reference is to a rule that always has a value: it has a default, is a set, or is a constant.
fn is_known_defined(tree: &RuleTree, reference: &[Term]) -> bool {
    reference.len() >= 2 && tree.find(reference).is_some_and(|node| tree.node(node).always_defined)
}
