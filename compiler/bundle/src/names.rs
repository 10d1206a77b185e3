//! Names of files in a bundle, which are split as Go's `path` package splits them.

/// The longest name of a file: what a file system takes. It bounds how deep a document can be placed.
pub const LENGTH_MAX: usize = 4096;

/// The shortest name of the same file: `./a//b/../c` is `a/c`.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            ".." if rooted => {}
            step => steps.push(step),
        }
    }
    match (rooted, steps.join("/")) {
        (true, steps) => format!("/{steps}"),
        (false, steps) if steps.is_empty() => ".".to_owned(),
        (false, steps) => steps,
    }
}

/// The last step of a path.
pub fn base(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

/// Where a data file's document belongs: the folders it is in. Leading slashes and dots do not count, as in OPA.
pub fn place(path: &str) -> Vec<String> {
    let folder = path.rfind('/').map_or(String::new(), |slash| clean(&path[..=slash]));
    let folder = folder.trim_start_matches(['/', '.']);
    match folder {
        "" => Vec::new(),
        folder => folder.split('/').map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_as_go_splits_them() {
        for (path, expected) in [
            ("", "."),
            ("a", "a"),
            ("./a//b/../c/", "a/c"),
            ("../../a", "../../a"),
            ("/../a", "/a"),
            ("a/..", "."),
            ("/", "/"),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
        assert_eq!(base("a/data.json/"), "data.json");
    }

    #[test]
    fn documents_belong_where_folders_say() {
        for (path, expected) in [
            ("data.json", ""),
            ("/data.json", ""),
            ("a/b/data.json", "a/b"),
            ("../../../etc/evil/data.json", "etc/evil"),
            ("a/../../x/data.json", "x"),
            (".hidden/data.json", "hidden"),
            ("a/./b//data.json", "a/b"),
            ("a/data.json/", "a/data.json"),
        ] {
            assert_eq!(place(path).join("/"), expected, "{path}");
        }
    }
}
