//! A question for a token, which the app's own Python answers.

use std::sync::Arc;
use std::thread;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tidings_core::door::{self, ForeignFailure};
use tidings_core::{ProvidedToken, ProviderError, TokenProvider};

use crate::bridge::LatestLoop;
use crate::process::Own;

/// One question. Answered at most once; collected unanswered, it is a failure. In a forked child it is nothing: there, even to
/// drop it would wake the parent's runtime.
#[pyclass(frozen, module = "tidings._native")]
pub(crate) struct TokenTicket(Own<door::TokenTicket>);

impl TokenTicket {
    pub(crate) fn new(ticket: Own<door::TokenTicket>) -> Self {
        Self(ticket)
    }

    fn give(&self, answer: Result<ProvidedToken, ProviderError>) {
        if let Some(ticket) = self.0.get() {
            ticket.answer(answer);
        }
    }
}

#[pymethods]
impl TokenTicket {
    /// Answers with a token, good for some seconds or for as long as it says itself.
    fn answer(&self, token: String, expires_in: Option<f64>) -> PyResult<()> {
        let mut provided = ProvidedToken::new(token);
        if let Some(life) = expires_in {
            let life = door::seconds("the life of a token", life)
                .map_err(|error| PyValueError::new_err(error.message().to_owned()))?;
            provided = provided.expires_in(life);
        }
        self.give(Ok(provided));
        Ok(())
    }

    /// Answers with what went wrong, and the number under which Python keeps the exception.
    fn fail(&self, text: String, number: u64) {
        self.give(Err(ForeignFailure::boxed(text, Some(number))));
    }
}

/// The app's own code, by the number under which Python keeps it: the engine's thread holds nothing of Python's.
pub(crate) struct Provider {
    pub(crate) number: u64,
    /// A coroutine function, which a loop runs. Others get a thread of their own, for they may block.
    pub(crate) on_loop: bool,
}

impl Provider {
    pub(crate) fn of_core(&self, loops: &Arc<LatestLoop>) -> Arc<dyn TokenProvider> {
        let number = self.number;
        if self.on_loop {
            let loops = Arc::clone(loops);
            door::TokenTicket::provider(move |ticket| loops.ask(number, ticket))
        } else {
            door::TokenTicket::provider(move |ticket| {
                let ticket = Own::new(ticket);
                // A ticket that gets no thread is dropped, and that is its answer.
                let _ = thread::Builder::new()
                    .name("tidings-token".to_owned())
                    .spawn(move || Python::try_attach(|py| hand_over(py, number, ticket)));
            })
        }
    }
}

/// Starts a thread of Python's own that asks the app. On this one the app's code would crash the process if the interpreter
/// ended under it: what Python does to such threads then does not go well with Rust.
fn hand_over(py: Python<'_>, number: u64, ticket: Own<door::TokenTicket>) {
    let started = || -> PyResult<()> {
        let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
        let serve = modules.as_any().get_item("tidings._token")?.getattr("serve")?;
        py.import("_thread")?
            .call_method1("start_new_thread", (serve, (number, TokenTicket::new(ticket))))?;
        Ok(())
    };
    if let Err(error) = started() {
        error.write_unraisable(py, None);
    }
}
