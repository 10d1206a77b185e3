//! `docs/built-ins.md`, made from the code: written anew, or compared. Sizes change with every change of the runtime and are not compared, so that such
//! a change does not have to touch the table; whoever makes one larger on purpose writes it anew.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::process::output;
use crate::setup::Workspace;

const FILE: &str = "docs/built-ins.md";

/// Writes the file.
pub fn write(workspace: &Workspace) -> Result<()> {
    let path = workspace.root.join(FILE);
    fs::create_dir_all(workspace.root.join("docs"))?;
    fs::write(&path, made(workspace)?).with_context(|| format!("writing {}", path.display()))
}

/// Fails when the file says something else than the code.
pub fn check(workspace: &Workspace) -> Result<()> {
    let text = fs::read_to_string(workspace.root.join(FILE)).with_context(|| format!("reading {FILE}"))?;
    ensure!(
        without_sizes(&text) == without_sizes(&made(workspace)?),
        "{FILE} is not what the code says: run `cargo xtask builtins`"
    );
    Ok(())
}

fn made(workspace: &Workspace) -> Result<String> {
    output(&mut workspace.program("debug/examples/builtins"))
}

/// The text without the last column of its tables.
fn without_sizes(text: &str) -> String {
    let line = |line: &str| match line.strip_suffix('|') {
        Some(row) if row.starts_with('|') => row.rsplit_once(" | ").map_or(row, |(before, _)| before).to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::without_sizes;

    #[test]
    fn sizes_are_not_compared() {
        let table = |size: &str| format!("# Title\n\n| `f(x \\| y)` |  | {size} |\n");
        assert_eq!(without_sizes(&table("3 kB")), without_sizes(&table("< 1 kB")));
        assert_ne!(without_sizes(&table("3 kB")), without_sizes(&table("3 kB").replace("f(", "g(")));
    }
}
