//! The server: connections, which faults may cut, and the road of a request from its head to its answer.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use socket2::SockRef;
use tidings_core::contract::Host;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};

use crate::answer::{self, Answer};
use crate::faults::{Action, Stage, Strike};
use crate::options::Options;
use crate::router::{Route, route};
use crate::state::Shared;
use crate::{callbacks, operations, receipts};

/// The largest request body that is taken.
const MAX_BODY_BYTES: usize = 1 << 20;

/// How much of a larger one is read and thrown away. An answer in the middle of a request would reach nobody: closing with
/// bytes unread resets the connection.
const MAX_DISCARDED_BYTES: usize = 16 << 20;

/// Between the first half of a broken answer and its end, so that the half is on the wire.
const HALF_TIME: Duration = Duration::from_millis(20);

/// Serves until told to stop.
pub(crate) async fn serve(listener: TcpListener, options: Options, mut stopped: oneshot::Receiver<()>) {
    let Ok(http) = callbacks::client() else { return };
    let shared = Shared::new(options, http);
    // Everything runs in here, so that nothing outlives the sandbox.
    let mut tasks = JoinSet::new();
    tasks.spawn(receipts::run(Arc::clone(&shared)));
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(tasks.spawn(connection(stream, Arc::clone(&shared)))),
                // Out of file descriptors, for instance; it passes.
                Err(_) => sleep(Duration::from_millis(5)).await,
            },
            Some(_) = tasks.join_next() => {}
        }
    }
}

/// Lets a request end the connection it came on.
#[derive(Default)]
struct Control {
    cut: Notify,
    reset: Arc<AtomicBool>,
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let control = Arc::new(Control::default());
    let wire = Wire { stream, reset: Arc::clone(&control.reset) };
    let cut = Arc::clone(&control);
    let service = service_fn(move |request| {
        let (control, shared) = (Arc::clone(&control), Arc::clone(&shared));
        async move { Ok::<_, Infallible>(handle(request, &control, &shared).await) }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut serving = pin!(builder.serve_connection(TokioIo::new(wire), service));
    tokio::select! {
        _ = &mut serving => {}
        () = cut.cut.notified() => {}
    }
}

/// Marks a request as abandoned if it is dropped before its answer is out.
struct Guard<'a> {
    shared: &'a Shared,
    request_id: String,
    answered: bool,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.shared.lock().journal.note(&self.request_id, |entry| entry.abandoned = true);
        }
    }
}

async fn handle(request: Request<Incoming>, control: &Control, shared: &Arc<Shared>) -> Response<Reply> {
    let (head, body) = request.into_parts();
    let host = head.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.host()).unwrap_or_default();
    let route = route(head.method.as_str(), host, head.uri.path());
    let (operation, path) = match &route {
        Route::Operation(operation, path) => (Some(*operation), path.as_slice()),
        _ => (None, [].as_slice()),
    };
    if let Some(operation) = operation.filter(|operation| operation.host == Host::Sandbox) {
        let request_id = shared.lock().new_id();
        let answer = match read(body).await {
            Ok(body) => operations::control(shared, operation, path, head.uri.query(), body).await,
            Err(refusal) => refusal,
        };
        return reply(answer, &request_id, false);
    }
    let name = operation.map_or("", |operation| operation.id);
    let (request_id, early) = {
        let mut state = shared.lock();
        let id = state.new_id();
        let now = state.clock.now();
        state.journal.begin(&id, name, now);
        let early = state.faults.strike(name, None);
        (id, early)
    };
    let mut guard = Guard { shared, request_id: request_id.clone(), answered: false };
    // A delay is no end: the request is read and carried out after it.
    let (early, late) = match early {
        Some(Strike { fault, action: Action::Delay, delay, .. }) => {
            shared.lock().journal.note(&request_id, |entry| entry.fault = Some(fault));
            sleep(delay).await;
            (None, true)
        }
        early => (early, false),
    };
    let read = match &early {
        Some(_) => Ok(Value::Null),
        None => read(body).await,
    };
    let strike = match (&early, &read) {
        (None, Ok(body)) if !late => shared.lock().faults.strike(name, Some(body)),
        _ => early,
    };
    if let Some(strike) = &strike {
        shared.lock().journal.note(&request_id, |entry| entry.fault = Some(strike.fault.clone()));
    }
    let carry_out = || match (operation, read) {
        (_, Err(refusal)) => refusal,
        (Some(operation), Ok(body)) => {
            let call = operations::Incoming {
                operation,
                path,
                query: head.uri.query(),
                headers: &head.headers,
                body,
                request_id: &request_id,
            };
            operations::answer(shared, call)
        }
        (None, _) if matches!(route, Route::OtherMethod) => answer::unimplemented(),
        (None, _) => answer::not_found("the address"),
    };
    let mut half = false;
    let answer = match strike {
        None => carry_out(),
        Some(Strike { stage, action, delay, .. }) => {
            let (early_answer, later) =
                if stage == Stage::AfterAccept { (Some(carry_out()), None) } else { (None, Some(carry_out)) };
            sleep(delay).await;
            match action {
                Action::Delay => {
                    early_answer.or_else(|| later.map(|carry_out| carry_out())).unwrap_or_else(Answer::done)
                }
                Action::Respond(answer) => answer,
                Action::Truncate => {
                    half = true;
                    early_answer.unwrap_or_else(Answer::done)
                }
                Action::ExpireToken => {
                    let mut state = shared.lock();
                    let now = state.clock.now();
                    state.accounts.end_token(&head.headers, now)
                }
                Action::Hang => pending().await,
                Action::Close | Action::Reset => {
                    guard.answered = true;
                    control.reset.store(matches!(action, Action::Reset), Ordering::Release);
                    control.cut.notify_one();
                    pending().await
                }
            }
        }
    };
    guard.answered = true;
    shared.lock().journal.note(&request_id, |entry| entry.status = Some(answer.status.as_u16()));
    reply(answer, &request_id, half)
}

/// Reads a body: JSON, or a form as an object of strings. `{}` if there is none.
async fn read(mut body: Incoming) -> Result<Value, Answer> {
    let mut bytes = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        // A broken request has nobody left to answer.
        let Ok(frame) = frame else { return Err(answer::invalid("the body broke off")) };
        let Some(data) = frame.data_ref() else { continue };
        length += data.len();
        if length <= MAX_BODY_BYTES {
            bytes.extend_from_slice(data);
        } else if length > MAX_DISCARDED_BYTES {
            break;
        }
    }
    if length > MAX_BODY_BYTES {
        return Err(answer::error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "INVALID_ARGUMENT",
            "the body is larger than 1 MiB",
        ));
    }
    let body = bytes.freeze();
    if body.is_empty() {
        return Ok(Value::Null);
    }
    match serde_json::from_slice(&body) {
        Ok(value) => Ok(value),
        // The token endpoint takes a form.
        Err(_) => Ok(Value::String(String::from_utf8_lossy(&body).into_owned())),
    }
}

fn reply(answer: Answer, request_id: &str, half: bool) -> Response<Reply> {
    let pause = half.then(|| Box::pin(sleep(HALF_TIME)));
    let mut response = Response::new(Reply { length: answer.body.len(), bytes: Some(answer.body), pause });
    *response.status_mut() = answer.status;
    *response.headers_mut() = *answer.headers;
    if let Ok(id) = HeaderValue::try_from(request_id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// A body in one piece, or one that breaks off in the middle.
struct Reply {
    length: usize,
    bytes: Option<Bytes>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Body for Reply {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(mut bytes) = self.bytes.take() {
            if self.pause.is_some() {
                bytes.truncate(bytes.len() / 2);
            }
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match &mut self.pause {
            None => Poll::Ready(None),
            Some(pause) => {
                ready!(pause.as_mut().poll(context));
                Poll::Ready(Some(Err(io::Error::other("the answer breaks off here"))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pause.is_none() && self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.bytes {
            Some(_) => SizeHint::with_exact(self.length as u64),
            None => SizeHint::with_exact(0),
        }
    }
}

/// A connection that can end with a reset instead of a goodbye.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Acquire) {
            // No lingering: closing then sends RST.
            let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
