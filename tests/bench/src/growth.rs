//! How compile time grows: with rules, with files and with data, each ten times and a hundred times as much. What is asked for is that a rule, a file
//! or a record costs the same however many there are. Policies and data are made up here, so that only their number differs.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use serde_json::{Value, json};
use warrego_compiler::{Input, Options, compile};

use crate::measure::Effort;
use crate::peers::Peer;
use crate::report::{Figure, Metric, digits, json_line};

/// What grows: its name, its sizes, and what to compile at a size.
struct Axis {
    name: &'static str,
    sizes: [usize; 3],
    input: fn(usize) -> Input,
}

const AXES: [Axis; 3] = [
    Axis {
        name: "rules",
        sizes: [100, 1_000, 10_000],
        input: |rules| Input {
            modules: vec![("rules.rego".to_owned(), module("grown", "grown", rules))],
            data: json!({}),
        },
    },
    Axis {
        name: "files",
        sizes: [10, 100, 1_000],
        input: |files| Input {
            modules: (0..files)
                .map(|file| {
                    let before = file.saturating_sub(1);
                    (
                        format!("p{file}.rego"),
                        module(&format!("grown.p{file}"), &format!("grown.p{before}"), 10),
                    )
                })
                .collect(),
            data: json!({}),
        },
    },
    Axis {
        name: "records",
        sizes: [1_000, 10_000, 100_000],
        input: |records| Input {
            modules: vec![(
                "data.rego".to_owned(),
                "package grown\n\nallow if data.users[input.user].role == input.role\n".to_owned(),
            )],
            data: json!({ "users": (0..records).map(record).collect::<serde_json::Map<_, _>>() }),
        },
    },
];

/// A module with so many rules of the usual kinds; some refer to rules of the package `other`.
fn module(package: &str, other: &str, rules: usize) -> String {
    let mut text = format!("package {package}\n");
    for rule in 0..rules {
        let _ = match rule % 5 {
            0 => writeln!(
                text,
                "\nallow if {{\n\tinput.method == \"m{rule}\"\n\tinput.path[0] == \"p{rule}\"\n\tcount(input.roles) > {rule}\n}}"
            ),
            1 => writeln!(
                text,
                "\ndeny contains message if {{\n\tsome role in input.roles\n\tstartswith(role, \"r{rule}\")\n\tmessage := sprintf(\"%v may not\", [role])\n}}"
            ),
            2 => writeln!(text, "\nis_{rule}(x) := y if {{\n\ty := x + {rule}\n\ty > 3\n}}"),
            3 => writeln!(text, "\nlimit_{rule} := {{\"rule\": {rule}, \"names\": [\"a{rule}\", \"b\"]}}"),
            _ => {
                let (limit, function) = (rule - 1, rule - 2);
                writeln!(
                    text,
                    "\nover_{rule} if {{\n\tis_{function}(input.size) > data.{other}.limit_{}.rule\n\tevery name in limit_{limit}.names {{ name != input.name }}\n}}",
                    if package == other { limit } else { 3 }
                )
            }
        };
    }
    text
}

fn record(number: usize) -> (String, Value) {
    let user = json!({ "role": format!("role {}", number % 17), "groups": [number % 5, number % 7], "active": number.is_multiple_of(3) });
    (format!("user{number}"), user)
}

/// One figure: milliseconds for so many.
struct Point {
    axis: &'static str,
    size: usize,
    time: f64,
}

/// Compiles every axis at each of its sizes and prints the table, or a JSON line a figure. A smoke run takes the smallest alone.
pub fn run(effort: Effort, lines: bool) -> Result<()> {
    let mut points = Vec::new();
    for axis in AXES {
        for size in axis.sizes.into_iter().take(if effort.smoke { 1 } else { axis.sizes.len() }) {
            points.push(point(&axis, size, effort)?);
        }
    }
    if !lines {
        print!("{}", table(&points));
        return Ok(());
    }
    for point in points {
        let figure = Figure {
            case: format!("growth-{}-{}", point.axis, point.size),
            input: String::new(),
            peer: Peer::Warrego,
            metric: Metric::Build,
            value: point.time,
        };
        println!("{}", json_line(&figure));
    }
    Ok(())
}

/// The least of a few times of the library call.
fn point(axis: &Axis, size: usize, effort: Effort) -> Result<Point> {
    let input = (axis.input)(size);
    let options = Options {
        entrypoints: vec!["grown".to_owned()],
        ..Options::default()
    };
    let (start, mut best) = (Instant::now(), Duration::MAX);
    for _ in 0..20 {
        let turn = Instant::now();
        compile(&input, &options).map_err(|failure| anyhow!("{size} {}: {failure}", axis.name))?;
        best = best.min(turn.elapsed());
        if effort.smoke || start.elapsed() > Duration::from_secs(2) {
            break;
        }
    }
    Ok(Point {
        axis: axis.name,
        size,
        time: best.as_secs_f64() * 1e3,
    })
}

/// The points with what one rule, file or record takes, and how many times that is what it takes among the fewest.
fn table(points: &[Point]) -> String {
    let mut out = format!("{:<24}{:>12}{:>14}{:>12}\n", "compiling", "", "each", "");
    let mut fewest: Option<&Point> = None;
    for point in points {
        let each = |point: &Point| point.time * 1e3 / point.size as f64;
        let least = fewest.filter(|least| least.axis == point.axis).unwrap_or(point);
        fewest = Some(least);
        let _ = writeln!(
            out,
            "{:<24}{:>12}{:>14}{:>12}",
            format!("{} {}", point.size, point.axis),
            format!("{} ms", digits(point.time)),
            format!("{} µs", digits(each(point))),
            format!("×{}", digits(each(point) / each(least)))
        );
    }
    out
}
