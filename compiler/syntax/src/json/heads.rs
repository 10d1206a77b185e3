//! What OPA keeps of a head beside its reference: a name, and a key. Before references in heads there were only those two, and a head that could
//! have been written then has them still, by rules that go by how it is written.

use crate::ast::{Rule, Term, Value};

/// What a head is called in the old way; an `else` has that of the rule it belongs to.
#[derive(Clone, Copy, Default)]
pub(super) struct OldStyle<'r> {
    pub name: Option<&'r str>,
    /// The key, where it is the last part of the reference.
    pub key: Option<&'r Term>,
}

impl<'r> OldStyle<'r> {
    /// For a rule, not for one of its `else`s.
    pub fn of(rule: &'r Rule) -> Self {
        let head = &rule.head;
        let (Some(first), rest) = (head.reference.first(), head.reference.get(1..).unwrap_or_default()) else {
            return Self::default();
        };
        let Value::Var(name) = &first.value else {
            return Self::default();
        };
        let key = match rest {
            [] => {
                return Self {
                    name: Some(name),
                    key: None,
                };
            }
            [key] if !rule.default && !head.uses_contains => key,
            _ => return Self::default(),
        };
        let is_function = !head.has_no_args();
        if rule.uses_if {
            let names_key = !is_function && (!key.is_ground() || matches!(key.value, Value::Ref(_)));
            return Self {
                name: (is_function || !head.generated_value).then_some(name),
                key: names_key.then_some(key),
            };
        }
        if is_function {
            return Self::default();
        }
        Self {
            name: Some(name),
            key: Some(key),
        }
    }
}
