//! What belongs to one process: threads, connections, and all that stands on them.
//!
//! After `fork` a child has a copy of everything but the other threads. A runtime without its thread never answers, a lock
//! that the thread held is never opened again, and the copied sockets are still the parent's. So nothing of this kind may be
//! used in a child, and nothing may be dropped there either, for dropping takes locks and tells the parent's poller.
//!
//! Hence **generations**: each fork makes the child one generation older than its parent. What belongs to a process is kept
//! in an [`Own`], which gives it out only in the generation it was made in, and forgets it in every other. Whoever finds it
//! gone makes it anew from what does not belong to a process, such as the configuration.
//!
//! Why no lock of this crate can be stuck in a child: a child can only go on with Python if the thread that forked was
//! attached to the interpreter (held the GIL). Locks here are of two kinds.
//!
//! - Those that only attached threads take, and let go before they detach: [`RUNTIME`], the state of the engine and of the
//!   sandbox, the futures of a bridge, the tables of token providers and of listeners, the ticket in its Python object.
//!   The thread that forked was attached and was not inside, so nobody was.
//! - Those that the engine's thread takes too: the outcome of a call, the queue and bell of a bridge, the desk of
//!   events, the loops that are asked for tokens. They are never taken in another generation than their own: every way to them asks for it first.
//!
//! What of the second kind is merely dropped in a child is behind an `Arc`, of which the thread that stayed behind held one
//! if it was at work on it. That one is never given back, so nothing half-written is ever dropped.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::Python;
use tidings_core::Error;
use tidings_core::door::Runtime;

static GENERATION: AtomicU64 = AtomicU64::new(0);

static RUNTIME: Mutex<Option<(u64, &'static Runtime)>> = Mutex::new(None);

/// Counts this process's forks from its first ancestor on.
pub(crate) fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// From now on a forked child is of another generation. To be called once.
pub(crate) fn notice_forks() -> io::Result<()> {
    #[cfg(unix)]
    {
        extern "C" fn in_child() {
            GENERATION.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the handler does nothing but add to an atomic, which is allowed in a child of a process with threads. It
        // stays where it is: Python does not unload extension modules, and if it did, libc would drop the handler with them.
        let code = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        if code != 0 {
            return Err(io::Error::from_raw_os_error(code));
        }
    }
    Ok(())
}

/// The runtime of this process, started when first asked for. It never stops; one that a fork copied is left alone.
pub(crate) fn runtime(_attached: Python<'_>) -> Result<&'static Runtime, Error> {
    let generation = generation();
    let mut current = lock(&RUNTIME);
    if let Some((made_in, runtime)) = *current
        && made_in == generation
    {
        return Ok(runtime);
    }
    let runtime: &'static Runtime = Box::leak(Box::new(Runtime::start()?));
    *current = Some((generation, runtime));
    Ok(runtime)
}

/// Something that belongs to the process that made it.
pub(crate) struct Own<T> {
    generation: u64,
    value: Option<T>,
}

impl<T> Own<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { generation: generation(), value: Some(value) }
    }

    /// The thing, unless this is another process.
    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.generation == generation())
    }

    /// The same, to have it.
    pub(crate) fn take(mut self) -> Option<T> {
        if self.generation == generation() { self.value.take() } else { None }
    }
}

impl<T> Drop for Own<T> {
    fn drop(&mut self) {
        if self.generation != generation() {
            std::mem::forget(self.value.take());
        }
    }
}

/// Takes a lock, also one whose holder panicked: nothing here is left half-done by that.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
