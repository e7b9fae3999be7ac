//! Answers, and the body that carries them over the wire.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, HeaderName, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use serde_json::Value;

use crate::connection::Line;

/// Header with the id of the request, on every answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An answer that is ready to go out.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self { status, headers, body: body.to_string().into() }
    }

    pub(crate) fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// The response, with its request id. With `broken` it announces its whole length, gives half and then ends the
    /// line.
    pub(crate) fn into_response(self, request_id: &str, broken: Option<Arc<Line>>) -> Response<AnswerBody> {
        let length = self.body.len() as u64;
        let data = match broken {
            Some(_) => self.body.slice(..self.body.len() / 2),
            None => self.body,
        };
        let mut response = Response::new(AnswerBody { data, length, broken });
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Ok(id) = HeaderValue::from_str(request_id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
}

/// A body in one piece, which may break off.
pub(crate) struct AnswerBody {
    data: Bytes,
    length: u64,
    broken: Option<Arc<Line>>,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let data = std::mem::take(&mut self.data);
        match &self.broken {
            _ if !data.is_empty() => Poll::Ready(Some(Ok(Frame::data(data)))),
            // Never ready again: the line ends as soon as the half is out.
            Some(line) => {
                line.close_when_flushed();
                Poll::Pending
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.broken.is_none() && self.data.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.broken.is_some() { self.length } else { self.data.len() as u64 })
    }
}
