//! Folders for compiled components in which another user has planted machine code. Only root can make one.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::flood::{build, first_answer, serve};
use super::measure::{accompany, measure};
use super::nats::Server;
use super::{Attack, LIMIT, Outcome, files};
use crate::setup;

/// The user `nobody` of most systems.
const NOBODY: u32 = 65_534;

/// Runs all of them.
pub fn run(attack: &mut Attack<'_>) -> Result<()> {
    let folder = attack.folder("cache")?;
    if fs::metadata(&folder)?.uid() != 0 {
        eprintln!("only root can make a folder that belongs to another user: the cache is not attacked");
        return Ok(());
    }
    let path = setup::nats_server(attack.workspace)?;
    type Prepare = fn(&Path, &Path) -> Result<PathBuf>;
    let ways: [(&str, Prepare); 4] = [
        ("folder of another user", |planted, _| {
            chown_all(planted, Some(planted))?;
            Ok(planted.to_owned())
        }),
        ("file of another user", |planted, _| {
            chown_all(planted, None)?;
            Ok(planted.to_owned())
        }),
        ("folder that everybody writes to", |planted, _| {
            fs::set_permissions(planted, fs::Permissions::from_mode(0o777))?;
            Ok(planted.to_owned())
        }),
        ("link to a folder of another user", |planted, folder| {
            chown_all(planted, Some(planted))?;
            let link = folder.join("link");
            symlink(planted, &link)?;
            Ok(link)
        }),
    ];
    for (number, (name, prepare)) in ways.into_iter().enumerate() {
        let folder = folder.join(number.to_string());
        attack.case(&format!("cache/{name}"), |attack| {
            fs::create_dir_all(&folder)?;
            let server = Server::start(&path, &folder.join("server"))?;
            let planted = plant(attack, &folder)?;
            let cache = prepare(&planted, &folder)?;
            let mut command = serve(attack, &server, &folder.join("no-composed.wasm"));
            let (ours, permitted) = accompany(command.arg("--cache").arg(cache), LIMIT, |_| {
                first_answer(&mut server.connect("_INBOX.host")?)
            })?;
            let note = if permitted { "the planted code ran" } else { "not used" };
            Ok(Outcome::of(!permitted && ours.succeeded(), note, &ours))
        });
    }
    Ok(())
}

/// Builds a policy that denies, and a cache that holds, under its name, the machine code of one that permits.
fn plant(attack: &Attack<'_>, folder: &Path) -> Result<PathBuf> {
    let planted = folder.join("planted");
    fs::create_dir_all(&planted)?;
    fs::set_permissions(&planted, fs::Permissions::from_mode(0o700))?;
    let mut code = Vec::new();
    for (name, value) in [("no", "false"), ("yes", "true")] {
        let policy = build(attack, folder, name, &format!("package {name}\n\nallow := {value}\n"))?;
        // Composed beforehand, so that one component is compiled, and not the policy as well.
        let component = folder.join(format!("{name}-composed.wasm"));
        let composed = measure(attack.warrego().arg("compose").arg(&policy).arg("-o").arg(&component), LIMIT)?;
        ensure!(composed.succeeded(), "compose: {}", composed.text());
        let cache = folder.join(format!("cache-{name}"));
        fs::create_dir_all(&cache)?;
        fs::set_permissions(&cache, fs::Permissions::from_mode(0o700))?;
        // The component is compiled before the server is found not to be there.
        let mut command = attack.warrego();
        command.arg("serve").arg(&component).args([
            "--nats",
            "nats://127.0.0.1:1",
            "--connect-timeout",
            "1ms",
            "--subject",
            "none",
            "--cache",
        ]);
        let served = measure(command.arg(&cache), LIMIT)?;
        code.push(
            files(&cache, &[".cwasm"])
                .pop()
                .with_context(|| format!("no machine code: {}", served.text()))?,
        );
    }
    let name = code[0].file_name().context("no name")?;
    fs::copy(&code[1], planted.join(name))?;
    Ok(planted)
}

/// Gives files, and a folder, to another user.
fn chown_all(planted: &Path, folder: Option<&Path>) -> Result<()> {
    for file in files(planted, &[".cwasm"]) {
        chown(&file, Some(NOBODY), None)?;
    }
    if let Some(folder) = folder {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        chown(folder, Some(NOBODY), None)?;
    }
    Ok(())
}
