//! A token that code of another language is asked for.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::credentials::{ProvidedToken, ProviderError, TokenProvider};

type Answer = Result<ProvidedToken, ProviderError>;

/// One question for a token, answered at most once and from any thread. Dropped unanswered, it is a failure.
pub struct TokenTicket {
    answer: Mutex<Option<oneshot::Sender<Answer>>>,
}

impl TokenTicket {
    /// A provider that hands a ticket out whenever a token is needed, one at a time. `ask` runs on the thread that calls
    /// run on: it must be quick, and leave the work to another.
    pub fn provider(ask: impl Fn(Self) + Send + Sync + 'static) -> Arc<dyn TokenProvider> {
        Arc::new(move || {
            let (sender, receiver) = oneshot::channel();
            ask(Self { answer: Mutex::new(Some(sender)) });
            async move {
                receiver
                    .await
                    .unwrap_or_else(|_| Err(ForeignFailure::boxed("it ended without an answer", None)))
            }
        })
    }

    /// Answers. Later answers count for nothing.
    pub fn answer(&self, answer: Answer) {
        let sender = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            let _ = sender.send(answer);
        }
    }
}

impl fmt::Debug for TokenTicket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenTicket").finish_non_exhaustive()
    }
}

/// A failure of foreign code: what it was, and the number under which its language keeps the exception itself.
#[derive(Debug)]
pub struct ForeignFailure {
    text: String,
    number: Option<u64>,
}

impl ForeignFailure {
    /// As the source of an error. `text` is shown to users as it is.
    pub fn boxed(text: impl Into<String>, number: Option<u64>) -> ProviderError {
        Box::new(Self { text: text.into(), number })
    }

    /// The number under which the exception is kept.
    pub fn number(&self) -> Option<u64> {
        self.number
    }
}

impl fmt::Display for ForeignFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::error::Error for ForeignFailure {}
