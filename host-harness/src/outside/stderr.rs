//! The standard error stream of a policy: each line that is written to it becomes a message of the policy's log. Writing never waits.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::{io, mem, pin::Pin};

use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi_io::bytes::Bytes;

use crate::grants::Grants;

/// A message that is longer is cut into several, so that what a policy writes without ending the line is not kept.
const LINE_MAX: usize = 64 * 1024;

/// Makes streams that write to the log.
pub(super) struct Stderr(pub(super) Arc<Grants>);

impl IsTerminal for Stderr {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stderr {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Lines::new(&self.0))
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Lines::new(&self.0))
    }
}

/// A stream, and what was written to it of a line that has not ended.
struct Lines {
    grants: Arc<Grants>,
    line: Vec<u8>,
}

impl Lines {
    fn new(grants: &Arc<Grants>) -> Self {
        Self {
            grants: Arc::clone(grants),
            line: Vec::new(),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") || self.line.len() >= LINE_MAX {
                self.end();
            }
        }
    }

    fn end(&mut self) {
        let line = mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        super::log(&self.grants.log, "stderr", text.strip_suffix('\n').unwrap_or(&text));
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            self.end();
        }
    }
}

#[async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LINE_MAX)
    }
}

impl AsyncWrite for Lines {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
