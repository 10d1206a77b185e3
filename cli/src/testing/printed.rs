//! What a test prints. A test runs on one thread from its beginning to its end, so what is printed meanwhile on that thread is the test's.

use std::cell::RefCell;
use std::sync::Arc;

use warrego_host::Log;

/// No test prints more than this that is kept, in bytes.
const LIMIT: usize = 1 << 20;

thread_local! {
    static PRINTED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A place for messages: the thread's.
pub fn log() -> Log {
    Log::Function(Arc::new(|message| {
        PRINTED.with_borrow_mut(|printed| {
            if printed.len() + message.len() < LIMIT {
                printed.push_str(message);
                printed.push('\n');
            }
        });
    }))
}

/// What was printed on this thread since the last call.
pub fn take() -> String {
    PRINTED.take()
}
