//! The thread that calls run on, for callers that have no runtime.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};

use crate::error::{Error, ErrorKind};

/// How many threads may look up names and such at a time.
const BLOCKING_THREADS: usize = 4;

/// How long such a thread waits for more work.
const BLOCKING_KEEP_ALIVE: Duration = Duration::from_secs(2);

/// One worker thread with timers and sockets. A process needs one, however many clients it has.
#[derive(Debug)]
pub struct Runtime(tokio::runtime::Runtime);

impl Runtime {
    /// Starts the thread.
    pub fn start() -> Result<Self, Error> {
        Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_keep_alive(BLOCKING_KEEP_ALIVE)
            .thread_name("tidings")
            .enable_all()
            .build()
            .map(Self)
            .map_err(|error| {
                Error::new(ErrorKind::Internal, format!("the thread for calls could not be started: {error}"))
            })
    }

    /// The one of this process, started when first asked for. Never stops; the process ends without waiting for it.
    ///
    /// Not for a process that forks: its child would find a runtime whose thread stayed behind.
    pub fn shared() -> Result<&'static Self, Error> {
        static SHARED: OnceLock<Result<Runtime, Error>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone)
    }

    pub(super) fn handle(&self) -> Handle {
        self.0.handle().clone()
    }
}
