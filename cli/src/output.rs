//! How results are written: the shapes of `opa eval`, so that scripts written for it go on working.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Map, Value};

/// The forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum Format {
    /// A JSON document with the result set.
    #[default]
    Json,
    /// For people: the value, or a table.
    Pretty,
    /// Values alone: texts without quotes, a line per result.
    Raw,
    /// An array of the expressions' values for each result.
    Values,
    /// An object of the variables for each result.
    Bindings,
    /// The JSON document without the results.
    Discard,
    /// What partial evaluation leaves.
    #[value(hide = true)]
    Source,
}

/// What a query gives: one entry per solution; none is undefined.
#[derive(Debug, Default, Serialize)]
pub struct ResultSet {
    /// The solutions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub result: Vec<Solution>,
    /// How long the parts took, in nanoseconds, if that was asked for.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metrics: Map<String, Value>,
}

/// One solution.
#[derive(Debug, Serialize)]
pub struct Solution {
    /// The query's expressions with their values.
    pub expressions: Vec<Expression>,
    /// Its variables.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub bindings: Map<String, Value>,
}

/// One expression of the query.
#[derive(Debug, Serialize)]
pub struct Expression {
    /// Its value.
    pub value: Value,
    /// Its text.
    pub text: String,
    /// Where it stands in the query.
    pub location: Place,
}

/// A place in a query.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Place {
    /// 1-based row.
    pub row: u32,
    /// 1-based column.
    pub col: u32,
}

impl ResultSet {
    /// The result of an entrypoint.
    pub fn of_value(value: Option<Value>, text: String) -> Self {
        let solution = |value| Solution {
            expressions: vec![Expression {
                value,
                text,
                location: Place { row: 1, col: 1 },
            }],
            bindings: Map::new(),
        };
        Self {
            result: value.map(solution).into_iter().collect(),
            metrics: Map::new(),
        }
    }

    /// The text to print, with its last line's end. Texts in tables are cut behind so many bytes, if it is not 0.
    pub fn render(&self, format: Format, limit: usize) -> String {
        match format {
            Format::Json | Format::Source => indented(self) + "\n",
            Format::Raw => self.raw(),
            Format::Pretty => self.pretty(limit) + &self.metrics_table(),
            Format::Values => self.lines(|solution| {
                let values: Vec<&Value> = solution.expressions.iter().map(|expression| &expression.value).collect();
                indented(&values)
            }),
            Format::Bindings => self.lines(|solution| indented(&solution.bindings)),
            Format::Discard => {
                let mut fields = Map::new();
                if !self.metrics.is_empty() {
                    fields.insert("metrics".to_owned(), self.metrics.clone().into());
                }
                if !self.result.is_empty() {
                    fields.insert("result".to_owned(), "discarded".into());
                }
                indented(&fields) + "\n"
            }
        }
    }

    fn lines(&self, line: impl Fn(&Solution) -> String) -> String {
        self.result.iter().map(|solution| line(solution) + "\n").collect()
    }

    fn metrics_table(&self) -> String {
        if self.metrics.is_empty() {
            return String::new();
        }
        let mut rows: Vec<Vec<String>> = self
            .metrics
            .iter()
            .map(|(name, value)| vec![name.clone(), value.to_string()])
            .collect();
        rows.sort();
        draw(&["Metric".to_owned(), "Value".to_owned()], &rows)
    }

    fn raw(&self) -> String {
        let mut text = String::new();
        for solution in &self.result {
            let values: Vec<String> = solution
                .expressions
                .iter()
                .map(|expression| match &expression.value {
                    Value::String(text) => text.clone(),
                    value => value.to_string(),
                })
                .collect();
            text.push_str(&values.join(" "));
            text.push('\n');
        }
        text
    }

    fn pretty(&self, limit: usize) -> String {
        match self.result.as_slice() {
            [] => "undefined\n".to_owned(),
            [only] if only.bindings.is_empty() => match only.expressions.as_slice() {
                [expression, rest @ ..] if rest.is_empty() || only.expressions.iter().all(|each| each.value.is_boolean()) => {
                    indented(&expression.value) + "\n"
                }
                _ => table(&self.result, limit),
            },
            all => table(all, limit),
        }
    }
}

/// JSON over several lines.
pub fn indented(value: &impl Serialize) -> String {
    // INVARIANT: values of this program always have a JSON form.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// What a column of a table shows.
enum Column<'a> {
    Variable(&'a str),
    Expression(usize, &'a str),
}

/// Expressions whose values are no mere booleans, and variables by name.
fn table(solutions: &[Solution], limit: usize) -> String {
    let Some(first) = solutions.first() else { return String::new() };
    let expressions = first.expressions.iter().enumerate();
    let expressions = expressions.filter(|(_, expression)| first.bindings.is_empty() || !expression.value.is_boolean());
    let mut columns: Vec<Column<'_>> = expressions
        .map(|(number, expression)| Column::Expression(number, &expression.text))
        .collect();
    let mut variables: Vec<&str> = first.bindings.keys().map(String::as_str).collect();
    variables.sort_unstable();
    columns.extend(variables.into_iter().map(Column::Variable));
    let header = columns.iter().map(|column| match column {
        Column::Variable(name) => (*name).to_owned(),
        Column::Expression(_, text) => (*text).to_owned(),
    });
    let rows = solutions.iter().map(|solution| {
        let value = |column: &Column<'_>| match column {
            Column::Variable(name) => solution.bindings.get(*name),
            Column::Expression(number, _) => solution.expressions.get(*number).map(|expression| &expression.value),
        };
        columns
            .iter()
            .map(|column| value(column).map_or_else(String::new, |value| cell(value, limit)))
            .collect()
    });
    draw(&header.collect::<Vec<_>>(), &rows.collect::<Vec<Vec<_>>>())
}

fn cell(value: &Value, limit: usize) -> String {
    let text = value.to_string();
    if limit == 0 || text.len() <= limit {
        return text;
    }
    let end = (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    format!("{}...", &text[..end])
}

/// Draws a table: the header centred, the rows to the left.
pub fn draw(header: &[String], rows: &[Vec<String>]) -> String {
    let width = |number: usize| {
        let cells = rows.iter().filter_map(|row| row.get(number)).chain(header.get(number));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let rule = |left: &str, middle: &str, right: &str| {
        let parts: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
        format!("{left}{}{right}\n", parts.join(middle))
    };
    let mut text = rule("┌", "┬", "┐");
    let centred: Vec<String> = header
        .iter()
        .zip(&widths)
        .map(|(cell, width)| format!(" {cell:^width$} "))
        .collect();
    let _ = writeln!(text, "│{}│", centred.join("│"));
    text.push_str(&rule("├", "┼", "┤"));
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} ")).collect();
        let _ = writeln!(text, "│{}│", cells.join("│"));
    }
    text.push_str(&rule("└", "┴", "┘"));
    text
}
