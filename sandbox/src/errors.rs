//! Refusals, in the form the real API gives them.

use http::StatusCode;
use http::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use serde_json::json;
use tidings_core::validation::Violation;

use crate::answer::Answer;

/// A request that is refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
    /// The header `www-authenticate`, where there is one.
    challenge: Option<HeaderValue>,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), challenge: None }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{what} not found"))
    }

    pub(crate) fn too_many(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, message)
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    pub(crate) fn unimplemented(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, message)
    }

    /// A 401. `challenge` is the whole `www-authenticate`; clients look there for the word `expired`.
    pub(crate) fn unauthenticated(message: &str, challenge: &str) -> Self {
        let challenge = HeaderValue::from_str(challenge).ok();
        Self { challenge, ..Self::new(StatusCode::UNAUTHORIZED, message) }
    }

    /// The body is `{"error": {"code", "message", "status", "details"}}`, the status one of Google's names
    /// (<https://cloud.google.com/apis/design/errors>), since that is what the real API answers with.
    pub(crate) fn into_answer(self) -> Answer {
        let body = json!({"error": {
            "code": self.status.as_u16(),
            "message": self.message,
            "status": name(self.status),
            "details": [],
        }});
        let mut answer = Answer::json(self.status, &body);
        answer.headers.extend(self.challenge.map(|value| (WWW_AUTHENTICATE, value)));
        answer
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        Self::invalid(violation.to_string())
    }
}

fn name(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => "INVALID_ARGUMENT",
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
        StatusCode::FORBIDDEN => "PERMISSION_DENIED",
        StatusCode::NOT_FOUND => "NOT_FOUND",
        StatusCode::TOO_MANY_REQUESTS => "RESOURCE_EXHAUSTED",
        StatusCode::NOT_IMPLEMENTED => "UNIMPLEMENTED",
        _ => "INTERNAL",
    }
}

/// A refusal of the token endpoint, which has the form of OAuth 2.0 (RFC 6749, section 5.2) with two texts more.
pub(crate) fn oauth(status: StatusCode, code: &str, description: &str, verbose: &str, hint: &str) -> Answer {
    let body = json!({
        "error": code,
        "error_description": description,
        "error_verbose": verbose,
        "error_hint": hint,
    });
    let mut answer = Answer::json(status, &body);
    if status == StatusCode::UNAUTHORIZED {
        answer.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"sandbox\""));
    }
    answer
}

/// Headers that frame a message: the server sets them, and nobody else may.
pub(crate) fn frames(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection" | "content-length" | "keep-alive" | "te" | "trailer" | "transfer-encoding" | "upgrade"
    )
}
