//! Fragments: known, used, once each, on types that have fields, not within themselves, and only where they can apply.

use std::collections::HashMap;

use super::super::ast::{Fragment, Inline, Selection, Spread, TypeKind};
use super::super::suggest;
use super::super::walk::{Walked, Walker};

impl<'d> Walker<'d> {
    pub fn inline_on_composite(&mut self, inline: &Inline) {
        let leaf = self.schema.find(&inline.condition).is_some_and(|ty| !ty.kind.is_composite());
        if leaf {
            let message = format!("Fragment cannot condition on non composite type \"{}\".", inline.condition);
            self.report(inline.pos, message);
        }
    }

    pub fn fragment_on_composite(&mut self, fragment: &Fragment) {
        let Fragment { name, condition, pos, .. } = fragment;
        if self.schema.find(condition).is_some_and(|ty| !ty.kind.is_composite()) {
            self.report(
                *pos,
                format!("Fragment \"{name}\" cannot condition on non composite type \"{condition}\"."),
            );
        }
    }

    pub fn known_inline_type(&mut self, inline: &Inline) {
        if !inline.condition.is_empty() && self.schema.find(&inline.condition).is_none() {
            self.report(inline.pos, format!("Unknown type \"{}\".", inline.condition));
        }
    }

    pub fn known_fragment_type(&mut self, fragment: &Fragment) {
        let condition = &fragment.condition;
        if self.schema.find(condition).is_none() {
            let hint = suggest::quoted("Did you mean", condition, self.schema.types().map(|ty| ty.name.as_str()));
            self.report(fragment.pos, format!("Unknown type \"{condition}\".{hint}"));
        }
    }

    pub fn known_fragment(&mut self, spread: &Spread) {
        if self.fragment_of(spread).is_none() {
            self.report(spread.pos, format!("Unknown fragment \"{}\".", spread.name));
        }
    }

    pub fn used_fragment(&mut self, spread: &'d Spread) {
        if !self.memory.in_fragments {
            self.memory.used.insert(&spread.name);
        }
    }

    pub fn unused_fragment(&mut self, fragment: &Fragment) {
        self.memory.in_fragments = true;
        if !self.memory.used.contains(fragment.name.as_str()) {
            self.report(fragment.pos, format!("Fragment \"{}\" is never used.", fragment.name));
        }
    }

    pub fn unique_fragment_name(&mut self, fragment: &'d Fragment) {
        if !self.memory.fragments.insert(&fragment.name) {
            self.report(fragment.pos, format!("There can be only one fragment named \"{}\".", fragment.name));
        }
    }

    pub fn possible_inline(&mut self, parent: Option<usize>, inline: &Inline) {
        if let Some(parent) = self.never_applies(parent, &inline.condition) {
            let message = format!(
                "Fragment cannot be spread here as objects of type \"{parent}\" can never be of type \"{}\".",
                inline.condition
            );
            self.report(inline.pos, message);
        }
    }

    pub fn possible_spread(&mut self, spread: &Spread) {
        let Some(fragment) = self.fragment_of(spread) else {
            return;
        };
        if let Some(parent) = self.never_applies(spread.parent.get(), &fragment.condition) {
            let message = format!(
                "Fragment \"{}\" cannot be spread here as objects of type \"{parent}\" can never be of type \"{}\".",
                spread.name, fragment.condition
            );
            self.report(spread.pos, message);
        }
    }

    /// The name of the outer type, if no object is of it and of the inner one.
    fn never_applies(&self, outer: Option<usize>, inner: &str) -> Option<&'d str> {
        let outer = self.schema.get(outer)?;
        self.schema.find(inner).filter(|ty| ty.kind.is_composite())?;
        let mut inner = self.schema.possible(inner);
        let meets = match outer.kind {
            TypeKind::Object => inner.any(|ty| ty.name == outer.name),
            TypeKind::Interface | TypeKind::Union => inner.any(|ty| self.schema.possible(&outer.name).any(|other| other.name == ty.name)),
            TypeKind::Scalar | TypeKind::Enum | TypeKind::InputObject => true,
        };
        (!meets).then_some(outer.name.as_str())
    }

    pub fn fragment_cycles(&mut self, fragment: &'d Fragment) -> Walked {
        self.cycles_from(fragment, &mut Vec::new(), &mut HashMap::new())
    }

    /// `path` holds the spreads that lead to this fragment, `places` where in it each fragment on the way begins.
    fn cycles_from(&mut self, fragment: &'d Fragment, path: &mut Vec<&'d Spread>, places: &mut HashMap<&'d str, usize>) -> Walked {
        if !self.memory.searched.insert(&fragment.name) {
            return Ok(());
        }
        let mut spreads = Vec::new();
        spreads_in(&fragment.selections, &mut spreads);
        if spreads.is_empty() {
            return Ok(());
        }
        places.insert(&fragment.name, path.len());
        for spread in spreads {
            path.push(spread);
            match places.get(spread.name.as_str()) {
                None => {
                    if let Some((_, inner)) = self.find_fragment(&spread.name) {
                        self.nested(|w| w.cycles_from(inner, path, places))?;
                    }
                }
                Some(begin) => {
                    let between = path.get(*begin..path.len() - 1).unwrap_or_default();
                    let names: Vec<String> = between.iter().map(|spread| format!("\"{}\"", spread.name)).collect();
                    let via = if names.is_empty() {
                        String::new()
                    } else {
                        format!(" via {}", names.join(", "))
                    };
                    let message = format!("Cannot spread fragment \"{}\" within itself{via}.", spread.name);
                    self.report(spread.pos, message);
                }
            }
            path.pop();
        }
        places.remove(fragment.name.as_str());
        Ok(())
    }
}

/// The spreads in selections: those of a level before those below, and of these the last set first.
fn spreads_in<'d>(selections: &'d [Selection], found: &mut Vec<&'d Spread>) {
    let mut sets = vec![selections];
    while let Some(set) = sets.pop() {
        for selection in set {
            match selection {
                Selection::Spread(spread) => found.push(spread),
                Selection::Field(field) => sets.push(&field.selections),
                Selection::Inline(inline) => sets.push(&inline.selections),
            }
        }
    }
}
