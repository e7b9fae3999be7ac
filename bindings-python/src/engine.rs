//! The engine and the handle of a call.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use tidings_core::contract::operation;
use tidings_core::door::{self, CallRecord, ConfigRecord, Door};
use tidings_core::{Config as CoreConfig, Engine as CoreEngine, Error, ErrorKind, Response, Statistics};

use crate::arguments;
use crate::bridge::{Bridge, Channel};
use crate::events::{Desk, Listeners};
use crate::loops::{Loops, UnderWay};
use crate::outcome::{Outcome, Waited};
use crate::process::{Own, generation, lock, runtime};
use crate::records::{failure, outcome, statistics};
use crate::token::Provider;

/// How often a waiting main thread looks for signals, Ctrl-C above all.
const SIGNALS_EVERY: Duration = Duration::from_millis(100);

/// An engine. It can be used in a forked child, where it begins anew.
#[pyclass(frozen, module = "tidings._native")]
pub(crate) struct Engine {
    settings: Settings,
    state: Mutex<State>,
    /// The package's function that gives an exception what its call may have done as its cause. Looked up by name it might be
    /// that of another copy of the package, with another `TidingsError`.
    explain: Py<PyAny>,
}

/// What a door is opened from, in each process again.
struct Settings {
    record: ConfigRecord,
    /// The environment as the constructor found it: what is checked once must not change.
    environment: HashMap<String, Option<String>>,
    provider: Option<Provider>,
    listeners: Option<Listeners>,
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
    /// The loops that are asked for tokens, if the app answers on loops.
    loops: Option<Arc<Loops>>,
    /// What is to be told, if somebody wants to hear it.
    desk: Option<Arc<Desk>>,
}

#[pymethods]
impl Engine {
    /// Checks the configuration and makes an engine, or says what is wrong. No I/O, no thread.
    ///
    /// `provider`: the package's `Provider`, if the app answers questions for tokens. `listeners`: its `Listeners`, if the app
    /// wants to be told of things. Neither is kept alive here.
    #[staticmethod]
    fn open<'py>(
        options: &Bound<'py, PyDict>,
        from_environment: bool,
        provider: Option<&Bound<'py, PyAny>>,
        listeners: Option<&Bound<'py, PyAny>>,
        explain: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = options.py();
        let record = arguments::config(options, from_environment)?;
        let provider = provider.map(Provider::new).transpose()?;
        let listeners = listeners.map(Listeners::new).transpose()?;
        let check = || record.and_then(|record| Settings::check(record, provider, listeners));
        match unless_it_panics(NO_CALL, check) {
            Ok(settings) => {
                Ok(Bound::new(py, Self { settings, state: Mutex::default(), explain })?.into_any())
            }
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
        arguments: &Bound<'py, PyTuple>,
        signals: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call = self.start(py, arguments::call(arguments)?, None);
        match call.wait(py, signals) {
            Ok(result) => outcome(py, result),
            Err(interruption) => {
                if let Some(known) = call.call_off(py) {
                    self.explain.call1(py, (interruption.value(py), failure(py, &known)?))?;
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
        arguments: &Bound<'_, PyTuple>,
    ) -> PyResult<Call> {
        let record = arguments::call(arguments)?;
        let (number, channel) = bridge.get().expect_call(future);
        let started = self.start(py, record, Some((channel, number)));
        Ok(Call { started, bridge: bridge.clone().unbind(), number })
    }

    /// Closes the engine: calls under way end, further ones fail. Doing it again changes nothing.
    fn close(&self) {
        self.close_door();
    }

    /// Closes it when nobody has its client any more, and keeps its listeners until they were told everything.
    fn leave(&self, listeners: Py<PyAny>) {
        if let Some(desk) = self.close_door().and_then(|open| open.desk) {
            desk.keep(listeners);
        }
    }

    /// What it has done so far in this process, as the fields of a `Statistics`.
    fn statistics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let open = lock(&self.state).open.as_ref().and_then(Own::get).cloned();
        statistics(py, open.map_or_else(Statistics::default, |open| open.door.statistics()))
    }
}

impl Engine {
    /// Returns what was open.
    fn close_door(&self) -> Option<Opened> {
        let open = {
            let mut state = lock(&self.state);
            state.closed = true;
            state.open.as_ref().and_then(Own::get).cloned()
        }?;
        // Whatever it ends with, the client is closed.
        let _ = unless_it_panics(NO_CALL, || {
            open.door.close();
            Ok(())
        });
        Some(open)
    }

    /// Starts a call. `on_loop`: where its end is told, and under which number.
    fn start(
        &self,
        py: Python<'_>,
        record: Result<CallRecord, Error>,
        on_loop: Option<(Arc<Channel>, u64)>,
    ) -> Started {
        let place = Arc::new(Outcome::default());
        let operation =
            record.as_ref().ok().and_then(|record| operation(&record.operation)).map(|known| known.id);
        let name = operation.unwrap_or(NO_CALL);
        let mut end =
            End { operation: name, place: Arc::clone(&place), on_loop, under_way: None, told: false };
        let mut under_way = None;
        let keep = &mut under_way;
        let handle = unless_it_panics(name, move || {
            let (record, open) = match record.and_then(|record| Ok((record, self.opened(py)?))) {
                Ok(ready) => ready,
                Err(error) => {
                    end.tell(Err(error));
                    return Ok(None);
                }
            };
            if let (Some(loops), Some((channel, _))) = (&open.loops, &end.on_loop) {
                end.under_way = Some(Arc::new(loops.begin(channel)));
                keep.clone_from(&end.under_way);
            }
            Ok(open.door.start(record, move |result| end.tell(result)))
        });
        // After a panic the end has told of it.
        let handle = handle.unwrap_or_default();
        Started { generation: generation(), operation, handle, place, under_way }
    }

    /// The door of this process.
    fn opened(&self, py: Python<'_>) -> Result<Opened, Error> {
        let mut state = lock(&self.state);
        if let Some(open) = state.open.as_ref().and_then(Own::get) {
            return Ok(open.clone());
        }
        let loops = self.settings.provider.as_ref().and_then(Provider::loops);
        let desk = self.settings.listeners.as_ref().map(Listeners::desk);
        let config = self.settings.config(loops.as_ref(), desk.as_ref())?;
        let open = Opened { door: Door::open(config, runtime(py)?)?, loops, desk };
        if state.closed {
            open.door.close();
        }
        state.open = Some(Own::new(open.clone()));
        Ok(open)
    }
}

impl Settings {
    fn check(
        record: ConfigRecord,
        provider: Option<Provider>,
        listeners: Option<Listeners>,
    ) -> Result<Self, Error> {
        let environment = RefCell::new(HashMap::new());
        let tokens = provider.as_ref().map(|provider| provider.of_core(provider.loops().as_ref()));
        let config = record.clone().into_config_reading(tokens, |name| {
            let value = std::env::var(name).ok();
            environment.borrow_mut().insert(name.to_owned(), value.clone());
            value
        })?;
        CoreEngine::new(config)?;
        Ok(Self { record, environment: environment.into_inner(), provider, listeners })
    }

    fn config(&self, loops: Option<&Arc<Loops>>, desk: Option<&Arc<Desk>>) -> Result<CoreConfig, Error> {
        let tokens = self.provider.as_ref().map(|provider| provider.of_core(loops));
        let variable = |name: &str| self.environment.get(name).cloned().flatten();
        let config = self.record.clone().into_config_reading(tokens, variable)?;
        Ok(match (&self.listeners, desk) {
            (Some(listeners), Some(desk)) => listeners.listen(config, desk),
            _ => config,
        })
    }
}

/// Where the end of a call is told.
struct End {
    operation: &'static str,
    place: Arc<Outcome>,
    on_loop: Option<(Arc<Channel>, u64)>,
    under_way: Option<Arc<UnderWay>>,
    told: bool,
}

impl End {
    fn tell(mut self, result: Result<Response, Error>) {
        self.tell_once(result);
    }

    fn tell_once(&mut self, result: Result<Response, Error>) {
        if !std::mem::replace(&mut self.told, true) {
            if let Some(under_way) = &self.under_way {
                under_way.ends();
            }
            self.place.put(result);
            if let Some((channel, number)) = &self.on_loop {
                channel.finished(*number);
            }
        }
    }
}

impl Drop for End {
    /// Nobody may wait for ever, whatever goes wrong.
    fn drop(&mut self) {
        self.tell_once(Err(panicked(self.operation)));
    }
}

/// What an error is about that is about no call.
const NO_CALL: &str = "tidings";

fn panicked(operation: &'static str) -> Error {
    Error::facade(ErrorKind::Internal, operation, "a fault of the client's own; please report it")
}

/// No panic reaches Python, where it would be an exception that nobody expects.
fn unless_it_panics<T>(operation: &'static str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked(operation)))
}

/// A call that was started.
struct Started {
    /// The process it belongs to.
    generation: u64,
    operation: Option<&'static str>,
    /// None if it had ended when it was started.
    handle: Option<door::CallHandle>,
    place: Arc<Outcome>,
    /// For a loop that is asked for tokens.
    under_way: Option<Arc<UnderWay>>,
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
        // Its loop may be ending, and must get no question because of it.
        if let Some(under_way) = &self.under_way {
            under_way.ends();
        }
        let handle = self.handle.as_ref();
        let name = self.operation.unwrap_or(NO_CALL);
        let error = match unless_it_panics(name, || Ok(handle.and_then(door::CallHandle::cancel))) {
            Ok(error) => error,
            Err(fault) => return Some(fault),
        };
        let error = match error {
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
