//! A question for a token, which the app's own JavaScript answers.

use napi_derive::napi;
use tidings_core::ProvidedToken;
use tidings_core::door::{self, ForeignFailure};

use crate::records::duration;

/// One question. Answered at most once; collected unanswered, it is a failure.
#[napi]
pub struct TokenTicket(door::TokenTicket);

impl TokenTicket {
    pub(crate) fn new(ticket: door::TokenTicket) -> Self {
        Self(ticket)
    }
}

#[napi]
impl TokenTicket {
    /// Answers with a token, good for some milliseconds or for as long as it says itself.
    #[napi(catch_unwind)]
    pub fn answer(&self, token: String, expires_in: Option<f64>) {
        let answer = duration("expiresIn", expires_in)
            .map(|life| {
                let token = ProvidedToken::new(token);
                life.map_or(token.clone(), |life| token.expires_in(life))
            })
            .map_err(|error| ForeignFailure::boxed(error.message(), None));
        self.0.answer(answer);
    }

    /// Answers with what went wrong, and the number under which JavaScript keeps the exception.
    #[napi(catch_unwind)]
    pub fn fail(&self, text: String, number: u32) {
        self.0.answer(Err(ForeignFailure::boxed(text, Some(number.into()))));
    }
}
