//! Whether a document fits a schema, and if not, why. Messages come in the order in which the schema's keywords are looked at; of several alternatives
//! that fail, the one that fits best tells why.
//!
//! How well something fits is a score: every check that is done counts one, every fault minus two. A schema that refers to itself without going deeper
//! into the document would never end, so levels and steps are counted.

use super::model::{Counts, Dependency, Id, Others, Schema, Subschema};
use super::report::{Context, Fault, What};
use super::{format, measure};
use crate::builtins::text::count_runes;
use crate::builtins::tree::Tree;
use core::cmp::Ordering;

/// How deep schemas and document may be nested together.
const DEPTH_MAX: u32 = 300;
/// How many subschemas are looked at.
const STEPS_MAX: u32 = 10_000_000;

/// The outcome of checking a value.
#[derive(Default)]
pub struct Outcome {
    /// What is wrong, in order.
    pub faults: Vec<Fault>,
    score: i64,
}

impl Outcome {
    fn fits(&self) -> bool {
        self.faults.is_empty()
    }

    fn add(&mut self, what: What<'_>, context: &Context<'_>) {
        self.faults.push(Fault::new(what, context));
        self.score -= 2;
    }

    fn merge(&mut self, other: Outcome) {
        self.faults.extend(other.faults);
        self.score += other.score;
    }
}

/// Keeps the outcome with the highest score, the first of equals.
fn keep_better(best: &mut Option<Outcome>, outcome: Outcome) {
    if best.as_ref().is_none_or(|best| outcome.score > best.score) {
        *best = Some(outcome);
    }
}

struct Validator<'a> {
    schema: &'a Schema,
    depth: u32,
    steps: u32,
    exhausted: bool,
}

/// Checks a document; `None` if that takes too long.
pub fn validate(schema: &Schema, document: &Tree) -> Option<Vec<Fault>> {
    let mut validator = Validator {
        schema,
        depth: 0,
        steps: 0,
        exhausted: false,
    };
    let mut outcome = Outcome::default();
    validator.check(0, document, &mut outcome, &Context::ROOT);
    (!validator.exhausted).then_some(outcome.faults)
}

impl<'a> Validator<'a> {
    /// The outcome of a subschema on its own.
    fn outcome(&mut self, id: Id, value: &Tree, context: &Context<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        self.check(id, value, &mut outcome, context);
        outcome
    }

    fn check(&mut self, id: Id, value: &Tree, outcome: &mut Outcome, context: &Context<'_>) {
        let schema = self.schema;
        let Some(mut part) = schema.parts.get(id) else {
            return;
        };
        // References to references end somewhere, or not at all.
        let mut hops = 0;
        while let Some(target) = part.reference.and_then(|target| schema.parts.get(target)) {
            part = target;
            hops += 1;
            self.exhausted |= hops > schema.parts.len();
            if self.exhausted {
                return;
            }
        }
        self.steps += 1;
        self.exhausted |= self.depth >= DEPTH_MAX || self.steps > STEPS_MAX;
        if self.exhausted {
            return;
        }
        self.depth += 1;
        self.check_part(part, value, outcome, context);
        self.depth -= 1;
    }

    fn check_part(&mut self, part: &'a Subschema, value: &Tree, outcome: &mut Outcome, context: &Context<'_>) {
        if let Some(pass) = part.pass {
            if !pass {
                outcome.add(What::False, context);
            }
            return;
        }
        if !part.types.is_empty() && !measure::has_type(value, &part.types) {
            return outcome.add(What::Type(&part.types, value), context);
        }
        self.check_combinations(part, value, outcome, context);
        match value {
            Tree::Number(number) => {
                check_number(part, number, outcome, context);
                check_common(part, value, outcome, context);
            }
            Tree::Array(elements) => {
                self.check_array(part, elements, outcome, context);
                check_common(part, value, outcome, context);
            }
            Tree::Object(pairs) => {
                self.check_object(part, value, pairs, outcome, context);
                check_common(part, value, outcome, context);
                for (name, property) in &part.properties {
                    if let Some(inner) = value.get(name) {
                        self.check(*property, inner, outcome, &context.key(name));
                    }
                }
            }
            Tree::String(text) => {
                check_common(part, value, outcome, context);
                check_string(part, text, outcome, context);
            }
            Tree::Null | Tree::Boolean(_) => check_common(part, value, outcome, context),
        }
        outcome.score += 1;
    }

    /// `anyOf`, `oneOf`, `allOf`, `not`, `dependencies`, `if`.
    fn check_combinations(&mut self, part: &'a Subschema, value: &Tree, outcome: &mut Outcome, context: &Context<'_>) {
        if !part.any_of.is_empty() {
            let mut best = None;
            let fits = part.any_of.iter().any(|id| {
                let one = self.outcome(*id, value, context);
                let fits = one.fits();
                if !fits {
                    keep_better(&mut best, one);
                }
                fits
            });
            if !fits {
                outcome.add(What::AnyOf, context);
                outcome.merge(best.unwrap_or_default());
            }
        }
        if !part.one_of.is_empty() {
            let (mut best, mut fitting) = (None, 0);
            for id in &part.one_of {
                let one = self.outcome(*id, value, context);
                if one.fits() {
                    fitting += 1;
                } else if fitting == 0 {
                    keep_better(&mut best, one);
                }
            }
            if fitting != 1 {
                outcome.add(What::OneOf, context);
                if fitting == 0 {
                    outcome.merge(best.unwrap_or_default());
                }
            }
        }
        if !part.all_of.is_empty() {
            let mut all = true;
            for id in &part.all_of {
                let one = self.outcome(*id, value, context);
                all &= one.fits();
                outcome.merge(one);
            }
            if !all {
                outcome.add(What::AllOf, context);
            }
        }
        if let Some(not) = part.not
            && self.outcome(not, value, context).fits()
        {
            outcome.add(What::Not, context);
        }
        for (name, dependency) in &part.dependencies {
            if value.get(name).is_none() {
                continue;
            }
            match dependency {
                Dependency::Keys(keys) => {
                    for key in keys.iter().filter(|key| value.get(key).is_none()) {
                        outcome.add(What::Dependency(key), context);
                    }
                }
                Dependency::Fits(id) => self.check(*id, value, outcome, context),
            }
        }
        if let Some(condition) = part.condition {
            let holds = self.outcome(condition, value, context).fits();
            let (branch, what) = if holds {
                (part.consequence, What::Then)
            } else {
                (part.alternative, What::Else)
            };
            if let Some(branch) = branch {
                let one = self.outcome(branch, value, context);
                if !one.fits() {
                    outcome.add(what, context);
                    outcome.merge(one);
                }
            }
        }
        outcome.score += 1;
    }

    fn check_array(&mut self, part: &'a Subschema, elements: &[Tree], outcome: &mut Outcome, context: &Context<'_>) {
        for (position, element) in elements.iter().enumerate() {
            let own = part.items.get(if part.same_items { 0 } else { position });
            let id = match (own, part.additional_items) {
                (Some(id), _) => *id,
                (None, Some(Others::Fitting(id))) if !part.items.is_empty() => id,
                _ => break,
            };
            let one = self.outcome(id, element, &context.index(position));
            outcome.merge(one);
        }
        let more = !part.same_items && !part.items.is_empty() && elements.len() > part.items.len();
        if more && matches!(part.additional_items, Some(Others::All(false))) {
            outcome.add(What::AdditionalItems, context);
        }
        let (few, many) = exceeds(part.items_count, elements.len());
        if let Some(min) = few {
            outcome.add(What::MinItems(min), context);
        }
        if let Some(max) = many {
            outcome.add(What::MaxItems(max), context);
        }
        if part.unique_items {
            measure::repeated(elements, |i, j| outcome.add(What::Unique(i, j), context));
        }
        if let Some(contains) = part.contains {
            let mut best = None;
            let found = elements.iter().enumerate().any(|(position, element)| {
                let one = self.outcome(contains, element, &context.index(position));
                let fits = one.fits();
                if !fits {
                    keep_better(&mut best, one);
                }
                fits
            });
            if !found {
                outcome.add(What::Contains, context);
                outcome.merge(best.unwrap_or_default());
            }
        }
        outcome.score += 1;
    }

    fn check_object(
        &mut self,
        part: &'a Subschema,
        value: &Tree,
        pairs: &[(Box<str>, Tree)],
        outcome: &mut Outcome,
        context: &Context<'_>,
    ) {
        let (few, many) = exceeds(part.properties_count, pairs.len());
        if let Some(min) = few {
            outcome.add(What::MinProperties(min), context);
        }
        if let Some(max) = many {
            outcome.add(What::MaxProperties(max), context);
        }
        for name in &part.required {
            if value.get(name).is_some() {
                outcome.score += 1;
            } else {
                outcome.add(What::Required(name), context);
            }
        }
        for (name, inner) in pairs {
            let mut known = part.properties.iter().any(|(property, _)| property == name);
            let mut by_pattern = false;
            for (regex, id) in &part.pattern_properties {
                if regex.is_match(name) {
                    by_pattern = true;
                    let one = self.outcome(*id, inner, &context.key(name));
                    outcome.merge(one);
                }
            }
            outcome.score += i64::from(by_pattern);
            known |= by_pattern;
            match part.additional_properties {
                Some(Others::All(false)) if !known => outcome.add(What::AdditionalProperty(name), context),
                Some(Others::Fitting(id)) if !known => {
                    let one = self.outcome(id, inner, &context.key(name));
                    outcome.merge(one);
                }
                _ => {}
            }
        }
        if let Some(names) = part.property_names {
            for (name, _) in pairs {
                let one = self.outcome(names, &Tree::String(name.clone()), context);
                if !one.fits() {
                    outcome.add(What::PropertyName(name), context);
                    outcome.merge(one);
                }
            }
        }
        outcome.score += 1;
    }
}

/// The limits that a number of things breaks.
fn exceeds(counts: Counts, count: usize) -> (Option<i64>, Option<i64>) {
    let count = count as i64;
    (counts.min.filter(|min| count < *min), counts.max.filter(|max| count > *max))
}

/// `const`, `enum`, `format`.
fn check_common(part: &Subschema, value: &Tree, outcome: &mut Outcome, context: &Context<'_>) {
    if part.constant.is_some() || part.allowed.is_some() {
        let mut text = Vec::new();
        // A number that is no double equals nothing.
        let comparable = value.write_doubles(&mut text).is_ok();
        if let Some(constant) = part.constant.as_ref().filter(|constant| !comparable || **constant != text) {
            outcome.add(What::Const(constant), context);
        }
        if let Some(allowed) = part.allowed.as_ref().filter(|allowed| !comparable || !allowed.contains(&text)) {
            outcome.add(What::Enum(allowed), context);
        }
    }
    if let Tree::String(text) = value
        && !format::fits(&part.format, text)
    {
        outcome.add(What::Format(&part.format), context);
    }
    outcome.score += 1;
}

fn check_string(part: &Subschema, text: &str, outcome: &mut Outcome, context: &Context<'_>) {
    if part.length.min.is_some() || part.length.max.is_some() {
        let (few, many) = exceeds(part.length, count_runes(text.as_bytes()) as usize);
        if let Some(min) = few {
            outcome.add(What::MinLength(min), context);
        }
        if let Some(max) = many {
            outcome.add(What::MaxLength(max), context);
        }
    }
    if let Some(pattern) = part.pattern.as_ref().filter(|pattern| !pattern.regex.is_match(text)) {
        outcome.add(What::Pattern(&pattern.source), context);
    }
    outcome.score += 1;
}

fn check_number<'a>(part: &'a Subschema, number: &str, outcome: &mut Outcome, context: &Context<'_>) {
    use Ordering::{Equal, Greater, Less};
    if let Some(multiple) = part.multiple_of.as_deref().filter(|of| !measure::is_multiple(number, of)) {
        outcome.add(What::MultipleOf(multiple), context);
    }
    let bounds = &part.bounds;
    let beyond = |bound: &'a Option<Box<str>>, orders: &[Ordering]| {
        let bound = bound.as_deref()?;
        orders.contains(&measure::compare(number, bound)).then_some(bound)
    };
    if let Some(max) = beyond(&bounds.maximum, &[Greater]) {
        outcome.add(What::Maximum(max), context);
    }
    if let Some(max) = beyond(&bounds.exclusive_maximum, &[Greater, Equal]) {
        outcome.add(What::ExclusiveMaximum(max), context);
    }
    if let Some(min) = beyond(&bounds.minimum, &[Less]) {
        outcome.add(What::Minimum(min), context);
    }
    if let Some(min) = beyond(&bounds.exclusive_minimum, &[Less, Equal]) {
        outcome.add(What::ExclusiveMinimum(min), context);
    }
    outcome.score += 1;
}
