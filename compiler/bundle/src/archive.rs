//! Gzipped tarballs to files. Only what can be part of a bundle is kept; the size of everything that is unpacked is limited.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use crate::{Error, names};

/// A file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The path in the bundle.
    pub path: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// The regular files of a tarball that can be part of a bundle, in its order. Other entries (links, devices, folders) are passed over.
///
/// # Errors
/// When the archive is broken, or unpacks to more than `limit` bytes.
pub fn files(bytes: &[u8], limit: u64) -> Result<Vec<File>, Error> {
    let mut unpacked = Limited {
        inner: Members(Some(GzDecoder::new(bytes))),
        left: limit,
        exceeded: false,
    };
    let mut files = Vec::new();
    let result = read(&mut unpacked, &mut files);
    match result {
        _ if unpacked.exceeded => Err(Error::TooLarge { limit }),
        Err(Failure::Io(error)) => Err(Error::Archive(error.to_string())),
        Err(Failure::Name(name)) => Err(Error::NameNotUtf8(name)),
        Ok(()) => Ok(files),
    }
}

/// Whether a file of that name can be part of a bundle.
pub fn is_part(path: &str) -> bool {
    let base = names::base(path);
    let names = [
        "data.json",
        "data.yaml",
        "data.yml",
        "patch.json",
        "plan.json",
        "plan.pb",
        "policy.wasm",
        ".signatures.json",
    ];
    let endings = [".rego", ".manifest", ".manifest.pb"];
    names.contains(&base) || endings.iter().any(|ending| path.ends_with(ending))
}

enum Failure {
    Io(io::Error),
    Name(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn read(unpacked: &mut impl Read, files: &mut Vec<File>) -> Result<(), Failure> {
    let mut archive = tar::Archive::new(&mut *unpacked);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = entry.path_bytes();
        let Ok(path) = std::str::from_utf8(&name) else {
            return Err(Failure::Name(String::from_utf8_lossy(&name).into_owned()));
        };
        if !is_part(path) {
            continue;
        }
        let path = path.to_owned();
        // Not as large as the header says, but as much as there is.
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if bytes.len() as u64 != entry.size() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{path} ends too early")).into());
        }
        files.push(File { path, bytes });
    }
    // The checksum is at the end.
    io::copy(unpacked, &mut io::sink())?;
    Ok(())
}

/// All members of a gzip file, one after the other. What follows them and is not one does not count, as in Go.
struct Members<'b>(Option<GzDecoder<&'b [u8]>>);

impl Read for Members<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.0 = self.0.take().map(GzDecoder::into_inner).and_then(|rest| {
                let is_member = rest.starts_with(&[0x1f, 0x8b]);
                is_member.then(|| GzDecoder::new(rest))
            });
        }
        Ok(0)
    }
}

/// A reader that fails beyond a limit, where `Read::take` would end as if all had been read.
struct Limited<R> {
    inner: R,
    left: u64,
    exceeded: bool,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => {
                self.exceeded = true;
                Err(io::Error::other("too large"))
            }
        }
    }
}
