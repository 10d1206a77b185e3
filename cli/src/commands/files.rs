//! Files that are components, and what to say where another kind of file was given.

use std::path::Path;

use wasmparser::Parser;

use super::compose::read;

/// Reads a component.
///
/// # Errors
/// When the file cannot be read, or is something else: then the message names what it seems to be.
pub fn component(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = read(path)?;
    if Parser::is_component(&bytes) {
        return Ok(bytes);
    }
    let (what, hint) = describe(path, &bytes);
    let hint = hint.map_or_else(String::new, |hint| format!("\nhint: {hint}"));
    Err(format!("{} is not a component: {what}{hint}", path.display()))
}

/// What a file that is not a component seems to be, and what to do with it.
fn describe(path: &Path, bytes: &[u8]) -> (&'static str, Option<&'static str>) {
    let build = Some("compile policies with `warrego build`");
    let begin = bytes
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .map(|start| &bytes[start..]);
    match begin {
        None => ("it is empty", None),
        Some(_) if Parser::is_core_wasm(bytes) => (
            "it is a WebAssembly module",
            Some("`opa build -t wasm` makes modules; compile the policy with `warrego build`"),
        ),
        Some([0x1f, 0x8b, ..]) => ("it is a compressed file, such as a bundle", build),
        Some(_) if path.extension().is_some_and(|extension| extension == "rego") => ("it is a Rego file", build),
        Some([b'{' | b'[', ..]) => ("it is a JSON document", None),
        Some(text) if text.starts_with(b"(component") || text.starts_with(b"(module") => (
            "it is a component in its text form",
            Some("turn it into bytes with `wasm-tools parse`"),
        ),
        Some(_) if std::str::from_utf8(bytes).is_ok() => ("it is a text file", None),
        Some(_) => ("it does not begin like one", None),
    }
}

/// Refuses compiled policies where sources are expected.
pub fn no_components(paths: &[String]) -> Result<(), String> {
    match paths.iter().find(|path| is_component(path)) {
        Some(path) => Err(format!(
            "{path} is a compiled policy, not a source\nhint: `warrego inspect {path}` shows what is in it, `warrego eval {path}` evaluates it"
        )),
        None => Ok(()),
    }
}

fn is_component(path: &str) -> bool {
    use std::io::Read;
    let mut begin = [0; 8];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    read.is_ok() && (Parser::is_component(&begin) || Parser::is_core_wasm(&begin))
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn kinds_of_files() {
        let said = |name: &str, bytes: &[u8]| describe(name.as_ref(), bytes).0;
        assert_eq!(said("a.json", b" {\"a\": 1}"), "it is a JSON document");
        assert_eq!(said("a.rego", b"package a"), "it is a Rego file");
        assert_eq!(said("a.wasm", b"\0asm\x01\0\0\0"), "it is a WebAssembly module");
        assert_eq!(said("a.wasm", b""), "it is empty");
        assert_eq!(said("a.wasm", b"\xff\xfe"), "it does not begin like one");
    }
}
