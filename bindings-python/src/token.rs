//! A question for a token, which the app's own Python answers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Weak};

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;
use tidings_core::door::{self, ForeignFailure};
use tidings_core::{ProvidedToken, ProviderError, TokenProvider};

use crate::bridge::Channel;
use crate::loops::Loops;
use crate::process::{Own, lock};
use crate::threads;

/// What numbers of providers, tickets and listeners are drawn from. One for the process, however often the package's modules are imported.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// The providers of all clients, weakly. The one table, so that no number can mean another client's provider.
static PROVIDERS: LazyLock<Mutex<HashMap<u64, Py<PyWeakrefReference>>>> = LazyLock::new(Mutex::default);

pub(crate) fn next_number() -> u64 {
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

/// The app's own code, by a number: the engine's thread holds nothing of Python's.
pub(crate) struct Provider {
    number: u64,
    /// A coroutine function, which a loop runs. Others get a thread of their own, for they may block.
    on_loop: bool,
}

impl Provider {
    /// Remembers the package's `Provider`, as long as somebody has it.
    pub(crate) fn new(provider: &Bound<'_, PyAny>) -> PyResult<Self> {
        let on_loop = provider.getattr(intern!(provider.py(), "on_loop"))?.extract()?;
        let weak = PyWeakrefReference::new(provider)?.unbind();
        let number = next_number();
        lock(&PROVIDERS).insert(number, weak);
        Ok(Self { number, on_loop })
    }

    /// The loops that are asked, if it is for loops.
    pub(crate) fn loops(&self) -> Option<Arc<Loops>> {
        self.on_loop.then(|| Loops::new(self.number))
    }

    /// The provider as the engine takes it.
    pub(crate) fn of_core(&self, loops: Option<&Arc<Loops>>) -> Arc<dyn TokenProvider> {
        if let Some(loops) = loops {
            return loops.provider();
        }
        let number = self.number;
        door::TokenTicket::provider(move |ticket| {
            let ticket = Own::new(ticket);
            // A ticket that gets no thread is dropped, and that is its answer.
            let _ = threads::attach("tidings-token", move |py| hand_over(py, number, ticket));
        })
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let known = lock(&PROVIDERS).remove(&self.number);
        drop(known);
    }
}

/// The package's `Provider` of that number, while somebody has its client.
pub(crate) fn provider_of(py: Python<'_>, number: u64) -> Option<Bound<'_, PyAny>> {
    lock(&PROVIDERS).get(&number).and_then(|known| known.bind(py).upgrade())
}

/// Starts a thread that asks the app.
fn hand_over(py: Python<'_>, number: u64, ticket: Own<door::TokenTicket>) {
    let started = || -> PyResult<()> {
        if let Some(provider) = provider_of(py, number) {
            threads::start(&provider.getattr("serve")?, TokenTicket::new(ticket, None))?;
        }
        Ok(())
    };
    if let Err(error) = started() {
        error.write_unraisable(py, None);
    }
}

/// One question. Answered at most once; collected unanswered, it is a failure, or goes to another loop. In a forked child it is
/// nothing: there, even to drop it would wake the parent's runtime.
#[pyclass(frozen, module = "tidings._native")]
pub(crate) struct TokenTicket {
    /// The number under which Python keeps what its provider has raised over it.
    #[pyo3(get)]
    number: u64,
    ticket: Mutex<Option<Own<Ticket>>>,
}

struct Ticket {
    ticket: door::TokenTicket,
    /// The loop that has taken it, and those it can be handed on to.
    taken_by: Option<(Arc<Loops>, Weak<Channel>)>,
}

impl TokenTicket {
    pub(crate) fn new(ticket: Own<door::TokenTicket>, taken_by: Option<(Arc<Loops>, Weak<Channel>)>) -> Self {
        let ticket = ticket.take().map(|ticket| Own::new(Ticket { ticket, taken_by }));
        Self { number: next_number(), ticket: Mutex::new(ticket) }
    }

    fn take(&self) -> Option<Ticket> {
        lock(&self.ticket).take().and_then(Own::take)
    }

    fn failure(&self, text: String) -> Result<ProvidedToken, ProviderError> {
        Err(ForeignFailure::boxed(text, Some(self.number)))
    }
}

#[pymethods]
impl TokenTicket {
    /// Whether it waits for an answer.
    #[getter]
    fn open(&self) -> bool {
        lock(&self.ticket).is_some()
    }

    /// Answers with a token, good for some seconds or for as long as it says itself.
    fn answer(&self, token: String, expires_in: Option<f64>) -> PyResult<()> {
        let mut provided = ProvidedToken::new(token);
        if let Some(life) = expires_in {
            let life = door::seconds("the life of a token", life)
                .map_err(|error| PyValueError::new_err(error.message().to_owned()))?;
            provided = provided.expires_in(life);
        }
        if let Some(taken) = self.take() {
            taken.ticket.answer(Ok(provided));
        }
        Ok(())
    }

    /// Answers with what went wrong.
    fn fail(&self, text: String) {
        if let Some(taken) = self.take() {
            taken.ticket.answer(self.failure(text));
        }
    }

    /// The loop that has taken it will not answer: another may, or it has failed.
    fn hand_on(&self, text: String) {
        if let Some(taken) = self.take() {
            if let Some((loops, channel)) = &taken.taken_by {
                loops.hand_on(channel);
            }
            taken.ticket.answer(self.failure(text));
        }
    }
}

impl Drop for TokenTicket {
    fn drop(&mut self) {
        if let Some(Ticket { taken_by: Some((loops, channel)), ticket }) = self.take() {
            loops.hand_on(&channel);
            drop(ticket);
        }
    }
}
