//! What can be known of a call from outside of its future: how far it came, and what calling it off now means.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::contract::{Operation, RetryClass};
use crate::error::{Error, ErrorKind};
use crate::exchange::Progress;
use crate::judgement::Situation;

/// Who cuts a call off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// Its caller.
    Cancelled,
    /// Whoever closed the client.
    Closed,
    /// A fault of this program.
    Panicked,
}

/// A call as an outsider sees it. The lock is held for some instructions, never across an await.
pub(crate) struct Watch {
    /// The operation as the caller named it.
    asked: &'static Operation,
    started: Instant,
    stage: Mutex<Stage>,
    interrupted: Notify,
}

#[derive(Default)]
struct Stage {
    attempt: Option<Attempt>,
    /// An earlier attempt that may have done what must not be done twice.
    in_doubt: Option<Attempt>,
    attempts: u32,
    unclear_before: bool,
    /// What the call ends with, once somebody has cut it off.
    verdict: Option<Error>,
    ended: bool,
}

/// The attempt under way.
struct Attempt {
    operation: &'static Operation,
    body: Option<Bytes>,
    progress: Progress,
}

impl Watch {
    pub(crate) fn new(asked: &'static Operation) -> Self {
        Self { asked, started: Instant::now(), stage: Mutex::default(), interrupted: Notify::new() }
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// An attempt begins. Not if the call was cut off: then nothing may go out any more.
    pub(crate) fn begins(
        &self,
        operation: &'static Operation,
        body: Option<Bytes>,
        progress: Progress,
    ) -> Result<(), Error> {
        let mut stage = self.stage();
        if let Some(verdict) = &stage.verdict {
            return Err(verdict.clone());
        }
        stage.attempts += 1;
        stage.attempt = Some(Attempt { operation, body, progress });
        Ok(())
    }

    /// The attempt has ended. `unclear`: it, or one before it, may have been carried out.
    pub(crate) fn rests(&self, unclear: bool) {
        let mut stage = self.stage();
        let attempt = stage.attempt.take();
        if unclear {
            stage.unclear_before = true;
            let must_not_repeat = |attempt: &Attempt| attempt.operation.retry == RetryClass::Unsafe;
            stage.in_doubt = stage.in_doubt.take().or(attempt.filter(must_not_repeat));
        }
    }

    /// The call has ended by itself. What it ends with, if nobody has cut it off.
    ///
    /// An answer that is there counts all the same: it says more than the interruption does.
    pub(crate) fn ends<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        let mut stage = self.stage();
        stage.ended = true;
        match (result, &stage.verdict) {
            (Err(_), Some(verdict)) => Err(verdict.clone()),
            (result, _) => result,
        }
    }

    /// Cuts the call off: its body is taken back or known to be out, and the error says which. `None` if the call has
    /// ended. The first interruption decides.
    pub(crate) fn interrupt(&self, by: Interruption) -> Option<Error> {
        let mut stage = self.stage();
        if stage.ended {
            return None;
        }
        if stage.verdict.is_none() {
            let verdict = self.verdict(&stage, by);
            stage.verdict = Some(verdict);
            self.interrupted.notify_one();
        }
        stage.verdict.clone()
    }

    /// What whoever cut it off was told, if anybody did.
    pub(crate) fn called_off(&self) -> Option<Error> {
        self.stage().verdict.clone()
    }

    /// Waits until the call is cut off.
    pub(crate) async fn interrupted(&self) -> Error {
        loop {
            if let Some(verdict) = &self.stage().verdict {
                return verdict.clone();
            }
            self.interrupted.notified().await;
        }
    }

    fn verdict(&self, stage: &Stage, by: Interruption) -> Error {
        let in_the_air = stage.attempt.as_ref().filter(|attempt| !attempt.progress.take_back());
        let sent = in_the_air.is_some() || stage.unclear_before;
        let evidence = in_the_air
            .or(stage.in_doubt.as_ref())
            .filter(|attempt| attempt.operation.retry == RetryClass::Unsafe)
            .map(|attempt| {
                let situation = Situation {
                    operation: attempt.operation,
                    body: attempt.body.as_deref(),
                    attempts: stage.attempts,
                    started: self.started,
                    unclear_before: stage.unclear_before,
                    replay_unknown: false,
                };
                situation.evidence(attempt.progress.phase())
            });
        let (kind, what) = match by {
            Interruption::Cancelled => (ErrorKind::Cancelled, "the caller called it off"),
            Interruption::Closed if evidence.is_some() => {
                (ErrorKind::UnknownOutcome, "the client was closed")
            }
            Interruption::Closed => (ErrorKind::Closed, "the client was closed"),
            Interruption::Panicked if evidence.is_some() => {
                (ErrorKind::UnknownOutcome, "a fault of Tidings itself")
            }
            Interruption::Panicked => (ErrorKind::Internal, "a fault of Tidings itself; please report it"),
        };
        let text = match (&evidence, sent) {
            (Some(_), _) => format!(
                "the call may or may not have been carried out ({what}): look for it before calling again, or it may \
                 happen twice"
            ),
            (None, true) => format!("the call ended before its answer came ({what})"),
            (None, false) => format!("the call ended before it was sent ({what})"),
        };
        Error::new(kind, text).with(|record| {
            record.operation = Some(self.asked.id);
            record.attempts = stage.attempts;
            record.sent = sent;
            record.status = in_the_air.and_then(|attempt| attempt.progress.status());
            record.evidence = evidence;
        })
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
