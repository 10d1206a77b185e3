//! Measures compiled policies beside their peers: `cargo xtask bench`.
//!
//! Every peer gets the same documents and has to give the same decisions; each figure comes from one run in which the peers take
//! turns. The least time of the rounds counts, and ratios are what to read. A peer that cannot run a case is told with its reason.

mod builtins;
mod case;
mod engine;
mod growth;
mod measure;
mod memory;
mod peers;
mod report;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use warrego_host::Engine;

use case::{Case, Selection};
use measure::Effort;
use peers::{PEERS, Peer, Ready, Setting};
use report::{Figure, Metric};
use tools::Tools;

/// Decisions beside the peers', JSON bytes to JSON bytes, one thread, warm.
#[derive(Parser)]
struct Arguments {
    /// The folder of workloads; `../shared/bench` beside the workspace unless WARREGO_BENCH says otherwise.
    #[arg(long, env = "WARREGO_BENCH")]
    dir: Option<PathBuf>,
    /// Only this case.
    #[arg(long)]
    case: Option<String>,
    /// Only these peers.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
    /// One JSON line a figure instead of tables.
    #[arg(long)]
    json: bool,
    /// Only see that everything runs; the figures mean nothing.
    #[arg(long)]
    smoke: bool,
    /// Only see that many decisions on one instance leave its memory as the first one left it.
    #[arg(long, value_name = "DECISIONS", num_args = 0..=1, default_missing_value = "1000000")]
    endurance: Option<u64>,
    /// One call of each built-in function instead of the workloads; or of those whose name begins so.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    builtins: Option<String>,
    /// How compile time grows with rules, files and data, instead of the workloads.
    #[arg(long)]
    growth: bool,
    #[arg(long, hide = true)]
    memory_of: Option<String>,
}

fn main() -> ExitCode {
    match bench(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every decision was right.
fn bench(arguments: &Arguments) -> Result<bool> {
    let tools = Tools::find()?;
    let engine = engine::engine()?;
    let effort = if arguments.smoke { Effort::SMOKE } else { Effort::FULL };
    if let Some(name) = &arguments.builtins {
        return builtins::run(&tools, &engine, name, effort);
    }
    if arguments.growth {
        return growth::run(effort, arguments.json).map(|()| true);
    }
    let dir = arguments.dir.clone().unwrap_or_else(|| tools.root.join("../shared/bench"));
    if !dir.is_dir() && (arguments.smoke || arguments.endurance.is_some()) {
        println!("skipped: there are no workloads in {}", dir.display());
        return Ok(true);
    }
    let generated = tools.folder("generated")?;
    let selection = Selection {
        dir: &dir,
        only: arguments.case.as_deref(),
        small: arguments.smoke,
        generated: &generated,
    };
    let (cases, left_out) = case::load(&selection)?;
    if let Some(peer) = &arguments.memory_of {
        let case = cases.first().context("no such case")?;
        println!("{}", memory::measure(Peer::from_id(peer)?, &setting(case, &tools, &engine)?)?);
        return Ok(true);
    }
    if let Some(decisions) = arguments.endurance {
        for case in &cases {
            println!("{}: {}", case.name, endure(&setting(case, &tools, &engine)?, decisions)?);
        }
        return Ok(true);
    }
    let mut run = Run {
        arguments,
        dir: &dir,
        effort,
        figures: Vec::new(),
        notes: left_out,
        failed: 0,
    };
    for case in &cases {
        run.case(&setting(case, &tools, &engine)?)
            .with_context(|| format!("case {}", case.name))?;
    }
    if !arguments.json {
        print!("{}", report::tables(&run.figures));
        println!("\n×: how many times ours. -: no figure, see below.");
    }
    for note in &run.notes {
        eprintln!("{note}");
    }
    Ok(run.failed == 0)
}

/// Decides on the case's inputs in turn, on one instance; its memory must not grow after each input was seen once.
fn endure(setting: &Setting<'_>, decisions: u64) -> Result<String> {
    Peer::Warrego.build(setting)?;
    let mut ready = Peer::Warrego.load(setting)?;
    let mut after_first = 0;
    let inputs = setting.case.inputs.iter().cycle();
    for (index, input) in (0..decisions).zip(inputs) {
        ready.decide(input)?;
        if index < setting.case.inputs.len() as u64 {
            after_first = ready.linear_memory().unwrap_or(0);
        }
    }
    let after_last = ready.linear_memory().unwrap_or(0);
    ensure!(
        after_last == after_first,
        "memory grew from {after_first} to {after_last} bytes in {decisions} decisions"
    );
    Ok(format!(
        "{decisions} decisions on one instance, {after_last} bytes of memory after the first and after the last"
    ))
}

fn setting<'a>(case: &'a Case, tools: &'a Tools, engine: &'a Engine) -> Result<Setting<'a>> {
    let folder = tools.folder(&format!("cases/{}", case.name))?;
    Ok(Setting {
        case,
        tools,
        engine,
        folder,
    })
}

/// One run over all cases.
struct Run<'a> {
    arguments: &'a Arguments,
    dir: &'a Path,
    effort: Effort,
    figures: Vec<Figure>,
    notes: Vec<String>,
    /// Cases in which ours gave no decision or a wrong one.
    failed: u32,
}

impl Run<'_> {
    fn case(&mut self, setting: &Setting<'_>) -> Result<()> {
        let case = setting.case;
        if !self.arguments.json {
            eprintln!("{}", case.name);
        }
        let mut ready: Vec<(Peer, Box<dyn Ready>)> = Vec::new();
        for peer in PEERS {
            let asked = match self.arguments.peers.as_slice() {
                [] => peer.by_default(),
                peers => peers.iter().any(|id| id == peer.id()),
            };
            if !asked {
                continue;
            }
            match self.prepare(peer, setting) {
                Ok(loaded) => ready.push((peer, loaded)),
                Err(error) => {
                    self.failed += u32::from(peer == Peer::Warrego);
                    self.notes.push(format!("{}: {}: {error:#}", case.name, peer.id()));
                }
            }
        }
        let ids: Vec<Peer> = ready.iter().map(|(peer, _)| *peer).collect();
        for (index, input) in case.inputs.iter().enumerate() {
            let mut peers: Vec<&mut dyn Ready> = Vec::new();
            for (_, peer) in &mut ready {
                peers.push(peer.as_mut());
            }
            let times = measure::warm(&mut peers, input, self.effort)?;
            for (&peer, time) in ids.iter().zip(times) {
                self.add(setting, &input.name, peer, Metric::Decision, time);
            }
            if index == 0 {
                let times = measure::first(&mut peers, input, self.effort)?;
                for (&peer, time) in ids.iter().zip(times) {
                    self.add(setting, &input.name, peer, Metric::First, time);
                }
            }
        }
        drop(ready);
        for peer in ids {
            if !self.arguments.smoke {
                match memory::peak(peer, setting, self.dir) {
                    Ok(size) => self.add(setting, "", peer, Metric::Memory, size),
                    Err(error) => self.notes.push(format!("{}: {}: memory: {error:#}", case.name, peer.id())),
                }
            }
        }
        Ok(())
    }

    /// Builds and loads a peer and checks its decisions on all inputs.
    fn prepare(&mut self, peer: Peer, setting: &Setting<'_>) -> Result<Box<dyn Ready>> {
        let built = peer.build(setting)?;
        let mut ready = peer.load(setting)?;
        for input in &setting.case.inputs {
            if let Err(error) = measure::check(ready.as_mut(), input, peer.unordered()) {
                return Err(error.context(format!("input {}", input.name)));
            }
        }
        if let Some(time) = built.time {
            self.add(setting, "", peer, Metric::Build, time.as_secs_f64() * 1e3);
        }
        if let Some(size) = built.size {
            self.add(setting, "", peer, Metric::Size, size as f64);
        }
        Ok(ready)
    }

    fn add(&mut self, setting: &Setting<'_>, input: &str, peer: Peer, metric: Metric, value: f64) {
        let figure = Figure {
            case: setting.case.name.clone(),
            input: input.to_owned(),
            peer,
            metric,
            value,
        };
        if self.arguments.json {
            println!("{}", report::json_line(&figure));
        }
        self.figures.push(figure);
    }
}
