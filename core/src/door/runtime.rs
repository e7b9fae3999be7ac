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
            .on_thread_start(block_broken_pipe_signal)
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

/// Blocks SIGPIPE on this thread. Writing to a connection that the other side has closed is then an error like any other,
/// also in programs that do not ignore the signal: elsewhere it ends the process. The rest of the process keeps its way.
pub fn block_broken_pipe_signal() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};

        let mut signals = SigSet::empty();
        signals.add(Signal::SIGPIPE);
        // It can fail for a wrong argument only.
        let _ = signals.thread_block();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_broken_pipe_is_an_error_on_our_thread_and_no_signal() {
        let runtime = Runtime::start().unwrap();
        let status = runtime.handle().spawn(async { std::fs::read_to_string("/proc/thread-self/status") });
        let status = runtime.0.block_on(status).unwrap().unwrap();
        let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap();
        let blocked = u64::from_str_radix(blocked.trim(), 16).unwrap();
        let sigpipe = nix::sys::signal::Signal::SIGPIPE as u64;
        assert_ne!(blocked & (1 << (sigpipe - 1)), 0, "{blocked:x}");
    }
}
