//! A policy with its tests: finds the test rules, and compiles those that are to be run into one component, an entrypoint for each. Making machine code
//! is what takes long, and most of it is for rules that many tests share; so they are compiled together.
//!
//! What a test's value means is for those who run it.

use serde_json::Value as Json;

use crate::analysis::tests::{self, TestRule};
use crate::analysis::visit::{Node, chain, walk_rule};
use crate::analysis::{Analysed, TestRules};
use crate::budget;
use crate::driver::{self, Failure, Input, Options, Output, compile_plans};
use crate::planner::{self, Target};
use crate::syntax;
use crate::syntax::ast::ExprKind;
use crate::syntax::source::{Sources, Span};

pub use crate::analysis::tests::CASE_NAME;
pub use crate::planner::{FailPoint, Shown};

/// A policy that was analysed with its tests.
#[derive(Debug)]
pub struct Tests {
    analysed: Analysed,
    sources: Sources,
    data: Json,
    rules: Vec<TestRule>,
    list: Vec<Test>,
    explained: bool,
}

/// A test rule, as reports show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The package's path, `data.…`.
    pub package: String,
    /// The rule's name in the package; rules of one name are numbered.
    pub name: String,
    /// Package and name as one reference.
    pub reference: String,
    /// The file's name.
    pub file: String,
    /// 1-based row.
    pub row: u32,
    /// 1-based column.
    pub col: u32,
    /// It is not to be run yet: its name begins with `todo_test_`.
    pub skipped: bool,
    /// It is a function, which has no value and cannot be run.
    pub function: bool,
    /// Its value is an object of cases: its reference has variables.
    pub table: bool,
}

/// Tests in code.
#[derive(Debug)]
pub struct CompiledTests {
    /// The component.
    pub output: Output,
    /// The entrypoints of each test, in the order asked for.
    pub entrypoints: Vec<TestEntrypoints>,
    /// Which parts of the policy were evaluated, if that was asked for.
    pub coverage: Option<Coverage>,
    /// Why tests fail, if that was asked for.
    pub failures: Option<Failures>,
}

/// How to find out why a test failed.
#[derive(Debug)]
pub struct Failures {
    /// The entrypoint that gives, as JSON in a string, what failed since the last call: `[case, [number, {slot: text}]]` for each case of a table (`null`
    /// without cases) with the last expression that failed in it (`null` for none): its number and the texts of the values that were there.
    pub entrypoint: u32,
    /// The expressions by their numbers.
    pub points: Vec<FailPoint>,
}

/// How to find out which parts of a policy were evaluated.
#[derive(Debug)]
pub struct Coverage {
    /// The entrypoint that gives the array of the numbers of parts that were evaluated, by the instance that is asked.
    pub entrypoint: u32,
    /// The parts by their numbers.
    pub parts: Vec<Span>,
}

/// Where a test is in its component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestEntrypoints {
    /// Gives the rule's value.
    pub value: u32,
    /// For a table of cases: gives the array of `{CASE_NAME: [part, …]}`, one for each case that was begun.
    pub cases: Option<u32>,
}

/// Analyses a policy with its tests. With `explained`, tests can be compiled to tell why they fail.
pub fn find(input: &Input, options: &Options, explained: bool) -> Result<Tests, Failure> {
    budget::within(&options.budget, || find_here(input, options, explained))?
}

fn find_here(input: &Input, options: &Options, explained: bool) -> Result<Tests, Failure> {
    let _guard = options.enter();
    let mut sources = Sources::default();
    let rules = if explained { TestRules::Explained } else { TestRules::Prepared };
    match driver::front(input, options, rules, &mut sources) {
        Ok(mut analysed) => {
            let rules = tests::take(&mut analysed, explained);
            let list = rules.iter().map(|rule| describe(rule, &sources)).collect();
            Ok(Tests {
                analysed,
                sources,
                data: input.data.clone(),
                rules,
                list,
                explained,
            })
        }
        Err(diagnostics) => Err(Failure::Policy { sources, diagnostics }),
    }
}

fn describe(rule: &TestRule, sources: &Sources) -> Test {
    Test {
        package: rule.package_text(),
        name: rule.name_text(),
        reference: rule.full_text(),
        file: sources
            .files
            .get(rule.span.file as usize)
            .map(|file| file.name.clone())
            .unwrap_or_default(),
        row: rule.span.row,
        col: rule.span.col,
        skipped: rule.skipped,
        function: rule.function,
        table: rule.table,
    }
}

impl Tests {
    /// The tests, in order of files and rules.
    pub fn list(&self) -> &[Test] {
        &self.list
    }

    /// Compiles tests: positions in [`Tests::list`] of tests that are no functions.
    ///
    /// With `coverage`, the policy's expressions and heads note that they were evaluated.
    pub fn compile(&self, selected: &[usize], options: &Options, coverage: bool) -> Result<CompiledTests, Failure> {
        budget::within(&options.budget, || self.compile_here(selected, options, coverage))?
    }

    fn compile_here(&self, selected: &[usize], options: &Options, coverage: bool) -> Result<CompiledTests, Failure> {
        let _guard = options.enter();
        let rules: Vec<&TestRule> = selected.iter().filter_map(|&position| self.rules.get(position)).collect();
        let paths: Vec<_> = rules.iter().map(|rule| rule.path().split_off(1)).collect();
        let mut targets = Vec::with_capacity(rules.len());
        let mut entrypoints = Vec::with_capacity(rules.len());
        for (rule, path) in rules.iter().zip(&paths) {
            let value = targets.len() as u32;
            targets.push(Target::Document { name: VALUE, path });
            if let Some(query) = &rule.cases {
                targets.push(Target::Query { name: CASES, query });
            }
            entrypoints.push(TestEntrypoints {
                value,
                cases: rule.cases.is_some().then_some(value + 1),
            });
        }
        let entrypoint = targets.len() as u32;
        let (analysed, sources) = (&self.analysed, &self.sources);
        let (mut measured, mut failures) = (None, None);
        let planned = if coverage {
            planner::plan_covered(analysed, sources, &targets, COVERED).map(|(plan, parts)| {
                measured = Some(Coverage { entrypoint, parts });
                plan
            })
        } else if self.explained {
            let watched = rules.iter().flat_map(|rule| &rule.links).copied().collect();
            planner::plan_watched(analysed, sources, &targets, FAILURES, watched).map(|(plan, points)| {
                failures = Some(Failures { entrypoint, points });
                plan
            })
        } else {
            planner::plan(analysed, sources, &targets)
        };
        let plan = planned.map_err(|error| driver::unplanned(error, sources))?;
        let options = Options {
            queries: vec![CASES.to_owned()],
            entrypoints: Vec::new(),
            ..options.clone()
        };
        let output = compile_plans(vec![(plan, &self.data)], &options)?;
        Ok(CompiledTests {
            output,
            entrypoints,
            coverage: measured,
            failures,
        })
    }

    /// The files; the spans of [`Coverage::parts`] point into them.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// What can be evaluated, as it was written: rules' heads and all expressions but declarations.
    pub fn parts(&self, options: &Options) -> Vec<Span> {
        let mut parts = Vec::new();
        for (source, file) in self.sources.files.iter().zip(0..) {
            let parsed = syntax::parse_module(file, &source.text, &driver::file_options(options, file as usize));
            for rule in parsed.module.iter().flat_map(|module| &module.rules).flat_map(chain) {
                parts.push(rule.head.span);
                walk_rule(rule, &mut |node| {
                    if let Node::Expr(expr) = node
                        && !matches!(expr.kind, ExprKind::Some(_))
                    {
                        parts.push(expr.span);
                    }
                    true
                });
            }
        }
        parts
    }
}

/// The name of all entrypoints that give a test's value; they are told apart by their positions.
const VALUE: &str = "test";
/// The name of the one that tells what was evaluated.
const COVERED: &str = "covered";
/// The name of the one that tells why tests failed.
const FAILURES: &str = "failures";
/// The name of those that give cases.
const CASES: &str = "cases";
