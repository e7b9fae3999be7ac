//! What an attempt means: accepted, rejected, to be tried again, or unknown. The table of the design as code, in one
//! place and without I/O.
//!
//! | what happened | unsafe to repeat | safe to repeat |
//! | --- | --- | --- |
//! | not sent: refused, timed out, broken before the hand-over; refused by HTTP/2 | retry | retry |
//! | unknown host, bad certificate, bad address, proxy 407 | fail | fail |
//! | 401 that names an expired token | new token, once | new token, once |
//! | 421 | new connection, once | new connection, once |
//! | 429 | wait, retry | wait, retry |
//! | 5xx but 501; 408; handed over and no whole answer | **unknown outcome** | retry |
//! | 2xx that is no answer of this operation | **unknown outcome** | fail: `decode` |
//! | 307, 308, 501, other 4xx | fail | fail; 404 to a repeated DELETE is success |
//! | other 3xx | **unknown outcome** | fail |
//!
//! With `replay_unknown`, an unknown outcome is tried again too.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::time::Instant;

use crate::call::request_id;
use crate::contract::{self, Method, Operation, RetryClass};
use crate::error::{Error, ErrorKind, Evidence, Phase};
use crate::exchange::{Answer, Cause, Ending, Failure};
use crate::json::{self, RawObject};
use crate::retry;

/// What an attempt means.
#[derive(Debug)]
pub(crate) enum Judgement {
    /// The call was accepted.
    Accepted(Answer),
    /// It was not, or nobody knows. `error` is what the caller gets unless `next` helps.
    Failed { error: Error, next: Next },
}

/// What may be done about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Stop,
    /// Try again after the pause that the API asked for, or one of our own.
    Retry(Option<Duration>),
    /// Get another token and try again.
    RenewToken,
    /// Make another connection and try again.
    RenewConnection,
}

/// The call that an attempt belongs to.
pub(crate) struct Situation<'a> {
    pub(crate) operation: &'static Operation,
    /// The body as it was handed over.
    pub(crate) body: Option<&'a [u8]>,
    pub(crate) attempts: u32,
    pub(crate) started: Instant,
    /// Whether an earlier attempt of this call may have been carried out.
    pub(crate) unclear_before: bool,
    /// Whether the caller prefers doubles to losses.
    pub(crate) replay_unknown: bool,
}

pub(crate) fn judge(situation: &Situation<'_>, ending: Ending) -> Judgement {
    match ending {
        Ending::NotSent(failure) => situation.not_sent(&failure),
        Ending::Unclear { phase, status, failure } => situation.unclear(phase, status, &failure),
        Ending::Answered(answer) => situation.answered(answer),
    }
}

fn failed(error: Error, next: Next) -> Judgement {
    Judgement::Failed { error, next }
}

impl Situation<'_> {
    fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::new(kind, message).with(|record| {
            record.operation = Some(self.operation.id);
            record.attempts = self.attempts;
            record.sent = self.unclear_before;
        })
    }

    fn is_unsafe(&self) -> bool {
        self.operation.retry == RetryClass::Unsafe
    }

    fn not_sent(&self, failure: &Failure) -> Judgement {
        let (kind, what, next) = match failure.cause {
            Cause::BadRequest => (ErrorKind::Config, "the request could not be built", Next::Stop),
            Cause::UnknownHost => (
                ErrorKind::Connect,
                "the host's name is not known: check the region or the base URL",
                Next::Stop,
            ),
            Cause::Proxy => (ErrorKind::Connect, "the proxy refused the connection", Next::Stop),
            Cause::Tls => (ErrorKind::Tls, "the server's certificate was not accepted", Next::Stop),
            Cause::ConnectTimeout | Cause::Timeout => (
                ErrorKind::Timeout,
                "the connection was not made in time; nothing was sent",
                Next::Retry(None),
            ),
            Cause::Refused => (
                ErrorKind::Connect,
                "the server refused the request unread; nothing was done",
                Next::Retry(None),
            ),
            Cause::Connect | Cause::Broken | Cause::TooLarge => {
                (ErrorKind::Connect, "the connection could not be made; nothing was sent", Next::Retry(None))
            }
        };
        let error = self
            .error(kind, format!("{what} ({})", failure.text))
            .with(|record| record.retryable = next != Next::Stop);
        failed(error, next)
    }

    fn unclear(&self, phase: Phase, status: Option<u16>, failure: &Failure) -> Judgement {
        if self.is_unsafe() {
            return self.unknown(phase, status, &failure.text, None);
        }
        if failure.cause == Cause::TooLarge {
            let error = self.error(ErrorKind::Decode, "the API's answer cannot be used: it is too large");
            return failed(
                error.with(|record| {
                    record.status = status;
                    record.sent = true;
                }),
                Next::Stop,
            );
        }
        let kind = if failure.cause == Cause::Timeout { ErrorKind::Timeout } else { ErrorKind::Connect };
        let error = self.error(kind, format!("no whole answer came ({})", failure.text)).with(|record| {
            record.status = status;
            record.sent = true;
            record.retryable = true;
        });
        failed(error, Next::Retry(None))
    }

    /// What the caller can look for.
    pub(crate) fn evidence(&self, phase: Phase) -> Evidence {
        let fields = self.body.and_then(|body| RawObject::parse(body).ok());
        let metadata = |name: &str| {
            let fields = fields.as_ref()?;
            // A single send writes it as a string, a batch as an object.
            let written = || fields.get(name).map(str::to_owned);
            fields.text(name).map(Cow::into_owned).or_else(written)
        };
        let elapsed = self.started.elapsed();
        Evidence {
            phase,
            started_at: SystemTime::now().checked_sub(elapsed).unwrap_or(SystemTime::UNIX_EPOCH),
            elapsed,
            correlation_id: metadata("correlation_id"),
            message_metadata: metadata("message_metadata"),
        }
    }

    fn unknown(&self, phase: Phase, status: Option<u16>, why: &str, wait: Option<Duration>) -> Judgement {
        let evidence = self.evidence(phase);
        let message = format!(
            "the call may or may not have been carried out ({why}): look for it before calling again, \
             or it may happen twice"
        );
        let error = self.error(ErrorKind::UnknownOutcome, message).with(|record| {
            record.status = status;
            record.sent = true;
            record.evidence = Some(evidence);
        });
        failed(error, if self.replay_unknown { Next::Retry(wait) } else { Next::Stop })
    }

    fn answered(&self, answer: Answer) -> Judgement {
        let status = answer.status;
        match status {
            200..=299 => self.success(answer),
            // What no HTTP server should say tells nothing about the call either.
            408 | 500 | 502..=599 | ..200 | 600.. => self.fault(&answer),
            // A redirect may come after the work was done (303 is made for that, and 302 used for it); only 307 and 308 ask for
            // the same request elsewhere (RFC 9110, section 15.4).
            300..=306 | 309..=399 if self.is_unsafe() => {
                let why = "the API answered with a redirect, and redirects are not followed";
                about(self.unknown(Phase::Answered, Some(status), why, None), &answer)
            }
            404 if self.operation.method == Method::Delete && self.unclear_before => {
                Judgement::Accepted(answer)
            }
            _ => self.refused(&answer),
        }
    }

    fn success(&self, answer: Answer) -> Judgement {
        let Some(why) = missing(self.operation, &answer.body) else { return Judgement::Accepted(answer) };
        if self.is_unsafe() {
            return about(self.unknown(Phase::Answered, Some(answer.status), why, None), &answer);
        }
        let error = self.error(ErrorKind::Decode, format!("the API's answer cannot be used: {why}"));
        about(failed(error, Next::Stop), &answer)
    }

    fn fault(&self, answer: &Answer) -> Judgement {
        let wait = retry::retry_after(&answer.headers, SystemTime::now());
        if self.is_unsafe() {
            return about(
                self.unknown(Phase::Answered, Some(answer.status), "the API answered with a fault", wait),
                answer,
            );
        }
        let error = self
            .error(ErrorKind::Server, "the API has a fault; call again later")
            .with(|record| record.retryable = true);
        about(failed(error, Next::Retry(wait)), answer)
    }

    fn refused(&self, answer: &Answer) -> Judgement {
        let (kind, what, next) = match answer.status {
            401 if names_expiry(answer) => {
                (ErrorKind::Auth, "the API took the token for expired", Next::RenewToken)
            }
            401 => (ErrorKind::Auth, "the API did not take the credentials", Next::Stop),
            402 | 403 => (
                ErrorKind::Permission,
                "the credentials do not allow this: is the key of this project, and is there credit left?",
                Next::Stop,
            ),
            404 => (
                ErrorKind::NotFound,
                "there is no such thing; a call to the wrong region looks the same",
                Next::Stop,
            ),
            407 => (ErrorKind::Connect, "the proxy wants other credentials", Next::Stop),
            409 | 412 => (ErrorKind::Conflict, "the call does not fit the present state", Next::Stop),
            421 => (
                ErrorKind::Connect,
                "the connection led to a server that does not serve this host",
                Next::RenewConnection,
            ),
            429 => (
                ErrorKind::RateLimited,
                "too many requests; this one was not carried out",
                Next::Retry(retry::retry_after(&answer.headers, SystemTime::now())),
            ),
            300..=399 => (
                ErrorKind::Server,
                "the API answered with a redirect, and redirects are not followed",
                Next::Stop,
            ),
            501 => (ErrorKind::Server, "the server does not offer this operation", Next::Stop),
            400..=499 => (
                ErrorKind::InvalidRequest,
                "the API refused the request; the body of its answer says why",
                Next::Stop,
            ),
            _ => (ErrorKind::Server, "the API answered with a status that it should not give", Next::Stop),
        };
        let error = self.error(kind, what).with(|record| record.retryable = kind == ErrorKind::RateLimited);
        about(failed(error, next), answer)
    }
}

/// Puts what the answer says into the error.
fn about(judgement: Judgement, answer: &Answer) -> Judgement {
    let Judgement::Failed { error, next } = judgement else { return judgement };
    let header = |name| answer.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let error = error.with(|record| {
        record.status = Some(answer.status);
        record.code = code(&answer.body);
        record.request_id = request_id(&answer.headers).map(str::to_owned);
        record.location = header(http::header::LOCATION).map(str::to_owned);
        record.retry_after = retry::retry_after(&answer.headers, SystemTime::now());
        record.body = Some(answer.body.clone());
        // A refusal says that the request came and was not carried out. Anything else may come after the work was done.
        record.sent |= !Answer::is_refusal(answer.status);
    });
    Judgement::Failed { error, next }
}

/// Why a 2xx is no answer of this operation.
fn missing(operation: &Operation, body: &[u8]) -> Option<&'static str> {
    match operation.answer {
        contract::Answer::Empty => None,
        contract::Answer::Array => (!json::is_array(body)).then_some("it is no JSON array"),
        contract::Answer::Object { key } => match RawObject::parse(body) {
            Err(_) if body.iter().all(u8::is_ascii_whitespace) => Some("it is empty"),
            Err(_) => Some("it is no JSON object"),
            Ok(object) => match key {
                Some(key) if object.text(key).is_none_or(|value| value.is_empty()) => Some("it has no id"),
                _ => None,
            },
        },
    }
}

/// Whether a 401 says that the token's time is up. Any other 401 does not heal by a new token.
fn names_expiry(answer: &Answer) -> bool {
    answer
        .headers
        .get_all(http::header::WWW_AUTHENTICATE)
        .iter()
        .any(|value| value.as_bytes().to_ascii_lowercase().windows(7).any(|window| window == b"expired"))
}

/// The API's own code in an error's body: with or without the wrapper `error`, or in the OAuth2 form (RFC 6749).
fn code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = body.get("error").unwrap_or(&body);
    let code = error.as_str().or_else(|| error.get("status")?.as_str())?;
    // It stands in texts and logs, so it must look like a code.
    let fits = (1..=64).contains(&code.len())
        && code.starts_with(|first: char| first.is_ascii_alphabetic())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    fits.then(|| code.to_owned())
}
