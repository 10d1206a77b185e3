//! What was reached once is not lost again: `floors.json` says how many percent of each group must pass, and nothing may crash the
//! compiler or trap. Without the corpus there is nothing to hold it against, and the tests say so.

use std::collections::BTreeMap;

use warrego_conformance::{Documents, Part, corpus, run};

/// The floors.
const FLOORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/floors.json");

fn hold(part: Part, documents: Documents) {
    let dir = corpus(None);
    if !dir.is_dir() {
        eprintln!(
            "skipped: there is no corpus in {}; WARREGO_CONFORMANCE names another place",
            dir.display()
        );
        return;
    }
    let report = run(&dir, part, None, documents).unwrap();
    let floors: BTreeMap<String, f64> = serde_json::from_str(&std::fs::read_to_string(FLOORS).unwrap()).unwrap();
    let mut below = Vec::new();
    for (group, count) in &report.groups {
        let key = if documents == Documents::Pushed {
            format!("{group} with data pushed")
        } else {
            group.clone()
        };
        let floor = floors.get(&key).copied().unwrap_or(0.0);
        println!(
            "{key}: {} of {} ({:.2} %, floor {floor} %)",
            count.passed,
            count.all,
            count.percent()
        );
        if count.percent() < floor {
            below.push(format!("{key}: {:.2} % is below {floor} %", count.percent()));
        }
    }
    assert!(below.is_empty(), "{}", below.join("\n"));
    let outdated = report.verdicts.iter().find(|verdict| verdict.listed && verdict.passed);
    let outdated = outdated.map(|verdict| verdict.case.as_str());
    assert_eq!(outdated, None, "is listed in differences.md and does not differ");
    assert_eq!(
        report.faults(),
        (0, 0),
        "crashes of the compiler, traps; `cargo xtask conformance --failures` names them"
    );
}

#[test]
fn evaluations() {
    hold(Part::Eval, Documents::Baked);
}

#[test]
fn evaluations_with_data_pushed() {
    hold(Part::Eval, Documents::Pushed);
}

#[test]
fn plans() {
    hold(Part::Plan, Documents::Baked);
}

#[test]
fn diagnostics() {
    hold(Part::Compile, Documents::Baked);
}

#[test]
fn builtins() {
    hold(Part::Builtins, Documents::Baked);
}

/// What once differed, recorded like the corpus.
#[test]
fn what_once_differed() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    for part in [Part::Builtins, Part::Eval, Part::Compile] {
        let report = run(dir.as_ref(), part, None, Documents::Baked).unwrap();
        assert!(!report.verdicts.is_empty());
        assert!(
            report.verdicts.iter().all(|verdict| verdict.passed != verdict.listed),
            "{}",
            report.text(true)
        );
    }
}
