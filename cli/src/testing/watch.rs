//! Waits for files to change. Their times and sizes are looked at again and again, which works on every file system.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// How often files are looked at.
const INTERVAL: Duration = Duration::from_millis(300);

/// When files were changed, and how long they are.
pub type State = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// The state of all files at and below some paths; a path may begin with the place of its data (`a.b:path`).
pub fn state(paths: &[String]) -> State {
    let mut state = State::new();
    for path in paths {
        let path = path.strip_prefix("file://").unwrap_or(path);
        let plain = Path::new(path);
        match path.split_once(':') {
            Some((_, rest)) if !plain.exists() => add(Path::new(rest), &mut state),
            _ => add(plain, &mut state),
        }
    }
    state
}

fn add(path: &Path, state: &mut State) {
    let Ok(metadata) = fs::metadata(path) else { return };
    if !metadata.is_dir() {
        state.insert(path.to_owned(), (metadata.modified().ok(), metadata.len()));
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        // A link may lead back to where it stands.
        if entry.file_type().is_ok_and(|kind| !kind.is_symlink()) {
            add(&entry.path(), state);
        }
    }
}

/// Returns when the state of the files is another one.
pub fn wait(paths: &[String], before: &State) {
    while state(paths) == *before {
        sleep(INTERVAL);
    }
}
