//! Finished calls and questions for tokens, on their way to an asyncio loop.
//!
//! Each loop has one [`Bridge`]. The engine's thread puts things into its queue, without the interpreter, and rings a bell
//! when the queue was empty; the loop hears it and takes everything at once, on its own thread. The bell is a byte in a socket
//! that the loop watches like any other. For loops that cannot watch sockets (`ProactorEventLoop` on Windows) a thread of
//! Python's sleeps until the bell rings and passes it on.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

#[cfg(unix)]
use std::io::{self, Read as _, Write as _};
#[cfg(unix)]
use std::os::fd::AsRawFd as _;
#[cfg(unix)]
use std::os::unix::net::UnixStream;

use pyo3::exceptions::PyNotImplementedError;
use pyo3::intern;
use pyo3::prelude::*;
use tidings_core::door::Completions;

use crate::loops::Loops;
use crate::process::{Own, generation, lock};
use crate::token::{TokenTicket, provider_of};

/// Something for a loop.
enum Arrival {
    /// A call has ended; its outcome is where its handle finds it.
    Finished(u64),
    /// A token is wanted from a provider, by whichever loop is the first to look.
    Asked { provider: u64, loops: Own<Arc<Loops>> },
}

/// The way from the engine's thread to a loop.
pub(crate) struct Channel {
    arrivals: Completions<Arrival>,
    bell: Bell,
}

enum Bell {
    /// Both ends live as long as anybody may ring, for a byte to an end that is closed is a signal to the process.
    #[cfg(unix)]
    Socket {
        ring: UnixStream,
        hear: UnixStream,
    },
    Thread {
        state: Mutex<Signal>,
        changed: Condvar,
    },
}

/// What a bell says that a thread waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signal {
    Still,
    Ring,
    /// For good: the loop is gone.
    Retired,
}

impl Channel {
    /// A call of this number has ended.
    pub(crate) fn finished(&self, call: u64) {
        self.put(Arrival::Finished(call));
    }

    /// A token is wanted from the provider of this number.
    pub(crate) fn asked(&self, provider: u64, loops: &Arc<Loops>) {
        self.put(Arrival::Asked { provider, loops: Own::new(Arc::clone(loops)) });
    }

    fn put(&self, arrival: Arrival) {
        if self.arrivals.push(arrival) {
            self.bell.ring();
        }
    }
}

impl Bell {
    fn ring(&self) {
        match self {
            #[cfg(unix)]
            Self::Socket { ring, .. } => {
                // The one thing that can fail is a full socket, and then it is ringing already.
                let _ = (&*ring).write(&[0]);
            }
            Self::Thread { state, changed } => {
                let mut state = lock(state);
                if *state == Signal::Still {
                    *state = Signal::Ring;
                    changed.notify_all();
                }
            }
        }
    }

    fn silence(&self) {
        match self {
            #[cfg(unix)]
            Self::Socket { hear, .. } => {
                // What one reading leaves, the loop hears again.
                let _ = (&*hear).read(&mut [0; 64]);
            }
            Self::Thread { .. } => {}
        }
    }
}

/// The bridge to one loop. Everything but `wait` is for the loop's own thread.
#[pyclass(frozen, module = "tidings._native")]
pub(crate) struct Bridge {
    generation: u64,
    channel: Arc<Channel>,
    calls: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    number: u64,
    futures: HashMap<u64, Py<PyAny>>,
}

impl Bridge {
    fn new(bell: Bell) -> Self {
        let channel = Arc::new(Channel { arrivals: Completions::default(), bell });
        Self { generation: generation(), channel, calls: Mutex::default() }
    }

    /// Has a future wait for a call. Returns the call's number, and where its end is told.
    pub(crate) fn expect_call(&self, future: Py<PyAny>) -> (u64, Arc<Channel>) {
        let mut calls = lock(&self.calls);
        calls.number += 1;
        let number = calls.number;
        calls.futures.insert(number, future);
        (number, Arc::clone(&self.channel))
    }

    /// Nobody waits for the call any more.
    pub(crate) fn forget_call(&self, number: u64) {
        drop(self.future(number));
    }

    /// The lock is open again when this returns: dropping a future may run any code.
    fn future(&self, number: u64) -> Option<Py<PyAny>> {
        lock(&self.calls).futures.remove(&number)
    }

    fn deliver(&self, py: Python<'_>, arrival: Arrival) -> PyResult<()> {
        match arrival {
            Arrival::Finished(number) => {
                let Some(future) = self.future(number).map(|future| future.into_bound(py)) else {
                    return Ok(());
                };
                if !future.call_method0(intern!(py, "done"))?.is_truthy()? {
                    future.call_method1(intern!(py, "set_result"), (py.None(),))?;
                }
            }
            Arrival::Asked { provider, loops } => {
                let Some(loops) = loops.take() else { return Ok(()) };
                if let Some(ticket) = loops.take(&self.channel) {
                    let ticket = TokenTicket::new(ticket, Some((loops, Arc::downgrade(&self.channel))));
                    if let Some(provider) = provider_of(py, provider) {
                        provider.call_method1(intern!(py, "serve_on_loop"), (ticket,))?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[pymethods]
impl Bridge {
    /// A bridge whose bell is a socket, for `add_reader`.
    #[staticmethod]
    #[cfg(unix)]
    fn over_socket() -> io::Result<Self> {
        let (ring, hear) = UnixStream::pair()?;
        ring.set_nonblocking(true)?;
        hear.set_nonblocking(true)?;
        Ok(Self::new(Bell::Socket { ring, hear }))
    }

    /// There is none on this system.
    #[staticmethod]
    #[cfg(not(unix))]
    fn over_socket() -> PyResult<Self> {
        Err(PyNotImplementedError::new_err("no socket pairs on this system"))
    }

    /// A bridge whose bell a thread waits for, with `wait`.
    #[staticmethod]
    fn over_thread() -> Self {
        Self::new(Bell::Thread { state: Mutex::new(Signal::Still), changed: Condvar::new() })
    }

    /// The socket that becomes readable when there is something to `drain`.
    fn fileno(&self) -> PyResult<i32> {
        match &self.channel.bell {
            #[cfg(unix)]
            Bell::Socket { hear, .. } => Ok(hear.as_raw_fd()),
            Bell::Thread { .. } => Err(PyNotImplementedError::new_err("this bridge has no socket")),
        }
    }

    /// Whether it is of this process, and not of the one before a fork.
    #[getter]
    fn current(&self) -> bool {
        self.generation == generation()
    }

    /// Takes all that has arrived: wakes futures, asks for tokens.
    fn drain(&self, py: Python<'_>) {
        if !self.current() {
            return;
        }
        self.channel.bell.silence();
        for arrival in self.channel.arrivals.take() {
            if let Err(error) = self.deliver(py, arrival) {
                // One future that cannot be told must not keep the others waiting.
                error.write_unraisable(py, None);
            }
        }
    }

    /// Sleeps until there is something to drain. False: never more.
    fn wait(&self, py: Python<'_>) -> bool {
        match &self.channel.bell {
            #[cfg(unix)]
            Bell::Socket { .. } => false,
            Bell::Thread { state, changed } => py.detach(|| {
                let mut state = changed
                    .wait_while(lock(state), |state| *state == Signal::Still)
                    .unwrap_or_else(PoisonError::into_inner);
                let rings = *state == Signal::Ring;
                if rings {
                    *state = Signal::Still;
                }
                rings
            }),
        }
    }

    /// Lets go of the futures of a loop that is closed, and of the thread that waits.
    fn retire(&self) {
        let futures = std::mem::take(&mut lock(&self.calls).futures);
        drop(futures);
        if !self.current() {
            return;
        }
        if let Bell::Thread { state, changed } = &self.channel.bell {
            *lock(state) = Signal::Retired;
            changed.notify_all();
        }
    }
}
