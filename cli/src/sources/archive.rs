//! Writes bundles: what `warrego build -t plan` makes, and other tools read. The same content gives the same bytes.

use std::io;

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

/// A bundle of a plan and base documents, as a tarball.
///
/// # Errors
/// When a part is too large for the format.
pub fn of_plan(plan: &[u8], data: &Value, v0: bool) -> io::Result<Vec<u8>> {
    let manifest = json!({"revision": "", "roots": [""], "rego_version": u8::from(!v0)});
    let mut archive = tar::Builder::new(GzBuilder::new().write(Vec::new(), Compression::default()));
    for (name, content) in [
        ("data.json", data.to_string().as_bytes()),
        ("plan.json", plan),
        (".manifest", manifest.to_string().as_bytes()),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(0);
        archive.append_data(&mut header, name, content)?;
    }
    archive.into_inner()?.finish()
}
