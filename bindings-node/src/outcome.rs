//! What becomes of a call, told exactly once, whatever happens on the way.
//!
//! Nothing of napi is here: `tests/outcome.rs` includes this file, since a test cannot be linked with what only Node.js has.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tidings_core::door::ErrorRecord;
use tidings_core::{ErrorKind, Response};

const FAULT: &str = "a fault of Tidings itself; please report it";

/// Tells what becomes of one call. Dropped before, for instance by a panic that unwinds past it, it tells of a fault: somebody
/// waits, and keeps the process alive until it hears.
pub(crate) struct Teller<F: FnOnce(Result<Response, ErrorRecord>)>(Option<F>);

impl<F: FnOnce(Result<Response, ErrorRecord>)> Teller<F> {
    pub(crate) fn new(tell: F) -> Self {
        Self(Some(tell))
    }

    pub(crate) fn tell(mut self, outcome: Result<Response, ErrorRecord>) {
        if let Some(tell) = self.0.take() {
            tell(outcome);
        }
    }
}

impl<F: FnOnce(Result<Response, ErrorRecord>)> Drop for Teller<F> {
    fn drop(&mut self) {
        if let Some(tell) = self.0.take() {
            // How far it came is not known here, and only what is certain counts as not sent.
            tell(Err(ErrorRecord { sent: true, ..fault() }));
        }
    }
}

/// What the work gives, or nothing if it panics.
pub(crate) fn unless_panicked<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// What a panic is called.
pub(crate) fn fault() -> ErrorRecord {
    ErrorRecord::new(ErrorKind::Internal, FAULT)
}
