//! A folder of components compiled to machine code (`.cwasm`).
//!
//! **What the folder is trusted with.** Machine code from it is run in this process, outside of any sandbox: whoever can write to the folder
//! can take over the process. So it is made for its owner alone, and a folder that others may write to is not used at all. Within that
//! bound nothing is believed blindly: an entry's name is the SHA-256 of the component and a hash of the wasmtime version and settings, its content
//! carries its own SHA-256, and wasmtime checks the version again. A file that is truncated, damaged or of another version is compiled and
//! written anew; a folder that cannot be written to costs time, not decisions.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use tracing::{debug, warn};
use wasmtime::component::Component;

/// The first bytes of an entry; the last one is the version of its layout.
const MAGIC: &[u8; 8] = b"warrego\x01";
/// Magic and checksum.
const HEADER: usize = MAGIC.len() + 32;

/// The folder, and what its entries must have been compiled with.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: Arc<Path>,
    compatibility: u64,
}

impl Cache {
    pub(crate) fn new(folder: PathBuf, engine: &wasmtime::Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self {
            folder: folder.into(),
            compatibility: hasher.finish(),
        }
    }

    /// The component from the cache, else compiled and put there.
    pub(crate) fn load(&self, engine: &wasmtime::Engine, bytes: &[u8]) -> wasmtime::Result<Component> {
        if let Err(error) = private_folder(&self.folder) {
            warn!(folder = %self.folder.display(), %error, "not using the cache");
            return Component::from_binary(engine, bytes);
        }
        let path = self.path(bytes);
        if let Some(component) = read(engine, &path) {
            debug!(path = %path.display(), "taken from the cache");
            return Ok(component);
        }
        let component = Component::from_binary(engine, bytes)?;
        let written = component.serialize().map_err(io::Error::other).and_then(|code| write(&path, &code));
        if let Err(error) = written {
            warn!(path = %path.display(), %error, "cannot write to the cache");
        }
        Ok(component)
    }

    fn path(&self, bytes: &[u8]) -> PathBuf {
        let mut name: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        name.push_str(&format!("-{:016x}.cwasm", self.compatibility));
        self.folder.join(name)
    }
}

/// Makes the folder, or checks that nobody else may write to it.
fn private_folder(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(folder)?.permissions());
        if mode & 0o022 != 0 {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may write to the folder"));
        }
    }
    Ok(())
}

/// The entry, if it is there and whole.
fn read(engine: &wasmtime::Engine, path: &Path) -> Option<Component> {
    let entry = fs::read(path).ok()?;
    let (header, code) = entry.split_at_checked(HEADER)?;
    let whole = header.starts_with(MAGIC) && header.ends_with(Sha256::digest(code).as_slice());
    if !whole {
        warn!(path = %path.display(), "a damaged file in the cache is replaced");
        return None;
    }
    // SAFETY: the code was written by `write` from what wasmtime compiled: its checksum holds, and only this user can write to the folder.
    let component = unsafe { Component::deserialize(engine, code) };
    component
        .inspect_err(|error| warn!(path = %path.display(), %error, "a file in the cache does not fit this engine"))
        .ok()
}

/// Writes an entry so that others see all of it or nothing.
fn write(path: &Path, code: &[u8]) -> io::Result<()> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let partial = path.with_extension(format!("{}-{}.part", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
    let result = fs::File::create(&partial).and_then(|mut file| {
        file.write_all(MAGIC)?;
        file.write_all(&Sha256::digest(code))?;
        file.write_all(code)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    });
    if result.is_err() {
        let _ = fs::remove_file(&partial);
    }
    result
}
