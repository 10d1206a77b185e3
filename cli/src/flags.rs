//! Flags as `opa`'s users write them, for all commands at once: `--strict=true` and `-z=false` for flags that are on or off, the last of several values,
//! and those flags of `opa` that mean nothing here or that cannot be honoured.

use clap::{Arg, ArgAction, ArgMatches, Command};

/// A flag of `opa` that a command here does not have.
struct Other {
    command: &'static str,
    long: &'static str,
    short: Option<char>,
    takes_value: bool,
    /// Values that mean what is done anyway; all, if there is no reason to refuse.
    harmless: &'static [&'static str],
    /// Why it is refused.
    reason: Option<&'static str>,
}

const UNSIGNED: &str = "bundles are neither signed nor verified here: verify them with `opa`, and sign the component that is made of them";
const NO_PROFILE: &str = "there is no profile of expressions; --metrics tells how long the whole took";
const NO_PARTIAL: &str = "there is no partial evaluation: policies are compiled whole";
const EVAL_COVERAGE: &str = "coverage is reported by `warrego test --coverage`, for tests";

const fn ignored(command: &'static str, long: &'static str, short: Option<char>, takes_value: bool) -> Other {
    Other {
        command,
        long,
        short,
        takes_value,
        harmless: &[],
        reason: None,
    }
}

const fn refused(
    command: &'static str,
    long: &'static str,
    short: Option<char>,
    harmless: &'static [&'static str],
    reason: &'static str,
) -> Other {
    Other {
        command,
        long,
        short,
        takes_value: true,
        harmless,
        reason: Some(reason),
    }
}

const fn switch(command: &'static str, long: &'static str, short: Option<char>, reason: &'static str) -> Other {
    Other {
        command,
        long,
        short,
        takes_value: false,
        harmless: &[],
        reason: Some(reason),
    }
}

/// All of them. Files are Rego v1 unless something says otherwise, so `--v1-compatible` changes nothing anywhere.
const OTHERS: &[Other] = &[
    ignored("build", "v1-compatible", None, false),
    ignored("check", "v1-compatible", None, false),
    ignored("deps", "v1-compatible", None, false),
    ignored("eval", "v1-compatible", None, false),
    ignored("inspect", "v1-compatible", None, false),
    ignored("test", "v1-compatible", None, false),
    // What entrypoints do not reach is left out anyway, and code is optimised anyway; decisions do not depend on it.
    ignored("build", "prune-unused", None, false),
    ignored("build", "optimize", Some('O'), true),
    ignored("build", "partial-namespace", None, true),
    refused("build", "format", None, &["json"], "plans are written as JSON only"),
    refused("build", "plan-addons", None, &[], "plans are written without additions"),
    refused("build", "verification-key", None, &[], UNSIGNED),
    refused("build", "verification-key-id", None, &[], UNSIGNED),
    refused("build", "scope", None, &[], UNSIGNED),
    refused("build", "exclude-files-verify", None, &[], UNSIGNED),
    refused("build", "signing-key", None, &[], UNSIGNED),
    refused("build", "signing-alg", None, &[], UNSIGNED),
    refused("build", "signing-plugin", None, &[], UNSIGNED),
    refused("build", "claims-file", None, &[], UNSIGNED),
    switch("eval", "partial", Some('p'), NO_PARTIAL),
    refused("eval", "unknowns", Some('u'), &[], NO_PARTIAL),
    ignored("eval", "disable-inlining", None, true),
    ignored("eval", "shallow-inlining", None, false),
    ignored("eval", "nondeterminstic-builtins", None, false),
    ignored("eval", "disable-indexing", None, false),
    ignored("eval", "disable-early-exit", None, false),
    ignored("eval", "read-ast-values-from-store", None, false),
    ignored("eval", "optimize-store-for-read-speed", None, false),
    ignored("eval", "optimize", Some('O'), true),
    refused(
        "eval",
        "target",
        Some('t'),
        &["rego", "wasm"],
        "queries are compiled to WebAssembly, whose answers are those of the target rego",
    ),
    switch("eval", "profile", None, NO_PROFILE),
    refused("eval", "profile-sort", None, &[], NO_PROFILE),
    refused("eval", "profile-limit", None, &[], NO_PROFILE),
    refused("eval", "count", None, &["1"], NO_PROFILE),
    switch("eval", "coverage", None, EVAL_COVERAGE),
    refused("eval", "coverage-runs", None, &[""], EVAL_COVERAGE),
    refused(
        "eval",
        "explain",
        None,
        &["off"],
        "there is no trace of an evaluation; `warrego test --var-values` tells why tests fail",
    ),
    // Of the trace.
    ignored("eval", "var-values", None, false),
    switch(
        "eval",
        "show-builtin-errors",
        None,
        "errors of built-in functions are not collected; --strict-builtin-errors ends with the first of them",
    ),
    refused(
        "test",
        "target",
        Some('t'),
        &["rego", "wasm"],
        "tests are compiled to WebAssembly, whose answers are those of the target rego",
    ),
    refused(
        "test",
        "explain",
        None,
        &["off"],
        "there is no trace of an evaluation; --var-values tells why tests fail",
    ),
    refused(
        "test",
        "coverage-runs",
        None,
        &[""],
        "the tests are run once: nothing is annotated in their coverage",
    ),
    ignored("test", "benchmem", None, false),
    switch(
        "test",
        "bench",
        None,
        "tests are run for their results; `--format json` shows how long each took, and `--sort duration` the slowest first",
    ),
    switch(
        "version",
        "check",
        Some('c'),
        "nothing is asked over the network; releases are listed where warrego was installed from",
    ),
];

/// Adapts all commands.
pub fn adapt(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(&name, |mut command| {
            for other in OTHERS.iter().filter(|other| other.command == name) {
                // A flag that the command has is the command's.
                if command.get_arguments().all(|argument| argument.get_long() != Some(other.long)) {
                    command = command.arg(other.argument());
                }
            }
            command.mut_args(switchable).args_override_self(true)
        })
    })
}

/// Why what was asked for is refused.
pub fn refusal(matches: &ArgMatches) -> Option<String> {
    let (name, matches) = matches.subcommand()?;
    OTHERS
        .iter()
        .filter(|other| other.command == name)
        .find_map(|other| other.refusal(matches))
}

impl Other {
    fn argument(&self) -> Arg {
        let mut argument = Arg::new(self.long).long(self.long).hide(true);
        if let Some(short) = self.short {
            argument = argument.short(short);
        }
        match self.takes_value {
            true => argument.action(ArgAction::Append).allow_hyphen_values(true),
            false => argument.action(ArgAction::SetTrue),
        }
    }

    fn refusal(&self, matches: &ArgMatches) -> Option<String> {
        let reason = self.reason?;
        let is_given = match self.takes_value {
            true => matches
                .get_many::<String>(self.long)
                .into_iter()
                .flatten()
                .any(|value| !self.harmless.contains(&value.as_str())),
            false => matches.get_flag(self.long),
        };
        is_given.then(|| format!("--{}: {reason}", self.long))
    }
}

/// A flag that is on or off may be given a value, as Go's flags may: `--strict=false`.
fn switchable(argument: Arg) -> Arg {
    if !matches!(argument.get_action(), ArgAction::SetTrue) {
        return argument;
    }
    argument
        .action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .default_value("false")
        .default_missing_value("true")
        .value_name("BOOL")
        .value_parser(truth)
        .hide_default_value(true)
        .hide_possible_values(true)
}

/// What Go takes for a truth value.
fn truth(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}
