//! The scopes of local variables while a rule is rewritten: which name stands for which generated one, and how it came in.

use std::collections::BTreeMap;

use crate::syntax::ast::Name;

/// How a name came into its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurrence {
    /// As an argument.
    Argument,
    /// By being used without a declaration.
    Seen,
    /// By `:=`.
    Assigned,
    /// By `some` or `every`.
    Declared,
}

/// One scope: a rule's body, or a nested one.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Names, what they became, and how they came in.
    pub names: BTreeMap<Name, (Name, Occurrence)>,
    counts: BTreeMap<Name, u32>,
}

/// The scopes from the rule's inwards.
#[derive(Debug, Clone)]
pub struct Scopes {
    stack: Vec<Scope>,
}

impl Scopes {
    /// One empty scope.
    pub fn new() -> Scopes {
        Scopes {
            stack: vec![Scope::default()],
        }
    }

    /// Opens a scope.
    pub fn push(&mut self) {
        self.stack.push(Scope::default());
    }

    /// Closes the innermost scope.
    pub fn pop(&mut self) {
        self.stack.pop();
    }

    /// The innermost scope.
    pub fn innermost(&self) -> &Scope {
        // INVARIANT: `new` makes one scope, and each `pop` answers a `push`.
        &self.stack[self.stack.len() - 1]
    }

    /// Brings a name into the innermost scope.
    pub fn insert(&mut self, name: &Name, generated: Name, occurrence: Occurrence) {
        let last = self.stack.len() - 1;
        let scope = &mut self.stack[last];
        scope.names.insert(name.clone(), (generated, occurrence));
        scope.counts.insert(name.clone(), 1);
    }

    /// What a name stands for, from the inside out.
    pub fn meaning(&self, name: &str) -> Option<&Name> {
        self.lookup(name).map(|(generated, _)| generated)
    }

    /// What a name stands for and how it came in, from the inside out.
    pub fn lookup(&self, name: &str) -> Option<&(Name, Occurrence)> {
        self.stack.iter().rev().find_map(|scope| scope.names.get(name))
    }

    /// How a name came into the innermost scope.
    pub fn occurrence(&self, name: &str) -> Option<Occurrence> {
        self.innermost().names.get(name).map(|(_, occurrence)| *occurrence)
    }

    /// Counts a use.
    pub fn count_use(&mut self, name: &Name) {
        for scope in self.stack.iter_mut().rev() {
            if let Some(count) = scope.counts.get_mut(name) {
                *count += 1;
                return;
            }
        }
        let last = self.stack.len() - 1;
        self.stack[last].counts.insert(name.clone(), 1);
    }

    /// How often a name occurred.
    pub fn uses(&self, name: &str) -> u32 {
        self.stack
            .iter()
            .rev()
            .find_map(|scope| scope.counts.get(name))
            .copied()
            .unwrap_or(0)
    }
}
