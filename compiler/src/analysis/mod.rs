//! What names mean and whether a policy is sound: from parsed modules to modules in the *rewritten form* that the planner reads,
//! or OPA's compile errors. Analysis knows neither tokens nor plans. Each pass is a function over the tree in a file of its own,
//! and [`analyse`] is the list of them in OPA's order, since that order decides which error a policy with several gets.
//!
//! # The rewritten form
//!
//! The types are those of [`crate::syntax::ast`]; what is narrower than in parsed modules:
//!
//! **Names.** `input` and `data` are the only global names. Rules and imports are spelled out as references from `data` or
//! `input` (`p` → `data.pkg.p`), also in call operators; a built-in function's operator is a reference of its bare name split at
//! the dots (`count`, `io.jwt.decode`: variable, then strings). Every other variable is local to the rule, and unique in it:
//! declared ones (`:=`, `some`, arguments, `every`) have become generated names `__local0__`, `__local1__`, … that are unique in the
//! whole policy, wildcards are `$0`, …, and undeclared ones (bound by `=`) keep the name that the user wrote.
//!
//! **Expressions.**
//! - `ExprKind::Some` is gone: `some x in xs` is `eq(x', xs[k])` with a generated `k`.
//! - `assign` is gone: it is an `eq` call with `Expr::assigned`. In rules `equal` (`==`) is `eq` too; in queries
//!   `equal` stays, since a query's result shows whether it was true.
//! - No term holds a `Value::Call` or a `Value::TemplateString`. Every call is an `ExprKind::Call` of its own, before its use. A call
//!   with as many arguments as the function has is a condition (defined and not false); with one more, the last is unified with
//!   the result. Template strings are calls of `internal.template_string` with an array of texts, variables in sets, and set
//!   comprehensions.
//! - Operands of `eq` may be references or comprehensions at the top, but not inside arrays, objects and sets: there only scalars,
//!   variables and collections of these. Operands of all other calls, of references (beyond the head), and `every`'s domain hold
//!   neither references nor comprehensions: they were moved in front, as `eq(__localN__, …)`, with the same `with` modifiers.
//! - A reference's head is a variable (`input`, `data`, or a local).
//! - `every` always has a key (generated if it was not written) and its domain is a variable.
//! - `with` values are scalars, variables, collections of these, or a reference that names a function; targets are references
//!   (`input…`, `data…`, or a built-in function's).
//! - `rego.metadata.rule()` and `.chain()` are constants bound at the beginning of the body. `print` is erased, or
//!   `internal.print([{…}, …])` with [`Settings::print_statements`].
//!
//! **Bodies** are never empty and ordered so that evaluation from left to right meets no unbound variable where a value is needed. That holds
//! for the bodies of comprehensions, `every`, `not`, `and` and `or` too.
//!
//! **Heads.** Arguments, key and value hold neither calls nor references nor comprehensions: constants, variables, collections of
//! these. The same for the parts of the head's reference, which are scalars or variables. A head always has a value or a key:
//! a key makes it a multi-value rule, a value (and no key) a single-value one; a head of more than one part whose tail is not ground
//! is a partial object (`p[x] := y`). Default rules and `else` links are as parsed.
//!
//! **Collections.** Set elements and object keys are sorted in Rego's order and unique.

pub mod builtins;
pub use crate::syntax::order as compare;
mod comprehensions;
mod conflicts;
mod context;
mod dependencies;
mod deprecated;
pub mod documents;
mod dynamics;
mod expand;
mod functions;
mod heads;
mod imports;
mod locals;
pub(crate) mod make;
mod metadata;
mod print;
mod resolve;
mod safety;
mod templates;
pub mod tests;
pub(crate) mod text;
pub mod tree;
pub(crate) mod types;
mod vars;
pub mod visit;
mod withs;

use std::collections::HashMap;

use self::context::{Errors, Locals};
use self::dependencies::{Graph, Rules};
use self::functions::Functions;
pub use self::types::schema::Schemas;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Body, Module, Name, Rule, Value};
use crate::syntax::source::Sources;
use tree::{RuleId, RuleTree};

/// What a caller decides about the checks.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// OPA's strict mode: unused variables and imports, and what Rego v1 forbids, are errors in v0 modules too.
    pub strict: bool,
    /// Keep `print` calls instead of erasing them.
    pub print_statements: bool,
    /// What happens to test rules: see [`tests`].
    pub tests: TestRules,
    /// JSON schemas by name.
    pub schemas: Option<Schemas>,
    /// The `schemas` of metadata say what documents look like.
    pub type_annotations: bool,
}

/// What happens to test rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestRules {
    /// They are rules like others.
    #[default]
    AsTheyAre,
    /// They are prepared to be run.
    Prepared,
    /// The same, and the sides of their equations get variables, so that reports can show their values.
    Explained,
}

/// Modules in the rewritten form, and what stands where.
#[derive(Debug, Clone)]
pub struct Analysed {
    /// The modules, sorted by file name; their imports are gone.
    pub modules: Vec<Module>,
    /// Which rules stand at which path.
    pub tree: RuleTree,
    /// Generated variables and the names that the user gave them.
    pub original_names: HashMap<Name, Name>,
    print_statements: bool,
    graph: Graph,
    types: types::Env,
    subjects: HashMap<Name, Value>,
}

/// A query in the rewritten form.
#[derive(Debug, Clone)]
pub struct AnalysedQuery {
    /// The query's body.
    pub body: Body,
    /// Generated variables and the names that the user gave them: a result binds the latter. Variables that are not in here keep
    /// their name; generated and wildcard ones do not show in results.
    pub original_names: HashMap<Name, Name>,
}

/// Analyses modules. `data` are the base documents, which must not be where rules are.
pub fn analyse(
    mut modules: Vec<Module>,
    sources: &Sources,
    settings: &Settings,
    data: Option<&serde_json::Value>,
) -> Result<Analysed, Vec<Diagnostic>> {
    modules.sort_by(|a, b| file_name(a, sources).cmp(file_name(b, sources)));
    let mut errors = Errors::default();
    match passes(modules, sources, settings, data, &mut errors) {
        Some(analysed) if errors.is_empty() => Ok(analysed),
        _ => Err(errors.sorted(sources)),
    }
}

fn file_name<'a>(module: &Module, sources: &'a Sources) -> &'a str {
    sources.files.get(module.package.span.file as usize).map_or("", |file| &file.name)
}

/// Runs pass after pass; `None` if one of them found what later ones cannot do with.
fn passes(
    mut modules: Vec<Module>,
    sources: &Sources,
    settings: &Settings,
    data: Option<&serde_json::Value>,
    errors: &mut Errors,
) -> Option<Analysed> {
    let strict = settings.strict;
    let mut originals = HashMap::new();

    let heads = resolve::resolve(&mut modules, strict, errors);
    errors.go_on()?;
    let mut locals = Locals::for_modules(&modules);
    heads::rewrite_references(&mut modules, &mut locals);
    if settings.tests != TestRules::AsTheyAre {
        tests::number(&mut modules);
    }
    imports::check_root_documents(&modules, strict, errors);
    imports::check_duplicates(&modules, strict, errors);
    for module in &mut modules {
        module.imports.clear();
    }
    let tree = RuleTree::new(&modules);
    let functions = Functions::new(&tree);

    locals::rewrite(&mut modules, &mut locals, &mut originals, strict, errors);
    errors.go_on()?;
    if settings.tests != TestRules::AsTheyAre {
        tests::inject(&mut modules);
    }
    templates::rewrite(&mut modules, functions, &mut locals, &originals, errors);
    errors.go_on()?;
    functions::check_void(&modules, errors);
    errors.go_on()?;
    match settings.print_statements {
        true => print::rewrite(&mut modules, functions, &mut locals, &originals, errors),
        false => print::erase(&mut modules),
    }
    errors.go_on()?;
    expand::expand(&mut modules, &mut locals);
    metadata::rewrite(&mut modules, &mut locals, sources, errors);
    errors.go_on()?;
    let (graph, recursive) = Graph::new(
        Rules {
            modules: &modules,
            tree: &tree,
        },
        &originals,
    );
    comprehensions::rewrite(&mut modules, &mut locals);
    heads::rewrite_terms(&mut modules, &mut locals);
    withs::rewrite(&mut modules, &tree, &mut locals, errors);
    errors.go_on()?;
    conflicts::check(&modules, &tree, &originals, sources, data, errors);
    errors.go_on()?;
    functions::check_calls(&modules, functions, &originals, errors);
    errors.go_on()?;
    safety::check_heads(&modules, &originals, errors);
    errors.go_on()?;
    safety::check_bodies(&mut modules, functions, &originals, errors);
    errors.go_on()?;
    dynamics::rewrite_equals(&mut modules);
    dynamics::rewrite(&mut modules, &mut locals);
    if settings.tests == TestRules::Explained {
        tests::expose(&mut modules, &mut locals);
    }
    errors.fatal(recursive);
    errors.go_on()?;
    let rules = Rules {
        modules: &modules,
        tree: &tree,
    };
    let about = (settings.schemas.as_ref(), settings.type_annotations);
    let checked = types::check_rules(rules, &graph, &heads, &originals, &locals.subjects, about);
    errors.recoverable(checked.errors);
    if checked.calls_deprecated {
        deprecated::check(&modules, strict, errors);
    }
    Some(Analysed {
        modules,
        tree,
        original_names: originals,
        print_statements: settings.print_statements,
        graph,
        types: checked.env,
        subjects: locals.subjects,
    })
}

impl Analysed {
    /// The rule with this id; an `else` chain hangs below it.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.modules[id.module as usize].rules[id.rule as usize]
    }

    /// The module that holds a rule.
    pub fn module_of(&self, id: RuleId) -> &Module {
        &self.modules[id.module as usize]
    }

    /// Analyses a query against these modules. It sees `data` and `input` only, unless there is a module that it stands in, whose package and imports
    /// count. As in `opa eval`, strict checks are for modules alone.
    pub fn query(&self, mut body: Body, scope: Option<&Module>) -> Result<AnalysedQuery, Vec<Diagnostic>> {
        let functions = Functions::new(&self.tree);
        let mut originals = HashMap::new();
        resolve::resolve_query(&mut body, scope, &self.modules);
        let mut locals = Locals::for_query(&body);
        none(locals::rewrite_query(&mut body, &mut locals, &mut originals))?;
        let mut locals = Locals::for_query(&body);
        none(templates::rewrite_query(&mut body, functions, &mut locals, &originals))?;
        none(functions::check_query_void(&body))?;
        if self.print_statements {
            let mut locals = Locals::for_query(&body);
            none(print::rewrite_query(&mut body, functions, &mut locals, &originals))?;
        } else {
            print::erase_in_query(&mut body);
        }
        let mut locals = Locals::for_query(&body);
        expand::expand_body(&mut body, &mut locals);
        let mut subjects = locals.subjects;
        let mut locals = Locals::for_query(&body);
        comprehensions::rewrite_query(&mut body, &mut locals);
        let mut locals = Locals::for_query(&body);
        none(withs::rewrite_query(&mut body, &self.tree, &mut locals))?;
        none(functions::check_query_calls(&body, functions, &originals))?;
        let found = safety::reorder::reorder(&mut body, functions, &vars::reserved());
        none(if found.is_empty() {
            Vec::new()
        } else {
            safety::report(&found, &originals, "")
        })?;
        let mut locals = Locals::for_query(&body);
        dynamics::rewrite_body(&mut body, &mut locals);
        subjects.extend(locals.subjects);
        let rules = Rules {
            modules: &self.modules,
            tree: &self.tree,
        };
        let names = [&originals, &self.original_names];
        none(types::check_query(
            &body,
            self.types.clone(),
            rules,
            &self.graph,
            names,
            [&subjects, &self.subjects],
        ))?;
        Ok(AnalysedQuery {
            body,
            original_names: originals,
        })
    }
}

fn none(errors: Vec<Diagnostic>) -> Result<(), Vec<Diagnostic>> {
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
