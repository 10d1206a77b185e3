//! What is known of names: variables in layers, one for each body, and between them layers of documents that `with` replaces; at the
//! bottom the rules' documents and the built-in functions.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::check::Checker;
use super::merge::TypeTree;
use super::{Known, ObjectType, Type, notation, or, select, values};
use crate::analysis::builtins;
use crate::analysis::make;
use crate::syntax::ast::{Name, Term, Value};

/// One layer above the bottom.
#[derive(Debug, Clone)]
pub(super) enum Layer {
    /// Variables of a body.
    Vars(HashMap<Name, Type>),
    /// Documents that a modifier replaces, `data` and `input` among the top.
    Documents(Rc<TypeTree>),
}

/// What is known.
#[derive(Debug, Clone, Default)]
pub struct Env {
    /// The rules' documents: the tree below `data`.
    pub(super) data: Rc<TypeTree>,
    /// What a schema says about `input`.
    pub(super) input: Known,
    pub(super) layers: Vec<Layer>,
    functions: BTreeMap<&'static str, Type>,
}

impl Env {
    /// The type of a built-in function.
    pub(super) fn builtin(&mut self, reference: &[Term]) -> Known {
        let builtin = builtins::named_by(reference)?;
        Some(
            self.functions
                .entry(builtin.name)
                .or_insert_with(|| notation::function(builtin))
                .clone(),
        )
    }

    /// What is known of a variable. Those of comprehensions keep a name that is a built-in function's too, and are taken for the function then.
    pub(super) fn variable(&self, name: &str) -> Known {
        let known = self.layers.iter().rev().find_map(|layer| match layer {
            Layer::Vars(vars) => vars.get(name).cloned(),
            Layer::Documents(_) => None,
        });
        known.or_else(|| builtins::find(name).map(notation::function))
    }

    /// Notes a variable's type in the innermost body.
    pub(super) fn set_variable(&mut self, name: &Name, tpe: Known) {
        let vars = self.layers.iter_mut().rev().find_map(|layer| match layer {
            Layer::Vars(vars) => Some(vars),
            Layer::Documents(_) => None,
        });
        if let (Some(vars), Some(tpe)) = (vars, tpe) {
            vars.insert(name.clone(), tpe);
        }
    }

    /// The type of a reference.
    pub(super) fn reference(&mut self, reference: &[Term]) -> Known {
        let Value::Var(name) = &reference[0].value else { return None };
        for layer in self.layers.iter().rev() {
            match layer {
                Layer::Vars(vars) => {
                    if let Some(tpe) = vars.get(name) {
                        return select_reference(Some(tpe.clone()), &reference[1..]);
                    }
                }
                Layer::Documents(tree) => {
                    if let Some(found) = tree.child(&document(name)).and_then(|node| in_tree(node, &reference[1..])) {
                        return found;
                    }
                }
            }
        }
        if let Some(function) = self.builtin(reference) {
            return Some(function);
        }
        if &**name == "data"
            && let Some(found) = in_tree(&self.data, &reference[1..])
        {
            return found;
        }
        if &**name == "input" && self.input.is_some() {
            return select_reference(self.input.clone(), &reference[1..]);
        }
        make::is_root(name).then(Type::any)
    }
}

/// The key of a root document in a layer's tree.
pub(super) fn document(name: &Name) -> Term {
    make::term(Default::default(), Value::String(name.clone()))
}

/// The type at a path; `None` where the tree does not have it, so that a lower layer may.
fn in_tree(node: &TypeTree, path: &[Term]) -> Option<Known> {
    let Some((head, tail)) = path.split_first() else {
        return Some(Some(node.extent()));
    };
    if node.tpe.is_some() {
        return match node.child(head) {
            Some(child) => in_tree(child, tail),
            None => Some(select_reference(node.tpe.clone(), path)),
        };
    }
    if !make::is_constant(head) {
        return Some(select_reference(Some(node.extent()), path));
    }
    in_tree(node.child(head)?, tail)
}

/// The type of what a path within a value leads to; a union where its parts are not constant.
fn select_reference(tpe: Known, path: &[Term]) -> Known {
    let Some((head, tail)) = path.split_first() else { return tpe };
    let tpe = tpe?;
    if make::is_scalar(head) {
        return select_reference(select(&tpe, head), tail);
    }
    if tpe.is_empty_collection() {
        return Some(Type::any());
    }
    select_reference(values(Some(&tpe)), tail)
}

impl Checker<'_> {
    /// The type of a term.
    pub(super) fn term_type(&mut self, term: &Term) -> Known {
        match &term.value {
            Value::Null => Some(Type::Null),
            Value::Bool(_) => Some(Type::Boolean),
            Value::Number(_) => Some(Type::Number),
            Value::String(_) | Value::TemplateString(_) => Some(Type::String),
            Value::Var(name) => self.env.variable(name),
            Value::Ref(parts) => self.env.reference(parts),
            Value::Array(items) => Some(Type::array(items.iter().map(|item| self.term_type(item)).collect(), None)),
            Value::Set(items) => {
                let of = items.iter().fold(None, |of, item| or(of, self.term_type(item)));
                Some(Type::set(of))
            }
            Value::Object(pairs) => {
                let mut fixed = Vec::new();
                let mut rest = None;
                for (key, value) in pairs {
                    if make::is_constant(key) {
                        fixed.push((key.value.clone(), self.term_type(value)));
                    } else {
                        rest = Some((self.term_type(key), self.term_type(value)));
                    }
                }
                Some(ObjectType::of(fixed, rest))
            }
            Value::ArrayComprehension(head, body) => {
                let [of] = self.comprehension_types([head], body)?;
                Some(Type::array(Vec::new(), of))
            }
            Value::SetComprehension(head, body) => {
                let [of] = self.comprehension_types([head], body)?;
                Some(Type::set(of))
            }
            Value::ObjectComprehension(key, value, body) => {
                let [key, value] = self.comprehension_types([key, value], body)?;
                Some(ObjectType::of(Vec::new(), Some((key, value))))
            }
            Value::Call(_) => None,
        }
    }
}
