//! The built-in functions: names, arities and types, read from `builtins.tsv` beside this file. Which of them the runtime has is
//! not known here; analysis accepts all that OPA has.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::make;
use crate::syntax::ast::Term;

const TABLE: &str = include_str!("builtins.tsv");

/// What is known of a built-in function.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Its name, with dots.
    pub name: &'static str,
    /// The operator that calls it: `+`.
    pub infix: Option<&'static str>,
    /// What it is listed under in documentation.
    pub category: Option<&'static str>,
    /// Rego v1 and strict mode refuse it.
    pub deprecated: bool,
    /// Its result depends on more than its arguments.
    pub nondeterministic: bool,
    /// It has several results, one after the other (`walk`).
    pub relation: bool,
    /// Its arguments in the table's notation, apart by semicolons; empty for none.
    pub args: &'static str,
    /// Its result in the table's notation; `None` for functions without one (`print`).
    pub result: Option<&'static str>,
}

impl Builtin {
    /// The arguments, each in the table's notation: `name: type` or `type`.
    pub fn arguments(&self) -> impl Iterator<Item = &'static str> {
        self.args.split("; ").filter(|arg| !arg.is_empty() && !arg.ends_with("..."))
    }

    /// The type of what may follow the arguments any number of times (`print`).
    pub fn variadic(&self) -> Option<&'static str> {
        self.args.strip_suffix("...")
    }

    /// How many arguments it takes.
    pub fn arity(&self) -> usize {
        self.arguments().count()
    }
}

/// The function of this name that policies may call: one of the table, or of the embedder.
pub fn find(name: &str) -> Option<&'static Builtin> {
    crate::capabilities::find(name)
}

/// The built-in function of this name, whether policies may call it or not.
pub fn ours(name: &str) -> Option<&'static Builtin> {
    table().get(name)
}

/// The built-in function that a call's operator names.
pub fn named_by(reference: &[Term]) -> Option<&'static Builtin> {
    match reference {
        [
            Term {
                value: crate::syntax::ast::Value::Var(name),
                ..
            },
        ] => find(name),
        [] | [_] => None,
        _ => find(&make::dotted(reference)?),
    }
}

/// All built-in functions, by name.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    let mut list: Vec<_> = table().values().collect();
    list.sort_by_key(|builtin| builtin.name);
    list.into_iter()
}

fn table() -> &'static HashMap<&'static str, Builtin> {
    static BUILTINS: OnceLock<HashMap<&'static str, Builtin>> = OnceLock::new();
    BUILTINS.get_or_init(|| {
        TABLE
            .lines()
            .filter_map(parse_line)
            .map(|builtin| (builtin.name, builtin))
            .collect()
    })
}

fn parse_line(line: &'static str) -> Option<Builtin> {
    if line.starts_with('#') {
        return None;
    }
    let mut columns = line.split('\t').map(|column| (!column.is_empty()).then_some(column));
    let name = columns.next()??;
    let infix = columns.next()?;
    let flags = columns.next()?.unwrap_or("");
    let category = columns.next()?;
    let args = columns.next()?.unwrap_or("");
    let result = columns.next()?;
    let flag = |name| flags.split(',').any(|flag| flag == name);
    Some(Builtin {
        name,
        infix,
        category,
        deprecated: flag("deprecated"),
        nondeterministic: flag("nondeterministic"),
        relation: flag("relation"),
        args,
        result,
    })
}
