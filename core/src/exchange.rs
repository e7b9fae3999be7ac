//! One attempt on the wire: what goes to the transport, how far it came, and how it ended.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use url::Url;

use crate::contract::Method;
use crate::error::Phase;

/// A request as the transport takes it. The body is handed over at most once.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<HandoverBody>,
    pub(crate) progress: Progress,
}

/// An answer whose head came whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body, or as much of it as came.
    pub(crate) body: Bytes,
    /// Why the body did not come whole.
    pub(crate) broken: Option<Failure>,
}

impl Answer {
    /// Whether this status says what became of the call, whole body or not: it was refused.
    pub(crate) fn is_refusal(status: u16) -> bool {
        matches!(status, 307 | 308 | 400..=407 | 409..=499 | 501)
    }
}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// For people; without URL, since a query may hold a phone number.
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(cause: Cause, text: impl Into<String>) -> Self {
        Self { cause, text: text.into() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The request cannot be built at all.
    BadRequest,
    /// The host's name is not known.
    UnknownHost,
    /// The proxy wants other credentials (407), or refused the tunnel.
    Proxy,
    /// TLS could not be agreed on when the connection was made.
    Tls,
    /// The connection could not be made.
    Connect,
    /// The connection could not be made in time.
    ConnectTimeout,
    /// The answer did not come in time.
    Timeout,
    /// The connection broke, or what came is no HTTP.
    Broken,
    /// The answer is larger than any that is read.
    TooLarge,
    /// The server says itself that it did nothing with the request: HTTP/2 `REFUSED_STREAM`, or a `GOAWAY` that excludes the
    /// stream (RFC 9113, sections 6.8 and 8.7).
    Refused,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The request never left: certain.
    NotSent(Failure),
    /// An answer whose status can be relied on.
    Answered(Answer),
    /// The request was handed over and no whole answer came: it may have been carried out.
    Unclear { phase: Phase, status: Option<u16>, failure: Failure },
}

impl Ending {
    /// The status, if the head of an answer came.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::NotSent(_) => None,
            Self::Answered(answer) => Some(answer.status),
            Self::Unclear { status, .. } => *status,
        }
    }
}

/// How far an exchange has come. Shared by the attempt and by the body that the transport holds.
///
/// The body is taken or taken back, never both: one atomic exchange decides. So an attempt that ends early knows for
/// certain whether the request can still go out.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Marks>);

#[derive(Debug)]
struct Marks {
    body: AtomicU8,
    status: AtomicU16,
}

const HELD: u8 = 0;
const TAKEN: u8 = 1;
const TAKEN_BACK: u8 = 2;

impl Progress {
    /// For a request with a body. One without counts as sent from the start, for no stack tells when it writes a head.
    pub(crate) fn new(has_body: bool) -> Self {
        let body = AtomicU8::new(if has_body { HELD } else { TAKEN });
        Self(Arc::new(Marks { body, status: AtomicU16::new(0) }))
    }

    fn mark(&self, mark: u8) -> bool {
        self.0.body.compare_exchange(HELD, mark, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Takes the body back. `true`: the transport never had it and never will.
    pub(crate) fn take_back(&self) -> bool {
        self.mark(TAKEN_BACK) || self.0.body.load(Ordering::Acquire) == TAKEN_BACK
    }

    pub(crate) fn head_came(&self, status: u16) {
        self.0.status.store(status, Ordering::Release);
    }

    pub(crate) fn status(&self) -> Option<u16> {
        Some(self.0.status.load(Ordering::Acquire)).filter(|status| *status != 0)
    }

    pub(crate) fn phase(&self) -> Phase {
        if self.status().is_some() { Phase::ReadingAnswer } else { Phase::AwaitingAnswer }
    }
}

/// A body in one piece that tells when the HTTP stack takes it.
pub(crate) struct HandoverBody {
    bytes: Option<Bytes>,
    progress: Progress,
}

impl HandoverBody {
    pub(crate) fn new(bytes: Bytes, progress: Progress) -> Self {
        Self { bytes: Some(bytes), progress }
    }
}

impl Body for HandoverBody {
    type Data = Bytes;
    type Error = TakenBack;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TakenBack>>> {
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        Poll::Ready(Some(if self.progress.mark(TAKEN) { Ok(Frame::data(bytes)) } else { Err(TakenBack) }))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// The attempt ended before the body went out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TakenBack;

impl std::fmt::Display for TakenBack {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the call ended before the request went out")
    }
}

impl std::error::Error for TakenBack {}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(body: &mut HandoverBody) -> Option<Result<Bytes, ()>> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        match Pin::new(body).poll_frame(&mut context) {
            Poll::Ready(frame) => frame.map(|frame| frame.map(|f| f.into_data().unwrap()).map_err(|_| ())),
            Poll::Pending => panic!("a body in one piece is always ready"),
        }
    }

    #[test]
    fn a_body_that_was_taken_cannot_be_taken_back() {
        let progress = Progress::new(true);
        let mut body = HandoverBody::new(Bytes::from_static(b"x"), progress.clone());
        assert_eq!(poll(&mut body), Some(Ok(Bytes::from_static(b"x"))));
        assert!(!progress.take_back());
    }

    #[test]
    fn a_body_that_was_taken_back_never_goes_out() {
        let progress = Progress::new(true);
        let mut body = HandoverBody::new(Bytes::from_static(b"x"), progress.clone());
        assert!(progress.take_back() && progress.take_back());
        assert_eq!(poll(&mut body), Some(Err(())));
    }
}
