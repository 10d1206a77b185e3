//! Queries as `opa eval` answers them: not only the variables of each solution but the value of each expression. The compiler gives variables;
//! so each expression that has a value is given a variable of its own before compiling, and its value is taken from there.
//!
//! A false value makes a query with several expressions, or one that iterates, undefined; a single expression may be false.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use warrego_compiler::analysis::visit::{Node, walk};
use warrego_compiler::diagnostic::{Code, Diagnostic};
use warrego_compiler::syntax::ast::{Expr, ExprKind, RegoVersion, Value};
use warrego_compiler::syntax::{self, ParseOptions};

use crate::output::{Expression, Place, Solution};

/// The variables added begin with this.
const CAPTURE: &str = "warrego_value_of_expression_";

/// A query made ready.
pub struct Query {
    /// What to compile.
    pub text: String,
    /// What was asked.
    pub original: String,
    expressions: Vec<Part>,
    /// Values must not be false.
    checked: bool,
}

/// One expression of the query.
struct Part {
    text: String,
    place: Place,
    captured: bool,
}

impl Part {
    /// How many rows it takes in what is compiled.
    fn rows(&self, checked: bool) -> u32 {
        1 + self.text.matches('\n').count() as u32 + u32::from(self.captured && checked)
    }
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str, v0: bool) -> Result<Self, Vec<Diagnostic>> {
        let options = ParseOptions {
            version: if v0 { RegoVersion::V0 } else { RegoVersion::V1 },
            // What would be a rule in a module, `input==1` among it, is an expression here.
            skip_rules: true,
            ..ParseOptions::default()
        };
        let body = syntax::parse_query(0, text, &options)?;
        if body.is_empty() {
            return Err(vec![Diagnostic {
                code: Code::Compile,
                message: "empty query cannot be compiled".to_owned(),
                span: None,
                details: Vec::new(),
                hint: None,
            }]);
        }
        let check = body.len() > 1 || iterates(&body);
        let mut rewritten = Vec::new();
        let mut expressions = Vec::new();
        for (number, expr) in body.iter().enumerate() {
            // INVARIANT: spans of the parser lie on boundaries of characters in the text it was given; a hand-made one would only be left out.
            let part = text.get(expr.span.start as usize..expr.span.end as usize).unwrap_or_default();
            let captured = has_value(expr);
            if captured {
                rewritten.push(format!("{CAPTURE}{number} = {part}"));
                if check {
                    rewritten.push(format!("{CAPTURE}{number}"));
                }
            } else {
                rewritten.push(part.to_owned());
            }
            expressions.push(Part {
                text: part.to_owned(),
                place: Place {
                    row: expr.span.row,
                    col: expr.span.col,
                },
                captured,
            });
        }
        Ok(Self {
            text: rewritten.join("\n"),
            original: text.to_owned(),
            expressions,
            checked: check,
        })
    }

    /// A place in what is compiled, as a place in what was asked.
    pub fn place(&self, row: u32, col: u32) -> (u32, u32) {
        let mut begin = 1;
        let mut place = (row, col);
        if !self.captures() {
            return place;
        }
        for (number, part) in self.expressions.iter().enumerate() {
            if row < begin {
                break;
            }
            let at = part.place;
            place = if row == begin {
                let added = if part.captured {
                    format!("{CAPTURE}{number} = ").len() as u32
                } else {
                    0
                };
                (at.row, (at.col + col).saturating_sub(added + 1).max(at.col))
            } else {
                (at.row + row - begin, col)
            };
            begin += part.rows(self.checked);
        }
        place
    }

    /// The query without added variables, for expressions that take none: their value is then `true`.
    pub fn plain(mut self) -> Self {
        for part in &mut self.expressions {
            part.captured = false;
        }
        self.text.clone_from(&self.original);
        self
    }

    /// Whether variables were added.
    pub fn captures(&self) -> bool {
        self.expressions.iter().any(|part| part.captured)
    }

    /// One of the results, as `opa eval` shows it.
    pub fn solution(&self, variables: Map<String, Json>) -> Solution {
        let (added, own): (BTreeMap<_, _>, BTreeMap<_, _>) = variables.into_iter().partition(|(name, _)| name.starts_with(CAPTURE));
        let expressions = self.expressions.iter().enumerate().map(|(number, part)| {
            let value = if part.captured {
                added.get(&format!("{CAPTURE}{number}"))
            } else {
                None
            };
            Expression {
                value: value.cloned().unwrap_or(Json::Bool(true)),
                text: part.text.clone(),
                location: part.place,
            }
        });
        Solution {
            expressions: expressions.collect(),
            bindings: own.into_iter().collect(),
        }
    }
}

/// Whether an expression has a value beside being true: neither an assignment nor a negation or declaration.
fn has_value(expr: &Expr) -> bool {
    if expr.negated {
        return false;
    }
    match &expr.kind {
        ExprKind::Term(_) => true,
        ExprKind::Call(terms) => !terms
            .first()
            .is_some_and(|operator| ["eq", "assign", "print"].iter().any(|name| is_name(&operator.value, name))),
        _ => false,
    }
}

/// Whether a value is the name of a built-in: a variable, or a reference of nothing but it.
fn is_name(value: &Value, name: &str) -> bool {
    match value {
        Value::Var(variable) => &**variable == name,
        Value::Ref(parts) => matches!(parts.as_slice(), [only] if is_name(&only.value, name)),
        _ => false,
    }
}

/// Whether a query may have several solutions: a reference outside of a comprehension has a variable in it.
fn iterates(body: &[Expr]) -> bool {
    let mut found = false;
    walk(Node::Body(body), &mut |node| {
        if let Node::Term(term) = node {
            match &term.value {
                Value::Ref(parts) => found |= parts.iter().skip(1).any(|part| matches!(part.value, Value::Var(_))),
                Value::ArrayComprehension(..) | Value::SetComprehension(..) | Value::ObjectComprehension(..) => return false,
                _ => {}
            }
        }
        !found
    });
    found
}
