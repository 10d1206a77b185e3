//! Capabilities in OPA's sense: which built-in functions policies may call, and what the embedder adds to them.
//!
//! OPA writes them as a JSON document (`opa capabilities`). Ours comes from the table of built-in functions ([`ours`]); one that a user gives restricts
//! policies to what it lists, and what it declares beyond our table are functions of the embedder, which become imports of the component
//! ([`Custom`]).
//!
//! A set of capabilities is in force for one run of the compiler, on its thread ([`Capabilities::enter`]): names of functions are looked up in so many
//! places that handing it to all of them would hide what these do.

mod language;
mod shape;
mod versions;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::analysis::builtins::{self, Builtin};
use crate::diagnostic::Diagnostic;
use crate::link;
use crate::syntax::ast::{Body, Module, RegoVersion};
use language::Language;
pub use versions::{of_version, versions};

/// Features of the language, by OPA's names.
const FEATURES: [&str; 5] = ["keywords_in_refs", "rego_v1", "rego_v2", "rego_v2_import", "template_strings"];
/// Those of v0, which can be used in bundles of v1 as well.
const FEATURES_V0: [&str; 7] = [
    "keywords_in_refs",
    "rego_v1",
    "rego_v1_import",
    "rego_v2",
    "rego_v2_import",
    "rule_head_ref_string_prefixes",
    "rule_head_refs",
];

/// Keywords that have to be imported.
const FUTURE_KEYWORDS: [&str; 3] = ["and", "not", "or"];
/// Those that v0 has to import.
const FUTURE_KEYWORDS_V0: [&str; 7] = ["and", "contains", "every", "if", "in", "not", "or"];

/// Functions without which policies cannot be rewritten: `x in xs`, `some x in xs` and the like.
const INTERNAL: &str = "internal.";

/// What policies may call.
#[derive(Debug, Clone, Default)]
pub struct Capabilities {
    inner: Arc<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// The functions of ours that may be called.
    allowed: HashSet<&'static str>,
    /// Functions of the embedder.
    custom: HashMap<&'static str, &'static Builtin>,
    /// Parts of the language; `None` is all of it.
    language: Option<Language>,
}

/// Why a document holds no capabilities.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// It is not JSON.
    #[error("{0}")]
    Json(String),
    /// It does not have the shape.
    #[error("`builtins` is not an array of declarations")]
    Shape,
    /// A declaration is none.
    #[error("the declaration of `{name}` {what}")]
    Declaration {
        /// The function.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// The most arguments that a function of the embedder can have.
pub const ARGUMENTS_MAX: usize = 7;

impl Capabilities {
    /// Reads OPA's JSON.
    ///
    /// # Errors
    /// When it is none, or a function of the embedder is declared in a way that cannot be imported.
    pub fn read(text: &[u8]) -> Result<Self, Invalid> {
        let document: Value = serde_json::from_slice(text).map_err(|error| Invalid::Json(error.to_string()))?;
        let declared = match document.get("builtins") {
            None | Some(Value::Null) => &[],
            Some(declared) => declared.as_array().ok_or(Invalid::Shape)?.as_slice(),
        };
        let mut table = Table {
            language: Language::read(&document),
            ..Table::default()
        };
        for declaration in declared {
            let name = declaration.get("name").and_then(Value::as_str).ok_or(Invalid::Shape)?;
            match builtins::ours(name) {
                Some(builtin) => drop(table.allowed.insert(builtin.name)),
                None => {
                    let custom = custom(name, declaration)?;
                    table.custom.insert(custom.name, custom);
                }
            }
        }
        Ok(Self { inner: Arc::new(table) })
    }

    /// What either lists.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let tables = [&self.inner, &other.inner];
        let table = Table {
            allowed: tables.iter().flat_map(|table| &table.allowed).copied().collect(),
            custom: tables
                .iter()
                .flat_map(|table| &table.custom)
                .map(|(&name, &custom)| (name, custom))
                .collect(),
            // A document that lists functions only adds no limits.
            language: match (&self.inner.language, &other.inner.language) {
                (Some(one), Some(other)) => Some(one.and(other)),
                (one, other) => one.clone().or_else(|| other.clone()),
            },
        };
        Self { inner: Arc::new(table) }
    }

    /// These and all functions of ours.
    #[must_use]
    pub fn with_ours(self) -> Self {
        let table = Table {
            allowed: builtins::all().map(|builtin| builtin.name).collect(),
            custom: self.inner.custom.clone(),
            language: None,
        };
        Self { inner: Arc::new(table) }
    }

    /// Puts these in force on this thread until the guard is dropped: for those who run stages of the compiler on their own. [`crate::compile`] does it.
    pub fn enter(&self) -> Guard {
        Guard {
            before: CURRENT.replace(Some(self.clone())),
        }
    }

    /// The functions of the embedder, by name.
    pub fn custom(&self) -> impl Iterator<Item = &'static str> {
        let mut names: Vec<_> = self.inner.custom.keys().copied().collect();
        names.sort_unstable();
        names.into_iter()
    }
}

/// Why no file of a version can be read with the capabilities in force.
pub(crate) fn refuses_version(version: RegoVersion) -> Option<Diagnostic> {
    with_language(|language| language.refuses_version(version)).flatten()
}

/// What a file uses of the language that the capabilities in force do not have. `version` is the one that it was read as before its imports.
pub(crate) fn refusals(module: &Module, version: RegoVersion) -> Vec<Diagnostic> {
    with_language(|language| language.refusals(module, version)).unwrap_or_default()
}

/// The same for a query.
pub(crate) fn query_refusals(query: &Body, version: RegoVersion) -> Vec<Diagnostic> {
    with_language(|language| language.query_refusals(query, version)).unwrap_or_default()
}

fn with_language<T>(ask: impl FnOnce(&Language) -> T) -> Option<T> {
    CURRENT.with_borrow(|current| current.as_ref().and_then(|current| current.inner.language.as_ref()).map(ask))
}

thread_local! {
    static CURRENT: RefCell<Option<Capabilities>> = const { RefCell::new(None) };
}

/// Ends what [`Capabilities::enter`] began.
pub struct Guard {
    before: Option<Capabilities>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
    }
}

/// The function of that name that may be called: ours, or the embedder's.
pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    CURRENT.with_borrow(|current| {
        let Some(capabilities) = current else {
            return builtins::ours(name);
        };
        let table = &capabilities.inner;
        match builtins::ours(name) {
            Some(builtin) if table.allowed.contains(name) || name.starts_with(INTERNAL) => Some(builtin),
            Some(_) => None,
            None => table.custom.get(name).copied(),
        }
    })
}

/// Whether a function of ours may not be called; plans call what they like.
pub(crate) fn refuses(name: &str) -> bool {
    CURRENT.with_borrow(|current| current.is_some()) && find(name).is_none()
}

/// A function of the embedder, as the component imports it.
#[derive(Debug, Clone, Copy)]
pub struct Custom {
    /// Its whole name, with dots.
    pub name: &'static str,
    /// How many arguments it takes.
    pub arity: usize,
    declaration: &'static Builtin,
}

impl Custom {
    /// The parameters' names as declared, `None` for one without a name.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = Option<&'static str>> {
        self.declaration.arguments().map(shape::name)
    }
}

/// The embedder's function of that name, if there is one.
pub(crate) fn custom_function(name: &str) -> Option<Custom> {
    if builtins::ours(name).is_some() {
        return None;
    }
    find(name).map(|builtin| Custom {
        name: builtin.name,
        arity: builtin.arity(),
        declaration: builtin,
    })
}

/// Turns a declaration into an entry like those of the table.
fn custom(name: &str, declaration: &Value) -> Result<&'static Builtin, Invalid> {
    let invalid = |what| Invalid::Declaration {
        name: name.to_owned(),
        what,
    };
    let steps: Vec<&str> = name.split('.').collect();
    let is_step = |step: &&str| {
        let mut bytes = step.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_alphabetic()) && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if !steps.iter().all(is_step) {
        return Err(invalid("has a name that is no path of names"));
    }
    let function = declaration.get("decl").unwrap_or(&Value::Null);
    if function.get("type").and_then(Value::as_str) != Some("function") {
        return Err(invalid("is not that of a function"));
    }
    if function.get("variadic").is_some_and(|variadic| !variadic.is_null()) || declaration.get("relation") == Some(&Value::Bool(true)) {
        return Err(invalid(
            "is that of a function with any number of arguments or results, which no component can import",
        ));
    }
    let args = match function.get("args") {
        None | Some(Value::Null) => Vec::new(),
        Some(args) => args.as_array().ok_or_else(|| invalid("has `args` that are no array"))?.clone(),
    };
    if args.len() > ARGUMENTS_MAX {
        return Err(invalid("has more than seven arguments"));
    }
    let args: Vec<String> = args.iter().map(shape::notation_with_name).collect();
    let result = function.get("result").filter(|result| !result.is_null());
    let result = result.ok_or_else(|| invalid("has no result"))?;
    Ok(lasting(name, &args.join("; "), &shape::notation_with_name(result)))
}

/// An entry that lasts as long as the process. Equal declarations share one, so compiling again takes no further memory.
fn lasting(name: &str, args: &str, result: &str) -> &'static Builtin {
    type Known = HashMap<[String; 3], &'static Builtin>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let key = [name, args, result].map(str::to_owned);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(key).or_insert_with(|| {
        let text = |text: &str| -> &'static str { Box::leak(text.into()) };
        Box::leak(Box::new(Builtin {
            name: text(name),
            infix: None,
            category: None,
            deprecated: false,
            nondeterministic: true,
            relation: false,
            args: text(args),
            result: Some(text(result)),
        }))
    })
}

/// What this compiler can do, in OPA's shape: functions that the runtime has or that are compiled away, and the language, of Rego v0 or v1.
pub fn ours(v0: bool) -> Value {
    let functions: Vec<Value> = builtins::all()
        .filter(|builtin| is_there(builtin.name))
        .map(shape::declaration)
        .collect();
    let (keywords, features) = match v0 {
        true => (&FUTURE_KEYWORDS_V0[..], &FEATURES_V0[..]),
        false => (&FUTURE_KEYWORDS[..], &FEATURES[..]),
    };
    json!({"builtins": functions, "future_keywords": keywords, "features": features})
}

/// The declarations of functions, by their names, without what is only for people.
pub fn minimal(names: &BTreeSet<&'static str>) -> Vec<Value> {
    let functions = names.iter().filter_map(|name| find(name).or_else(|| builtins::ours(name)));
    functions.map(|builtin| shape::minimal(shape::declaration(builtin))).collect()
}

/// Functions that have no symbol since calls of them become something else.
const REWRITTEN: [&str; 4] = ["assign", "print", "rego.metadata.chain", "rego.metadata.rule"];

fn is_there(name: &str) -> bool {
    REWRITTEN.contains(&name) || link::has_builtin(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_can_be_read() {
        let text = ours(false).to_string();
        let capabilities = Capabilities::read(text.as_bytes()).unwrap();
        assert_eq!(capabilities.custom().count(), 0);
        let _guard = capabilities.enter();
        assert!(find("count").is_some() && find("nonsense").is_none());
    }

    #[test]
    fn restricted_for_a_while() {
        let capabilities = Capabilities::read(br#"{"builtins": [{"name": "count"}]}"#).unwrap();
        {
            let _guard = capabilities.enter();
            assert!(find("count").is_some() && find("sum").is_none() && find("internal.member_2").is_some());
        }
        assert!(find("sum").is_some());
    }

    #[test]
    fn functions_of_the_embedder() {
        let declare = |name: &str, decl: Value| {
            let text = json!({"builtins": [{"name": name, "decl": decl}]}).to_string();
            Capabilities::read(text.as_bytes())
        };
        let decl =
            json!({"type": "function", "args": [{"type": "string"}, {"type": "number", "name": "n"}], "result": {"type": "boolean"}});
        let capabilities = declare("acme.geo.inside", decl.clone()).unwrap();
        assert_eq!(capabilities.custom().collect::<Vec<_>>(), ["acme.geo.inside"]);
        let _guard = capabilities.enter();
        assert_eq!(custom_function("acme.geo.inside").map(|custom| custom.arity), Some(2));
        assert!(custom_function("count").is_none());
        assert!(declare("acme..x", decl.clone()).is_err() && declare("acme.x-y", decl).is_err());
        assert!(declare("acme.x", json!({"type": "function", "args": []})).is_err());
        assert!(declare("acme.x", json!({"type": "string"})).is_err());
    }
}
