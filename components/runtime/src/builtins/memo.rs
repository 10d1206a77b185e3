//! What built-ins that ask the world outside remember, so that it stands still inside a decision: whoever asks twice for the same gets one answer.
//!
//! The answers live in the decision's arena, and so are gone when the next one begins. Loops that give their memory back must not take them along;
//! [`crate::arena::keep`] tells them.

use crate::arena;
use crate::collections::Object;
use crate::mem::Global;
use crate::value::Value;

/// Answers of one decision, by what was asked.
pub struct Memo(Global<Option<(u32, Object)>>);

impl Memo {
    /// Nothing is known yet.
    pub const fn new() -> Memo {
        Memo(Global::new(None))
    }

    /// What was answered before in this decision.
    pub fn get(&self, asked: Value) -> Option<Value> {
        match *self.0.get() {
            Some((decision, answers)) if decision == arena::decision() => answers.get(asked),
            _ => None,
        }
    }

    /// Remembers an answer and gives it.
    pub fn put(&self, asked: Value, answer: Value) -> Value {
        let decision = arena::decision();
        let answers = match *self.0.get() {
            Some((of, answers)) if of == decision => answers,
            _ => {
                let answers = Object::new();
                *self.0.get() = Some((decision, answers));
                answers
            }
        };
        answers.insert(asked, answer);
        arena::keep();
        answer
    }
}

impl Default for Memo {
    fn default() -> Self {
        Memo::new()
    }
}
