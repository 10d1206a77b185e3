//! From analysed modules to a plan: what the rules of a policy mean, written down in the statements of `crate::ir`.
//!
//! The planner reads the rewritten form that `crate::analysis` describes and gives it the meaning that OPA's interpreter gives it. It
//! knows neither source text nor Wasm, and it optimises only where the syntax tree knows better than the plan: early exit, lookups
//! instead of searches in sets, no statements for what unification can decide at once.
//!
//! - `program` holds what a policy has once: strings, files, built-ins, and the functions that are still to be planned;
//! - `body` writes the statements of one function, with the loops that are open at the moment and the variables bound so far;
//! - `query` plans expressions, `term` values, `unify` equations, `call` calls, `with` modifiers;
//! - `reference` plans lookups in values, `document`, `search` and `extent` what stands below `data`, where rules and base
//!   documents meet;
//! - `rules` and `partial` make functions of rules; `entry` makes the plans of entrypoints and queries;
//! - `watch` has the expressions of tests tell when they fail, and what they saw then.
//!
//! Planning is in direct style. An expression with many solutions opens a loop and leaves it open, so that what follows is planned inside;
//! who began closes. Where what follows must not be inside (behind a `with`, or where several loops bring solutions), solutions are
//! *captured*: written down in an array, which is iterated afterwards.

mod body;
mod call;
mod capture;
mod context;
mod document;
mod entry;
mod extent;
mod partial;
mod program;
mod query;
mod reference;
mod rules;
mod search;
mod term;
mod unify;
mod watch;
mod with;

use std::collections::HashSet;

use crate::analysis::{Analysed, AnalysedQuery};
use crate::ir::Policy;
use crate::syntax::ast::Term;
use crate::syntax::source::{Sources, Span};
pub use watch::{FailPoint, Shown};

/// What to plan.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// The value of a document: a path of constants below `data`. Its plan adds `{"result": value}` to the result set if there is a value.
    Document {
        /// The plan's name.
        name: &'a str,
        /// The path, without `data`.
        path: &'a [Term],
    },
    /// A query. Its plan adds an object for each solution: the values of the query's variables by their names.
    Query {
        /// The plan's name.
        name: &'a str,
        /// The analysed query.
        query: &'a AnalysedQuery,
    },
}

/// Why a policy could not be planned.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum Error {
    /// Something the plan format cannot express.
    #[error("{what} is not supported")]
    Unsupported {
        /// What it is.
        what: String,
        /// Where it stands.
        span: Span,
    },
    /// A fault of ours: the rewritten form is not as it should be.
    #[error("bug: {what}")]
    Bug {
        /// What is wrong.
        what: String,
        /// Where it was met.
        span: Span,
    },
}

/// Plans a policy: a plan for each target, and the functions they need.
pub fn plan(analysed: &Analysed, sources: &Sources, targets: &[Target<'_>]) -> Result<Policy, Error> {
    let mut program = program::Program::new(analysed, sources);
    plan_targets(&mut program, targets)?;
    Ok(program.finish().0)
}

/// Plans a policy whose expressions and heads say when they are evaluated. What they say is a number, the place of theirs in the list that is given.
/// One more plan, of this name, is added behind the others: the array of the numbers said so far.
pub fn plan_covered(analysed: &Analysed, sources: &Sources, targets: &[Target<'_>], name: &str) -> Result<(Policy, Vec<Span>), Error> {
    let mut program = program::Program::new(analysed, sources).cover();
    let covered = entry::known(&mut program, name, "internal.covered")?;
    plan_targets(&mut program, targets)?;
    program.add_plan(covered);
    Ok(program.finish())
}

/// Plans a policy in which the expressions of some rules, named by their places, tell when they fail, by their numbers in the list that is given. One
/// more plan, of this name, is added behind the others: what they told since it was last asked for; see `internal.failures` of the runtime.
pub fn plan_watched(
    analysed: &Analysed,
    sources: &Sources,
    targets: &[Target<'_>],
    name: &str,
    rules: HashSet<Span>,
) -> Result<(Policy, Vec<FailPoint>), Error> {
    let mut program = program::Program::new(analysed, sources).watch(rules);
    let failures = entry::known(&mut program, name, "internal.failures")?;
    plan_targets(&mut program, targets)?;
    program.add_plan(failures);
    let points = program.take_points();
    Ok((program.finish().0, points))
}

fn plan_targets(program: &mut program::Program<'_>, targets: &[Target<'_>]) -> Result<(), Error> {
    for target in targets {
        let plan = match *target {
            Target::Document { name, path } => entry::document(program, name, path)?,
            Target::Query { name, query } => entry::query(program, name, query)?,
        };
        program.add_plan(plan);
    }
    rules::plan_pending(program)
}
