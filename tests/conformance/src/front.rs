//! From the texts of a case to its plan, and from the compiler's diagnostics to what the corpus writes down.

use std::sync::LazyLock;

use serde_json::Value;
use warrego_compiler::capabilities::Capabilities;
use warrego_compiler::diagnostic::Diagnostic;
use warrego_compiler::ir::Policy;
use warrego_compiler::syntax::source::Sources;
use warrego_compiler::{Input, Options, plan};

use crate::batch::failure;
use crate::outcome::{Outcome, Refusal};

/// The texts of a policy and the compiler's settings for it.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// The modules: name and text.
    pub modules: Vec<(String, String)>,
    /// The queries.
    pub queries: Vec<String>,
    /// Rego v0.
    pub v0: bool,
    /// The keywords `and` and `or`.
    pub experimental_keywords: bool,
    /// Annotations are read.
    pub strict: bool,
}

impl Texts {
    /// Names modules as the corpus does: `test-0.rego`, `test-1.rego`, …
    pub fn name_modules(texts: Vec<String>) -> Vec<(String, String)> {
        texts
            .into_iter()
            .enumerate()
            .map(|(index, text)| (format!("test-{index}.rego"), text))
            .collect()
    }

    /// The compiler's options.
    pub fn options(&self) -> Options {
        Options {
            queries: self.queries.clone(),
            v0_compatible: self.v0,
            strict: self.strict,
            experimental_keywords: self.experimental_keywords,
            capabilities: Some(capabilities()),
            ..Options::default()
        }
    }

    /// Plans the queries.
    pub fn plan(&self) -> Result<Policy, Outcome> {
        let input = Input {
            modules: self.modules.clone(),
            data: Value::Object(serde_json::Map::new()),
        };
        let (policy, _) = plan(&input, &self.options()).map_err(failure)?;
        Ok(policy)
    }
}

/// What cases may call: all that OPA has, and `test.sleep`, a function that the corpus expects of its embedder.
pub fn capabilities() -> Capabilities {
    static CAPABILITIES: LazyLock<Capabilities> = LazyLock::new(|| {
        let sleep = br#"{"builtins": [{"name": "test.sleep", "decl": {"type": "function", "args": [{"type": "string"}], "result": {"type": "null"}}}]}"#;
        Capabilities::read(sleep).unwrap_or_default().with_ours()
    });
    CAPABILITIES.clone()
}

/// Diagnostics as the corpus writes them.
pub fn refused(sources: &Sources, diagnostics: &[Diagnostic]) -> Outcome {
    let refusals = diagnostics.iter().map(|diagnostic| {
        let file = diagnostic.span.and_then(|span| sources.files.get(span.file as usize));
        Refusal {
            code: diagnostic.code.as_str().to_owned(),
            message: diagnostic.message.clone(),
            module: file.map(|file| file.name.clone()).unwrap_or_default(),
            row: diagnostic.span.map_or(0, |span| span.row),
            col: diagnostic.span.map_or(0, |span| span.col),
            details: diagnostic.details.clone(),
        }
    });
    Outcome::Refused(refusals.collect())
}
