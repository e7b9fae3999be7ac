//! What became of a call, between the engine's thread and the thread of Python that asked for it.

use std::mem;
use std::sync::Mutex;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tidings_core::{Error, Response};

use crate::process::lock;

/// A place for one outcome: put there once, taken once.
#[derive(Default)]
pub(crate) struct Outcome(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Open,
    /// A thread sleeps until it is there.
    Awaited(Thread),
    There(Result<Response, Error>),
    Taken,
}

/// What there is after waiting.
pub(crate) enum Waited {
    /// The outcome.
    For(Box<Result<Response, Error>>),
    /// It is not there yet.
    InVain,
    /// Somebody has taken it before.
    TooLate,
}

impl Outcome {
    /// Puts it there.
    pub(crate) fn put(&self, result: Result<Response, Error>) {
        let before = mem::replace(&mut *lock(&self.0), State::There(result));
        if let State::Awaited(thread) = before {
            thread.unpark();
        }
    }

    /// Takes it if it is there.
    pub(crate) fn take(&self) -> Waited {
        self.take_or(|open| open)
    }

    /// Waits for it, at most for so long, or for ever. For one thread at a time.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> Waited {
        let end = limit.map(|limit| Instant::now() + limit);
        loop {
            let waited = self.take_or(|_| State::Awaited(thread::current()));
            if !matches!(waited, Waited::InVain) {
                return waited;
            }
            // Put there by now, it has unparked this thread already, and parking ends at once.
            match end.map(|end| end.saturating_duration_since(Instant::now())) {
                None => thread::park(),
                Some(Duration::ZERO) => return Waited::InVain,
                Some(left) => thread::park_timeout(left),
            }
        }
    }

    fn take_or(&self, still_open: impl FnOnce(State) -> State) -> Waited {
        let mut state = lock(&self.0);
        match mem::replace(&mut *state, State::Taken) {
            State::There(result) => Waited::For(Box::new(result)),
            State::Taken => Waited::TooLate,
            open => {
                *state = still_open(open);
                Waited::InVain
            }
        }
    }
}
