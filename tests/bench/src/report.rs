//! What the measurements look like: a table of ratios for people, one JSON line a figure for programs.

use std::fmt::Write;

use serde_json::json;

use crate::peers::{PEERS, Peer};

/// One figure.
pub struct Figure {
    /// The case.
    pub case: String,
    /// The input; empty where the figure belongs to the case.
    pub input: String,
    /// Whose it is.
    pub peer: Peer,
    /// What was measured.
    pub metric: Metric,
    /// The value.
    pub value: f64,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// A warm decision, in nanoseconds.
    Decision,
    /// A fresh instance with its first decision, in microseconds.
    First,
    /// Compiling, in milliseconds.
    Build,
    /// The component's or module's size, in bytes.
    Size,
    /// Peak memory of a process that loads it and decides, in mebibytes.
    Memory,
}

impl Metric {
    fn id(self) -> &'static str {
        match self {
            Self::Decision => "decision_ns",
            Self::First => "first_us",
            Self::Build => "build_ms",
            Self::Size => "size_bytes",
            Self::Memory => "rss_mib",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Decision => "one warm decision",
            Self::First => "a fresh instance with its first decision",
            Self::Build => "compiling",
            Self::Size => "size",
            Self::Memory => "peak memory",
        }
    }

    /// A value with its unit.
    pub fn show(self, value: f64) -> String {
        let scaled = |value: f64, units: [&str; 3]| match value {
            value if value < 999.5 => format!("{} {}", digits(value), units[0]),
            value if value < 999_500.0 => format!("{} {}", digits(value / 1e3), units[1]),
            value => format!("{} {}", digits(value / 1e6), units[2]),
        };
        match self {
            Self::Decision => scaled(value, ["ns", "µs", "ms"]),
            Self::First => scaled(value, ["µs", "ms", "s"]),
            Self::Build => format!("{} ms", digits(value)),
            Self::Size => scaled(value, ["B", "kB", "MB"]),
            Self::Memory => format!("{} MiB", digits(value)),
        }
    }
}

/// Three digits that count.
pub fn digits(value: f64) -> String {
    match value {
        value if value < 9.995 => format!("{value:.2}"),
        value if value < 99.95 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// One line a figure.
pub fn json_line(figure: &Figure) -> String {
    let value = (figure.value * 1000.0).round() / 1000.0;
    json!({
        "case": figure.case,
        "input": figure.input,
        "peer": figure.peer.id(),
        "metric": figure.metric.id(),
        "value": value,
    })
    .to_string()
}

fn heading(peer: Peer) -> &'static str {
    match peer {
        Peer::Warrego => "warrego",
        Peer::WarregoText => "warrego, text",
        Peer::Handwritten => "hand-written",
        Peer::Regorus => "regorus",
        Peer::RegorusVm => "regorus RVM",
        Peer::OpaWasm => "OPA Wasm",
        Peer::OpaGo => "OPA Go",
    }
}

/// The tables, one a metric. Below each peer's figure stands how many times ours it is.
pub fn tables(figures: &[Figure]) -> String {
    let mut out = String::new();
    for metric in [Metric::Decision, Metric::First, Metric::Build, Metric::Size, Metric::Memory] {
        let of_metric: Vec<&Figure> = figures.iter().filter(|figure| figure.metric == metric).collect();
        if !of_metric.is_empty() {
            table(&mut out, metric, &of_metric);
        }
    }
    out
}

fn table(out: &mut String, metric: Metric, figures: &[&Figure]) {
    let mut rows: Vec<(&str, &str)> = Vec::new();
    for figure in figures {
        let row = (figure.case.as_str(), figure.input.as_str());
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    let _ = write!(out, "\n{:<44}", metric.title());
    for peer in PEERS {
        let width = if peer == Peer::Warrego { 10 } else { 19 };
        let _ = write!(out, "{:>width$}", heading(peer));
    }
    out.push('\n');
    for (case, input) in rows {
        let label = if input.is_empty() {
            case.to_owned()
        } else {
            format!("{case} {input}")
        };
        let _ = write!(out, "{label:<44}");
        let value = |peer: Peer| {
            figures
                .iter()
                .find(|f| (f.case.as_str(), f.input.as_str(), f.peer) == (case, input, peer))
                .map(|f| f.value)
        };
        let ours = value(Peer::Warrego);
        for peer in PEERS {
            let shown = value(peer).map_or("-".to_owned(), |value| metric.show(value));
            match (peer, ours, value(peer)) {
                (Peer::Warrego, ..) => {
                    let _ = write!(out, "{shown:>10}");
                }
                (_, Some(ours), Some(value)) => {
                    let _ = write!(out, "{shown:>11}{:>8}", format!("×{}", digits(value / ours)));
                }
                _ => {
                    let _ = write!(out, "{shown:>11}{:>8}", "");
                }
            }
        }
        out.push('\n');
    }
}
