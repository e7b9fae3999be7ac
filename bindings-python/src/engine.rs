//! The engine and the handle of a call.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use tidings_core::contract::operation;
use tidings_core::door::{self, ConfigRecord, Door};
use tidings_core::{Config as CoreConfig, Engine as CoreEngine, Error, ErrorKind, Response};

use crate::bridge::{Bridge, LatestLoop};
use crate::outcome::{Outcome, Waited};
use crate::process::{Own, generation, lock, runtime};
use crate::records::{Arguments, Config, failure, outcome};
use crate::token::Provider;

/// How often a waiting main thread looks for signals, Ctrl-C above all.
const SIGNALS_EVERY: Duration = Duration::from_millis(100);

/// An engine. It can be used in a forked child, where it begins anew.
#[pyclass(frozen, module = "tidings._native")]
pub(crate) struct Engine {
    settings: Settings,
    state: Mutex<State>,
}

/// What a door is opened from, in each process again.
struct Settings {
    record: ConfigRecord,
    /// The environment as the constructor found it: what is checked once must not change.
    environment: HashMap<String, Option<String>>,
    provider: Option<Provider>,
}

#[derive(Default)]
struct State {
    /// Opened by the first call, so that a client that was only made costs no thread.
    open: Option<Own<Opened>>,
    closed: bool,
}

#[derive(Clone)]
struct Opened {
    door: Door,
    loops: Arc<LatestLoop>,
}

#[pymethods]
impl Engine {
    /// Checks the configuration and makes an engine, or says what is wrong. No I/O, no thread.
    ///
    /// `provider`: the number that questions for tokens carry, if the app answers them, and whether they are answered on an
    /// asyncio loop.
    #[staticmethod]
    fn open(
        py: Python<'_>,
        config: Config,
        from_environment: bool,
        provider: Option<(u64, bool)>,
    ) -> PyResult<Bound<'_, PyAny>> {
        let provider = provider.map(|(number, on_loop)| Provider { number, on_loop });
        match Settings::check(config.into_record(py, from_environment), provider) {
            Ok(settings) => Ok(Bound::new(py, Self { settings, state: Mutex::default() })?.into_any()),
            Err(error) => Ok(failure(py, &error)?.into_any()),
        }
    }

    /// Makes a call and waits for what becomes of it. `signals`: look for signals meanwhile, and raise what their handlers
    /// raise, which calls the call off; only the main thread can.
    ///
    /// One function, so that no exception of a handler can come between start and waiting.
    fn execute<'py>(
        &self,
        py: Python<'py>,
        arguments: Arguments,
        signals: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let place = Arc::new(Outcome::default());
        let done = Arc::clone(&place);
        let call = self.start(py, arguments, place, None, move |result| done.put(result));
        match call.wait(py, signals) {
            Ok(result) => outcome(py, result),
            Err(interruption) => {
                if let Some(known) = call.call_off(py) {
                    explain(py, &interruption, &known)?;
                }
                Err(interruption)
            }
        }
    }

    /// Starts a call for an asyncio loop: `future` gets the result None when the call has ended.
    fn start_on(
        &self,
        py: Python<'_>,
        bridge: &Bound<'_, Bridge>,
        future: Py<PyAny>,
        arguments: Arguments,
    ) -> Call {
        let place = Arc::new(Outcome::default());
        let done = Arc::clone(&place);
        let (number, channel) = bridge.get().expect_call(future);
        let started = self.start(py, arguments, place, Some(bridge.get()), move |result| {
            done.put(result);
            channel.finished(number);
        });
        Call { started, bridge: bridge.clone().unbind(), number }
    }

    /// Closes the engine: calls under way end, further ones fail. Doing it again changes nothing.
    fn close(&self) {
        let open = {
            let mut state = lock(&self.state);
            state.closed = true;
            state.open.as_ref().and_then(Own::get).cloned()
        };
        if let Some(open) = open {
            open.door.close();
        }
    }
}

impl Engine {
    fn start(
        &self,
        py: Python<'_>,
        arguments: Arguments,
        place: Arc<Outcome>,
        on_loop: Option<&Bridge>,
        done: impl FnOnce(Result<Response, Error>) + Send + 'static,
    ) -> Started {
        let ready = arguments.into_record().and_then(|record| Ok((record, self.opened(py)?)));
        let (operation, handle) = match ready {
            Ok((record, open)) => {
                if let Some(bridge) = on_loop {
                    open.loops.is_now(bridge);
                }
                let operation = operation(&record.operation).map(|operation| operation.id);
                (operation, open.door.start(record, done))
            }
            Err(error) => {
                done(Err(error));
                (None, None)
            }
        };
        Started { generation: generation(), operation, handle, place }
    }

    /// The door of this process.
    fn opened(&self, py: Python<'_>) -> Result<Opened, Error> {
        let mut state = lock(&self.state);
        if let Some(open) = state.open.as_ref().and_then(Own::get) {
            return Ok(open.clone());
        }
        let loops = Arc::default();
        let open = Opened { door: Door::open(self.settings.config(&loops)?, runtime(py)?)?, loops };
        if state.closed {
            open.door.close();
        }
        state.open = Some(Own::new(open.clone()));
        Ok(open)
    }
}

impl Settings {
    fn check(record: Result<ConfigRecord, Error>, provider: Option<Provider>) -> Result<Self, Error> {
        let record = record?;
        let environment = RefCell::new(HashMap::new());
        let loops = Arc::default();
        let tokens = provider.as_ref().map(|provider| provider.of_core(&loops));
        let config = record.clone().into_config_reading(tokens, |name| {
            let value = std::env::var(name).ok();
            environment.borrow_mut().insert(name.to_owned(), value.clone());
            value
        })?;
        CoreEngine::new(config)?;
        Ok(Self { record, environment: environment.into_inner(), provider })
    }

    fn config(&self, loops: &Arc<LatestLoop>) -> Result<CoreConfig, Error> {
        let tokens = self.provider.as_ref().map(|provider| provider.of_core(loops));
        let variable = |name: &str| self.environment.get(name).cloned().flatten();
        self.record.clone().into_config_reading(tokens, variable)
    }
}

/// A call that was started.
struct Started {
    /// The process it belongs to.
    generation: u64,
    operation: Option<&'static str>,
    /// None if it had ended when it was started.
    handle: Option<door::CallHandle>,
    place: Arc<Outcome>,
}

impl Started {
    /// Waits for the outcome, or for what a signal's handler raises.
    fn wait(&self, py: Python<'_>, signals: bool) -> PyResult<Result<Response, Error>> {
        loop {
            let limit = signals.then_some(SIGNALS_EVERY);
            let waited = py.detach(|| self.place.wait(limit));
            if signals && let Err(interruption) = py.check_signals() {
                // What has come meanwhile is not lost: the call is called off next, and that is what becomes of it.
                if let Waited::For(result) = waited {
                    self.place.put(*result);
                }
                return Err(interruption);
            }
            match waited {
                Waited::For(result) => return Ok(*result),
                // A handler may fork, and this may be the child now.
                Waited::InVain if self.generation == generation() => {}
                Waited::InVain => {
                    let text = "the call is of the process that this one was forked from";
                    return Ok(Err(self.fault(ErrorKind::Closed, text)));
                }
                Waited::TooLate => return Ok(Err(self.taken())),
            }
        }
    }

    /// Takes the outcome of a call that has ended.
    fn take(&self) -> Result<Response, Error> {
        match self.place.take() {
            Waited::For(result) => *result,
            Waited::InVain | Waited::TooLate => Err(self.taken()),
        }
    }

    /// Calls it off; its socket is closed soon after. Returns what its caller must know: that the call may have been carried
    /// out, or was. None: calling again cannot do the work twice.
    fn call_off(&self, py: Python<'_>) -> Option<Error> {
        if self.generation != generation() {
            return None;
        }
        let error = match self.handle.as_ref().and_then(door::CallHandle::cancel) {
            Some(error) => error,
            // It has ended, so the outcome is there, or will be in the next moment.
            None => match py.detach(|| self.place.wait(None)) {
                Waited::For(result) => match *result {
                    Ok(response) => {
                        let text = "the call was accepted; its answer came while it was called off";
                        return Some(self.fault(ErrorKind::Cancelled, text).about(&response));
                    }
                    Err(error) => error,
                },
                Waited::TooLate | Waited::InVain => return None,
            },
        };
        error.evidence().is_some().then_some(error)
    }

    fn taken(&self) -> Error {
        self.fault(ErrorKind::Internal, "the outcome was taken before; please report it")
    }

    fn fault(&self, kind: ErrorKind, text: &str) -> Error {
        Error::facade(kind, self.operation.unwrap_or_default(), text)
    }
}

/// Gives an exception what its call may have done as its cause.
fn explain(py: Python<'_>, interruption: &PyErr, known: &Error) -> PyResult<()> {
    static EXPLAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let arguments = (interruption.value(py), failure(py, known)?);
    EXPLAIN.import(py, "tidings._errors", "explain")?.call1(arguments)?;
    Ok(())
}

/// A call that an asyncio future waits for.
#[pyclass(frozen, module = "tidings._native")]
pub(crate) struct Call {
    started: Started,
    bridge: Py<Bridge>,
    number: u64,
}

#[pymethods]
impl Call {
    /// Takes the outcome. To be called once, after the future.
    fn outcome<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        outcome(py, self.started.take())
    }

    /// Calls it off. Returns what its caller must know, as the arguments of an error: that the call may have been carried out,
    /// or was. None: calling again cannot do the work twice.
    fn cancel<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.bridge.get().forget_call(self.number);
        self.started.call_off(py).map(|known| failure(py, &known)).transpose()
    }
}
