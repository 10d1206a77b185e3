//! Documents whose keys all have the same hash, beside documents with as many random keys: compiling them in and deciding on them may take four times as
//! long at most. `collide.c`, in the folder of attacks, makes them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::measure::measure;
use super::{Attack, Cost, LIMIT, Outcome};
use crate::process::{run as start, succeeds};

const SIZES: [usize; 3] = [2_000, 20_000, 200_000];

/// Runs all of them.
pub fn run(attack: &mut Attack<'_>) -> Result<()> {
    let source = attack.attacks.join("scripts/collide.c");
    if !source.is_file() {
        return Ok(());
    }
    if !succeeds(Command::new("cc").arg("--version")) {
        eprintln!("cc is not installed: {} is not compiled", source.display());
        return Ok(());
    }
    let folder = attack.folder("collisions")?;
    let program = folder.join("collide");
    start(Command::new("cc").arg("-O2").arg("-o").arg(&program).arg(&source))?;
    for size in SIZES {
        for shape in ["obj", "arr"] {
            let documents = [(true, "hostile"), (false, "random")].map(|(hostile, word)| {
                let place = folder.join(format!("{word}-{shape}-{size}"));
                make(&program, &place, shape, size, hostile).map(|()| place)
            });
            let [hostile, random] = documents;
            let (hostile, random) = (hostile?, random?);
            for what in ["input", "data", "build"] {
                attack.case(&format!("collisions/{shape}-{size} {what}"), |attack| {
                    let hostile = cost(attack, &hostile, what)?;
                    let random = cost(attack, &random, what)?;
                    let held = hostile.within(4, random);
                    Ok(Outcome {
                        held,
                        note: format!("random keys: {}", random.text()),
                        ours: Some(hostile),
                        opas: None,
                    })
                });
            }
        }
    }
    Ok(())
}

/// Writes a document, and a policy that looks up every key of it.
fn make(program: &Path, place: &Path, shape: &str, size: usize, hostile: bool) -> Result<()> {
    fs::create_dir_all(place)?;
    let document = if hostile {
        let made = Command::new(program)
            .arg(size.to_string())
            .arg(shape)
            .output()
            .context("running collide")?;
        ensure!(made.status.success(), "collide failed");
        String::from_utf8(made.stdout)?
    } else {
        random(shape, size)
    };
    fs::write(place.join("input.json"), &document)?;
    fs::write(place.join("data.json"), format!("{{\"d\": {document}}}"))?;
    for (name, root) in [("input", "input"), ("data", "data.d")] {
        let policy = match shape {
            "obj" => format!("package p\n\na := count([k | some k, v in {root}; {root}[k] == v])\n"),
            _ => format!("package p\n\na := count({{x | some x in {root}}})\n"),
        };
        fs::write(place.join(format!("{name}.rego")), policy)?;
    }
    Ok(())
}

/// As many keys of the same length without anything in common.
fn random(shape: &str, size: usize) -> String {
    let is_object = shape == "obj";
    let mut text = String::from(if is_object { "{" } else { "[" });
    let mut state = 88_172_645_463_325_252_u64;
    for number in 0..size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let comma = if number > 0 { "," } else { "" };
        let _ = match is_object {
            true => write!(text, "{comma}\"{state:016x}\":{number}"),
            false => write!(text, "{comma}\"{state:016x}\""),
        };
    }
    text + if is_object { "}" } else { "]" }
}

/// What compiling, or deciding on a component, takes.
fn cost(attack: &Attack<'_>, place: &Path, what: &str) -> Result<Cost> {
    let root = if what == "input" { "input" } else { "data" };
    let component = place.join(format!("{root}.wasm"));
    let mut sources: Vec<PathBuf> = vec![place.join(format!("{root}.rego"))];
    if root == "data" {
        sources.push(place.join("data.json"));
    }
    let build = measure(
        attack
            .warrego()
            .arg("build")
            .args(&sources)
            .args(["-e", "p/a", "-o"])
            .arg(&component),
        LIMIT,
    )?;
    ensure!(build.succeeded(), "build: {}: {}", build.end(), build.errors);
    if what == "build" {
        return Ok((&build).into());
    }
    let mut command = attack.warrego();
    command.arg("eval").arg(&component);
    if root == "input" {
        command.arg("-i").arg(place.join("input.json"));
    }
    let decided = measure(&mut command, LIMIT)?;
    ensure!(decided.succeeded(), "eval: {}: {}", decided.end(), decided.errors);
    Ok((&decided).into())
}
