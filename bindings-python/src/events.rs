//! What the engine tells of while it works, on its way to the app's own functions.
//!
//! The engine's thread puts it on the [`Desk`] of its client, without the interpreter. A thread of Python's own takes it from
//! there, in the order it happened, and ends when nothing is left: the app's functions may take their time, and need no loop
//! that runs. An engine that nobody has any more keeps the functions until all is told.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyWeakrefReference};
use tidings_core::{Config, Error};

use crate::process::{Own, lock};
use crate::records::failure;
use crate::threads;
use crate::token::next_number;

/// The listeners of all clients. The one table, so that no number can mean another client's.
static LISTENERS: LazyLock<Mutex<HashMap<u64, Known>>> = LazyLock::new(Mutex::default);

enum Known {
    /// While somebody has the client.
    Weakly(Py<PyWeakrefReference>),
    /// When nobody has it any more, until all is told.
    Kept(Py<PyAny>),
}

/// The app's own functions, by a number: the engine's thread holds nothing of Python's.
pub(crate) struct Listeners {
    number: u64,
    on_retry: bool,
    on_unknown: bool,
}

impl Listeners {
    /// Remembers the package's `Listeners`, as long as somebody has it.
    pub(crate) fn new(listeners: &Bound<'_, PyAny>) -> PyResult<Self> {
        let is_there = |name: &str| listeners.getattr(name).map(|function| !function.is_none());
        let (on_retry, on_unknown) = (is_there("on_retry")?, is_there("on_unknown")?);
        let weak = PyWeakrefReference::new(listeners)?.unbind();
        let number = next_number();
        lock(&LISTENERS).insert(number, Known::Weakly(weak));
        Ok(Self { number, on_retry, on_unknown })
    }

    /// A desk that they are served from.
    pub(crate) fn desk(&self) -> Arc<Desk> {
        Arc::new(Desk { listeners: self.number, state: Mutex::default() })
    }

    /// Has an engine tell the desk what they want to hear.
    pub(crate) fn listen(&self, mut config: Config, desk: &Arc<Desk>) -> Config {
        let engine = Arc::new(Engine(Arc::clone(desk)));
        if self.on_retry {
            let engine = Arc::clone(&engine);
            config = config.on_retry(move |retry| {
                engine.0.put(Event { error: retry.error.clone(), pause: Some(retry.pause) });
            });
        }
        if self.on_unknown {
            config = config.on_unknown(move |error| {
                engine.0.put(Event { error: error.clone(), pause: None });
            });
        }
        config
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        forget(self.number);
    }
}

/// The lock is open again when they are dropped, which may run any code.
fn forget(number: u64) {
    let known = lock(&LISTENERS).remove(&number);
    drop(known);
}

fn listeners_of(py: Python<'_>, number: u64) -> Option<Bound<'_, PyAny>> {
    match lock(&LISTENERS).get(&number)? {
        Known::Weakly(weak) => weak.bind(py).upgrade(),
        Known::Kept(listeners) => Some(listeners.bind(py).clone()),
    }
}

/// Something to tell.
struct Event {
    error: Error,
    /// Before a retry. None: the outcome is unknown.
    pause: Option<Duration>,
}

/// What is to be told by one engine.
pub(crate) struct Desk {
    listeners: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Event>,
    /// A thread is at it, or on its way.
    served: bool,
    /// The engine is gone, and nothing more comes.
    over: bool,
    /// The listeners are kept until then, and until all is told.
    kept: bool,
}

impl State {
    fn has_work(&self) -> bool {
        !self.waiting.is_empty() || (self.over && self.kept)
    }
}

impl Desk {
    /// From the engine's thread.
    fn put(self: &Arc<Self>, event: Event) {
        self.change(|state| state.waiting.push_back(event));
    }

    /// Nobody has the client any more. Its engine must have been closed.
    pub(crate) fn keep(self: &Arc<Self>, listeners: Py<PyAny>) {
        let before = lock(&LISTENERS).insert(self.listeners, Known::Kept(listeners));
        drop(before);
        let all_is_told = self.change(|state| {
            let all_is_told = state.over && !state.served && state.waiting.is_empty();
            state.kept = !all_is_told;
            all_is_told
        });
        if all_is_told {
            forget(self.listeners);
        }
    }

    /// Changes the state, and sees that there is a thread if there is work.
    fn change<T>(self: &Arc<Self>, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        let changed = change(&mut state);
        let begins = !state.served && state.has_work();
        state.served |= begins;
        drop(state);
        if begins {
            let desk = Arc::clone(self);
            if threads::attach("tidings-events", move |py| desk.serve(py)).is_err() {
                self.is_not_served();
            }
        }
        changed
    }

    fn serve(self: Arc<Self>, py: Python<'_>) {
        let Some(listeners) = listeners_of(py, self.listeners) else {
            // They are about to be kept, and then it begins again.
            return self.is_not_served();
        };
        let desk = EventDesk(Own::new(Arc::clone(&self)));
        let serve = listeners.getattr(intern!(py, "serve"));
        if let Err(error) = serve.and_then(|serve| threads::start(&serve, desk)) {
            self.is_not_served();
            error.write_unraisable(py, None);
        }
    }

    /// There was no thread to be had. What waits is told with what comes next.
    fn is_not_served(&self) {
        lock(&self.state).served = false;
    }

    /// The next thing to tell. With None the thread must end.
    fn take(&self) -> Option<Event> {
        let mut state = lock(&self.state);
        if let Some(event) = state.waiting.pop_front() {
            return Some(event);
        }
        state.served = false;
        let all_is_told = state.over && std::mem::take(&mut state.kept);
        drop(state);
        if all_is_told {
            forget(self.listeners);
        }
        None
    }
}

/// What an engine holds of its desk.
struct Engine(Arc<Desk>);

impl Drop for Engine {
    fn drop(&mut self) {
        self.0.change(|state| state.over = true);
    }
}

/// The desk as Python's thread has it. In a forked child it is empty.
#[pyclass(frozen, module = "tidings._native")]
pub(crate) struct EventDesk(Own<Arc<Desk>>);

#[pymethods]
impl EventDesk {
    /// The next thing to tell: an error as the arguments of a `TidingsError`, and the pause before a retry, or None if its
    /// outcome is unknown. None in all: nothing is left.
    fn next<'py>(&self, py: Python<'py>) -> Option<(Bound<'py, PyDict>, Option<f64>)> {
        let desk = self.0.get()?;
        loop {
            let event = desk.take()?;
            match failure(py, &event.error) {
                Ok(failure) => return Some((failure, event.pause.as_ref().map(Duration::as_secs_f64))),
                Err(error) => error.write_unraisable(py, None),
            }
        }
    }

    /// Reports what one of the app's functions has raised, which nobody waits for.
    #[staticmethod]
    fn report(exception: Bound<'_, PyAny>, function: &Bound<'_, PyAny>) {
        PyErr::from_value(exception).write_unraisable(function.py(), Some(function));
    }
}
