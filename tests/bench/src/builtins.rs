//! `--builtins`: one warm call of each built-in function on a typical argument, beside regorus natively and OPA's Go SDK. The calls stand in
//! `builtins.tsv`. What is measured is a whole decision, JSON to JSON, since that is what callers get; the argument comes from the input, so that
//! nobody can compute the answer ahead of time. Deprecated functions, those that reach outside, and those that only print are not there.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use warrego_host::Engine;

use crate::case::{Case, Input};
use crate::measure::{self, Effort};
use crate::peers::{Peer, Ready, Setting};
use crate::report::{Metric, digits};
use crate::tools::Tools;

/// The calls: function, expression, input.
const CALLS: &str = include_str!("../builtins.tsv");

/// Who takes part; the first is ours, the last has the last word on what is right.
const PEERS: [Peer; 4] = [Peer::Warrego, Peer::Regorus, Peer::RegorusVm, Peer::OpaGo];

/// Functions whose answers differ from call to call.
const RANDOM: [&str; 4] = ["rand.intn", "uuid.rfc4122", "time.now_ns", "io.jwt.encode_sign"];

/// How many of ten must be no slower than the fastest peer.
const WANTED: f64 = 0.9;

/// One function's figures: nanoseconds, in the order of the peers.
struct Row {
    name: &'static str,
    times: [Option<f64>; PEERS.len()],
}

impl Row {
    fn fastest_peer(&self) -> Option<f64> {
        self.times[1..].iter().flatten().copied().min_by(f64::total_cmp)
    }

    /// No slower than the fastest of the peers that have the function.
    fn holds(&self) -> Option<bool> {
        Some(self.times[0]? <= self.fastest_peer()?)
    }
}

/// Measures all calls, or those of the functions whose name begins with `only`, and prints the table. Whether all of ours gave what OPA gives.
pub fn run(tools: &Tools, engine: &Engine, only: &str, effort: Effort) -> Result<bool> {
    tools.opa_go()?;
    let (mut rows, mut notes, mut wrong) = (Vec::new(), Vec::new(), 0);
    for line in CALLS.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (Some(name), Some(expression), Some(input)) = (columns.next(), columns.next(), columns.next()) else {
            anyhow::bail!("a line of builtins.tsv has no three columns: {line}");
        };
        if !name.starts_with(only) {
            continue;
        }
        let case = case(tools, name, expression, input)?;
        let setting = Setting {
            case: &case,
            tools,
            engine,
            folder: tools.folder(&format!("builtins/{name}"))?,
        };
        let row = measured(name, &setting, effort, &mut notes).with_context(|| name.to_owned())?;
        wrong += u32::from(row.times[0].is_none());
        rows.push(row);
    }
    ensure!(!rows.is_empty(), "no call of such a function");
    print!("{}", table(&rows));
    for note in notes {
        eprintln!("{note}");
    }
    Ok(wrong == 0)
}

/// Writes the call's policy and input to where the peers read them.
fn case(tools: &Tools, name: &str, expression: &str, input: &str) -> Result<Case> {
    let folder = tools.folder(&format!("builtins/{name}"))?;
    let policies = tools.folder(&format!("builtins/{name}/policy"))?;
    let text = format!("package bench\n\nimport rego.v1\n\nresult := {expression}\n");
    fs::write(policies.join("p.rego"), &text)?;
    let path = folder.join("input.json");
    fs::write(&path, input)?;
    Ok(Case {
        name: name.to_owned(),
        entrypoint: "bench/result".to_owned(),
        policies,
        modules: vec![("p.rego".to_owned(), text)],
        data: None,
        inputs: vec![Input {
            name: "input".to_owned(),
            path,
            bytes: input.as_bytes().to_vec(),
            text: (*input).to_owned(),
            expected: Value::Null,
        }],
    })
}

/// Loads the peers, leaves out those that cannot or answer otherwise than OPA does, and lets the others take turns.
fn measured(name: &'static str, setting: &Setting<'_>, effort: Effort, notes: &mut Vec<String>) -> Result<Row> {
    let input = setting.case.inputs.first().context("no input")?;
    let mut ready: Vec<(usize, Box<dyn Ready>, Value)> = Vec::new();
    for (place, peer) in PEERS.into_iter().enumerate() {
        let prepared = prepare(peer, setting).and_then(|mut peer| {
            let answer = peer.decide(input)?;
            Ok((peer, serde_json::from_slice(&answer)?))
        });
        match prepared {
            Ok((loaded, answer)) => ready.push((place, loaded, answer)),
            Err(error) => notes.push(format!("{name}: {}: {error:#}", peer.id())),
        }
    }
    if let Some((_, _, right)) = ready.last()
        && !RANDOM.contains(&name)
    {
        let right = right.clone();
        ready.retain(|(place, _, answer)| {
            let same = plain(answer) == plain(&right);
            if !same {
                notes.push(format!("{name}: {}: {answer} instead of {right}", PEERS[*place].id()));
            }
            same
        });
    }
    let mut peers: Vec<&mut dyn Ready> = Vec::new();
    for (_, peer, _) in &mut ready {
        peers.push(peer.as_mut());
    }
    let times = measure::warm(&mut peers, input, effort)?;
    let mut row = Row {
        name,
        times: [None; PEERS.len()],
    };
    for ((place, ..), time) in ready.iter().zip(times) {
        row.times[*place] = Some(time);
    }
    Ok(row)
}

fn prepare(peer: Peer, setting: &Setting<'_>) -> Result<Box<dyn Ready>> {
    if peer == Peer::Warrego {
        peer.build(setting)?;
    }
    peer.load(setting)
}

/// An answer with its numbers as doubles: regorus prints `5.0`, and some functions give text that holds JSON.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().parse::<f64>().map_or_else(|_| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        other => other.clone(),
    }
}

/// Each function with ours and how many times ours the peers take; slowest against its fastest peer first.
fn table(rows: &[Row]) -> String {
    let mut rows: Vec<&Row> = rows.iter().collect();
    let against = |row: &Row| match (row.times[0], row.fastest_peer()) {
        (Some(ours), Some(peer)) => peer / ours,
        (None, _) => 0.0,
        (_, None) => f64::INFINITY,
    };
    rows.sort_by(|a, b| against(a).total_cmp(&against(b)));
    let mut out = format!(
        "{:<56}{:>10}{:>12}{:>12}{:>12}\n",
        "one warm call", "warrego", "regorus", "RVM", "OPA Go"
    );
    for row in &rows {
        let _ = write!(out, "{:<56}", row.name);
        let _ = write!(
            out,
            "{:>10}",
            row.times[0].map_or("-".to_owned(), |time| Metric::Decision.show(time))
        );
        for time in &row.times[1..] {
            let ratio = match (row.times[0], time) {
                (Some(ours), Some(time)) => format!("×{}", digits(time / ours)),
                _ => "-".to_owned(),
            };
            let _ = write!(out, "{ratio:>12}");
        }
        out.push('\n');
    }
    let verdicts: Vec<bool> = rows.iter().filter_map(|row| row.holds()).collect();
    let good = verdicts.iter().filter(|holds| **holds).count();
    let share = good as f64 / verdicts.len().max(1) as f64;
    let _ = writeln!(
        out,
        "\nno slower than the fastest peer: {good} of {} ({:.0} %, wanted {:.0} %)",
        verdicts.len(),
        share * 100.0,
        WANTED * 100.0
    );
    out
}
