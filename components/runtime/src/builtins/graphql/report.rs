//! What is wrong with a document, and the text that OPA makes of it: it takes the messages of a GraphQL library, all of them in one, and moves the place
//! of the first to the end.

use super::ast::Pos;

/// One complaint.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What is wrong.
    pub message: String,
    /// Where, if that is known; trees that were given as objects have no places.
    pub pos: Option<Pos>,
}

impl Finding {
    /// A complaint.
    pub fn new(message: String, pos: Option<Pos>) -> Self {
        Self { message, pos }
    }

    fn text(&self) -> String {
        match self.pos {
            Some(Pos { line, column, prelude }) => {
                let file = if prelude { "prelude.graphql" } else { "input" };
                format!("{file}:{line}:{column}: {}", self.message)
            }
            None => format!("input: {}", self.message),
        }
    }
}

/// Why there is no result.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// A text cannot be read.
    Text(Finding),
    /// A query does not fit its schema.
    Query(Vec<Finding>),
    /// A schema contradicts itself.
    Schema(Finding),
    /// A limit of ours.
    Limit(&'static str),
    /// A tree that was given as an object is none.
    Tree(String),
}

impl From<Finding> for Refusal {
    fn from(finding: Finding) -> Self {
        Self::Text(finding)
    }
}

impl From<&'static str> for Refusal {
    fn from(limit: &'static str) -> Self {
        Self::Limit(limit)
    }
}

/// Something is nested too deep.
pub const TOO_DEEP: &str = "GraphQL document is nested too deep";
/// Comparing everything with everything takes too long.
pub const TOO_COMPLEX: &str = "GraphQL document is too complex";
/// A text is too long.
pub const TOO_LARGE: &str = "GraphQL document is too large";

impl Refusal {
    /// Whether it says nothing of the document but that it is beyond our limits.
    pub fn is_limit(&self) -> bool {
        match self {
            Self::Limit(_) => true,
            Self::Text(finding) | Self::Schema(finding) => [TOO_DEEP, TOO_COMPLEX, TOO_LARGE].contains(&finding.message.as_str()),
            Self::Query(_) | Self::Tree(_) => false,
        }
    }

    /// OPA's message.
    pub fn text(&self) -> String {
        match self {
            Self::Text(finding) => located(&finding.text()),
            Self::Query(findings) => {
                let lines: Vec<String> = findings.iter().map(|finding| finding.text() + "\n").collect();
                located(&lines.concat())
            }
            Self::Schema(finding) => {
                let text = match finding.pos {
                    Some(_) => finding.text(),
                    None => format!("input:-1:-1: {}", finding.message),
                };
                format!("Error in gqlparser SchemaDocument to Schema conversion: {text}")
            }
            Self::Limit(text) => (*text).to_owned(),
            Self::Tree(text) => text.clone(),
        }
    }
}

/// `file:line:column: message` with the place at the end.
fn located(text: &str) -> String {
    let mut parts = text.splitn(4, ':');
    let (_, line, column, message) = (parts.next(), parts.next(), parts.next(), parts.next());
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u64>().ok());
    match (number(line), number(column), message) {
        (Some(line), Some(column), Some(message)) => {
            let message = message.trim_start_matches(' ');
            let message = message.strip_suffix(".\n").unwrap_or(message);
            format!("{message} in GraphQL string at location {line}:{column}")
        }
        _ => format!("GraphQL parse error: {text}"),
    }
}
