//! What goes through the door, and what comes back.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::contract::{Operation, operation};
use crate::error::{Error, ErrorKind};
use crate::limits;

/// One call: an operation, its parameters and its body as bytes.
#[derive(Clone)]
pub struct Call {
    pub(crate) operation: &'static Operation,
    pub(crate) path: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Bytes>,
    pub(crate) options: CallOptions,
}

impl Call {
    /// A call of an operation.
    pub fn new(operation: &'static Operation) -> Self {
        Self { operation, path: Vec::new(), query: Vec::new(), body: None, options: CallOptions::default() }
    }

    /// A call of an operation by its id, such as `messages.send`.
    pub fn named(id: &str) -> Result<Self, Error> {
        operation(id).map(Self::new).ok_or_else(|| {
            let text = "there is no operation of this name; the contract lists them, such as messages.send";
            Error::new(ErrorKind::Config, text)
        })
    }

    /// Sets a path parameter. `project_id` is filled in by the engine.
    pub fn path(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.path.push((name.into(), value.into()));
        self
    }

    /// Sets a query parameter.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the body, as JSON text.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets what holds for this call only.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }
}

/// What holds for one call only.
#[derive(Clone, Default)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) replay_unknown: bool,
    pub(crate) headers: HeaderMap,
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        formatter
            .debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .field("replay_unknown", &self.replay_unknown)
            .field("headers", &headers)
            .finish()
    }
}

/// Headers that the engine writes itself; a caller's own would break the request or its proof of identity.
const RESERVED: [HeaderName; 7] = [
    http::header::AUTHORIZATION,
    http::header::CONNECTION,
    http::header::CONTENT_LENGTH,
    http::header::CONTENT_TYPE,
    http::header::HOST,
    http::header::TRANSFER_ENCODING,
    http::header::UPGRADE,
];

impl CallOptions {
    /// How long this call may take, all waiting and retries included.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The most retries of this call; 0 switches them off.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// Whether a call whose outcome is unknown is made again, like one that is safe to repeat. **What was carried out the
    /// first time then happens twice**: for callers who would rather send a text twice than not at all. Off by default.
    ///
    /// An attempt may then take [`limits::ATTEMPT_TIMEOUT`] at most. If no attempt is accepted, the call still ends with
    /// [`ErrorKind::UnknownOutcome`].
    pub fn replay_unknown(mut self, replay: bool) -> Self {
        self.replay_unknown = replay;
        self
    }

    /// Adds a header, at most [`limits::MAX_ADDED_HEADERS`]. Headers that the engine writes itself are refused.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let fault = |reason: &str| Error::new(ErrorKind::Config, reason);
        let name =
            HeaderName::try_from(name).map_err(|_| fault("the header's name is not allowed in HTTP"))?;
        if RESERVED.contains(&name) {
            return Err(fault(&format!("the header {name} is written by the client itself")));
        }
        let value = HeaderValue::try_from(value)
            .map_err(|_| fault(&format!("the value of the header {name} is not allowed in HTTP")))?;
        if self.headers.len() >= limits::MAX_ADDED_HEADERS {
            return Err(fault(&format!("a call takes at most {} added headers", limits::MAX_ADDED_HEADERS)));
        }
        self.headers.append(name, value);
        Ok(self)
    }
}

/// An answer that counts: the call was accepted.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte as it came.
    pub body: Bytes,
    /// How many times the request was tried.
    pub attempts: u32,
}

impl Response {
    /// The id the API gave to the request (header `x-request-id`), for its support.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-request-id")?.to_str().ok()
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("status", &self.status)
            .field("request_id", &self.request_id())
            .field("attempts", &self.attempts)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_beyond_the_limit_are_refused_and_nothing_panics() {
        let mut options = CallOptions::default();
        for number in 0..limits::MAX_ADDED_HEADERS {
            options = options.header(&format!("x-{number}"), "y").unwrap();
        }
        let error = options.header("x-more", "y").unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.message().contains("100"), "{error}");
    }
}
