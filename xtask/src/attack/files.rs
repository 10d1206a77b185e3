//! Attacks that are files: policies, documents, tokens and bundles. Each is given to `eval`, as OPA's users do.

use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use super::measure::measure;
use super::{Attack, LIMIT, Outcome, excerpt, files, name, result};
use crate::process::{run as start, succeeds};

/// Runs all of them.
pub fn run(attack: &mut Attack<'_>) -> Result<()> {
    let (attacks, made) = (attack.attacks.clone(), attack.made.clone());
    let generator = attacks.join("gen.py");
    if generator.is_file() {
        if succeeds(Command::new("python3").arg("--version")) {
            start(Command::new("python3").arg(&generator).arg(&made))?;
        } else {
            eprintln!("python3 is not installed: {} is not run", generator.display());
        }
    }
    for folder in [&made, &attacks] {
        for file in files(&folder.join("compile"), &[".rego"]) {
            attack.case(&format!("compile/{}", name(&file)), |attack| {
                let file = file.to_string_lossy();
                Ok(attack.compare(&["eval", "-d", &file, "data.p.a"])?.0)
            });
        }
    }
    for folder in [&made, &attacks] {
        for file in files(&folder.join("documents"), &[".json", ".yaml", ".yml"]) {
            for (what, flag, query) in [("data", "-d", "data"), ("input", "-i", "input")] {
                attack.case(&format!("documents/{} as {what}", name(&file)), |attack| {
                    let file = file.to_string_lossy();
                    Ok(attack.compare(&["eval", flag, &file, query])?.0)
                });
            }
        }
    }
    for file in files(&attacks.join("jwt"), &[".json"]) {
        attack.case(&format!("jwt/{}", name(&file)), |attack| {
            let file = file.to_string_lossy();
            let query = "x := io.jwt.decode_verify(input.t, input.c)";
            let ours = measure(attack.warrego().args(["eval", "-i", &file, query]), LIMIT)?;
            let bindings = result(&ours.output).map(|result| result[0]["bindings"]["x"].clone());
            let refused = bindings == Some(json!([false, {}, {}])) || (ours.ended() && !ours.succeeded());
            Ok(Outcome::of(
                refused,
                if refused { "not verified".to_owned() } else { excerpt(&ours) },
                &ours,
            ))
        });
    }
    let bundles = files(&attacks.join("bundles"), &[".tar.gz"]);
    for bundle in &bundles {
        attack.case(&format!("bundles/{}", name(bundle)), |attack| {
            bundle_case(attack, &[&bundle.to_string_lossy()])
        });
    }
    for (index, one) in bundles.iter().enumerate() {
        for other in &bundles[index + 1..] {
            attack.case(&format!("bundles/{} + {}", name(one), name(other)), |attack| {
                bundle_case(attack, &[&one.to_string_lossy(), &other.to_string_lossy()])
            });
        }
    }
    Ok(())
}

/// Bundles must be accepted and refused as by OPA, and refused for the same reason.
fn bundle_case(attack: &Attack<'_>, bundles: &[&str]) -> Result<Outcome> {
    let mut arguments = vec!["eval"];
    for bundle in bundles {
        arguments.extend(["-b", bundle]);
    }
    arguments.push("data");
    let (mut outcome, ours, opas) = attack.compare(&arguments)?;
    if let (true, Some(opas)) = (outcome.held, opas) {
        let document: Value = serde_json::from_str(&opas.output).unwrap_or_default();
        if let Some(message) = document["errors"][0]["message"].as_str() {
            // Without the location, which is written differently.
            let cause = message.rsplit(".tar.gz: ").next().unwrap_or(message).trim();
            let mine: Value = serde_json::from_str(&ours.output).unwrap_or_default();
            let mine = mine["errors"][0]["message"].as_str().map_or_else(|| ours.text(), str::to_owned);
            if !mine.contains(cause) {
                outcome.held = false;
                outcome.note = format!("refused for another reason than OPA's `{cause}`: {}", excerpt(&ours));
            }
        }
    }
    Ok(outcome)
}
