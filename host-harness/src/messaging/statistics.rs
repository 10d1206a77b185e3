//! What has become of the messages, in numbers.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers of messages since the service began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Statistics {
    /// Received from the server.
    pub received: u64,
    /// Handled by the component.
    pub handled: u64,
    /// Not handled: the component failed, or reached a limit.
    pub failed: u64,
    /// Shed because they had waited for longer than their askers wait.
    pub expired: u64,
    /// Shed because too many, or too large ones, waited.
    pub dropped: u64,
    /// Denied because they were too large.
    pub oversized: u64,
    /// Denials that were not sent, since the connection took no more.
    pub unanswered: u64,
    /// Answers that the server did not let the service send.
    pub forbidden: u64,
    /// Lost by the client before they were counted.
    pub lost: u64,
}

impl Statistics {
    /// Messages that no component has seen.
    pub fn shed(&self) -> u64 {
        self.expired + self.dropped + self.oversized + self.lost
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "received {}, handled {}, failed {}, waited too long {}, dropped {}, too large {}, unanswered {}, forbidden {}, lost {}",
            self.received,
            self.handled,
            self.failed,
            self.expired,
            self.dropped,
            self.oversized,
            self.unanswered,
            self.forbidden,
            self.lost
        )
    }
}

/// The numbers while they are counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) received: AtomicU64,
    pub(crate) handled: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) expired: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) oversized: AtomicU64,
    pub(crate) unanswered: AtomicU64,
    pub(crate) forbidden: AtomicU64,
    pub(crate) lost: AtomicU64,
}

impl Counters {
    pub(crate) fn statistics(&self) -> Statistics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Statistics {
            received: read(&self.received),
            handled: read(&self.handled),
            failed: read(&self.failed),
            expired: read(&self.expired),
            dropped: read(&self.dropped),
            oversized: read(&self.oversized),
            unanswered: read(&self.unanswered),
            forbidden: read(&self.forbidden),
            lost: read(&self.lost),
        }
    }
}
