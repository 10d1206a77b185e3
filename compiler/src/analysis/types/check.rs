//! Checking bodies, expression by expression, and inferring the types of rules, dependencies first.

use std::collections::HashMap;
use std::rc::Rc;

use super::annotated::Annotated;
use super::details;
use super::env::{Env, Layer, document};
use super::merge::TypeTree;
use super::schema::{Schemas, of_schema};
use super::shared;
use super::unify::unifies;
use super::{FunctionType, Known, ObjectType, Type, is_unknown, keys, or, values};
use crate::analysis::builtins;
use crate::analysis::context::error;
use crate::analysis::dependencies::{Graph, Rules};
use crate::analysis::make;
use crate::analysis::resolve::Heads;
use crate::analysis::safety::Originals;
use crate::analysis::text;
use crate::analysis::tree::full_reference;
use crate::analysis::visit::{Node, NodeMut, walk, walk_mut};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Expr, Name, Ref, Rule, Term, Value};
use crate::syntax::source::Span;

/// Checks types, in the light of what is known so far.
pub struct Checker<'a> {
    pub(super) env: Env,
    pub(super) annotated: Annotated<'a>,
    pub(super) rules: Rules<'a>,
    graph: &'a Graph,
    pub(super) heads: &'a Heads,
    /// Names and subjects of generated variables.
    originals: Vec<&'a Originals>,
    subjects: Vec<&'a HashMap<Name, Value>>,
    /// What documents that depend on a replaced one are taken for.
    replaced: HashMap<String, Option<Rc<TypeTree>>>,
    calls_deprecated: bool,
}

/// What was found out about rules.
pub struct Checked {
    /// What is known of their documents.
    pub env: Env,
    /// What is wrong with them.
    pub errors: Vec<Diagnostic>,
    /// An expression whose types were checked calls a deprecated function. Those in the bodies of `every` and `not { … }` are not.
    pub calls_deprecated: bool,
}

struct Problem {
    error: Diagnostic,
    /// It may only follow from something unknown.
    unknown: bool,
}

/// Checks all rules. Returns what is known of their documents. `schemas` are what is said about documents that no rules make; with `annotations`, what
/// blocks of metadata say counts, too.
pub fn check_rules(
    rules: Rules<'_>,
    graph: &Graph,
    heads: &Heads,
    originals: &Originals,
    subjects: &HashMap<Name, Value>,
    (schemas, annotations): (Option<&Schemas>, bool),
) -> Checked {
    let mut env = Env::default();
    let mut errors = Vec::new();
    match schemas.and_then(|schemas| schemas.get(&Vec::new())).map(of_schema).transpose() {
        Ok(input) => env.input = input,
        Err(message) => errors.push(error(Code::Type, Span::default(), message)),
    }
    let mut checker = Checker {
        env,
        annotated: Annotated::new(annotations, schemas),
        rules,
        graph,
        heads,
        originals: vec![originals],
        subjects: vec![subjects],
        replaced: HashMap::new(),
        calls_deprecated: false,
    };
    for link in graph.sorted() {
        let rule = rules.link(link);
        let module = &rules.modules[link.rule.module as usize];
        let path = full_reference(module, rule);
        errors.append(&mut checker.annotate(rule, module));
        errors.append(&mut checker.rule(rule, &path));
    }
    shared::forget();
    Checked {
        env: checker.env,
        errors,
        calls_deprecated: checker.calls_deprecated,
    }
}

/// Checks a query.
pub fn check_query(
    body: &[Expr],
    env: Env,
    rules: Rules<'_>,
    graph: &Graph,
    originals: [&Originals; 2],
    subjects: [&HashMap<Name, Value>; 2],
) -> Vec<Diagnostic> {
    let heads = Heads::default();
    let mut checker = Checker {
        env,
        annotated: Annotated::default(),
        rules,
        graph,
        heads: &heads,
        originals: originals.to_vec(),
        subjects: subjects.to_vec(),
        replaced: HashMap::new(),
        calls_deprecated: false,
    };
    let errors = checker.body(body);
    checker.env.layers.pop();
    shared::forget();
    errors
}

impl Checker<'_> {
    /// Checks a rule and adds the type of its document.
    fn rule(&mut self, rule: &Rule, path: &Ref) -> Vec<Diagnostic> {
        let errors = self.body(&rule.body);
        let tpe = if errors.is_empty() { self.rule_type(rule, path) } else { None };
        self.env.layers.clear();
        let ground = make::ground_prefix(path);
        if !errors.is_empty() {
            // Whoever refers to the rule shall not meet errors because of it.
            let tpe = (ground.len() == path.len()).then(Type::any);
            Rc::make_mut(&mut self.env.data).put(&ground[1..], tpe);
        } else if let Some(tpe) = tpe {
            Rc::make_mut(&mut self.env.data).insert(&ground[1..], tpe);
        }
        errors
    }

    fn rule_type(&mut self, rule: &Rule, path: &Ref) -> Known {
        let head = &rule.head;
        if make::is_function(rule) {
            return Some(self.function_type(rule));
        }
        let tpe = match (&head.value, &head.key) {
            (Some(value), _) => self.term_type(value)?,
            (None, Some(key)) => Type::set(Some(self.term_type(key)?)),
            (None, None) => return None,
        };
        let dynamic = &path[make::ground_prefix(path).len()..];
        dynamic.iter().rev().try_fold(tpe, |tpe, key| {
            let key = self.term_type(key)?;
            Some(ObjectType::of(Vec::new(), Some((Some(key), Some(tpe)))))
        })
    }

    fn function_type(&mut self, rule: &Rule) -> Type {
        let args = rule.head.args.as_deref().unwrap_or_default();
        for arg in args {
            walk(Node::Term(arg), &mut |node| {
                if let Node::Term(Term {
                    value: Value::Var(name), ..
                }) = node
                    && self.env.variable(name).is_none()
                {
                    self.env.set_variable(name, Some(Type::any()));
                }
                true
            });
        }
        let args = args.iter().map(|arg| self.term_type(arg)).collect();
        let result = rule.head.value.as_ref().and_then(|value| self.term_type(value));
        Type::Function(Rc::new(FunctionType {
            args,
            result,
            variadic: None,
        }))
    }

    /// Checks a body in a new layer of variables, which stays for the caller to read and pop.
    pub(super) fn body(&mut self, body: &[Expr]) -> Vec<Diagnostic> {
        self.env.layers.push(Layer::Vars(HashMap::new()));
        let depth = self.env.layers.len();
        let mut errors = Vec::new();
        for expr in body {
            self.replace_documents(expr);
            let mut found = self.closures(expr);
            found.append(&mut self.check_references(expr));
            if let Some(problem) = self.expr(expr) {
                // A more telling error has been found in a reference or a closure.
                if found.is_empty() || !problem.unknown {
                    found.push(problem.error);
                }
            }
            errors.append(&mut found);
            self.env.layers.truncate(depth);
        }
        errors
    }

    /// The types of a comprehension's heads; `None` if its body has errors.
    pub(super) fn comprehension_types<const N: usize>(&mut self, heads: [&Term; N], body: &[Expr]) -> Option<[Known; N]> {
        let errors = self.body(body);
        let types = errors.is_empty().then(|| heads.map(|head| self.term_type(head)));
        self.env.layers.pop();
        types
    }

    /// Checks the comprehensions in an expression, those within others too.
    fn closures(&mut self, expr: &Expr) -> Vec<Diagnostic> {
        let mut errors = Vec::new();
        walk(Node::Expr(expr), &mut |node| {
            let Node::Term(term) = node else { return true };
            let (Value::ArrayComprehension(_, body) | Value::SetComprehension(_, body) | Value::ObjectComprehension(_, _, body)) =
                &term.value
            else {
                return true;
            };
            let found = self.body(body);
            self.env.layers.pop();
            let fine = found.is_empty();
            if !fine {
                errors = found;
            }
            fine
        });
        errors
    }

    /// Opens layers for what an expression's modifiers replace: the documents can have the type of their replacement, and rules
    /// that depend on them any.
    fn replace_documents(&mut self, expr: &Expr) {
        let mut tree = TypeTree::default();
        let mut replaces = false;
        for with in &expr.with {
            let Value::Ref(target) = &with.target.value else { continue };
            let target_type = self.env.reference(target);
            let is_function = matches!(target_type, Some(Type::Function(_)));
            if let Some(layer) = self.dependents(target, is_function) {
                self.env.layers.push(Layer::Documents(layer));
            }
            if is_function {
                continue;
            }
            let ground = make::ground_prefix(target);
            let mut tpe = Some(Type::any());
            if ground.len() == target.len() && target_type.is_some() {
                let value = self.term_type(&with.value);
                if value.is_some() {
                    tpe = or(target_type, value).or(tpe);
                }
            }
            tree.put(&document_path(ground), tpe);
            replaces = true;
        }
        if replaces {
            self.env.layers.push(Layer::Documents(Rc::new(tree)));
        }
    }

    fn dependents(&mut self, target: &[Term], is_function: bool) -> Option<Rc<TypeTree>> {
        if !make::starts_with(target, "data") {
            return None;
        }
        let key = format!("{}{}", if is_function { "f:" } else { "" }, text::reference(target));
        if let Some(known) = self.replaced.get(&key) {
            return known.clone();
        }
        let mut tree: Option<TypeTree> = None;
        for id in self.graph.dependents(self.rules, target) {
            let module = &self.rules.modules[id.module as usize];
            let path = full_reference(module, &module.rules[id.rule as usize]);
            let ground = make::ground_prefix(&path);
            let same = crate::analysis::compare::compare_lists(ground, target).is_eq();
            if !(is_function && same) {
                tree.get_or_insert_default().put(&document_path(ground), Some(Type::any()));
            }
        }
        let tree = tree.map(Rc::new);
        self.replaced.insert(key, tree.clone());
        tree
    }

    /// Checks an expression as a whole.
    fn expr(&mut self, expr: &Expr) -> Option<Problem> {
        if let Some(problem) = self.modifiers(expr) {
            return Some(problem);
        }
        let operator = make::operator_of(expr)?;
        let operands = make::operands(expr)?;
        self.calls_deprecated |= builtins::named_by(operator).is_some_and(|builtin| builtin.deprecated);
        if make::spells(operator, "eq") {
            return self.equality(expr, operands);
        }
        let member = match operator {
            _ if make::spells(operator, "internal.member_2") => self.member(expr, operands, 2),
            _ if make::spells(operator, "internal.member_3") => self.member(expr, operands, 3),
            _ => None,
        };
        member.or_else(|| self.call(expr, operator, operands))
    }

    fn modifiers(&mut self, expr: &Expr) -> Option<Problem> {
        expr.with.iter().find_map(|with| {
            let (target, value) = (self.term_type(&with.target), self.term_type(&with.value));
            let (Some(Type::Function(f)), Some(Type::Function(g)), Value::Ref(name)) = (&target, &value, &with.target.value) else {
                return None;
            };
            let mismatch = !unifies(target.as_ref(), value.as_ref());
            mismatch.then(|| self.argument_problem(with.span, name, "arity mismatch", &g.args, f, false))
        })
    }

    fn equality(&mut self, expr: &Expr, operands: &[Term]) -> Option<Problem> {
        let [a, b] = operands else { return None };
        let (a_type, b_type) = (self.term_type(a), self.term_type(b));
        let fits = self.unify_terms(a, a_type.clone(), b, b_type.clone());
        (!fits).then(|| mismatch(expr, a_type, b_type))
    }

    /// `in`: what is looked for has to be able to stand in the collection.
    fn member(&mut self, expr: &Expr, operands: &[Term], arity: usize) -> Option<Problem> {
        let collection = self.term_type(operands.get(arity - 1)?);
        let value_type = values(collection.as_ref())?;
        if arity == 3
            && let Some(problem) = self.member_operand(expr, &operands[0], keys(collection.as_ref()))
        {
            return Some(problem);
        }
        self.member_operand(expr, &operands[arity - 2], Some(value_type))
    }

    fn member_operand(&mut self, expr: &Expr, term: &Term, tpe: Known) -> Option<Problem> {
        if is_unknown(tpe.as_ref()) {
            return None;
        }
        let have = self.term_type(term);
        let differs = !is_unknown(have.as_ref()) && !unifies(have.as_ref(), tpe.as_ref());
        (differs || !self.unify_type(term, &tpe, false)).then(|| mismatch(expr, have, tpe))
    }

    fn call(&mut self, expr: &Expr, operator: &[Term], operands: &[Term]) -> Option<Problem> {
        let function = match self.env.reference(operator) {
            Some(tpe) if tpe.is_anything() => return None,
            Some(Type::Function(function)) => function,
            _ => {
                let message = format!("undefined function {}", text::reference(operator));
                return Some(Problem {
                    error: error(Code::Type, expr.span, message),
                    unknown: false,
                });
            }
        };
        let mut wanted = function.args.clone();
        wanted.extend(function.result.clone().map(Some));
        let have = |checker: &mut Self| operands.iter().map(|operand| checker.term_type(operand)).collect::<Vec<_>>();
        if operands.len() > wanted.len() && function.variadic.is_none() {
            let have = have(self);
            return Some(self.argument_problem(expr.span, operator, "too many arguments", &have, &function, true));
        }
        if operands.len() < function.args.len() {
            let have = have(self);
            return Some(self.argument_problem(expr.span, operator, "too few arguments", &have, &function, true));
        }
        let before = have(self);
        for (i, operand) in operands.iter().enumerate() {
            let want = wanted.get(i).cloned().unwrap_or_else(|| function.variadic.clone());
            if !is_unknown(before[i].as_ref()) && !unifies(before[i].as_ref(), want.as_ref()) {
                return Some(self.argument_problem(expr.span, operator, "invalid argument(s)", &before, &function, true));
            }
            if !self.unify_type(operand, &want, false) {
                let after = have(self);
                return Some(self.argument_problem(expr.span, operator, "invalid argument(s)", &after, &function, true));
            }
        }
        None
    }

    fn argument_problem(
        &self,
        span: crate::syntax::source::Span,
        name: &[Term],
        what: &str,
        have: &[Known],
        function: &FunctionType,
        with_result: bool,
    ) -> Problem {
        let mut found = error(Code::Type, span, format!("{}: {what}", text::reference(name)));
        found.details = details::arguments(have, function, builtins::named_by(name), with_result);
        Problem {
            error: found,
            unknown: have.iter().any(|tpe| is_unknown(tpe.as_ref())),
        }
    }

    /// A reference as the user wrote it: generated variables by the names or the terms they stand for.
    pub(super) fn shown(&self, reference: &[Term]) -> Ref {
        let mut shown = reference.to_vec();
        for part in &mut shown {
            walk_mut(NodeMut::Term(part), &mut |node| {
                if let NodeMut::Term(term) = node
                    && let Value::Var(name) = &term.value
                {
                    let subject = self.subjects.iter().find_map(|subjects| subjects.get(name)).cloned();
                    let original = || {
                        self.originals
                            .iter()
                            .find_map(|originals| originals.get(name))
                            .cloned()
                            .map(Value::Var)
                    };
                    if let Some(value) = subject.or_else(original) {
                        term.value = value;
                    }
                }
                true
            });
        }
        shown
    }
}

fn mismatch(expr: &Expr, left: Known, right: Known) -> Problem {
    let mut found = error(Code::Type, expr.span, "match error".to_owned());
    found.details = details::sides(&left, &right);
    Problem {
        error: found,
        unknown: is_unknown(left.as_ref()) || is_unknown(right.as_ref()),
    }
}

/// The path of a document in a layer's tree, where the roots are strings.
fn document_path(reference: &[Term]) -> Ref {
    reference
        .iter()
        .enumerate()
        .map(|(i, part)| match &part.value {
            Value::Var(name) if i == 0 => document(name),
            _ => part.clone(),
        })
        .collect()
}
