//! Questions for tokens, which the app's own code answers.

use std::sync::Arc;

use tidings_core::door::{self, ForeignFailure};
use tidings_core::{ProvidedToken, TokenProvider};

use crate::panics::unless_panicked;
use crate::records::{NativeError, seconds};

/// Written in Kotlin and Swift: takes questions for tokens.
#[uniffi::export(foreign)]
pub trait TokenCallback: Send + Sync {
    /// A token is wanted. Runs on the thread of all calls: it must hand the ticket to another and return.
    fn ask(&self, ticket: Arc<TokenTicket>) -> Result<(), NativeError>;
}

/// One question for a token. Answered at most once; dropped unanswered, it is a failure.
#[derive(uniffi::Object)]
pub struct TokenTicket {
    ticket: door::TokenTicket,
}

#[uniffi::export]
impl TokenTicket {
    /// Answers with a token, good for some seconds or for as long as it says itself.
    pub fn answer(&self, token: String, expires_in: Option<f64>) {
        unless_panicked(|| {
            let token = ProvidedToken::new(token);
            self.ticket.answer(match seconds("expiresIn", expires_in) {
                Ok(None) => Ok(token),
                Ok(Some(life)) => Ok(token.expires_in(life)),
                Err(error) => Err(ForeignFailure::boxed(error.message(), None)),
            });
        });
    }

    /// Answers with what went wrong, and the number under which the package keeps the exception.
    pub fn fail(&self, text: String, number: u64) {
        unless_panicked(|| self.ticket.answer(Err(ForeignFailure::boxed(text, Some(number)))));
    }
}

/// The app's way to get tokens, for the engine.
pub(crate) fn provider(callback: Arc<dyn TokenCallback>) -> Arc<dyn TokenProvider> {
    door::TokenTicket::provider(move |ticket| {
        let ticket = Arc::new(TokenTicket { ticket });
        // The other half of the package threw. The ticket may lie there until garbage is collected; nobody shall wait for that.
        if callback.ask(Arc::clone(&ticket)).is_err() {
            ticket.ticket.answer(Err(ForeignFailure::boxed("it could not be asked", None)));
        }
    })
}
