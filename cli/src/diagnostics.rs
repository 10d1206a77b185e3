//! How a policy's mistakes are shown: drawn, on a terminal; else one paragraph each in the form of OPA's, beginning with `file:row:col`; or as OPA's
//! JSON. The hint, where there is one, comes last.

use std::fmt::Write as _;
use std::io::{IsTerminal, stderr};
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report};
use serde_json::{Value, json};
use warrego_compiler::Failure;
use warrego_compiler::budget::Exceeded;
use warrego_compiler::diagnostic::{Code, Diagnostic};
use warrego_compiler::syntax::source::{Source, Sources};

/// What went wrong while compiling, ready to be shown.
pub struct Problem {
    failure: Failure,
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self { failure }
    }
}

impl Problem {
    /// With so many errors at most, if there is a limit (0 is none); what it cuts off is told. Files that cannot be parsed are all told.
    pub fn limited(mut self, limit: usize) -> Self {
        if let Failure::Policy { diagnostics, .. } = &mut self.failure
            && limit > 0
            && diagnostics.len() > limit
            && diagnostics.iter().all(|diagnostic| diagnostic.code != Code::Parse)
        {
            diagnostics.truncate(limit);
            diagnostics.push(Diagnostic {
                code: Code::Compile,
                message: "error limit reached".to_owned(),
                span: None,
                details: Vec::new(),
                hint: None,
            });
        }
        self
    }

    /// The text for people; it ends with a line's end.
    pub fn text(&self) -> String {
        match &self.failure {
            Failure::Policy { sources, diagnostics } if stderr().is_terminal() => drawn(sources, diagnostics),
            Failure::Policy { sources, diagnostics } => plain(sources, diagnostics),
            Failure::Limit(limit) => format!("error: {limit}\n{}", raised_by(*limit)),
            other => format!("error: {other}\n"),
        }
    }

    /// OPA's JSON: `{"errors": […]}`.
    pub fn json(&self) -> Value {
        match &self.failure {
            Failure::Policy { sources, diagnostics } => {
                json!({"errors": diagnostics.iter().map(|diagnostic| entry(sources, diagnostic)).collect::<Vec<_>>()})
            }
            other => errors([other.to_string()]),
        }
    }
}

/// What raises a limit.
fn raised_by(limit: Exceeded) -> String {
    let flag = match limit {
        Exceeded::Memory(_) => "--compile-memory",
        Exceeded::Time(_) => "--compile-time",
        Exceeded::Stack => return String::new(),
    };
    format!("\thint: {flag} raises the limit\n")
}

/// Other errors in the same JSON.
pub fn errors(messages: impl IntoIterator<Item = String>) -> Value {
    json!({"errors": messages.into_iter().map(|message| json!({"message": message})).collect::<Vec<_>>()})
}

fn entry(sources: &Sources, diagnostic: &Diagnostic) -> Value {
    let mut entry = json!({"message": message(diagnostic), "code": diagnostic.code.as_str()});
    if let Some(span) = diagnostic.span {
        let file = source(sources, diagnostic).map_or("", |source| file_name(&source.name));
        entry["location"] = json!({"file": file, "row": span.row, "col": span.col});
    }
    if let (Code::Parse, [line, caret]) = (diagnostic.code, diagnostic.details.as_slice()) {
        entry["details"] = json!({"line": line, "idx": caret.chars().count().saturating_sub(1)});
    }
    if let Some(hint) = &diagnostic.hint {
        entry["hint"] = json!(hint);
    }
    entry
}

/// A file's name; a query is none, and has none in `opa`'s reports.
pub fn file_name(name: &str) -> &str {
    if name == "<query>" { "" } else { name }
}

/// The message with the lines that belong to it. With a parser's error these are the source line and a mark below it, which are drawn anyway.
fn message(diagnostic: &Diagnostic) -> String {
    let mut message = diagnostic.message.clone();
    let details: &[String] = if diagnostic.code == Code::Parse { &[] } else { &diagnostic.details };
    for detail in details {
        message.push('\n');
        message.push_str(detail);
    }
    message
}

fn plain(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let mut text = match diagnostics.len() {
        1 => "1 error occurred: ".to_owned(),
        count => format!("{count} errors occurred:\n"),
    };
    for diagnostic in diagnostics {
        if let (Some(span), Some(source)) = (diagnostic.span, source(sources, diagnostic)) {
            let name = file_name(&source.name);
            let _ = write!(text, "{name}{}{}:{}: ", if name.is_empty() { "" } else { ":" }, span.row, span.col);
        }
        let _ = writeln!(text, "{}: {}", diagnostic.code.as_str(), message(diagnostic).replace('\n', "\n\t"));
        if let (Code::Parse, [line, mark]) = (diagnostic.code, diagnostic.details.as_slice()) {
            let _ = writeln!(text, "\t{line}\n\t{mark}");
        } else if let Some((line, column)) = line(sources, diagnostic) {
            let before: String = line
                .chars()
                .take(column)
                .map(|char| if char == '\t' { '\t' } else { ' ' })
                .collect();
            let _ = writeln!(text, "\t{line}\n\t{before}{}", "^".repeat(width(diagnostic, &line, column)));
        }
        if let Some(hint) = &diagnostic.hint {
            let _ = writeln!(text, "\thint: {hint}");
        }
    }
    text
}

/// The line of a diagnostic, and where in it the diagnostic begins, both in characters.
fn line(sources: &Sources, diagnostic: &Diagnostic) -> Option<(String, usize)> {
    let span = diagnostic.span?;
    let text = &source(sources, diagnostic)?.text;
    let start = (span.start as usize).min(text.len());
    let before = text.get(..start)?;
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(begin..)?.lines().next().unwrap_or_default();
    Some((line.to_owned(), text.get(begin..start)?.chars().count()))
}

/// How many characters of the line to underline.
fn width(diagnostic: &Diagnostic, line: &str, column: usize) -> usize {
    let length = diagnostic.span.map_or(1, |span| span.end.saturating_sub(span.start) as usize);
    length.min(line.chars().count().saturating_sub(column)).max(1)
}

fn source<'a>(sources: &'a Sources, diagnostic: &Diagnostic) -> Option<&'a Source> {
    sources.files.get(diagnostic.span?.file as usize)
}

fn drawn(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let theme = if colours {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme);
    let mut text = String::new();
    for diagnostic in diagnostics {
        // Writing to a string does not fail.
        let _ = handler.render_report(&mut text, report(sources, diagnostic).as_ref());
        text.push('\n');
    }
    text
}

fn report(sources: &Sources, diagnostic: &Diagnostic) -> Report {
    let mut drawn = MietteDiagnostic::new(message(diagnostic)).with_code(diagnostic.code.as_str());
    if let Some(hint) = &diagnostic.hint {
        drawn = drawn.with_help(hint.clone());
    }
    match (diagnostic.span, source(sources, diagnostic)) {
        (Some(span), Some(source)) => {
            let end = source.text.len();
            let (start, stop) = ((span.start as usize).min(end), (span.end as usize).min(end));
            drawn = drawn.with_label(LabeledSpan::at(start..stop.max(start), "here"));
            Report::new(drawn).with_source_code(NamedSource::new(&source.name, Arc::new(source.text.clone())))
        }
        _ => Report::new(drawn),
    }
}
