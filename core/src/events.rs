//! What the engine tells of while it works, beside its log.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;

/// A retry that is about to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RetryEvent {
    /// What made it necessary: the error the call would have ended with. It names the operation and how many attempts
    /// there were.
    pub error: Error,
    /// How long the call waits before it tries again.
    pub pause: Duration,
}

/// Code of the app that is told of something.
pub(crate) type Told<T> = Arc<dyn Fn(&T) + Send + Sync>;

/// Who is told.
#[derive(Clone, Default)]
pub(crate) struct Events {
    pub(crate) on_retry: Option<Told<RetryEvent>>,
    pub(crate) on_unknown: Option<Told<Error>>,
}

impl Events {
    pub(crate) fn retry(&self, error: impl FnOnce() -> Error, pause: Duration) {
        if let Some(told) = &self.on_retry {
            let event = RetryEvent { error: error(), pause };
            without_panic(|| told(&event));
        }
    }

    pub(crate) fn unknown(&self, error: &Error) {
        if let Some(told) = &self.on_unknown {
            without_panic(|| told(error));
        }
    }
}

/// A panic of the app's code must not change what a call ends with.
fn without_panic(tell: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(tell)).is_err() {
        tracing::error!(target: "tidings", "a callback of the app panicked; the call goes on");
    }
}
