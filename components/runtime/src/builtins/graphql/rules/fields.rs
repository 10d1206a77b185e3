//! Fields: known, with selections of their own or not, and introspection within bounds.

use std::collections::{HashMap, HashSet};

use super::super::ast::{Definition, Field, Selection, TypeKind};
use super::super::report::Refusal;
use super::super::suggest;
use super::super::types::named;
use super::super::walk::{Walked, Walker};

/// Lists of types that may lie in each other when a schema is asked about itself, and one more.
const LISTS_MAX: u32 = 3;

impl<'d> Walker<'d> {
    pub fn field_of_type(&mut self, field: &Field) {
        let Some(parent) = self.schema.get(field.parent.get()) else {
            return;
        };
        if self.schema.field(field.resolved.get()).is_some() {
            return;
        }
        let types = self.types_with(parent, &field.name);
        let hint = if !types.is_empty() {
            suggest::chosen("Did you mean to use an inline fragment on", &types)
        } else if matches!(parent.kind, TypeKind::Object | TypeKind::Interface) {
            let names = parent.fields.iter().map(|field| field.name.as_str());
            suggest::quoted("Did you mean", &field.name, names)
        } else {
            String::new()
        };
        let message = format!("Cannot query field \"{}\" on type \"{}\".{hint}", field.name, parent.name);
        self.report(field.pos, message);
    }

    /// The types that stand behind an abstract one and have a field, interfaces by how many of them implement them.
    fn types_with(&self, parent: &Definition, name: &str) -> Vec<&'d str> {
        if !parent.kind.is_abstract() {
            return Vec::new();
        }
        let mut interfaces: Vec<&str> = Vec::new();
        let mut objects: Vec<&str> = Vec::new();
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for ty in self.schema.possible(&parent.name).filter(|ty| named(&ty.fields, name).is_some()) {
            objects.push(&ty.name);
            for interface in &ty.interfaces {
                if self.schema.find(interface).is_some_and(|ty| named(&ty.fields, name).is_some()) {
                    let count = uses.entry(interface).or_default();
                    if *count == 0 {
                        interfaces.push(interface);
                    }
                    *count += 1;
                }
            }
        }
        interfaces.append(&mut objects);
        let count = |name: &str| uses.get(name).copied().unwrap_or(0);
        interfaces.sort_by(|a, b| count(b).cmp(&count(a)).then_with(|| a.cmp(b)));
        interfaces
    }

    pub fn leafs(&mut self, field: &Field) {
        let Some(definition) = self.schema.field(field.resolved.get()) else {
            return;
        };
        let Some(ty) = self.schema.find(definition.ty.name()) else {
            return;
        };
        let name = &field.name;
        if ty.kind.is_leaf() && !field.selections.is_empty() {
            let message = format!(
                "Field \"{name}\" must not have a selection since type \"{}\" has no subfields.",
                ty.name
            );
            self.report(field.pos, message);
        }
        if !ty.kind.is_leaf() && field.selections.is_empty() {
            let message = format!(
                "Field \"{name}\" of type \"{}\" must have a selection of subfields. Did you mean \"{name} {{ ... }}\"?",
                definition.ty.text()
            );
            self.report(field.pos, message);
        }
    }

    pub fn introspection_depth(&mut self, field: &'d Field) -> Walked {
        if matches!(field.name.as_str(), "__schema" | "__type") && self.lists_too_deep(field, &mut HashSet::new(), 0)? {
            self.report(field.pos, "Maximum introspection depth exceeded".to_owned());
        }
        Ok(())
    }

    fn lists_too_deep(&mut self, field: &'d Field, inside: &mut HashSet<&'d str>, mut lists: u32) -> Result<bool, Refusal> {
        if matches!(field.name.as_str(), "fields" | "interfaces" | "possibleTypes" | "inputFields") {
            lists += 1;
            if lists >= LISTS_MAX {
                return Ok(true);
            }
        }
        self.lists_below_too_deep(&field.selections, inside, lists)
    }

    fn lists_below_too_deep(&mut self, selections: &'d [Selection], inside: &mut HashSet<&'d str>, lists: u32) -> Result<bool, Refusal> {
        self.nested(|w| {
            for selection in selections {
                let too_deep = match selection {
                    Selection::Field(field) => w.lists_too_deep(field, inside, lists)?,
                    Selection::Inline(inline) => w.lists_below_too_deep(&inline.selections, inside, lists)?,
                    Selection::Spread(spread) => match w.fragment_of(spread) {
                        Some(fragment) if inside.insert(&spread.name) => {
                            let too_deep = w.lists_below_too_deep(&fragment.selections, inside, lists)?;
                            inside.remove(spread.name.as_str());
                            too_deep
                        }
                        _ => false,
                    },
                };
                if too_deep {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}
