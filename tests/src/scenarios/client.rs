//! The clients that stories are played with: the engine as async code uses it, and the door as plain threads do.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use serde_json::Value;
use tidings_core::door::{CallRecord, Door};
use tidings_core::{Config, Engine, Error, Response, Statistics};
use tokio::runtime::Handle;

use super::records;

/// What becomes of something: the record of an answer, or that of an error.
pub(super) type Outcome = Result<Value, Value>;

const NO_END: &str = "it has no end";

/// What a story needs of a client. Dropping it closes it.
pub trait StoryClient: Sized {
    /// Makes a client. Whatever needs a runtime runs on this one.
    fn open(config: Config, runtime: &Handle) -> Result<Self, Error>;

    /// Starts a call.
    fn start(&self, call: CallRecord) -> Started;

    /// All pages of a list, one after the other.
    fn pages(&self, call: CallRecord) -> Result<Vec<Response>, Error>;

    /// What it has done so far.
    fn statistics(&self) -> Statistics;
}

/// Something under way.
pub struct Started {
    pub(super) outcome: Receiver<Outcome>,
    /// Calls it off, and tells what the client tells then: perhaps nothing.
    pub(super) cancel: Box<dyn FnOnce() -> Option<Error> + Send>,
}

impl Started {
    /// Waits for what becomes of it.
    pub(super) fn wait(self, patience: Duration) -> Outcome {
        self.outcome.recv_timeout(patience).unwrap_or_else(|_| Err(NO_END.into()))
    }

    /// Calls it off and waits until it has ended. `Err` holds what it has ended with by itself.
    pub(super) fn call_off(self, patience: Duration) -> Result<Option<Error>, Outcome> {
        let told = (self.cancel)();
        match self.outcome.recv_timeout(patience) {
            Ok(outcome) if told.is_none() => Err(outcome),
            Err(RecvTimeoutError::Timeout) => Err(Err(NO_END.into())),
            _ => Ok(told),
        }
    }
}

fn tell(outcome: &Sender<Outcome>, result: Result<Response, Error>) {
    let record = result.as_ref().map(records::answer).map_err(records::error);
    // Nobody listens where the story has failed meanwhile.
    let _ = outcome.send(record);
}

/// The engine, on a runtime of its own.
#[derive(Debug)]
pub struct EngineClient {
    engine: Engine,
    runtime: Handle,
}

impl StoryClient for EngineClient {
    fn open(config: Config, runtime: &Handle) -> Result<Self, Error> {
        Ok(Self { engine: Engine::new(config)?, runtime: runtime.clone() })
    }

    fn start(&self, call: CallRecord) -> Started {
        let (sender, outcome) = channel();
        let engine = self.engine.clone();
        let task = self.runtime.spawn(async move {
            let result = match call.into_call() {
                Ok(call) => engine.execute(call).await,
                Err(error) => Err(error),
            };
            tell(&sender, result);
        });
        // A future that is dropped tells nothing.
        let cancel = move || {
            task.abort();
            None
        };
        Started { outcome, cancel: Box::new(cancel) }
    }

    fn pages(&self, call: CallRecord) -> Result<Vec<Response>, Error> {
        let mut list = self.engine.pager(call.into_call()?)?;
        self.runtime.block_on(async {
            let mut pages = Vec::new();
            while let Some(page) = list.next().await? {
                pages.push(page);
            }
            Ok(pages)
        })
    }

    fn statistics(&self) -> Statistics {
        self.engine.statistics()
    }
}

/// The door that the packages for other languages share, on the runtime of this process.
#[derive(Debug)]
pub struct DoorClient(Door);

impl StoryClient for DoorClient {
    fn open(config: Config, _: &Handle) -> Result<Self, Error> {
        Door::open(config, tidings_core::door::Runtime::shared()?).map(Self)
    }

    fn start(&self, call: CallRecord) -> Started {
        let (sender, outcome) = channel();
        let handle = self.0.start(call, move |result| tell(&sender, result));
        let cancel = move || handle.and_then(|handle| handle.cancel());
        Started { outcome, cancel: Box::new(cancel) }
    }

    fn pages(&self, call: CallRecord) -> Result<Vec<Response>, Error> {
        let list = self.0.pages(call.into_call()?)?;
        let mut pages = Vec::new();
        loop {
            let (sender, next) = channel();
            list.next(move |page| drop(sender.send(page)));
            match next.recv() {
                Ok(Ok(Some(page))) => pages.push(page),
                Ok(Err(error)) => return Err(error),
                Ok(Ok(None)) | Err(_) => return Ok(pages),
            }
        }
    }

    fn statistics(&self) -> Statistics {
        self.0.statistics()
    }
}

impl Drop for DoorClient {
    fn drop(&mut self) {
        self.0.close();
    }
}
