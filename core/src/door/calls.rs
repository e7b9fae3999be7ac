//! An engine with the calls that are under way in it.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use tokio::runtime::Handle;

use crate::call::{Call, Response};
use crate::config::Config;
use crate::contract::Operation;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::statistics::{Counters, Statistics};
use crate::watch::{Interruption, Watch};

use super::{CallRecord, Runtime};

/// An engine for code that cannot await: calls run on the thread of a [`Runtime`] and tell when they have ended.
///
/// Cheap to clone; the clones are one.
#[derive(Clone)]
pub struct Door {
    shared: Arc<Shared>,
}

struct Shared {
    runtime: Handle,
    /// Those of the engine. Calls that are cut off by closing the door are counted after that.
    counters: Arc<Counters>,
    state: Mutex<State>,
}

struct State {
    /// None once it is closed.
    engine: Option<Engine>,
    under_way: HashMap<u64, Arc<Watch>>,
    started: u64,
}

impl Door {
    /// Checks the configuration and makes an engine. No I/O.
    pub fn open(config: Config, runtime: &Runtime) -> Result<Self, Error> {
        let engine = Engine::new(config)?;
        let counters = engine.counters();
        let state = State { engine: Some(engine), under_way: HashMap::new(), started: 0 };
        let (runtime, state) = (runtime.handle(), Mutex::new(state));
        Ok(Self { shared: Arc::new(Shared { runtime, counters, state }) })
    }

    /// Starts a call. `done` gets what becomes of it, exactly once, on the runtime's thread; it must be quick, and must
    /// not block. For a call that is wrong in itself, or on a closed door, it gets the error at once and on this thread,
    /// and there is nothing to call off.
    pub fn start(
        &self,
        call: CallRecord,
        done: impl FnOnce(Result<Response, Error>) + Send + 'static,
    ) -> Option<CallHandle> {
        let call = match call.into_call() {
            Ok(call) => call,
            Err(error) => {
                done(Err(error));
                return None;
            }
        };
        self.start_call(call, done)
    }

    /// The same for a call that was checked.
    pub fn start_call(
        &self,
        call: Call,
        done: impl FnOnce(Result<Response, Error>) + Send + 'static,
    ) -> Option<CallHandle> {
        let operation = call.operation;
        let work = async move |engine: Engine, watch: Arc<Watch>| {
            unless_interrupted(engine.execute_watched(call, &watch), &watch).await
        };
        self.run(operation, work, done)
    }

    /// Runs something that ends like a call, unless the door is closed.
    pub(super) fn run<T: Send + 'static, W>(
        &self,
        operation: &'static Operation,
        work: impl FnOnce(Engine, Arc<Watch>) -> W,
        done: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) -> Option<CallHandle>
    where
        W: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let watch = Arc::new(Watch::new(operation));
        let Some((engine, entry)) = self.enter(&watch) else {
            let error = Error::new(ErrorKind::Closed, "the client is closed; nothing was sent")
                .with(|record| record.operation = Some(operation.id));
            done(Err(error));
            return None;
        };
        let handle = CallHandle { watch: Arc::clone(&watch) };
        let work = work(engine, Arc::clone(&watch));
        self.shared.runtime.spawn(async move {
            let result = work.await;
            drop(entry);
            done(watch.ends(result));
        });
        Some(handle)
    }

    /// What the engine has done so far, in numbers, also when the door is closed.
    pub fn statistics(&self) -> Statistics {
        self.shared.counters.read()
    }

    /// Closes it: further calls end with `closed`, and so do calls under way, or with `unknown_outcome` if they may
    /// have been carried out. Connections are closed. Doing it again changes nothing.
    pub fn close(&self) {
        let (engine, under_way) = {
            let mut state = self.shared.state();
            (state.engine.take(), std::mem::take(&mut state.under_way))
        };
        for watch in under_way.into_values() {
            watch.interrupt(Interruption::Closed);
        }
        drop(engine);
    }

    fn enter(&self, watch: &Arc<Watch>) -> Option<(Engine, Entry)> {
        let mut state = self.shared.state();
        let engine = state.engine.clone()?;
        state.started += 1;
        let number = state.started;
        state.under_way.insert(number, Arc::clone(watch));
        Some((engine, Entry { shared: Arc::clone(&self.shared), number }))
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state();
        formatter
            .debug_struct("Door")
            .field("engine", &state.engine)
            .field("calls_under_way", &state.under_way.len())
            .finish_non_exhaustive()
    }
}

/// A call's place among those under way.
struct Entry {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.shared.state().under_way.remove(&self.number);
    }
}

/// One call under way, or ended.
#[derive(Clone)]
pub struct CallHandle {
    watch: Arc<Watch>,
}

impl CallHandle {
    /// Calls it off. The answer is certain and comes at once: an error of kind `cancelled` whose `sent` says whether the
    /// call may have been carried out, with the evidence if it is one that must not be repeated blindly; `None` if the
    /// call has ended. The exchange is closed soon after.
    pub fn cancel(&self) -> Option<Error> {
        self.watch.interrupt(Interruption::Cancelled)
    }
}

impl fmt::Debug for CallHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CallHandle").finish_non_exhaustive()
    }
}

/// Makes a call until it ends, is cut off or panics. However that goes, its exchange is closed afterwards.
pub(super) async fn unless_interrupted<T>(
    call: impl Future<Output = Result<T, Error>>,
    watch: &Watch,
) -> Result<T, Error> {
    let mut call = pin!(call);
    let mut interrupted = pin!(watch.interrupted());
    poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context))) {
            Ok(Poll::Ready(result)) => return Poll::Ready(result),
            Ok(Poll::Pending) => {}
            // The interruption decides what the panic means for the call.
            Err(_) => drop(watch.interrupt(Interruption::Panicked)),
        }
        interrupted.as_mut().poll(context).map(Err)
    })
    .await
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body::Body;

    use super::*;
    use crate::contract::operation;
    use crate::exchange::{HandoverBody, Progress};

    /// What a send ends with whose code panics, with its body handed over or not.
    async fn panicked(handed_over: bool) -> Error {
        let operation = operation("messages.send").unwrap();
        let (watch, progress) = (Watch::new(operation), Progress::new(true));
        let bytes = Bytes::from_static(br#"{"correlation_id":"mine"}"#);
        watch.begins(operation, Some(bytes.clone()), progress.clone()).unwrap();
        let mut body = HandoverBody::new(bytes, progress);
        if handed_over {
            let frame = poll_fn(|context| pin!(&mut body).poll_frame(context)).await;
            assert!(frame.unwrap().is_ok());
        }
        unless_interrupted::<Response>(async { panic!("a fault of our own") }, &watch).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_fault_of_our_own_before_the_hand_over_has_sent_nothing() {
        let error = panicked(false).await;
        assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Internal, false, 1));
    }

    #[tokio::test]
    async fn a_fault_of_our_own_after_the_hand_over_is_an_unknown_outcome() {
        let error = panicked(true).await;
        assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::UnknownOutcome, true, 1));
        assert_eq!(error.evidence().unwrap().correlation_id.as_deref(), Some("mine"));
    }
}
