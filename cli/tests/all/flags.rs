//! All flags of `opa` are known: `tests/opa-flags.tsv` lists them. Those that mean nothing here, and those that cannot be honoured, say so in
//! `src/flags.rs`.

use std::collections::BTreeSet;
use std::process::Command;

/// Command, short form, long form, and whether it takes a value.
type Flag = (String, String, String, bool);

fn listed() -> BTreeSet<Flag> {
    let rows = include_str!("../opa-flags.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let columns: Vec<&str> = row.split('\t').collect();
        let [command, short, long, kind] = columns.as_slice() else {
            panic!("{row}")
        };
        ((*command).to_owned(), (*short).to_owned(), (*long).to_owned(), *kind == "value")
    })
    .collect()
}

/// What the command line says to arguments, without doing anything: a missing file ends all commands that take one.
fn said(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_warrego")).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn flags_of_opa_are_known() {
    let mut unknown = Vec::new();
    for (command, short, long, takes_value) in listed() {
        let long = format!("--{long}");
        let value = if takes_value { "=1" } else { "=false" };
        let mut forms = vec![if takes_value { format!("{long}{value}") } else { long.clone() }];
        if long != "--help" {
            forms.push(format!("{long}{value}"));
        }
        if !short.is_empty() {
            forms.push(format!("-{short}{}", if takes_value { value } else { "" }));
        }
        for form in forms {
            let error = said(&[&command, &form, "/nothing/here"]);
            let message = error.lines().next().unwrap_or_default();
            // The file may be one argument too many, but the flag is not.
            if message.contains(&long) && (message.contains("unexpected") || message.contains("a value is required"))
                || message.contains(&format!("'{form}'"))
            {
                unknown.push(format!("{command} {form}: {message}"));
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

#[test]
fn flags_are_on_or_off_and_the_last_value_counts() {
    let outcome = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_warrego")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let plain = outcome(&["eval", "1", "--format=raw"]);
    assert_eq!(plain, (Some(0), "1\n".to_owned()));
    for arguments in [
        ["eval", "1", "--format=raw", "--fail-defined=false"],
        ["eval", "1", "--format=raw", "--fail-defined=F"],
        ["eval", "1", "--format=raw", "--strict=true"],
        ["eval", "1", "--format=raw", "-S=true"],
        ["eval", "1", "--format=raw", "--timeout=0"],
        ["eval", "1", "--format=raw", "-O=1"],
        ["eval", "1", "--format=json", "--format=raw"],
        ["eval", "1", "--format=raw", "--explain=off"],
    ] {
        assert_eq!(outcome(&arguments), plain, "{arguments:?}");
    }
    assert_eq!(outcome(&["eval", "1", "--fail-defined=true"]).0, Some(1));
    assert_eq!(outcome(&["eval", "1", "--fail-defined", "--fail-defined=false"]).0, Some(0));
    assert!(said(&["eval", "1", "--fail-defined=perhaps"]).contains("expected true or false"));
    assert!(said(&["eval", "1", "--profile"]).contains("there is no profile"));
}

/// Where `opa` is installed, the list is what it says.
#[test]
fn the_list_is_that_of_opa() {
    let Ok(version) = Command::new("opa").arg("version").output() else {
        println!("opa is not installed: the list is not compared");
        return;
    };
    if !String::from_utf8_lossy(&version.stdout).starts_with("Version: 1.22.2\n") {
        println!("another version of opa is installed: the list is not compared");
        return;
    }
    let line = regex::Regex::new(r"^ +(?:-(\w), +)?--([\w-]+)(?: (\S+))?(?:  .*|$)").unwrap();
    let commands: BTreeSet<String> = listed().into_iter().map(|(command, ..)| command).collect();
    let mut found = BTreeSet::new();
    for command in commands {
        let output = Command::new("opa").args([&command, "--help"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for captures in text.split("Flags:").nth(1).unwrap().lines().filter_map(|text| line.captures(text)) {
            let part = |number: usize| captures.get(number).map_or(String::new(), |part| part.as_str().to_owned());
            found.insert((command.clone(), part(1), part(2), captures.get(3).is_some()));
        }
    }
    assert_eq!(found, listed());
}
