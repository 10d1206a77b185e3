//! The program's output, as files. A folder of `tests/commands` is a case: `command` holds command lines that are run one after the other in a copy of
//! the folder, `expected` their exit codes and output. `BLESS=1` rewrites the latter, so that a change shows in the diff.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;

#[test]
fn all_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let failed: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

fn check(case: &Path) -> Result<(), String> {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(case, copy.path());
    let mut actual = String::new();
    for line in fs::read_to_string(case.join("command"))
        .unwrap()
        .lines()
        .filter(|line| !line.is_empty())
    {
        let output = Command::new(env!("CARGO_BIN_EXE_warrego"))
            .args(words(line))
            .current_dir(copy.path())
            .output()
            .unwrap();
        let _ = writeln!(actual, "$ warrego {line}\n= {}", output.status.code().unwrap_or(-1));
        for (mark, bytes) in [("", &output.stdout), ("! ", &output.stderr)] {
            for line in String::from_utf8_lossy(bytes).lines() {
                let _ = writeln!(actual, "{}", without_times(&format!("{mark}{line}")).trim_end());
            }
        }
    }
    let expected = case.join("expected");
    if std::env::var_os("BLESS").is_some() {
        fs::write(expected, actual).unwrap();
        return Ok(());
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    if wanted == actual {
        Ok(())
    } else {
        Err(format!("{}\n--- expected\n{wanted}\n--- actual\n{actual}", case.display()))
    }
}

/// How long something took differs from run to run.
fn without_times(line: &str) -> String {
    let text = Regex::new(r"\([0-9.hm]+(ns|µs|ms|s)\)")
        .unwrap()
        .replace_all(line, "(TIME)")
        .into_owned();
    let text = Regex::new(r#""duration": [1-9][0-9]*"#)
        .unwrap()
        .replace_all(&text, "\"duration\": TIME");
    Regex::new(r#" time="[0-9.]+""#)
        .unwrap()
        .replace_all(&text, " time=\"TIME\"")
        .into_owned()
}

/// Splits a command line; single quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
