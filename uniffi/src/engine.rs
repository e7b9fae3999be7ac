//! The engine and its calls.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tidings_core::door::{CallHandle, Door, Runtime};
use tidings_core::{Error, Response};
use tokio::sync::oneshot;

use crate::events::{self, EventCallback};
use crate::panics::{fault, unless_panicked};
use crate::records::{CallRecord, ConfigRecord, ErrorRecord, NativeError, ResponseRecord, StatisticsRecord};
use crate::token::{self, TokenCallback};

/// An engine. Dropped, it stays until its calls have ended.
#[derive(uniffi::Object)]
pub struct Engine {
    door: Door,
}

#[uniffi::export]
impl Engine {
    /// Checks the configuration and makes an engine. No I/O. `tokens` is asked for tokens, instead of an access key; `events`
    /// is told what happens.
    #[uniffi::constructor]
    pub fn new(
        config: ConfigRecord,
        tokens: Option<Arc<dyn TokenCallback>>,
        events: Option<Arc<dyn EventCallback>>,
    ) -> Result<Self, NativeError> {
        let mut config = config.into_door()?.into_config(tokens.map(token::provider))?;
        if let Some(events) = events {
            config = events::telling(config, events);
        }
        Ok(Self { door: Door::open(config, Runtime::shared()?)? })
    }

    /// Starts a call. What becomes of it is the call's result, also if it is wrong in itself.
    pub fn start(&self, call: CallRecord) -> Call {
        let (sender, receiver) = oneshot::channel();
        let done = move |outcome| drop(sender.send(outcome));
        let start = || match call.into_door() {
            Ok(record) => self.door.start(record, done),
            Err(error) => {
                done(Err(error));
                None
            }
        };
        Call { handle: unless_panicked(start).flatten(), result: Mutex::new(CallResult::Awaited(receiver)) }
    }

    /// What it has done so far, in numbers; what it had done by then if it is closed.
    pub fn statistics(&self) -> StatisticsRecord {
        unless_panicked(|| self.door.statistics()).unwrap_or_default().into()
    }

    /// Closes the engine: calls under way end with `closed`, or with `unknown_outcome` if they may have been carried out, and
    /// further ones fail. Doing it again changes nothing. Not called `close`, which in Kotlin is already a method of every
    /// object that comes from here.
    pub fn shut_down(&self) {
        unless_panicked(|| self.door.close());
    }
}

type Outcome = Result<Response, Error>;

/// One call under way, or ended. Dropped, it goes on.
#[derive(uniffi::Object)]
pub struct Call {
    handle: Option<CallHandle>,
    result: Mutex<CallResult>,
}

enum CallResult {
    Awaited(oneshot::Receiver<Outcome>),
    /// Kept, and never given away: whoever was told that it is there may have given up before reading it. None if the call
    /// panicked where the door could not see it.
    There(Option<Outcome>),
}

#[uniffi::export]
impl Call {
    /// Waits for what becomes of the call. A wait that is given up, at whatever moment, loses nothing: another one can follow.
    pub async fn result(&self) -> Result<ResponseRecord, NativeError> {
        Ok(poll_fn(|context| self.poll(context)).await?.into())
    }

    /// Calls it off: its socket is closed soon after. Gives what is known of it, the same error that it now ends with; none
    /// if it has ended, and then its result is there or comes at once.
    pub fn cancel(&self) -> Option<ErrorRecord> {
        let handle = self.handle.as_ref()?;
        unless_panicked(|| handle.cancel().as_ref().map(ErrorRecord::from))
            .unwrap_or_else(|| Some(fault().into()))
    }
}

impl Call {
    fn poll(&self, context: &mut Context<'_>) -> Poll<Result<Response, NativeError>> {
        let mut result = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &mut *result {
                CallResult::Awaited(receiver) => {
                    let Poll::Ready(outcome) = Pin::new(receiver).poll(context) else { return Poll::Pending };
                    *result = CallResult::There(outcome.ok());
                }
                CallResult::There(Some(outcome)) => {
                    return Poll::Ready(outcome.clone().map_err(NativeError::from));
                }
                CallResult::There(None) => return Poll::Ready(Err(fault())),
            }
        }
    }
}
