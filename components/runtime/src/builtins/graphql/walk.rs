//! Holds a query against a schema: goes through it once, operations before fragments and inner nodes before outer ones, finds out what each node is,
//! and lets the rules look at it. Which rules look at which kind of node, and in which order, stands here; the order is that of their names in the
//! library whose messages OPA gives. The rules themselves are in `rules`.

use std::collections::{HashMap, HashSet};

use super::ast::{
    Argument, Directive, Field, FieldDefinition, Fragment, Inline, Operation, Pos, Query, Resolved, Selection, Spread, Type, Value,
    ValueKind, Variable,
};
use super::report::{Finding, Refusal, TOO_COMPLEX, TOO_DEEP};
use super::types::{Schema, named};

/// How much comparing and visiting one query may cost, in names that are looked at.
const WORK_MAX: usize = 10_000_000;
/// What it costs to visit a node or to compare two fields.
const STEP: usize = 10;
/// What it costs to look for a name that may have been meant instead of another.
pub const GUESS: usize = 50;
/// How deep fragments may lie in each other, selections counted.
const DEPTH_MAX: u32 = 200;

/// What a step of the walk gives.
pub type Walked = Result<(), Refusal>;

/// What is known of a value from where it stands.
#[derive(Clone, Copy, Default)]
pub struct Wanted<'d> {
    /// The type that is expected.
    pub ty: Option<&'d Type>,
    /// The innermost type, by index.
    pub definition: Option<usize>,
    /// Something else would stand here if the value were missing.
    pub has_default: bool,
}

/// The walk.
pub struct Walker<'d> {
    pub schema: &'d Schema,
    pub query: &'d Query,
    pub findings: Vec<Finding>,
    /// The operation that the walk is in; none while it goes through fragments by themselves.
    pub operation: Option<&'d Operation>,
    /// Fragments that were gone through for the operation at hand.
    visited: HashSet<&'d str>,
    /// The first fragment of each name.
    fragments: HashMap<&'d str, usize>,
    pub memory: Memory<'d>,
    work: usize,
    depth: u32,
}

/// What rules remember from node to node.
#[derive(Default)]
pub struct Memory<'d> {
    /// Directives that were said to be at the wrong place.
    pub misplaced: HashSet<(&'d str, Option<(i64, i64)>)>,
    /// Fragments that were searched for circles.
    pub searched: HashSet<&'d str>,
    /// Fragments that operations use.
    pub used: HashSet<&'d str>,
    /// The walk has come to the fragments.
    pub in_fragments: bool,
    /// Names of fragments so far.
    pub fragments: HashSet<&'d str>,
    /// Names of operations so far.
    pub operations: HashSet<&'d str>,
    /// Pairs of fragments that were compared, and whether only as exclusive ones.
    pub compared: HashMap<(&'d str, &'d str), bool>,
    /// Fragments that were compared with the selections at hand.
    pub met: HashSet<&'d str>,
}

/// What is wrong with a query; in order, nothing if it is valid.
pub fn validate(schema: &Schema, query: &Query) -> Result<(), Refusal> {
    let mut walker = Walker {
        schema,
        query,
        findings: Vec::new(),
        operation: None,
        visited: HashSet::new(),
        fragments: HashMap::new(),
        memory: Memory::default(),
        work: 0,
        depth: 0,
    };
    for (index, fragment) in query.fragments.iter().enumerate() {
        walker.fragments.entry(&fragment.name).or_insert(index);
    }
    for operation in &query.operations {
        walker.visited.clear();
        walker.operation(operation)?;
    }
    for fragment in &query.fragments {
        walker.visited.clear();
        walker.fragment(fragment)?;
    }
    if walker.findings.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Query(walker.findings))
    }
}

impl<'d> Walker<'d> {
    // ---- what rules need ----

    /// Notes a complaint.
    pub fn report(&mut self, pos: Option<Pos>, message: String) {
        self.findings.push(Finding::new(message, pos));
    }

    /// Counts work.
    pub fn step(&mut self) -> Walked {
        self.work(STEP)
    }

    /// Counts work by names.
    pub fn work(&mut self, names: usize) -> Walked {
        self.work = self.work.saturating_add(names);
        if self.work > WORK_MAX { Err(TOO_COMPLEX.into()) } else { Ok(()) }
    }

    /// One level deeper.
    pub fn nested<T>(&mut self, go: impl FnOnce(&mut Self) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.step()?;
        if self.depth >= DEPTH_MAX {
            return Err(TOO_DEEP.into());
        }
        self.depth += 1;
        let gone = go(self);
        self.depth -= 1;
        gone
    }

    /// The fragment of that name.
    pub fn find_fragment(&self, name: &str) -> Option<(usize, &'d Fragment)> {
        let index = *self.fragments.get(name)?;
        Some((index, self.query.fragments.get(index)?))
    }

    /// The fragment that a spread was found to mean.
    pub fn fragment_of(&self, spread: &Spread) -> Option<&'d Fragment> {
        self.query.fragments.get(spread.fragment.get()?)
    }

    /// The variable of the operation at hand that a value names.
    pub fn variable_of(&self, value: &Value) -> Option<&'d Variable> {
        let operation = self.operation.filter(|_| value.kind == ValueKind::Variable)?;
        operation.variables.iter().find(|variable| variable.name == value.raw)
    }

    // ---- the walk ----

    fn operation(&mut self, operation: &'d Operation) -> Walked {
        self.operation = Some(operation);
        for variable in &operation.variables {
            self.known_variable_type(variable);
        }
        for variable in &operation.variables {
            let definition = self.schema.index(variable.ty.name());
            if let Some(default) = &variable.default {
                let wanted = Wanted {
                    ty: Some(&variable.ty),
                    definition,
                    has_default: false,
                };
                self.value(default, wanted)?;
            }
            self.directives(&variable.directives, "VARIABLE_DEFINITION")?;
        }
        let place = match operation.kind.word() {
            "mutation" => "MUTATION",
            "subscription" => "SUBSCRIPTION",
            _ => "QUERY",
        };
        self.directives(&operation.directives, place)?;
        self.selections(self.schema.root(operation.kind), &operation.selections)?;
        self.known_root(operation);
        self.lone_anonymous_operation(operation);
        self.unused_variables(operation);
        self.overlapping_fields(&operation.selections)?;
        self.single_field_subscription(operation)?;
        self.unique_operation_name(operation);
        self.unique_variable_names(operation);
        self.input_variables(operation);
        self.operation = None;
        Ok(())
    }

    fn fragment(&mut self, fragment: &'d Fragment) -> Walked {
        let definition = self.schema.index(&fragment.condition);
        self.directives(&fragment.directives, "FRAGMENT_DEFINITION")?;
        self.selections(definition, &fragment.selections)?;
        self.fragment_on_composite(fragment);
        if definition.is_none() {
            self.work(self.schema.types().count().saturating_mul(GUESS))?;
        }
        self.known_fragment_type(fragment);
        self.fragment_cycles(fragment)?;
        self.unused_fragment(fragment);
        self.overlapping_fields(&fragment.selections)?;
        self.unique_fragment_name(fragment);
        Ok(())
    }

    fn directives(&mut self, directives: &'d [Directive], place: &'static str) -> Walked {
        for directive in directives {
            let definition = self.schema.directive(&directive.name);
            let known = definition.map_or(0, |definition| definition.arguments.len());
            self.work(known.saturating_mul(directive.arguments.len()).saturating_mul(2))?;
            for argument in &directive.arguments {
                let wanted = definition.and_then(|definition| named(&definition.arguments, &argument.name));
                self.argument(argument, wanted)?;
            }
            self.known_directive_arguments(directive);
            self.known_directive(directive, place);
            self.required_directive_arguments(directive);
            self.unique_arguments(&directive.arguments);
        }
        self.unique_directives(directives);
        Ok(())
    }

    fn argument(&mut self, argument: &'d Argument, definition: Option<&'d FieldDefinition>) -> Walked {
        let wanted = definition.map_or(Wanted::default(), |definition| self.wanted(definition));
        self.value(&argument.value, wanted)
    }

    fn wanted(&self, definition: &'d FieldDefinition) -> Wanted<'d> {
        Wanted {
            ty: Some(&definition.ty),
            definition: self.schema.index(definition.ty.name()),
            has_default: definition.default.as_ref().is_some_and(|value| value.kind != ValueKind::Null),
        }
    }

    fn value(&mut self, value: &'d Value, wanted: Wanted<'d>) -> Walked {
        self.nested(|w| w.value_inside(value, wanted))
    }

    fn value_inside(&mut self, value: &'d Value, wanted: Wanted<'d>) -> Walked {
        if value.kind == ValueKind::Variable {
            self.work(self.operation.map_or(0, |operation| operation.variables.len()))?;
        }
        if let Some(variable) = self.variable_of(value) {
            variable.used.set(true);
        }
        let fields = self.schema.get(wanted.definition).map_or(0, |definition| definition.fields.len());
        let guesses = self.schema.get(wanted.definition).map_or(0, |definition| definition.values.len());
        self.work(
            fields
                .saturating_mul(1 + value.children.len())
                .saturating_add(guesses.saturating_mul(GUESS)),
        )?;
        for child in &value.children {
            let inner = match value.kind {
                ValueKind::Object => {
                    let definition = self.schema.get(wanted.definition);
                    let field = definition.and_then(|definition| named(&definition.fields, &child.name));
                    field.map_or(Wanted::default(), |field| self.wanted(field))
                }
                _ => match wanted.ty.and_then(Type::element) {
                    Some(element) => Wanted {
                        ty: Some(element),
                        definition: wanted.definition,
                        has_default: false,
                    },
                    None => Wanted::default(),
                },
            };
            self.value(&child.value, inner)?;
        }
        self.undefined_variable(value);
        self.unique_input_fields(value);
        self.value_of_type(value, wanted);
        self.variable_position(value, wanted);
        self.one_of_variables(value, wanted);
        Ok(())
    }

    fn selections(&mut self, parent: Option<usize>, selections: &'d [Selection]) -> Walked {
        self.nested(|w| selections.iter().try_for_each(|selection| w.selection(parent, selection)))
    }

    fn selection(&mut self, parent: Option<usize>, selection: &'d Selection) -> Walked {
        match selection {
            Selection::Field(field) => self.field(parent, field),
            Selection::Inline(inline) => self.inline(parent, inline),
            Selection::Spread(spread) => self.spread(parent, spread),
        }
    }

    fn field(&mut self, parent: Option<usize>, field: &'d Field) -> Walked {
        let resolved = match (field.name.as_str(), parent, self.schema.get(parent)) {
            ("__typename", ..) => Resolved::Typename,
            (name, Some(index), Some(parent)) => {
                let place = parent.fields.iter().position(|candidate| candidate.name == name);
                place.map_or(Resolved::Unknown, |place| Resolved::Of(index, place))
            }
            _ => Resolved::Unknown,
        };
        field.resolved.set(resolved);
        field.parent.set(parent);
        let definition = self.schema.field(resolved);
        let known = definition.map_or(0, |definition| definition.arguments.len());
        self.work(known.saturating_mul(field.arguments.len()).saturating_mul(2))?;
        let names = self.schema.get(parent).map_or(0, |parent| parent.fields.len());
        self.work(if definition.is_some() { names } else { names.saturating_mul(GUESS) })?;
        let inner = definition.and_then(|definition| self.schema.index(definition.ty.name()));
        for argument in &field.arguments {
            let wanted = definition.and_then(|definition| named(&definition.arguments, &argument.name));
            self.argument(argument, wanted)?;
        }
        self.directives(&field.directives, "FIELD")?;
        self.selections(inner, &field.selections)?;
        self.field_of_type(field);
        self.known_field_arguments(field);
        self.introspection_depth(field)?;
        if self.operation.is_some() {
            self.overlapping_fields(&field.selections)?;
        }
        self.required_field_arguments(field);
        self.leafs(field);
        self.unique_arguments(&field.arguments);
        Ok(())
    }

    fn inline(&mut self, parent: Option<usize>, inline: &'d Inline) -> Walked {
        let inner = if inline.condition.is_empty() {
            parent
        } else {
            self.schema.index(&inline.condition)
        };
        self.directives(&inline.directives, "INLINE_FRAGMENT")?;
        self.selections(inner, &inline.selections)?;
        self.inline_on_composite(inline);
        self.known_inline_type(inline);
        self.overlapping_fields(&inline.selections)?;
        self.possible_inline(parent, inline);
        Ok(())
    }

    fn spread(&mut self, parent: Option<usize>, spread: &'d Spread) -> Walked {
        let found = self.find_fragment(&spread.name);
        spread.fragment.set(found.map(|(index, _)| index));
        spread.parent.set(parent);
        self.directives(&spread.directives, "FRAGMENT_SPREAD")?;
        if let Some((_, fragment)) = found
            && self.visited.insert(&fragment.name)
        {
            self.directives(&fragment.directives, "FRAGMENT_DEFINITION")?;
            self.selections(self.schema.index(&fragment.condition), &fragment.selections)?;
        }
        self.known_fragment(spread);
        self.used_fragment(spread);
        self.possible_spread(spread);
        Ok(())
    }
}
