//! The commands that `README.md` tells users to type, run as they stand there. Blocks marked `sh` are run, line after line in one shell,
//! with the freshly built `warrego` on the `PATH`; blocks marked `sh no-run` are for servers that do not end and for what needs cases
//! from elsewhere. `cargo xtask demo` and `test` are steps of their own in `ci`.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::run;
use crate::setup::Workspace;

/// Runs the commands in an empty folder that holds a copy of `examples/`.
pub fn check(workspace: &Workspace) -> Result<()> {
    let text = fs::read_to_string(workspace.root.join("README.md")).context("reading README.md")?;
    let script = script(&text);
    ensure!(!script.is_empty(), "README.md tells no commands");
    let folder = workspace.target.join("readme");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    run(Command::new("cp").arg("-R").arg(workspace.root.join("examples")).arg(&folder))?;
    let path = workspace.path_with(&[workspace.target.join("debug")])?;
    run(Command::new("sh")
        .current_dir(&folder)
        .env("PATH", path)
        .args(["-e", "-x", "-c", &script]))
}

/// The lines to run.
fn script(text: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in text.lines() {
        match line.trim_end() {
            "```sh" => inside = true,
            line if line.starts_with("```") => inside = false,
            line if inside && !line.starts_with("cargo xtask") => {
                script.push_str(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use super::script;

    #[test]
    fn only_marked_lines_run() {
        let text = "```sh\ncargo xtask test\nwarrego check x\n```\n```sh no-run\nwarrego serve\n```\n```rust\nlet x;\n```\n";
        assert_eq!(script(text), "warrego check x\n");
    }
}
