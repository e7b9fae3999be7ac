//! What the engine tells of while it works, handed on to the app's own code.

use std::sync::Arc;
use std::time::Duration;

use tidings_core::Config;

use crate::records::{ErrorRecord, NativeError};

/// Written in Kotlin and Swift: is told what happens. Runs on the thread of all calls: it must hand what it gets to another
/// and return.
#[uniffi::export(foreign)]
pub trait EventCallback: Send + Sync {
    /// A call is about to be tried again after a pause, because of this error.
    fn on_retry(&self, error: ErrorRecord, pause: Duration) -> Result<(), NativeError>;

    /// A call may have been carried out, and its caller cannot know.
    fn on_unknown(&self, error: ErrorRecord) -> Result<(), NativeError>;
}

/// The configuration, with somebody who is told. That the other half of the package threw changes nothing for the call.
pub(crate) fn telling(config: Config, events: Arc<dyn EventCallback>) -> Config {
    let retries = Arc::clone(&events);
    config
        .on_retry(move |event| drop(retries.on_retry(ErrorRecord::from(&event.error), event.pause)))
        .on_unknown(move |error| drop(events.on_unknown(ErrorRecord::from(error))))
}
