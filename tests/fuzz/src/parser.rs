//! The parser: whatever the text, there is a tree or there are errors, and both speak of places inside the text.

use std::fmt;

use warrego_compiler::diagnostic::Diagnostic;
use warrego_compiler::syntax::ast::RegoVersion;
use warrego_compiler::syntax::json::{Layout, module_json};
use warrego_compiler::syntax::outline::module_outline;
use warrego_compiler::syntax::print::body_text;
use warrego_compiler::syntax::source::Source;
use warrego_compiler::syntax::{ParseOptions, parse_module, parse_query, parse_without_annotations, read_annotations};

use crate::{Case, Choices, texts};

/// A text, read as a module and as a query.
pub struct Text {
    text: String,
    options: ParseOptions,
}

impl Case for Text {
    fn make(choices: &mut Choices<'_>) -> Self {
        let options = ParseOptions {
            version: [RegoVersion::V1, RegoVersion::V0, RegoVersion::V2][choices.below(3)],
            experimental_keywords: choices.once_in(4),
            skip_rules: choices.once_in(2),
            ..ParseOptions::default()
        };
        let text = texts::text(texts::policies(), choices);
        Self { text, options }
    }

    fn check(&self) -> &'static str {
        let parsed = parse_module(0, &self.text, &self.options);
        assert_eq!(
            parsed.module.is_some(),
            parsed.errors.is_empty(),
            "a tree or errors: {:?}",
            parsed.errors
        );
        well_placed(&parsed.errors, &[&self.text]);
        let plain = parse_without_annotations(0, &self.text, &self.options);
        match plain.module {
            Some(module) => {
                let later = read_annotations(&module).err().unwrap_or_default();
                assert_eq!(messages(&later), messages(&parsed.errors), "annotations read later");
            }
            None => assert!(parsed.module.is_none(), "errors only without annotations: {:?}", plain.errors),
        }
        self.query();
        let Some(module) = parsed.module else { return "refused" };
        drop(module_outline(module.clone()));
        let source = Source {
            name: "policy.rego".to_owned(),
            text: self.text.clone(),
        };
        let layout = Layout {
            locations: true,
            comments: true,
            indented: false,
        };
        // The locations' texts are cut out of the source.
        if let Ok(json) = module_json(module, &source, layout) {
            serde_json::from_str::<serde_json::Value>(&json).unwrap_or_else(|error| panic!("{error} in {json}"));
        }
        "parsed"
    }
}

impl Text {
    /// The same text, and each of its lines, as queries.
    fn query(&self) {
        for text in std::iter::once(self.text.as_str()).chain(self.text.lines().take(20)) {
            match parse_query(0, text, &self.options) {
                Ok(body) => drop(body_text(&body)),
                Err(errors) => {
                    assert!(!errors.is_empty(), "refused without a reason: {text:?}");
                    well_placed(&errors, &[text]);
                }
            }
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n{:?}\n{}", self.options, self.text, self.text)
    }
}

fn messages(errors: &[Diagnostic]) -> Vec<&str> {
    errors.iter().map(|error| error.message.as_str()).collect()
}

/// Errors say something, and point into the texts that they are about.
pub fn well_placed(errors: &[Diagnostic], texts: &[&str]) {
    for error in errors {
        assert!(!error.message.is_empty(), "no message: {error:?}");
        let Some(span) = error.span else { continue };
        let text = texts[span.file as usize];
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(text.get(start..end).is_some(), "not inside the text: {error:?}");
        let rows = text.split('\n').count();
        assert!((span.row as usize) <= rows, "row {} of {rows}: {error:?}", span.row);
    }
}
