//! Where a test failed, and what the variables of that expression held: what `--var-values` shows. The values stand below the expression, each at the end
//! of a line that comes down from the place where it is used, as `opa test --var-values` draws them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use warrego_compiler::syntax::source::{Source, Sources, Span};
use warrego_compiler::testing::FailPoint;

use super::result::Location;

/// Longest text of a value, in bytes.
const WIDTH: usize = 64;

/// The expression that made a test fail.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Where it stands.
    pub location: Location,
    /// It, as it was written.
    pub text: String,
    /// Texts of values by what they are values of.
    pub values: BTreeMap<String, String>,
    /// The drawing.
    #[serde(skip)]
    pub drawn: String,
}

/// What is shown of a variable, or of a part of a value.
#[derive(Debug, Clone)]
struct Item<'a> {
    title: &'a str,
    /// `None` is undefined.
    value: Option<&'a str>,
    row: u32,
    col: u32,
    /// Columns of the tabs before it.
    tabs: Vec<u32>,
}

impl Item<'_> {
    fn text(&self) -> String {
        cut(self.value.unwrap_or("undefined"))
    }
}

impl Failure {
    /// A failure of an expression; `values` are texts by the numbers of slots.
    pub fn new(sources: &Sources, point: &FailPoint, values: &Value) -> Option<Self> {
        let source = sources.files.get(point.span.file as usize)?;
        let text = of(source, point.span);
        let items = items(source, point, values);
        let location = Location {
            file: source.name.clone(),
            row: point.span.row,
            col: point.span.col,
        };
        let drawn = draw(source, point.span, &items);
        let values = items.iter().map(|item| (item.title.to_owned(), item.text())).collect();
        Some(Self {
            location,
            text: text.to_owned(),
            values,
            drawn,
        })
    }
}

fn of(source: &Source, span: Span) -> &str {
    source.text.get(span.start as usize..span.end as usize).unwrap_or_default()
}

/// Each text once: the first one with a value, or else the first.
fn items<'a>(source: &'a Source, point: &FailPoint, values: &'a Value) -> Vec<Item<'a>> {
    let mut items: Vec<Item<'_>> = Vec::new();
    for shown in &point.shown {
        let value = values.get(shown.slot.to_string()).and_then(Value::as_str);
        if value.is_none() && !shown.or_undefined {
            continue;
        }
        let item = Item {
            title: of(source, shown.span),
            value,
            row: shown.span.row,
            col: shown.span.col,
            tabs: tabs(source, shown.span),
        };
        match items.iter_mut().find(|known| known.title == item.title) {
            Some(known) if known.value.is_none() => *known = item,
            Some(_) => {}
            None => items.push(item),
        }
    }
    // By column; of those in one column the lower row comes first.
    items.sort_by(|a, b| (a.col, b.row, a.title).cmp(&(b.col, a.row, b.title)));
    items
}

/// The columns of the tabs before a place in its line.
fn tabs(source: &Source, span: Span) -> Vec<u32> {
    let before = source.text.get(..span.start as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    (1..)
        .zip(line.chars())
        .filter(|&(_, char)| char == '\t')
        .map(|(col, _)| col)
        .collect()
}

fn cut(text: &str) -> String {
    if text.len() <= WIDTH {
        return text.to_owned();
    }
    let end = (0..=WIDTH - 3).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    format!("{}...", &text[..end])
}

fn draw(source: &Source, span: Span, items: &[Item<'_>]) -> String {
    let tabs = tabs(source, span);
    let mut text: String = (1..span.col).map(|col| if tabs.contains(&col) { '\t' } else { ' ' }).collect();
    text.push_str(of(source, span));
    let several_rows = items.windows(2).any(|pair| matches!(pair, [a, b] if a.row != b.row));
    if several_rows && items.iter().any(|item| !item.tabs.is_empty()) {
        // No column tells where something is in several rows with tabs.
        let mut items: Vec<&Item<'_>> = items.iter().collect();
        items.sort_by_key(|item| item.title);
        text.push_str("\n\nWhere:\n");
        for item in items {
            text.push_str(&format!("\n{}: {}", item.title, item.text()));
        }
        return text;
    }
    if !items.is_empty() {
        text.push('\n');
        arrows(&mut text, items, None);
        for last in (0..items.len()).rev() {
            text.push('\n');
            arrows(&mut text, items, Some(last));
        }
    }
    text
}

/// One line below the expression: a stroke for each item; with `last`, for those before it, and its value.
fn arrows(text: &mut String, items: &[Item<'_>], last: Option<usize>) {
    let drawn = match last {
        Some(last) => &items[..=last],
        None => items,
    };
    let mut from = 0;
    for (number, item) in drawn.iter().enumerate() {
        let is_last = number + 1 == drawn.len();
        let shares = |other: Option<&Item<'_>>| other.is_some_and(|other| other.col == item.col);
        if !is_last && shares(items.get(number + 1)) {
            continue;
        }
        for col in from + 1..item.col {
            text.push(if item.tabs.contains(&col) { '\t' } else { ' ' });
        }
        from = item.col;
        if !is_last || last.is_none() {
            text.push('|');
        } else {
            if shares(number.checked_sub(1).and_then(|before| items.get(before))) || shares(items.get(number + 1)) {
                text.push_str(&format!("{}: ", item.title));
            }
            text.push_str(&item.text());
        }
    }
}
