//! `package` and `import`, and what imports of `rego` and `future` switch on.

use super::ast::{Import, Name, Package, RegoVersion, Term, Value};
use super::parser::Parser;
use super::print::reference_text;
use super::source::Span;
use super::token::{Keywords, Kind};

impl Parser<'_> {
    /// `None` without an error where `package` begins a reference.
    pub fn package(&mut self) -> Option<Package> {
        let start = self.here();
        if !self.path_begins() {
            return None;
        }
        let Some(term) = self.term() else {
            if self.s.errors.is_empty() {
                self.error(self.here(), "expected path".to_owned());
            }
            return None;
        };
        let data = |span| Term {
            span,
            value: Value::Var("data".into()),
        };
        let mut path = vec![data(term.span)];
        match term.value {
            Value::Var(name) => path.push(Term {
                span: term.span,
                value: Value::String(name),
            }),
            Value::Ref(parts) => {
                path[0].span = parts[0].span;
                for (index, part) in parts.into_iter().enumerate() {
                    let (wanted, part) = match (index, part.value) {
                        (0, Value::Var(name)) => (
                            "",
                            Term {
                                span: part.span,
                                value: Value::String(name),
                            },
                        ),
                        (0, value) => ("var", Term { span: part.span, value }),
                        (_, value @ Value::String(_)) => ("", Term { span: part.span, value }),
                        (_, value) => ("string", Term { span: part.span, value }),
                    };
                    if !wanted.is_empty() {
                        self.unexpected_part(&part, wanted);
                        return None;
                    }
                    path.push(part);
                }
            }
            _ => {
                self.illegal_token();
                return None;
            }
        }
        Some(Package {
            span: self.since(start),
            path,
        })
    }

    /// Steps over `package` or `import` to the path. `false` without an error where the word begins a reference.
    fn path_begins(&mut self) -> bool {
        if matches!(self.kind_behind(), Kind::Dot | Kind::LBrack) {
            return false;
        }
        self.scan();
        if !self.at(Kind::Ident) {
            if !self.may_be_name(self.kind()) {
                self.illegal_token();
                return false;
            }
            self.s.kind = Kind::Ident;
        }
        true
    }

    fn unexpected_part(&mut self, part: &Term, wanted: &str) {
        self.error(
            part.span,
            format!("unexpected {} token: expecting {wanted}", part.value.kind_name()),
        );
    }

    /// `None` without an error where `import` begins a reference.
    pub fn import(&mut self) -> Option<Import> {
        let start = self.here();
        if !self.path_begins() {
            return None;
        }
        let path = self.import_path()?;
        let parts = match &path.value {
            Value::Ref(parts) => parts.as_slice(),
            _ => std::slice::from_ref(&path),
        };
        let first = &parts[0];
        if !matches!(&first.value, Value::Var(name) if matches!(&**name, "data" | "input" | "future" | "rego")) {
            let shown = first.to_string();
            self.hint("if this is unexpected, try updating OPA");
            self.error(
                path.span,
                format!("unexpected import path, must begin with one of: {{data, future, input, rego}}, got: {shown}"),
            );
            return None;
        }
        let alias = if self.at(Kind::As) { Some(self.alias()?) } else { None };
        if alias.is_none() {
            self.refuse_keyword_at_end(parts);
        }
        Some(Import {
            span: self.since(start),
            path,
            alias: alias.as_ref().map(|(name, _)| name.clone()),
            alias_span: alias.map(|(_, span)| span),
        })
    }

    /// The path of an import. Keywords that are no keywords in every version are plain names in it, and in the token behind it.
    fn import_path(&mut self) -> Option<Term> {
        let keywords = std::mem::replace(&mut self.keywords, Keywords::NONE);
        let remembered = std::mem::take(&mut self.remembered);
        let failed = self.failed.take();
        self.not_is_name = true;
        let term = self.term();
        self.not_is_name = false;
        self.keywords = keywords;
        self.remembered = remembered;
        self.failed = failed;
        match term {
            Some(Term {
                span,
                value: Value::Var(name),
            }) => {
                let part = Term {
                    span,
                    value: Value::Var(name),
                };
                Some(Term {
                    span,
                    value: Value::Ref(vec![part]),
                })
            }
            Some(term @ Term { value: Value::Ref(_), .. }) => {
                let Value::Ref(parts) = &term.value else { return None };
                if let Some(odd) = parts.iter().skip(1).find(|part| !matches!(part.value, Value::String(_))) {
                    self.unexpected_part(odd, "string");
                    return None;
                }
                Some(term)
            }
            _ => {
                self.error(self.here(), "expected path".to_owned());
                None
            }
        }
    }

    /// At `as`.
    fn alias(&mut self) -> Option<(Name, Span)> {
        self.scan();
        if self.at(Kind::Ident)
            && let Some(term) = self.term()
        {
            match term.value {
                Value::Var(name) => return Some((name, term.span)),
                Value::Ref(parts) if parts.len() == 1 => {
                    let shown = reference_text(&parts);
                    self.error(
                        term.span,
                        format!("unexpected import alias, must not be a reserved name, got: {shown}"),
                    );
                    return None;
                }
                _ => {}
            }
        }
        self.illegal("expected var");
        None
    }

    /// The last name of a path is how the import is called, so it must not be a keyword.
    fn refuse_keyword_at_end(&mut self, parts: &[Term]) {
        let is_future = matches!(&parts[0].value, Value::Var(name) if &**name == "future");
        let Some(Term {
            span,
            value: Value::Var(name) | Value::String(name),
        }) = parts.last()
        else {
            return;
        };
        if is_future && parts.len() > 1 || !self.is_keyword_of_version(name) {
            return;
        }
        self.hint("import a different path or use an alias");
        self.error(*span, format!("unexpected import path, must not end with a keyword, got: {name}"));
    }

    /// Does what an import of `rego` or `future` says.
    pub fn obey_import(&mut self, import: &Import) {
        let Value::Ref(parts) = &import.path.value else { return };
        match &parts[0].value {
            Value::Var(name) if &**name == "rego" => self.rego_import(import, parts),
            Value::Var(name) if &**name == "future" => self.future_import(import, parts),
            _ => return,
        }
        // The token at hand was read before its word became a keyword.
        let token = self.s.token.kind;
        if self.at(Kind::Ident) && (token == Kind::Not || self.keywords.has(token)) {
            self.s.kind = token;
        }
    }

    fn rego_import(&mut self, import: &Import, parts: &[Term]) {
        let wanted = imported_version(parts);
        let Some(wanted) = wanted else {
            let shown = reference_text(parts);
            self.error(
                import.path.span,
                format!("invalid import `{shown}`, must be one of: `rego.v1`, `rego.v2`"),
            );
            return;
        };
        if let Some(span) = import.alias_span {
            self.error(span, "`rego` imports cannot be aliased".to_owned());
            return;
        }
        self.keywords = self.keywords.union(match wanted {
            RegoVersion::V2 => Keywords::ALL,
            _ => Keywords::V1,
        });
    }

    fn future_import(&mut self, import: &Import, parts: &[Term]) {
        if !matches!(parts.get(1), Some(Term { value: Value::String(name), .. }) if &**name == "keywords") {
            self.error(import.path.span, "invalid import, must be `future.keywords`".to_owned());
            return;
        }
        if let Some(span) = import.alias_span {
            self.error(span, "`future` imports cannot be aliased".to_owned());
            return;
        }
        let keywords = match parts {
            [
                _,
                _,
                Term {
                    value: Value::String(name),
                    ..
                },
            ] => Keywords::of_word(name),
            _ => Keywords::ALL,
        };
        if keywords == Keywords::NONE {
            self.error(
                import.path.span,
                "unexpected keyword, must be one of [and contains every if in not or]".to_owned(),
            );
            return;
        }
        self.keywords = self.keywords.union(keywords);
    }
}

/// The version that `rego.v1` or `rego.v2` names.
pub(super) fn imported_version(parts: &[Term]) -> Option<RegoVersion> {
    let [
        Term {
            value: Value::Var(head), ..
        },
        Term {
            value: Value::String(version),
            ..
        },
    ] = parts
    else {
        return None;
    };
    match (&**head, &**version) {
        ("rego", "v1") => Some(RegoVersion::V1),
        ("rego", "v2") => Some(RegoVersion::V2),
        _ => None,
    }
}
