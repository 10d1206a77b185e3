//! A folder of components compiled to machine code (`.cwasm`).
//!
//! **What the folder is trusted with.** Machine code from it is run in this process, outside of any sandbox: whoever can write to the folder
//! can take over the process. So the folder and what leads to it are checked each time, as `ssh` checks where its keys are (`folder.rs`); a
//! folder that somebody else could have changed is not used, and a warning names it with the reason. Within that bound an entry's name is the SHA-256 of the
//! component and of the version and settings of wasmtime, CPU features among them, its content carries its own SHA-256, and wasmtime checks the version
//! again. A file that is truncated, damaged or of another version is compiled and written anew; a folder that cannot be written to costs time, not
//! decisions.
//!
//! Where the owner of a file cannot be checked, on systems other than Unix, the cache is not used.

#[cfg_attr(not(unix), path = "unchecked.rs")]
mod folder;

use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tracing::{debug, warn};
use wasmtime::component::Component;

use folder::Folder;

/// The first bytes of an entry; the last one is the version of its layout.
const MAGIC: &[u8; 8] = b"warrego\x01";
/// Magic and checksum.
const HEADER: usize = MAGIC.len() + 32;

/// The folder, and what its entries must have been compiled with.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: Arc<Path>,
    compatibility: [u8; 32],
}

impl Cache {
    pub(crate) fn new(folder: PathBuf, engine: &wasmtime::Engine) -> Self {
        let mut hasher = Sha256Hasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self {
            folder: folder.into(),
            compatibility: hasher.0.finalize().into(),
        }
    }

    /// The component from the cache, else compiled and put there.
    pub(crate) fn load(&self, engine: &wasmtime::Engine, bytes: &[u8]) -> wasmtime::Result<Component> {
        let folder = match Folder::open(&self.folder) {
            Ok(folder) => folder,
            Err(error) => {
                warn!(folder = %self.folder.display(), %error, "not using the cache");
                return Component::from_binary(engine, bytes);
            }
        };
        let name = self.name(bytes);
        match folder.read(&name) {
            Ok(Some(entry)) => {
                if let Some(component) = component(engine, &entry, &name) {
                    debug!(name, "taken from the cache");
                    return Ok(component);
                }
            }
            Ok(None) => {}
            Err(error) => warn!(folder = %self.folder.display(), name, %error, "not using a file in the cache"),
        }
        let component = Component::from_binary(engine, bytes)?;
        let written = component.serialize().map_err(io::Error::other).and_then(|code| {
            let checksum = Sha256::digest(&code);
            folder.write(&name, &[MAGIC, checksum.as_slice(), &code])
        });
        if let Err(error) = written {
            warn!(folder = %self.folder.display(), name, %error, "cannot write to the cache");
        }
        Ok(component)
    }

    /// The name of a component's entry.
    fn name(&self, bytes: &[u8]) -> String {
        let key = Sha256::new().chain_update(Sha256::digest(bytes)).chain_update(self.compatibility);
        let mut name: String = key.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        name.push_str(".cwasm");
        name
    }
}

/// Hashes what implements [`Hash`].
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks: the whole digest is taken.
    fn finish(&self) -> u64 {
        0
    }
}

/// The component in an entry, if the entry is whole.
fn component(engine: &wasmtime::Engine, entry: &[u8], name: &str) -> Option<Component> {
    let (header, code) = entry.split_at_checked(HEADER).unwrap_or_default();
    let whole = header.starts_with(MAGIC) && header.ends_with(Sha256::digest(code).as_slice());
    if !whole {
        warn!(name, "a damaged file in the cache is replaced");
        return None;
    }
    // SAFETY: the code was written by this user, or root, from what wasmtime compiled: its checksum holds, and nobody else can write to the folder, to what
    // leads there, or to the file.
    let component = unsafe { Component::deserialize(engine, code) };
    component
        .inspect_err(|error| warn!(name, %error, "a file in the cache does not fit this engine"))
        .ok()
}
