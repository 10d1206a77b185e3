//! Fields that end up under one name in the answer have to be the same field with the same arguments, or of objects that are never the same, and of
//! types that can be told apart in one way only.
//!
//! Every selection is compared within itself, then with each fragment it uses, then these with each other; and so on for what is selected of two fields
//! that meet. What was compared is remembered, and the work is bounded.

use std::collections::HashMap;

use super::super::ast::{Argument, Child, Field, Pos, Selection, Shape, Spread, Type, TypeKind, Value, ValueKind};
use super::super::report::Refusal;
use super::super::walk::{Walked, Walker};

/// Two fields that cannot be one.
struct Conflict {
    name: String,
    pos: Option<Pos>,
    why: Why,
}

enum Why {
    Itself(String),
    Below(Vec<Conflict>),
}

impl Conflict {
    fn reason(&self) -> String {
        match &self.why {
            Why::Itself(text) => text.clone(),
            Why::Below(inner) => {
                let reasons: Vec<String> = inner
                    .iter()
                    .map(|conflict| format!("subfields \"{}\" conflict because {}", conflict.name, conflict.reason()))
                    .collect();
                reasons.join(" and ")
            }
        }
    }
}

/// The fields of a selection by their names in the answer, in order, and the fragments that it uses.
#[derive(Default)]
struct Collected<'d> {
    fields: Vec<(&'d str, Vec<&'d Field>)>,
    /// Where in the list each name is.
    places: HashMap<&'d str, usize>,
    spreads: Vec<&'d Spread>,
}

impl<'d> Collected<'d> {
    fn of(selections: &'d [Selection]) -> Self {
        let mut collected = Self::default();
        collected.add(selections);
        collected
    }

    fn add(&mut self, selections: &'d [Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let name = answer_name(field);
                    let place = *self.places.entry(name).or_insert(self.fields.len());
                    match self.fields.get_mut(place) {
                        Some((_, fields)) => fields.push(field),
                        None => self.fields.push((name, vec![field])),
                    }
                }
                Selection::Inline(inline) => self.add(&inline.selections),
                Selection::Spread(spread) => self.spreads.push(spread),
            }
        }
    }

    fn named(&self, name: &str) -> &[&'d Field] {
        let place = self.places.get(name).and_then(|place| self.fields.get(*place));
        place.map_or(&[], |(_, fields)| fields)
    }

    /// Whether both are the very same fields.
    fn is(&self, other: &Self) -> bool {
        let all = |collected: &Self| -> Vec<*const Field> {
            collected
                .fields
                .iter()
                .flat_map(|(_, fields)| fields)
                .map(|field| &raw const **field)
                .collect()
        };
        all(self) == all(other)
    }
}

fn answer_name(field: &Field) -> &str {
    if field.alias.is_empty() { &field.name } else { &field.alias }
}

impl<'d> Walker<'d> {
    pub fn overlapping_fields(&mut self, selections: &'d [Selection]) -> Walked {
        if selections.is_empty() {
            return Ok(());
        }
        let collected = Collected::of(selections);
        let mut conflicts = Vec::new();
        for (_, fields) in &collected.fields {
            for (index, first) in fields.iter().enumerate() {
                for second in fields.iter().skip(index + 1) {
                    conflicts.extend(self.conflict(false, first, second)?);
                }
            }
        }
        self.memory.met.clear();
        for (index, spread) in collected.spreads.iter().enumerate() {
            self.compare_with_fragment(&mut conflicts, false, &collected, spread)?;
            for other in collected.spreads.iter().skip(index + 1) {
                self.compare_fragments(&mut conflicts, false, spread, other)?;
            }
        }
        for conflict in conflicts {
            let message = format!(
                "Fields \"{}\" conflict because {}. Use different aliases on the fields to fetch both if this was intentional.",
                conflict.name,
                conflict.reason()
            );
            self.report(conflict.pos, message);
        }
        Ok(())
    }

    fn compare_with_fragment(
        &mut self,
        conflicts: &mut Vec<Conflict>,
        exclusive: bool,
        fields: &Collected<'d>,
        spread: &'d Spread,
    ) -> Walked {
        if !self.memory.met.insert(&spread.name) {
            return Ok(());
        }
        let Some(fragment) = self.fragment_of(spread) else {
            return Ok(());
        };
        let inner = Collected::of(&fragment.selections);
        if fields.is(&inner) {
            return Ok(());
        }
        self.compare(conflicts, exclusive, fields, &inner)?;
        for other in inner.spreads.iter().filter(|other| other.name != spread.name) {
            self.nested(|w| w.compare_with_fragment(conflicts, exclusive, fields, other))?;
        }
        Ok(())
    }

    fn compare_fragments(&mut self, conflicts: &mut Vec<Conflict>, exclusive: bool, a: &'d Spread, b: &'d Spread) -> Walked {
        let (first, second) = (a.name.as_str(), b.name.as_str());
        if first == second {
            return Ok(());
        }
        // Having been compared as exclusive ones does not say that they agree otherwise.
        let known = self.memory.compared.get(&(first, second)).copied();
        if known.is_some_and(|as_exclusive| exclusive || !as_exclusive) {
            return Ok(());
        }
        self.memory.compared.insert((first, second), exclusive);
        self.memory.compared.insert((second, first), exclusive);
        let (Some(fragment_a), Some(fragment_b)) = (self.fragment_of(a), self.fragment_of(b)) else {
            return Ok(());
        };
        let (fields_a, fields_b) = (Collected::of(&fragment_a.selections), Collected::of(&fragment_b.selections));
        self.compare(conflicts, exclusive, &fields_a, &fields_b)?;
        for spread in &fields_b.spreads {
            self.nested(|w| w.compare_fragments(conflicts, exclusive, a, spread))?;
        }
        for spread in &fields_a.spreads {
            self.nested(|w| w.compare_fragments(conflicts, exclusive, spread, b))?;
        }
        Ok(())
    }

    /// Compares the fields of two selections, not those of fragments that they use.
    fn compare(&mut self, conflicts: &mut Vec<Conflict>, exclusive: bool, a: &Collected<'d>, b: &Collected<'d>) -> Walked {
        self.work(a.fields.len().saturating_add(b.fields.len()))?;
        for (name, fields) in &a.fields {
            for first in fields {
                for second in b.named(name) {
                    conflicts.extend(self.conflict(exclusive, first, second)?);
                }
            }
        }
        Ok(())
    }

    fn conflict(&mut self, exclusive: bool, a: &'d Field, b: &'d Field) -> Result<Option<Conflict>, Refusal> {
        self.step()?;
        let (Some(parent_a), Some(parent_b)) = (self.schema.get(a.parent.get()), self.schema.get(b.parent.get())) else {
            return Ok(None);
        };
        let (definition_a, definition_b) = (self.schema.field(a.resolved.get()), self.schema.field(b.resolved.get()));
        let are_objects = parent_a.kind == TypeKind::Object && parent_b.kind == TypeKind::Object;
        let are_known = definition_a.is_some() && definition_b.is_some();
        let exclusive = exclusive || parent_a.name != parent_b.name && are_objects && are_known;
        let conflict = |why: Why| {
            Ok(Some(Conflict {
                name: answer_name(a).to_owned(),
                pos: b.pos,
                why,
            }))
        };
        if !exclusive && a.name != b.name {
            return conflict(Why::Itself(format!("\"{}\" and \"{}\" are different fields", a.name, b.name)));
        }
        if !exclusive && !same_arguments(&a.arguments, &b.arguments) {
            return conflict(Why::Itself("they have differing arguments".to_owned()));
        }
        if let (Some(x), Some(y)) = (definition_a, definition_b)
            && self.types_conflict(&x.ty, &y.ty)
        {
            let (x, y) = (x.ty.text(), y.ty.text());
            return conflict(Why::Itself(format!("they return conflicting types \"{x}\" and \"{y}\"")));
        }
        let below = self.nested(|w| w.conflicts_below(exclusive, &a.selections, &b.selections))?;
        if below.is_empty() { Ok(None) } else { conflict(Why::Below(below)) }
    }

    fn conflicts_below(&mut self, exclusive: bool, a: &'d [Selection], b: &'d [Selection]) -> Result<Vec<Conflict>, Refusal> {
        let (fields_a, fields_b) = (Collected::of(a), Collected::of(b));
        let mut conflicts = Vec::new();
        self.compare(&mut conflicts, exclusive, &fields_a, &fields_b)?;
        for (fields, spreads) in [(&fields_a, &fields_b.spreads), (&fields_b, &fields_a.spreads)] {
            for spread in spreads {
                self.memory.met.clear();
                self.compare_with_fragment(&mut conflicts, exclusive, fields, spread)?;
            }
        }
        for first in &fields_a.spreads {
            for second in &fields_b.spreads {
                self.compare_fragments(&mut conflicts, exclusive, first, second)?;
            }
        }
        Ok(conflicts)
    }

    fn types_conflict(&self, a: &Type, b: &Type) -> bool {
        match (&a.shape, &b.shape) {
            (Shape::List(a), Shape::List(b)) => self.types_conflict(a, b),
            (Shape::Named(x), Shape::Named(y)) => {
                let leaf = |name: &str| self.schema.find(name).is_some_and(|ty| ty.kind.is_leaf());
                a.non_null != b.non_null || leaf(x) && leaf(y) && x != y
            }
            _ => true,
        }
    }
}

fn same_arguments(a: &[Argument], b: &[Argument]) -> bool {
    let same = |x: &Argument, y: &Argument| x.name == y.name && same_value(&x.value, &y.value);
    a.len() == b.len() && a.iter().all(|x| b.iter().any(|y| same(x, y)))
}

/// The order of an object's fields does not count.
fn same_value(a: &Value, b: &Value) -> bool {
    if a.kind != b.kind || a.raw != b.raw || a.children.len() != b.children.len() {
        return false;
    }
    let sorted = |value: &Value| -> Vec<Child> {
        let mut children = value.children.clone();
        if value.kind == ValueKind::Object {
            children.sort_by(|x, y| x.name.cmp(&y.name));
        }
        children
    };
    sorted(a)
        .iter()
        .zip(&sorted(b))
        .all(|(x, y)| x.name == y.name && same_value(&x.value, &y.value))
}
