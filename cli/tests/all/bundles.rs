//! Bundles that are made up by somebody hostile: links in folders, special entries in tarballs, files of equal names. And what is built of files, wherever they are.

use std::fs;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::EntryType;

/// Runs the program in a folder: what it prints, or its error.
fn run(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_warrego"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out_of_a_bundle() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("secret/deep")).unwrap();
    fs::write(at("secret/deep/data.json"), r#"{"secret": 1}"#).unwrap();
    fs::write(at("secret/s.rego"), "package secret\nx := 1\n").unwrap();
    fs::create_dir_all(at("bundle/file")).unwrap();
    fs::write(at("bundle/data.json"), r#"{"own": 1}"#).unwrap();
    symlink("../../secret/deep/data.json", at("bundle/file/data.json")).unwrap();
    symlink("../secret", at("bundle/folder")).unwrap();
    symlink("../secret/s.rego", at("bundle/s.rego")).unwrap();
    symlink("../secret/deep/data.json", at("bundle/.manifest")).unwrap();
    symlink("..", at("bundle/loop")).unwrap();
    assert_eq!(
        run(folder.path(), &["eval", "-f", "raw", "-b", "bundle", "data"]).unwrap(),
        r#"{"own":1}"#
    );
    assert!(!run(folder.path(), &["inspect", "bundle"]).unwrap().contains("secret"));
    // Folders that are not bundles follow links, as in OPA, but not round and round.
    fs::remove_file(at("bundle/loop")).unwrap();
    fs::remove_file(at("bundle/.manifest")).unwrap();
    let all = run(folder.path(), &["eval", "-f", "raw", "-d", "bundle", "data.file"]).unwrap();
    assert_eq!(all, r#"{"secret":1}"#);
    symlink(".", at("bundle/again")).unwrap();
    let error = run(folder.path(), &["eval", "-f", "raw", "-d", "bundle", "data"]).unwrap_err();
    assert!(error.contains("bundle/again: too many levels of symbolic links"), "{error}");
}

/// A tarball of entries: their kinds, names and contents.
fn tarball(entries: &[(EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (kind, name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_size(content.len() as u64);
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

#[test]
fn special_entries_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = tarball(&[
        (EntryType::Symlink, "a/data.json", b""),
        (EntryType::Link, "b/data.json", b""),
        (EntryType::Fifo, "c/data.json", b""),
        (EntryType::Char, "d/data.json", b""),
        (EntryType::Directory, "e/data.json", b""),
        (EntryType::Regular, "f/data.json", b"1"),
    ]);
    fs::write(folder.path().join("bundle.tar.gz"), bytes).unwrap();
    for flag in ["-b", "-d"] {
        let data = run(folder.path(), &["eval", "-f", "raw", flag, "bundle.tar.gz", "data"]).unwrap();
        assert_eq!(data, r#"{"f":1}"#, "{flag}");
    }
}

#[test]
fn of_equal_names_the_last_counts_and_all_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let policy = |package: &str, value: u8| format!("package {package}\n\np := {value}\n").into_bytes();
    let entries = |first: &[u8], last: &[u8]| {
        tarball(&[
            (EntryType::Regular, ".manifest", br#"{"roots": ["a"]}"#),
            (EntryType::Regular, "x.rego", first),
            (EntryType::Regular, "./y/../x.rego", last),
        ])
    };
    fs::write(folder.path().join("good.tar.gz"), entries(&policy("a", 1), &policy("a", 2))).unwrap();
    fs::write(folder.path().join("bad.tar.gz"), entries(&policy("b", 1), &policy("a", 2))).unwrap();
    let value = run(folder.path(), &["eval", "-f", "raw", "-b", "good.tar.gz", "data.a.p"]).unwrap();
    assert_eq!(value, "2");
    let error = run(folder.path(), &["eval", "-f", "raw", "-b", "bad.tar.gz", "data"]).unwrap_err();
    assert!(
        error.contains("manifest roots [a] do not permit 'package b' in module 'x.rego'"),
        "{error}"
    );
}

#[test]
fn what_is_built_does_not_depend_on_where_it_is_built() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("one/policy/sub")).unwrap();
    fs::write(at("one/policy/p.rego"), "package p\n\nq := 1 / input.x\n").unwrap();
    fs::write(at("one/policy/sub/r.rego"), "package r\n\nq := to_number(input.y)\n").unwrap();
    let build = |folder: &Path, paths: &[&str]| {
        let mut arguments = vec!["build", "--strict-builtin-errors", "-e", "p/q", "-o", "out.wasm"];
        arguments.extend(paths);
        run(folder, &arguments).unwrap();
        fs::read(folder.join("out.wasm")).unwrap()
    };
    let expected = build(&at("one/policy"), &["."]);
    assert_eq!(build(&at("one"), &["policy"]), expected);
    assert_eq!(build(folder.path(), &["./one/../one/policy/"]), expected);
    assert_eq!(build(&at("one/policy/sub"), &[".."]), expected);
    let absolute = at("one/policy");
    assert_eq!(build(folder.path(), &[absolute.to_str().unwrap()]), expected);
    let text = String::from_utf8_lossy(&expected);
    assert!(
        !text.contains("one/policy") && text.contains("p.rego"),
        "the names are those in the folder"
    );
}

#[test]
fn what_a_builder_claims_is_told_from_what_the_code_says() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("p.rego"),
        "# METADATA\n# title: The rule\npackage p\n\nq := input.x\n",
    )
    .unwrap();
    fs::write(folder.path().join("data.json"), r#"{"d": {"e": 1}}"#).unwrap();
    run(folder.path(), &["build", ".", "-e", "p/q", "-o", "policy.wasm"]).unwrap();
    let inspect = || -> serde_json::Value {
        let report = run(folder.path(), &["inspect", "policy.wasm", "-f", "json"]).unwrap();
        serde_json::from_str(&report).unwrap()
    };
    let honest = inspect();
    assert_eq!(honest["entrypoints"], serde_json::json!(["p/q"]));
    assert_eq!(honest["data_replaceable"], true);
    assert_eq!(honest["claimed"]["reads"], serde_json::json!({"p/q": ["input.x.**"]}));
    assert_eq!(honest["claimed"]["data"], serde_json::json!(["d/e"]));
    assert_eq!(honest["claimed"]["titles"], serde_json::json!({"p": "The rule"}));
    assert_eq!(honest["claimed"]["sources"]["p.rego"].as_str().map(str::len), Some(64));
    // The section is rewritten: the claim changes, and what the code says stays.
    let mut bytes = fs::read(folder.path().join("policy.wasm")).unwrap();
    let claim = br#"{"p/q":["input.x.**"]}"#;
    let at = bytes.windows(claim.len()).position(|window| window == claim).unwrap();
    bytes[at..at + claim.len()].copy_from_slice(br#"{"z/z":["input.z.**"]}"#);
    fs::write(folder.path().join("policy.wasm"), bytes).unwrap();
    let forged = inspect();
    assert_eq!(forged["entrypoints"], honest["entrypoints"]);
    assert_eq!(forged["claimed"]["reads"], serde_json::json!({"z/z": ["input.z.**"]}));
    assert_ne!(forged["sha256"], honest["sha256"]);
}
