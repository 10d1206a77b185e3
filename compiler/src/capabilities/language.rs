//! Which parts of the language capabilities have: features and keywords that a version of OPA knows, or that an organisation permits. Files that use others
//! are refused with OPA's words.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::analysis::text;
use crate::analysis::visit::{Node, chain, walk, walk_rule};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Body, Import, Module, RegoVersion, Rule, Term, Value};
use crate::syntax::source::Span;

/// Keywords that v0 imports and v1 has.
const KEYWORDS_V0: [&str; 4] = ["contains", "every", "if", "in"];
/// Keywords that v1 imports and v2 has.
const KEYWORDS_V1: [&str; 3] = ["and", "not", "or"];

/// Features and keywords of the language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Language {
    features: BTreeSet<String>,
    keywords: BTreeSet<String>,
}

impl Language {
    /// What a document of capabilities says of the language; `None` for one that lists functions only.
    pub fn read(document: &Json) -> Option<Self> {
        let fields = ["features", "future_keywords", "wasm_abi_versions"];
        fields.iter().any(|field| document.get(field).is_some()).then(|| {
            let list = |field: &str| {
                let entries = document.get(field).and_then(Json::as_array).into_iter().flatten();
                entries.filter_map(Json::as_str).map(str::to_owned).collect()
            };
            Self {
                features: list("features"),
                keywords: list("future_keywords"),
            }
        })
    }

    /// What either has.
    pub fn and(&self, other: &Self) -> Self {
        Self {
            features: self.features.union(&other.features).cloned().collect(),
            keywords: self.keywords.union(&other.keywords).cloned().collect(),
        }
    }

    fn has(&self, feature: &str) -> bool {
        self.features.contains(feature)
    }

    /// Why no file of a version can be read at all.
    pub fn refuses_version(&self, version: RegoVersion) -> Option<Diagnostic> {
        let (feature, name) = match version {
            RegoVersion::V0 | RegoVersion::V0CompatV1 => ("", ""),
            RegoVersion::V1 => ("rego_v1", "v1"),
            RegoVersion::V2 => ("rego_v2", "v2"),
        };
        let known = |keyword: &&String| KEYWORDS_V0.contains(&keyword.as_str()) || KEYWORDS_V1.contains(&keyword.as_str());
        let message = if !feature.is_empty() && !self.has(feature) {
            format!("{feature} feature required for parsing {name} Rego")
        } else {
            format!("unknown keyword: {}", self.keywords.iter().find(|keyword| !known(keyword))?)
        };
        Some(Diagnostic {
            code: Code::Parse,
            message: format!("illegal capabilities: {message}"),
            span: None,
            details: Vec::new(),
            hint: None,
        })
    }

    /// What a file uses that is not there. `version` is the one that it was read as before its imports.
    pub fn refusals(&self, module: &Module, version: RegoVersion) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = module.imports.iter().filter_map(|import| self.import(import, version)).collect();
        for rule in &module.rules {
            found.extend(self.head(rule));
            for link in chain(rule) {
                walk_rule(link, &mut |node| self.enter(node, version, &mut found));
            }
        }
        found
    }

    /// The same for a query.
    pub fn query_refusals(&self, query: &Body, version: RegoVersion) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        walk(Node::Body(query), &mut |node| self.enter(node, version, &mut found));
        found
    }

    fn enter(&self, node: Node<'_>, version: RegoVersion, found: &mut Vec<Diagnostic>) -> bool {
        if let Node::Term(Term {
            value: Value::TemplateString(_),
            span,
        }) = node
            && !self.has("template_strings")
            && !(version == RegoVersion::V2 && self.has("rego_v2"))
        {
            let message = "template strings are not supported by current capabilities".to_owned();
            found.push(diagnostic(Code::Parse, *span, message));
        }
        true
    }

    fn import(&self, import: &Import, version: RegoVersion) -> Option<Diagnostic> {
        let Value::Ref(parts) = &import.path.value else { return None };
        let name = |position: usize| match parts.get(position).map(|part| &part.value) {
            Some(Value::Var(name) | Value::String(name)) => &**name,
            _ => "",
        };
        let message = match (name(0), name(1), name(2)) {
            ("rego", "v1", _) if !["rego_v1_import", "rego_v1", "rego_v2"].iter().any(|feature| self.has(feature)) => {
                "invalid import, `rego.v1` is not supported by current capabilities".to_owned()
            }
            ("rego", "v2", _) if !["rego_v2_import", "rego_v2"].iter().any(|feature| self.has(feature)) => {
                "invalid import, `rego.v2` is not supported by current capabilities".to_owned()
            }
            ("future", "keywords", keyword) if !keyword.is_empty() && !self.importable(version).contains(keyword) => {
                let all: Vec<String> = self.importable(version).into_iter().map(str::to_owned).collect();
                format!("unexpected keyword, must be one of [{}]", all.join(" "))
            }
            _ => return None,
        };
        Some(diagnostic(Code::Parse, import.path.span, message))
    }

    fn importable(&self, version: RegoVersion) -> BTreeSet<&str> {
        let mut all: BTreeSet<&str> = self.keywords.iter().map(String::as_str).collect();
        if version.is_v1() || self.has("rego_v1") {
            all.extend(KEYWORDS_V0);
        }
        if version == RegoVersion::V2 {
            all.extend(KEYWORDS_V1);
        }
        all
    }

    /// Heads with references, which versions before v0.46.0 do not have.
    fn head(&self, rule: &Rule) -> Option<Diagnostic> {
        if ["rule_head_refs", "rego_v1", "rego_v2"].iter().any(|feature| self.has(feature)) {
            return None;
        }
        let reference = &rule.head.reference;
        let (_, rest) = reference.split_first()?;
        let shown = || text::reference(reference);
        // `p[x]` is a partial rule, which all versions have.
        let short = rest.is_empty() || (rest.len() == 1 && !rule.head.uses_contains);
        if !self.has("rule_head_ref_string_prefixes") && !short {
            let message = format!("rule heads with refs are not supported: {}", shown());
            return Some(diagnostic(Code::Compile, rule.span, message));
        }
        let fixed = if rule.head.key.is_some() {
            rest
        } else {
            &rest[..rest.len().saturating_sub(1)]
        };
        let general = fixed.iter().any(|part| !matches!(part.value, Value::String(_)));
        general.then(|| {
            let message = format!("rule heads with general refs (containing variables) are not supported: {}", shown());
            diagnostic(Code::Type, rule.span, message)
        })
    }
}

fn diagnostic(code: Code, span: Span, message: String) -> Diagnostic {
    Diagnostic {
        code,
        message,
        span: Some(span),
        details: Vec::new(),
        hint: None,
    }
}
