//! References: whether what they lead through can be looked into, and with such keys. Variables in them learn the keys' type.

use super::check::Checker;
use super::details;
use super::env::{Layer, document};
use super::merge::TypeTree;
use super::unify::unifies;
use super::{Known, Type, keys, select, values};
use crate::analysis::context::error;
use crate::analysis::make;
use crate::analysis::text;
use crate::analysis::visit::{Node, walk};
use crate::diagnostic::{Code, Diagnostic};
use crate::nearest;
use crate::syntax::ast::{Expr, ExprKind, Term, Value};

impl Checker<'_> {
    /// Checks the references of an expression, not those in its comprehensions.
    pub(super) fn check_references(&mut self, expr: &Expr) -> Vec<Diagnostic> {
        let mut found: Vec<&[Term]> = Vec::new();
        let mut errors = Vec::new();
        collect_references(expr, &mut found);
        // A reference in a reference that is wrong as a whole is not looked at.
        let mut skip: Vec<*const Term> = Vec::new();
        for reference in found {
            if skip.contains(&reference.as_ptr()) {
                continue;
            }
            if let Some(Type::Function(_)) = self.env.reference(reference) {
                let have = self.env.reference(reference);
                errors.push(self.unsupported(reference, reference.len() - 1, have));
                for part in reference {
                    walk(Node::Term(part), &mut |node| {
                        if let Node::Term(Term {
                            value: Value::Ref(inner), ..
                        }) = node
                        {
                            skip.push(inner.as_ptr());
                        }
                        true
                    });
                }
                continue;
            }
            errors.extend(self.check_reference(reference));
        }
        errors
    }

    /// Looks a reference up, from the innermost layer down.
    fn check_reference(&mut self, reference: &[Term]) -> Option<Diagnostic> {
        let Value::Var(name) = &reference[0].value else { return None };
        for layer in (0..self.env.layers.len()).rev() {
            match &self.env.layers[layer] {
                Layer::Vars(vars) => {
                    if let Some(tpe) = vars.get(name).cloned() {
                        return self.check_value(Some(tpe), reference, 1);
                    }
                }
                Layer::Documents(tree) => {
                    let tree = tree.clone();
                    if let Some(node) = tree.child(&document(name)) {
                        match self.check_documents(node, reference, 1) {
                            Found::Here(error) => return error,
                            Found::Nowhere => {}
                        }
                    }
                }
            }
        }
        // As long as no rule has a type, nothing is known of `data`; what rules do not make may be in base documents.
        if &**name == "data" && !self.env.data.children.is_empty() {
            let data = self.env.data.clone();
            if let Found::Here(error) = self.check_documents(&data, reference, 1) {
                return error;
            }
        }
        if &**name == "input" && self.env.input.is_some() {
            return self.check_value(self.env.input.clone(), reference, 1);
        }
        let from = if make::is_root(name) { 1 } else { 0 };
        self.check_value(Some(Type::any()), reference, from)
    }

    /// Checks the part `index` of a reference against the documents below a node.
    fn check_documents(&mut self, node: &TypeTree, reference: &[Term], index: usize) -> Found {
        if node.tpe.is_some() {
            return Found::Here(self.check_value(node.tpe.clone(), reference, index));
        }
        let Some(part) = reference.get(index) else {
            return Found::Here(None);
        };
        if index <= 2 && !matches!(part.value, Value::Var(_) | Value::String(_)) {
            let have = self.term_type(part);
            return Found::Here(Some(self.invalid(
                reference,
                index,
                have,
                Some(Type::String),
                one_of_documents(node),
            )));
        }
        if let Value::Var(name) = &part.value {
            let tpe = keys(Some(&node.extent()));
            match self.env.variable(name) {
                Some(known) if !unifies(tpe.as_ref(), Some(&known)) => {
                    return Found::Here(Some(self.invalid(reference, index, Some(known), tpe, one_of_documents(node))));
                }
                Some(_) => {}
                None => self.env.set_variable(name, tpe),
            }
        }
        match node.child(part) {
            Some(child) => self.check_documents(child, reference, index + 1),
            None => Found::Nowhere,
        }
    }

    /// Checks the parts of a reference from `index` on against the type of what stands before.
    fn check_value(&mut self, tpe: Known, reference: &[Term], index: usize) -> Option<Diagnostic> {
        let part = reference.get(index)?;
        let Some(tpe) = tpe else {
            return Some(self.unsupported(reference, index - 1, None));
        };
        if tpe.is_empty_collection() {
            return self.check_empty(&tpe, reference, index);
        }
        let Some(key_type) = keys(Some(&tpe)) else {
            return Some(self.unsupported(reference, index.saturating_sub(1), Some(tpe)));
        };
        match &part.value {
            Value::Var(name) => match self.env.variable(name) {
                Some(known) if !unifies(Some(&known), Some(&key_type)) => {
                    return Some(self.invalid(reference, index, Some(known), Some(key_type), one_of(&tpe)));
                }
                Some(_) => {}
                None => self.env.set_variable(name, Some(key_type)),
            },
            Value::Ref(inner) => {
                if let Some(known) = self.env.reference(inner)
                    && !unifies(Some(&known), Some(&key_type))
                {
                    return Some(self.invalid(reference, index, Some(known), Some(key_type), one_of(&tpe)));
                }
            }
            Value::Array(_) | Value::Object(_) | Value::Set(_) => {
                if !self.unify_type(part, &Some(key_type.clone()), false) {
                    let have = self.term_type(part);
                    return Some(self.invalid(reference, index, have, Some(key_type), Vec::new()));
                }
            }
            _ => match select(&tpe, part) {
                None => return Some(self.invalid(reference, index, None, Some(key_type), one_of(&tpe))),
                child => return self.check_value(child, reference, index + 1),
            },
        }
        self.check_value(values(Some(&tpe)), reference, index + 1)
    }

    /// Nothing is in the collection: a constant key never matches, any other just finds nothing.
    fn check_empty(&mut self, tpe: &Type, reference: &[Term], index: usize) -> Option<Diagnostic> {
        let part = &reference[index];
        if make::is_scalar(part) {
            return Some(self.invalid(reference, index, None, None, Vec::new()));
        }
        if let Value::Var(name) = &part.value {
            match (self.env.variable(name), keys(Some(tpe))) {
                (None, _) => self.env.set_variable(name, Some(Type::any())),
                (Some(known), Some(keys)) if !unifies(Some(&known), Some(&keys)) => {
                    return Some(self.invalid(reference, index, Some(known), Some(keys), Vec::new()));
                }
                _ => {}
            }
        }
        None
    }

    fn undefined(&self, reference: &[Term], shown: &[Term]) -> Diagnostic {
        let place = self.heads.place(reference[0].span);
        error(Code::Type, place, format!("undefined ref: {}", text::reference(shown)))
    }

    fn invalid(&self, reference: &[Term], index: usize, have: Known, want: Known, one_of: Vec<Value>) -> Diagnostic {
        let shown = self.shown(reference);
        let mut found = self.undefined(reference, &shown);
        found.details = details::invalid(&shown, index, have.as_ref(), want.as_ref(), &one_of);
        if let Some(Value::String(name)) = shown.get(index).map(|part| &part.value) {
            let names = one_of.iter().filter_map(|key| match key {
                Value::String(name) => Some(&**name),
                _ => None,
            });
            found.hint = nearest::hint(name, names);
        }
        found
    }

    /// A reference into something that holds nothing: a scalar, or a function.
    fn unsupported(&self, reference: &[Term], index: usize, have: Known) -> Diagnostic {
        let shown = self.shown(reference);
        let mut found = match (&have, shown.split_last()) {
            (Some(Type::Function(_)), Some((last, rest))) => {
                // An output argument that was added says nothing to the user.
                let named = if text::term(last).contains("__local") { rest } else { &shown };
                let message = format!("function {} used as reference, not called", text::reference(named));
                error(Code::Type, self.heads.place(reference[0].span), message)
            }
            _ => self.undefined(reference, &shown),
        };
        found.details = details::unsupported(&shown, index, have.as_ref());
        found
    }
}

enum Found {
    /// The documents decide.
    Here(Option<Diagnostic>),
    /// They do not have the path; a lower layer may.
    Nowhere,
}

fn collect_references<'a>(expr: &'a Expr, found: &mut Vec<&'a [Term]>) {
    let mut enter = |node: Node<'a>| match node {
        Node::Term(term) => {
            if let Value::Ref(parts) = &term.value {
                found.push(parts);
            }
            !make::is_comprehension(term)
        }
        _ => true,
    };
    collect_in(expr, &mut enter);
}

fn collect_in<'a>(expr: &'a Expr, enter: &mut dyn FnMut(Node<'a>) -> bool) {
    let mut body = |body: &'a [Expr]| body.iter().for_each(|expr| collect_in(expr, enter));
    match &expr.kind {
        ExprKind::Call(terms) => terms.iter().skip(1).for_each(|term| walk(Node::Term(term), enter)),
        ExprKind::Term(term) => walk(Node::Term(term), enter),
        ExprKind::Not(not) => body(&not.body),
        ExprKind::Every(every) => body(&every.body),
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            body(&logical.lhs);
            body(&logical.rhs);
        }
        ExprKind::Some(_) => {}
    }
}

fn one_of_documents(node: &TypeTree) -> Vec<Value> {
    match node.extent() {
        Type::Object(object) => object.fixed.iter().map(|(key, _)| key.clone()).collect(),
        _ => Vec::new(),
    }
}

fn one_of(tpe: &Type) -> Vec<Value> {
    let mut found = match tpe {
        Type::Object(object) => object.fixed.iter().map(|(key, _)| key.clone()).collect(),
        Type::Any(of) => of.iter().flat_map(one_of).collect(),
        _ => Vec::new(),
    };
    found.sort_by(crate::analysis::compare::compare_values);
    found.dedup_by(|a, b| crate::analysis::compare::compare_values(a, b).is_eq());
    found
}
