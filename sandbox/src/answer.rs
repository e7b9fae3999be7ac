//! Answers, and errors in the API's own shape.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use tidings_core::validation::Violation;

/// What an operation answers with.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Boxed, since answers are errors too and travel in `Result`.
    pub(crate) headers: Box<HeaderMap>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, body: &Value) -> Self {
        let mut headers = Box::new(HeaderMap::new());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self { status, headers, body: body.to_string().into() }
    }

    pub(crate) fn ok(body: &Value) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// An answer that carries nothing.
    pub(crate) fn done() -> Self {
        Self::ok(&json!({}))
    }

    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::try_from(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// An error in the shape `{"error": {"code", "message", "status", "details"}}`.
pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Answer {
    let error = json!({"code": status.as_u16(), "message": message, "status": code, "details": []});
    Answer::new(status, &json!({ "error": error }))
}

pub(crate) fn invalid(message: &str) -> Answer {
    error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message)
}

pub(crate) fn violated(violation: &Violation) -> Answer {
    invalid(&violation.to_string())
}

pub(crate) fn not_found(what: &str) -> Answer {
    error(StatusCode::NOT_FOUND, "NOT_FOUND", &format!("{what} was not found"))
}

pub(crate) fn unimplemented() -> Answer {
    error(StatusCode::NOT_IMPLEMENTED, "UNIMPLEMENTED", "the sandbox does not play this operation")
}

/// A 401. Only one that names the expiry tells a client to get a new token.
pub(crate) fn unauthenticated(description: &str) -> Answer {
    let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{description}\"");
    error(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", description).with(WWW_AUTHENTICATE, &challenge)
}
