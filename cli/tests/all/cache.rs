//! Machine code is taken from a folder only if nobody else can have changed it, or what leads to it.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use warrego_host::{Engine, EngineOptions, Limits, Policy};

use super::support::component;

const TEXT: &str = "package p\n\nq := input.x\n";

/// Loads a policy with a cache, and returns how many files there are in it afterwards.
fn load(cache: &Path) -> usize {
    let options = EngineOptions {
        instances: None,
        cache: Some(cache.to_owned()),
        ..EngineOptions::default()
    };
    let policy = Policy::load(&Engine::new(options).unwrap(), &component(TEXT, &["p/q"], None), Limits::default()).unwrap();
    assert_eq!(policy.evaluate_fresh(0, Some(b"{\"x\": 1}")).unwrap().unwrap(), b"1");
    fs::read_dir(cache).map_or(0, Iterator::count)
}

fn folder(parent: &Path, name: &str, mode: u32) -> PathBuf {
    let path = parent.join(name);
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path
}

fn entry(cache: &Path) -> PathBuf {
    let mut entries = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    let entry = entries.next().unwrap();
    assert_eq!(entries.next(), None);
    entry
}

#[test]
fn folders_of_ones_own_are_used() {
    let temporary = TempDir::new().unwrap();
    let parent = temporary.path();
    assert_eq!(load(&parent.join("new/newer")), 1);
    for made in ["new", "new/newer"] {
        assert_eq!(fs::metadata(parent.join(made)).unwrap().mode() & 0o777, 0o700, "{made}");
    }
    assert_eq!(fs::metadata(entry(&parent.join("new/newer"))).unwrap().mode() & 0o777, 0o600);
    assert_eq!(load(&folder(parent, "readable", 0o755)), 1);
    assert_eq!(load(&parent.join("new/../readable/./")), 1, "the same entry");
    symlink("readable", parent.join("link")).unwrap();
    assert_eq!(load(&parent.join("link")), 1, "a link of one's own");
    // As in /tmp, nobody can replace what is not theirs.
    assert_eq!(load(&folder(&folder(parent, "sticky", 0o1777), "mine", 0o700)), 1);
}

#[test]
fn folders_that_others_can_change_are_not() {
    let temporary = TempDir::new().unwrap();
    let parent = temporary.path();
    for (name, mode) in [("group", 0o770), ("others", 0o757), ("sticky", 0o1777)] {
        assert_eq!(load(&folder(parent, name, mode)), 0, "{name}");
    }
    assert_eq!(
        load(&folder(&folder(parent, "open", 0o777), "mine", 0o700)),
        0,
        "what leads there is open"
    );
    symlink("open/mine", parent.join("link")).unwrap();
    assert_eq!(load(&parent.join("link")), 0, "a link to where others can replace folders");
    symlink("round", parent.join("round")).unwrap();
    assert_eq!(load(&parent.join("round")), 0, "a link to itself");
    fs::write(parent.join("file"), "").unwrap();
    assert_eq!(load(&parent.join("file")), 0, "not a folder");
    // Only root can give a folder away.
    let given = folder(parent, "given", 0o755);
    if chown(&given, Some(12_345), None).is_ok() {
        assert_eq!(load(&given), 0, "a folder of another user");
        let link = parent.join("theirs");
        symlink("group", &link).unwrap();
        fs::set_permissions(parent.join("group"), Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::lchown(&link, Some(12_345), None).unwrap();
        assert_eq!(load(&link), 0, "a link of another user");
    }
}

#[test]
fn files_that_others_can_change_are_not_used() {
    let temporary = TempDir::new().unwrap();
    let cache = temporary.path().join("cache");
    assert_eq!(load(&cache), 1);
    let path = entry(&cache);
    let good = fs::read(&path).unwrap();
    let restored = |what: &str| {
        load(&cache);
        let metadata = fs::symlink_metadata(&path).unwrap();
        assert!(
            metadata.is_file() && metadata.mode() & 0o777 == 0o600 && metadata.nlink() == 1,
            "{what}"
        );
        assert_eq!(fs::read(&path).unwrap(), good, "{what}");
    };
    fs::set_permissions(&path, Permissions::from_mode(0o620)).unwrap();
    restored("a file that the group may write to is replaced");
    let elsewhere = temporary.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    restored("a link is replaced");
    fs::remove_file(&path).unwrap();
    fs::hard_link(&elsewhere, &path).unwrap();
    restored("a file with two names is replaced");
    if chown(&path, Some(12_345), None).is_ok() {
        restored("a file of another user is replaced");
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    load(&cache);
    assert!(path.is_dir(), "what is not a file is left alone");
}
