//! What makes a schema valid: names, references to types, interfaces that are kept, directives in their places. The first fault is told, types going
//! by name and before directives.

use std::collections::{HashMap, HashSet};

use super::ast::{Definition, Directive, DirectiveDefinition, FieldDefinition, Pos, Shape, Type, TypeKind, ValueKind};
use super::report::{Finding, TOO_COMPLEX, TOO_DEEP};
use super::types::{Schema, named, refuse};
use warrego_syntax::print::quote;

type Checked = Result<(), Finding>;

/// How many input objects may lie in each other, each through a field that must not be null.
const CHAIN_MAX: usize = 200;

/// How much holding types against their interfaces may cost, in fields and names.
const WORK_MAX: usize = 20_000_000;
/// How many arguments a directive may be given, times how many it has.
const PAIRS_MAX: usize = 1_000_000;

/// Checks a whole schema.
pub fn check(schema: &Schema) -> Checked {
    affordable(schema)?;
    for definition in schema.types() {
        type_definition(schema, definition)?;
    }
    let mut search = Circles {
        schema,
        visited: HashSet::new(),
        path: Vec::new(),
        places: HashMap::new(),
    };
    for definition in schema.types().filter(|definition| definition.kind == TypeKind::InputObject) {
        search.visit(definition)?;
    }
    for directive in schema.directives() {
        name(directive.pos, &directive.name)?;
        arguments(schema, &directive.arguments, Some(directive))?;
    }
    Ok(())
}

/// Schemas in which everything implements everything are not looked into.
fn affordable(schema: &Schema) -> Checked {
    let mut work = 0_usize;
    for definition in schema.types() {
        let names = definition.interfaces.len();
        for interface in definition.interfaces.iter().filter_map(|name| schema.find(name)) {
            let arguments = interface.fields.iter().map(|field| field.arguments.len()).sum::<usize>();
            let fields = interface.fields.len().saturating_mul(definition.fields.len());
            work = work.saturating_add(fields + arguments + interface.interfaces.len().saturating_mul(names));
        }
        if work > WORK_MAX {
            return refuse(definition.pos, TOO_COMPLEX.to_owned());
        }
    }
    Ok(())
}

fn name(pos: Option<Pos>, name: &str) -> Checked {
    if name.starts_with("__") {
        return refuse(
            pos,
            format!("Name \"{name}\" must not begin with \"__\", which is reserved by GraphQL introspection."),
        );
    }
    Ok(())
}

fn type_definition(schema: &Schema, definition: &Definition) -> Checked {
    let Definition { name: own, kind, pos, .. } = definition;
    let place = if *kind == TypeKind::InputObject {
        "INPUT_FIELD_DEFINITION"
    } else {
        "FIELD_DEFINITION"
    };
    for field in &definition.fields {
        name(field.pos, &field.name)?;
        known_type(schema, &field.ty)?;
        arguments(schema, &field.arguments, None)?;
        directives(schema, &field.directives, place, None, true)?;
    }
    for (member, _) in &definition.members {
        let Some(member_type) = schema.find(member) else {
            return refuse(*pos, format!("Undefined type {}.", quote(member)));
        };
        if member_type.kind != TypeKind::Object {
            return refuse(*pos, format!("{} type {} must be OBJECT.", kind.name(), quote(member)));
        }
    }
    for interface in &definition.interfaces {
        implements(schema, definition, interface)?;
    }
    contents(schema, definition)?;
    only_once(definition)?;
    if !definition.built_in {
        name(*pos, own)?;
    }
    directives(schema, &definition.directives, kind.name(), None, false)
}

/// What a type of each kind has to hold.
fn contents(schema: &Schema, definition: &Definition) -> Checked {
    let Definition { name, pos, .. } = definition;
    let kind = definition.kind.name();
    match definition.kind {
        TypeKind::Scalar | TypeKind::Union => {}
        TypeKind::Object | TypeKind::Interface => {
            if definition.fields.is_empty() {
                return refuse(*pos, format!("{kind} {name}: must define one or more fields."));
            }
            for field in &definition.fields {
                if schema.find(field.ty.name()).is_some_and(|ty| ty.kind == TypeKind::InputObject) {
                    return refuse(
                        field.pos,
                        format!("{kind} {name}: field must be one of SCALAR, OBJECT, INTERFACE, UNION, ENUM."),
                    );
                }
            }
        }
        TypeKind::Enum => {
            if definition.values.is_empty() {
                return refuse(*pos, format!("{kind} {name}: must define one or more unique enum values."));
            }
            for value in &definition.values {
                if matches!(value.name.as_str(), "true" | "false" | "null") {
                    return refuse(*pos, format!("{kind} {name}: non-enum value {}.", value.name));
                }
                directives(schema, &value.directives, "ENUM_VALUE", None, true)?;
            }
        }
        TypeKind::InputObject => {
            if definition.fields.is_empty() {
                return refuse(*pos, format!("{kind} {name}: must define one or more input fields."));
            }
            for field in &definition.fields {
                if let Some(ty) = schema.find(field.ty.name()).filter(|ty| !ty.kind.is_input()) {
                    let (kind, name) = (ty.kind.name(), &field.name);
                    return refuse(
                        field.pos,
                        format!("{kind} {name}: field must be one of SCALAR, ENUM, INPUT_OBJECT."),
                    );
                }
            }
        }
    }
    Ok(())
}

/// Fields, values and members come once each.
fn only_once(definition: &Definition) -> Checked {
    let own = &definition.name;
    let again = second(definition.fields.iter().map(|field| field.name.as_str()));
    if let Some(field) = again.and_then(|at| definition.fields.get(at)) {
        return refuse(field.pos, format!("Field {own}.{} can only be defined once.", field.name));
    }
    let again = second(definition.values.iter().map(|value| value.name.as_str()));
    if let Some(value) = again.and_then(|at| definition.values.get(at)) {
        return refuse(value.pos, format!("Enum value {own}.{} can only be defined once.", value.name));
    }
    let again = second(definition.members.iter().map(|(name, _)| name.as_str()));
    if let Some((member, pos)) = again.and_then(|at| definition.members.get(at)) {
        return refuse(
            pos.or(definition.pos),
            format!("Union type {own} can only include type {member} once."),
        );
    }
    Ok(())
}

/// Of the first name that comes twice, where it comes again.
fn second<'a>(names: impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut seen = HashMap::new();
    let mut found: Option<(usize, usize)> = None;
    for (index, name) in names.enumerate() {
        let first = *seen.entry(name).or_insert(index);
        if first < index && found.is_none_or(|(earliest, _)| first < earliest) {
            found = Some((first, index));
        }
    }
    found.map(|(_, again)| again)
}

fn known_type(schema: &Schema, ty: &Type) -> Checked {
    if schema.find(ty.name()).is_none() {
        return refuse(ty.pos, format!("Undefined type {}.", ty.name()));
    }
    Ok(())
}

fn arguments(schema: &Schema, arguments: &[FieldDefinition], of: Option<&DirectiveDefinition>) -> Checked {
    for argument in arguments {
        name(argument.pos, &argument.name)?;
        known_type(schema, &argument.ty)?;
        if let Some(ty) = schema.find(argument.ty.name()).filter(|ty| !ty.kind.is_input()) {
            let (text, name, kind) = (argument.ty.text(), &argument.name, ty.kind.name());
            return refuse(
                argument.pos,
                format!("cannot use {text} as argument {name} because {kind} is not a valid input type"),
            );
        }
        directives(schema, &argument.directives, "ARGUMENT_DEFINITION", of, true)?;
    }
    Ok(())
}

/// Directives at a place of a schema. Those of a type come from all its extensions, where each may be used again: then they are not at one place.
pub fn directives(schema: &Schema, directives: &[Directive], place: &str, of: Option<&DirectiveDefinition>, one_place: bool) -> Checked {
    let mut seen = HashSet::new();
    for directive in directives {
        let own = directive.name.as_str();
        let complain = |message: String| refuse(directive.pos, message);
        name(directive.pos, own)?;
        if of.is_some_and(|of| of.name == own) {
            return complain(format!("Directive {own} cannot refer to itself."));
        }
        let Some(definition) = schema.directive(own) else {
            return complain(format!("Undefined directive {own}."));
        };
        if one_place && !seen.insert(own) && !definition.repeatable {
            return complain(format!("The directive {own} can only be used once at this location."));
        }
        if !definition.locations.iter().any(|location| location == place) {
            return complain(format!("Directive {own} is not applicable on {place}."));
        }
        if directive.arguments.len().saturating_mul(definition.arguments.len()) > PAIRS_MAX {
            return complain(TOO_COMPLEX.to_owned());
        }
        for argument in &directive.arguments {
            if named(&definition.arguments, &argument.name).is_none() {
                return refuse(argument.pos, format!("Undefined argument {} for directive {own}.", argument.name));
            }
        }
        for wanted in &definition.arguments {
            let given = directive.arguments.iter().find(|argument| argument.name == wanted.name);
            let is_null = given.is_none_or(|argument| argument.value.kind == ValueKind::Null);
            if wanted.ty.non_null && wanted.default.is_none() && is_null {
                return complain(format!("Argument {} for directive {own} cannot be null.", wanted.name));
            }
        }
    }
    Ok(())
}

/// Whether a type has all that one of its interfaces asks for.
fn implements(schema: &Schema, definition: &Definition, name: &str) -> Checked {
    let Definition { name: own, pos, .. } = definition;
    let Some(interface) = schema.find(name) else {
        return refuse(*pos, format!("Undefined type {}.", quote(name)));
    };
    if interface.kind != TypeKind::Interface {
        return refuse(*pos, format!("{} is a non interface type {}.", quote(name), interface.kind.name()));
    }
    for wanted in &interface.fields {
        let field = &wanted.name;
        let Some(found) = named(&definition.fields, field) else {
            return refuse(*pos, format!("For {own} to implement {name} it must have a field called {field}."));
        };
        if !covers(schema, &wanted.ty, &found.ty) {
            let ty = wanted.ty.text();
            return refuse(
                found.pos,
                format!("For {own} to implement {name} the field {field} must have type {ty}."),
            );
        }
        for argument in &wanted.arguments {
            let Some(given) = named(&found.arguments, &argument.name) else {
                return refuse(
                    found.pos,
                    format!(
                        "For {own} to implement {name} the field {field} must have the same arguments but it is missing {}.",
                        argument.name
                    ),
                );
            };
            if !argument.ty.fits(&given.ty, false) {
                return refuse(
                    given.pos,
                    format!(
                        "For {own} to implement {name} the field {field} must have the same arguments but {} has the wrong type.",
                        argument.name
                    ),
                );
            }
        }
        for given in &found.arguments {
            if named(&wanted.arguments, &given.name).is_none() && given.ty.non_null && given.default.is_none() {
                return refuse(
                    given.pos,
                    format!(
                        "For {own} to implement {name} any additional arguments on {field} must be optional or have a default value but {} is required.",
                        given.name
                    ),
                );
            }
        }
    }
    for above in &interface.interfaces {
        if !definition.interfaces.contains(above) {
            let message = if above == own {
                format!("Type {own} cannot implement {name} because it would create a circular reference.")
            } else {
                format!("Type {own} must implement {above} because it is implemented by {name}.")
            };
            return refuse(*pos, message);
        }
    }
    Ok(())
}

/// Whether a field of the second type will do where the first is wanted.
fn covers(schema: &Schema, wanted: &Type, found: &Type) -> bool {
    if wanted.non_null && !found.non_null {
        return false;
    }
    match (&wanted.shape, &found.shape) {
        (Shape::Named(wanted), Shape::Named(found)) => wanted == found || schema.possible(wanted).any(|ty| ty.name == *found),
        (Shape::List(wanted), Shape::List(found)) => covers(schema, wanted, found),
        _ => false,
    }
}

/// The search for input objects that need themselves.
struct Circles<'s> {
    schema: &'s Schema,
    visited: HashSet<&'s str>,
    /// The fields from the first input object to the one at hand.
    path: Vec<&'s FieldDefinition>,
    /// Where in the path each input object on it begins.
    places: HashMap<&'s str, usize>,
}

impl<'s> Circles<'s> {
    fn visit(&mut self, definition: &'s Definition) -> Checked {
        if !self.visited.insert(&definition.name) {
            return Ok(());
        }
        if self.path.len() >= CHAIN_MAX {
            return refuse(definition.pos, TOO_DEEP.to_owned());
        }
        self.places.insert(&definition.name, self.path.len());
        for field in &definition.fields {
            let Shape::Named(name) = &field.ty.shape else { continue };
            let inner = self.schema.find(name).filter(|inner| inner.kind == TypeKind::InputObject);
            let Some(inner) = inner.filter(|_| field.ty.non_null) else {
                continue;
            };
            self.path.push(field);
            if let Some(begin) = self.places.get(inner.name.as_str()) {
                let circle = self.path.get(*begin..).unwrap_or_default();
                let names: Vec<&str> = circle.iter().map(|field| field.name.as_str()).collect();
                return refuse(
                    circle.first().and_then(|field| field.pos),
                    format!(
                        "Cannot reference Input Object {} within itself through a series of non-null fields: {}.",
                        quote(&inner.name),
                        quote(&names.join("."))
                    ),
                );
            }
            self.visit(inner)?;
            self.path.pop();
        }
        self.places.remove(definition.name.as_str());
        Ok(())
    }
}
