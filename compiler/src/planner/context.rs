//! What `with` modifiers change about the meaning of rules: parts of `data` whose rules are hidden by a value, and functions that are
//! replaced. A function of the plan is planned for one context; where no `with` is in force that is [`ContextId::TOP`].
//!
//! Replacing `input`, or base documents that no rule stands in, needs no context: the locals that are passed along say it all.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::tree::{Key, NodeId};

/// A context's place in [`Contexts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ContextId(pub u32);

impl ContextId {
    /// No `with` in force.
    pub const TOP: Self = Self(0);
}

/// What stands in a function's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mock {
    /// A built-in function.
    Builtin(&'static str),
    /// A function of the policy, with its path.
    Function(NodeId, Vec<Key>),
    /// A constant.
    Constant(Key),
    /// A value known at run time only. Functions planned in the context take it as one more parameter: the slot's number.
    Slot(u32),
}

/// What `with` modifiers change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Context {
    /// Paths below `data` that hold a given value: rules at and below them do not count.
    pub shadows: BTreeSet<Vec<Key>>,
    /// Replaced functions by name.
    pub mocks: BTreeMap<String, Mock>,
    /// How many slots there are.
    pub slots: u32,
}

impl Context {
    /// Whether the rules at this path are hidden.
    pub fn is_shadowed(&self, path: &[Key]) -> bool {
        !self.shadows.is_empty() && (0..=path.len()).any(|length| self.shadows.contains(&path[..length]))
    }
}

/// All contexts of a policy; equal ones are one.
#[derive(Debug)]
pub(super) struct Contexts(Vec<Context>);

impl Contexts {
    /// Only the top one.
    pub fn new() -> Self {
        Self(vec![Context::default()])
    }

    /// The context with this id.
    pub fn get(&self, id: ContextId) -> &Context {
        &self.0[id.0 as usize]
    }

    /// The id of a context.
    pub fn intern(&mut self, context: Context) -> ContextId {
        let position = self.0.iter().position(|known| *known == context).unwrap_or_else(|| {
            self.0.push(context);
            self.0.len() - 1
        });
        ContextId(position as u32)
    }

    /// The context inside of a replacement: nothing is replaced there, hidden rules stay hidden.
    pub fn without_mocks(&mut self, id: ContextId) -> ContextId {
        let shadows = self.get(id).shadows.clone();
        self.intern(Context {
            shadows,
            ..Context::default()
        })
    }
}
