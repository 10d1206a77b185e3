//! A folder that nobody but this user, and root, can have changed, and the files in it.
//!
//! The rules are those by which `ssh` trusts a file of keys, for the whole path from the root on: each folder belongs to this user or to root, and neither
//! group nor others may write to it. A folder on the way may be open to others if it is sticky, as `/tmp` is, since there they cannot replace what is not
//! theirs. Symbolic links are followed if they belong to this user or to root; where they lead, the rules are the same. Folders that are missing are
//! made for this user alone. Files are opened within the folder that was checked, never through a link, and looked at after they were opened.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Mode, OFlags};

/// As many symbolic links are followed on a path as Linux follows.
const LINKS: usize = 40;

/// Who may write, in the mode of a file.
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// A folder that was checked.
#[derive(Debug)]
pub(super) struct Folder(OwnedFd);

impl Folder {
    /// Checks a folder, and makes it if it is missing.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let user = rustix::process::geteuid().as_raw();
        let path = resolve(path, user)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = File::from(rustix::fs::open(&path, flags, Mode::empty())?);
        private(&path, &folder.metadata()?, user)?;
        Ok(Self(folder.into()))
    }

    /// A file's content; `None` if there is no such file.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        // A pipe in the file's place would not be waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = match rustix::fs::openat(&self.0, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(refused("it is a symbolic link")),
            Err(error) => return Err(error.into()),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(refused("it is not a regular file"));
        }
        if metadata.nlink() != 1 {
            return Err(refused("it has more than one name"));
        }
        private(Path::new("it"), &metadata, rustix::process::geteuid().as_raw())?;
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        Ok(Some(content))
    }

    /// Writes a file so that others see all of it or nothing.
    pub(super) fn write(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let (process, counter) = (std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let partial = format!("{name}.{process}-{counter}-{time}.part");
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(&self.0, &partial, flags, Mode::RUSR | Mode::WUSR)?);
        let written = parts
            .iter()
            .try_for_each(|part| file.write_all(part))
            .and_then(|()| file.sync_all())
            .and_then(|()| Ok(rustix::fs::renameat(&self.0, &partial, &self.0, name)?));
        if written.is_err() {
            let _ = rustix::fs::unlinkat(&self.0, &partial, AtFlags::empty());
        }
        written
    }
}

/// The path without symbolic links, if nobody but the user and root can lead it elsewhere.
fn resolve(path: &Path, user: u32) -> io::Result<PathBuf> {
    let mut resolved = PathBuf::from("/");
    trusted(&resolved, &fs::symlink_metadata(&resolved)?, user)?;
    let mut rest = parts(&std::path::absolute(path)?);
    let mut links = 0;
    while let Some(part) = rest.pop_front() {
        if part == ".." {
            resolved.pop();
            continue;
        }
        let next = resolved.join(part);
        let metadata = match fs::symlink_metadata(&next) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match DirBuilder::new().mode(0o700).create(&next) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => fs::symlink_metadata(&next)?,
            },
            metadata => metadata?,
        };
        if metadata.is_symlink() {
            owned(&next, &metadata, user)?;
            links += 1;
            if links > LINKS {
                return Err(refused("the path has too many symbolic links"));
            }
            let target = fs::read_link(&next)?;
            if target.is_absolute() {
                resolved = PathBuf::from("/");
            }
            for part in parts(&target).into_iter().rev() {
                rest.push_front(part);
            }
            continue;
        }
        trusted(&next, &metadata, user)?;
        resolved = next;
    }
    Ok(resolved)
}

/// The names in a path, `..` among them.
fn parts(path: &Path) -> VecDeque<OsString> {
    let part = |component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(part).collect()
}

/// Checks a folder on the way.
fn trusted(path: &Path, metadata: &Metadata, user: u32) -> io::Result<()> {
    if !metadata.is_dir() {
        return Err(refused(&format!("{} is not a folder", path.display())));
    }
    owned(path, metadata, user)?;
    if metadata.mode() & OTHERS_WRITE != 0 && metadata.mode() & STICKY == 0 {
        return Err(writable(path, metadata));
    }
    Ok(())
}

/// Checks what machine code is taken from: nobody else may write to it, sticky or not.
fn private(path: &Path, metadata: &Metadata, user: u32) -> io::Result<()> {
    owned(path, metadata, user)?;
    if metadata.mode() & OTHERS_WRITE != 0 {
        return Err(writable(path, metadata));
    }
    Ok(())
}

fn owned(path: &Path, metadata: &Metadata, user: u32) -> io::Result<()> {
    match metadata.uid() {
        0 => Ok(()),
        owner if owner == user => Ok(()),
        owner => Err(refused(&format!(
            "{} belongs to user {owner}, neither to user {user}, who runs this, nor to root",
            path.display()
        ))),
    }
}

fn writable(path: &Path, metadata: &Metadata) -> io::Error {
    let mode = metadata.mode() & 0o7777;
    refused(&format!("others may write to {} (its mode is {mode:04o})", path.display()))
}

fn refused(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, reason)
}
