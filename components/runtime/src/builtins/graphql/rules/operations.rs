//! Operations and their variables.

use std::collections::{HashMap, HashSet};

use super::super::ast::{Operation, OperationKind, Pos, Selection, Variable};
use super::super::walk::{Walked, Walker};
use warrego_syntax::print::quote;

impl<'d> Walker<'d> {
    pub fn known_variable_type(&mut self, variable: &Variable) {
        let name = variable.ty.name();
        if self.schema.find(name).is_none() {
            self.report(variable.pos, format!("Unknown type \"{name}\"."));
        }
    }

    pub fn known_root(&mut self, operation: &Operation) {
        if self.schema.root(operation.kind).is_none() {
            let message = format!("Schema does not support operation type \"{}\"", operation.kind.word());
            self.report(operation.pos, message);
        }
    }

    pub fn lone_anonymous_operation(&mut self, operation: &Operation) {
        if operation.name.is_empty() && self.query.operations.len() > 1 {
            self.report(
                operation.pos,
                "This anonymous operation must be the only defined operation.".to_owned(),
            );
        }
    }

    pub fn unused_variables(&mut self, operation: &Operation) {
        for variable in operation.variables.iter().filter(|variable| !variable.used.get()) {
            let within = if operation.name.is_empty() {
                String::new()
            } else {
                format!(" in operation \"{}\"", operation.name)
            };
            self.report(variable.pos, format!("Variable \"${}\" is never used{within}.", variable.name));
        }
    }

    pub fn unique_operation_name(&mut self, operation: &'d Operation) {
        if !self.memory.operations.insert(&operation.name) {
            let message = format!("There can be only one operation named \"{}\".", operation.name);
            self.report(operation.pos, message);
        }
    }

    /// What comes three times is told once.
    pub fn unique_variable_names(&mut self, operation: &Operation) {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for variable in &operation.variables {
            let count = counts.entry(&variable.name).or_default();
            *count += 1;
            if *count == 2 {
                self.report(
                    variable.pos,
                    format!("There can be only one variable named \"${}\".", variable.name),
                );
            }
        }
    }

    pub fn input_variables(&mut self, operation: &Operation) {
        for variable in &operation.variables {
            if self.schema.find(variable.ty.name()).is_some_and(|ty| !ty.kind.is_input()) {
                let (name, ty) = (&variable.name, variable.ty.text());
                self.report(variable.pos, format!("Variable \"${name}\" cannot be non-input type \"{ty}\"."));
            }
        }
    }

    pub fn single_field_subscription(&mut self, operation: &'d Operation) -> Walked {
        if operation.kind != OperationKind::Subscription || self.schema.root(operation.kind).is_none() {
            return Ok(());
        }
        let mut top = Top::default();
        self.top_fields(&operation.selections, &mut top)?;
        let name = if operation.name.is_empty() {
            "Anonymous Subscription".to_owned()
        } else {
            format!("Subscription {}", quote(&operation.name))
        };
        if let Some((_, pos)) = top.fields.get(1) {
            self.report(*pos, format!("{name} must select only one top level field."));
        }
        for (_, pos) in top.fields.iter().filter(|(field, _)| field.starts_with("__")) {
            self.report(*pos, format!("{name} must not select an introspection top level field."));
        }
        Ok(())
    }

    fn top_fields(&mut self, selections: &'d [Selection], top: &mut Top<'d>) -> Walked {
        self.nested(|w| {
            for selection in selections {
                match selection {
                    Selection::Field(field) => {
                        if top.names.insert(&field.name) {
                            top.fields.push((&field.name, field.pos));
                        }
                    }
                    Selection::Inline(inline) => w.top_fields(&inline.selections, top)?,
                    Selection::Spread(spread) => {
                        // An unknown fragment ends the search on its level.
                        let Some(fragment) = w.fragment_of(spread) else { return Ok(()) };
                        if top.fragments.insert(&fragment.name) {
                            w.top_fields(&fragment.selections, top)?;
                        }
                    }
                }
            }
            Ok(())
        })
    }
}

/// The fields that an operation selects at the top, each name once.
#[derive(Default)]
struct Top<'d> {
    fields: Vec<(&'d str, Option<Pos>)>,
    names: HashSet<&'d str>,
    fragments: HashSet<&'d str>,
}
