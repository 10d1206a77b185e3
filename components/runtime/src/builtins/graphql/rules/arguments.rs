//! Arguments and directives: known, required, once each, where they may stand.

use std::collections::{HashMap, HashSet};

use super::super::ast::{Argument, Directive, Field, FieldDefinition};
use super::super::suggest;
use super::super::types::named;
use super::super::walk::Walker;

impl<'d> Walker<'d> {
    pub fn known_field_arguments(&mut self, field: &Field) {
        let (Some(definition), Some(parent)) = (self.schema.field(field.resolved.get()), self.schema.get(field.parent.get())) else {
            return;
        };
        for (argument, hint) in unknown(&field.arguments, &definition.arguments) {
            let message = format!("Unknown argument \"{argument}\" on field \"{}.{}\".{hint}", parent.name, field.name);
            self.report(field.pos, message);
        }
    }

    pub fn known_directive_arguments(&mut self, directive: &Directive) {
        let Some(definition) = self.schema.directive(&directive.name) else {
            return;
        };
        for (argument, hint) in unknown(&directive.arguments, &definition.arguments) {
            let message = format!("Unknown argument \"{argument}\" on directive \"@{}\".{hint}", directive.name);
            self.report(directive.pos, message);
        }
    }

    pub fn known_directive(&mut self, directive: &'d Directive, place: &str) {
        let Some(definition) = self.schema.directive(&directive.name) else {
            return self.report(directive.pos, format!("Unknown directive \"@{}\".", directive.name));
        };
        let at = directive.pos.map(|pos| (pos.line, pos.column));
        let fits = definition.locations.iter().any(|location| location == place);
        if !fits && self.memory.misplaced.insert((&directive.name, at)) {
            self.report(
                directive.pos,
                format!("Directive \"@{}\" may not be used on {place}.", directive.name),
            );
        }
    }

    pub fn required_field_arguments(&mut self, field: &Field) {
        let Some(definition) = self.schema.field(field.resolved.get()) else {
            return;
        };
        for argument in missing(&field.arguments, &definition.arguments) {
            let message = format!(
                "Field \"{}\" argument \"{}\" of type \"{}\" is required, but it was not provided.",
                field.name,
                argument.name,
                argument.ty.text()
            );
            self.report(field.pos, message);
        }
    }

    pub fn required_directive_arguments(&mut self, directive: &Directive) {
        let Some(definition) = self.schema.directive(&directive.name) else {
            return;
        };
        for argument in missing(&directive.arguments, &definition.arguments) {
            let message = format!(
                "Directive \"@{}\" argument \"{}\" of type \"{}\" is required, but it was not provided.",
                directive.name,
                argument.name,
                argument.ty.text()
            );
            self.report(directive.pos, message);
        }
    }

    /// What comes three times is told once.
    pub fn unique_arguments(&mut self, arguments: &'d [Argument]) {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for argument in arguments {
            let count = counts.entry(&argument.name).or_default();
            *count += 1;
            if *count == 2 {
                self.report(argument.pos, format!("There can be only one argument named \"{}\".", argument.name));
            }
        }
    }

    pub fn unique_directives(&mut self, directives: &'d [Directive]) {
        let mut seen = HashSet::new();
        for directive in directives {
            let repeatable = self
                .schema
                .directive(&directive.name)
                .is_some_and(|definition| definition.repeatable);
            if !seen.insert(&directive.name) && !repeatable {
                let message = format!("The directive \"@{}\" can only be used once at this location.", directive.name);
                self.report(directive.pos, message);
            }
        }
    }
}

/// Arguments that are not defined, each with a hint at names that are.
fn unknown<'a>(given: &'a [Argument], defined: &[FieldDefinition]) -> Vec<(&'a str, String)> {
    let unknown = given.iter().filter(|argument| named(defined, &argument.name).is_none());
    let hint = |typed: &str| suggest::quoted("Did you mean", typed, defined.iter().map(|argument| argument.name.as_str()));
    unknown.map(|argument| (argument.name.as_str(), hint(&argument.name))).collect()
}

/// Arguments that have to be given and are not.
fn missing<'a>(given: &'a [Argument], defined: &'a [FieldDefinition]) -> impl Iterator<Item = &'a FieldDefinition> {
    defined
        .iter()
        .filter(|wanted| wanted.ty.non_null && wanted.default.is_none() && !given.iter().any(|argument| argument.name == wanted.name))
}
