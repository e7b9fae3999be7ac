//! One request, from its head to its answer, with the faults that strike on the way.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tidings_core::contract::{Authentication, Encoding, Operation};

use crate::answer::{Answer, AnswerBody};
use crate::api::{self, Call};
use crate::connection::{Ending, Line, forever};
use crate::errors::Refusal;
use crate::faults::{Action, Stage, Strike};
use crate::identifiers::ulid;
use crate::router::{self, Parameters, Unrouted};
use crate::server::Shared;
use crate::{auth, control};

/// The largest body that is taken.
const MOST_BYTES: usize = 1024 * 1024;

/// How much of a larger one is read and thrown away. An answer in the middle of a request reaches nobody: closing with
/// bytes unread resets the connection.
const MOST_DISCARDED_BYTES: usize = 16 * MOST_BYTES;

/// How long the body of a request that is answered on its head alone is read and thrown away.
const DISCARD_TIME: Duration = Duration::from_millis(100);

/// Where the control plane lives.
const CONTROL: &str = "/_sandbox/";

/// Where a request leads, and what it carries, as far as that can be read.
type Routed = Result<(&'static Operation, Parameters), Unrouted>;

/// Answers one request.
pub(crate) async fn handle(
    shared: Arc<Shared>,
    line: Arc<Line>,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let (head, body) = request.into_parts();
    let host = router::host_of(&head.uri, &head.headers);
    let routed = shared.router.resolve(&head.method, host.as_deref(), head.uri.path());
    let request_id = {
        let mut world = shared.world();
        let now = world.now();
        ulid(now, &mut world.chance.requests)
    };
    if head.uri.path().starts_with(CONTROL) {
        let content = read(body).await;
        let answer = match checked(routed, &head, content, &request_id) {
            Ok((operation, call)) => control::answer(&shared, operation, &call).await,
            Err(refusal) => refusal.into_answer(),
        };
        return answer.into_response(&request_id, None);
    }
    let operation_id = routed.as_ref().map_or("", |(operation, _)| operation.id);
    let mut visit = Visit::open(shared.clone(), line, head, request_id, operation_id);

    let early = shared.world().faults.at_head(operation_id);
    if let Some(strike) = &early
        && let Some(answer) = visit.meet(strike).await
    {
        // Bytes that lie unread when the connection closes would reset it, and the answer might be lost.
        let _ = tokio::time::timeout(DISCARD_TIME, read(body)).await;
        return visit.answer(answer, false);
    }
    let content = read(body).await;
    // A request meets one fault at most.
    let late = if early.is_none() { late_fault(&shared, operation_id, &content) } else { None };
    if let Some(strike) = late.as_ref().filter(|strike| strike.stage == Stage::BeforeAccept)
        && let Some(answer) = visit.meet(strike).await
    {
        return visit.answer(answer, false);
    }
    let answer = carry_out(&shared, &visit, routed, content);
    if let Some(strike) = late.as_ref().filter(|strike| strike.stage == Stage::AfterAccept) {
        if !answer.status.is_success() {
            shared.world().faults.spare(&strike.id);
            return visit.answer(answer, false);
        }
        if let Some(instead) = visit.meet(strike).await {
            return visit.answer(instead, false);
        }
        return visit.answer(answer, matches!(strike.action, Action::Truncate));
    }
    visit.answer(answer, false)
}

fn late_fault(shared: &Shared, operation_id: &str, content: &Result<Bytes, Refusal>) -> Option<Strike> {
    // A request that broke off, or is refused for its size, was not read whole: it uses up no fault.
    let content = content.as_ref().ok()?;
    let mut world = shared.world();
    let body = if world.faults.ask_for_recipients() {
        serde_json::from_slice(content).unwrap_or_default()
    } else {
        Value::Null
    };
    world.faults.after_read(operation_id, &api::recipients(operation_id, &body))
}

/// Does what the request asks for. Nothing waits in here, so a caller who leaves changes nothing half.
fn carry_out(shared: &Shared, visit: &Visit, routed: Routed, content: Result<Bytes, Refusal>) -> Answer {
    let (head, request_id) = (&visit.head, &visit.request_id);
    let operation = match &routed {
        Ok((operation, _)) => *operation,
        Err(_) => return unrouted(routed).into_answer(),
    };
    // Whoever reads a body knows first that it is too large.
    let content = match content {
        Ok(content) => content,
        Err(refusal) => return refusal.into_answer(),
    };
    let mut world = shared.world();
    if operation.authentication == Authentication::AccessKey {
        let form: Parameters = url::form_urlencoded::parse(&content).into_owned().collect();
        return auth::token(&mut world, &head.headers, &form);
    }
    let result = match operation.authentication {
        Authentication::None => Ok(()),
        _ => auth::check(&world, &head.headers, operation.host),
    };
    result
        .and_then(|()| checked(routed, head, Ok(content), request_id))
        .and_then(|(operation, call)| api::carry_out(&mut world, operation, &call))
        .map_or_else(Refusal::into_answer, |body| Answer::ok(&body))
}

fn unrouted(routed: Routed) -> Refusal {
    match routed {
        Err(Unrouted::Method) => Refusal::unimplemented("Method not implemented at this address"),
        Err(Unrouted::Parameter(reason)) => Refusal::invalid(reason),
        _ => Refusal::not_found("Address"),
    }
}

/// The call, if it keeps the contract.
fn checked(
    routed: Routed,
    head: &Parts,
    content: Result<Bytes, Refusal>,
    request_id: &str,
) -> Result<(&'static Operation, Call), Refusal> {
    let Ok((operation, path)) = routed else { return Err(unrouted(routed)) };
    let query = router::query(&head.uri).map_err(Refusal::invalid)?;
    let content = content?;
    let body = match &operation.body {
        Some(body) if body.encoding == Encoding::Json => {
            serde_json::from_slice(&content).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                Refusal::invalid(format!(
                    "$ must be a JSON object; it is no JSON at line {line}, column {column}"
                ))
            })?
        }
        Some(_) => url::form_urlencoded::parse(&content)
            .map(|(name, value)| (name.into_owned(), Value::from(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        // Some clients write an empty object wherever a body could be.
        None if content.is_empty() || content.as_ref() == b"{}" => Value::Null,
        None => return Err(Refusal::invalid("$ must be left out: this operation takes no body")),
    };
    Ok((operation, Call::check(operation, path, query, body, request_id.to_owned())?))
}

async fn read(mut body: Incoming) -> Result<Bytes, Refusal> {
    let mut kept = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(Refusal::invalid("The body broke off")) };
        let Some(data) = frame.data_ref() else { continue };
        length += data.len();
        if length <= MOST_BYTES {
            kept.extend_from_slice(data);
        } else if length > MOST_DISCARDED_BYTES {
            break;
        }
    }
    if length > MOST_BYTES {
        let message = format!("The body has more than {MOST_BYTES} bytes, which this sandbox does not take");
        return Err(Refusal::too_large(message));
    }
    Ok(kept.freeze())
}

/// A request in the journal. When it is dropped before its answer, its caller has left.
struct Visit {
    shared: Arc<Shared>,
    line: Arc<Line>,
    head: Parts,
    request_id: String,
    generation: u64,
    number: u64,
    ended: bool,
}

impl Visit {
    fn open(
        shared: Arc<Shared>,
        line: Arc<Line>,
        head: Parts,
        request_id: String,
        operation_id: &'static str,
    ) -> Self {
        let (generation, number) = {
            let mut world = shared.world();
            let now = world.now();
            (world.generation, world.journal.open(request_id.clone(), operation_id, now))
        };
        Self { shared, line, head, request_id, generation, number, ended: false }
    }

    fn note(&self, change: impl FnOnce(&mut crate::journal::Entry)) {
        let mut world = self.shared.world();
        if world.generation == self.generation
            && let Some(entry) = world.journal.get_mut(self.number)
        {
            change(entry);
        }
    }

    /// Lets a fault strike. Gives the answer that takes the place of the real one; none if the request goes on.
    async fn meet(&mut self, strike: &Strike) -> Option<Answer> {
        self.note(|entry| entry.fault = Some(strike.id.clone()));
        tokio::time::sleep(strike.delay).await;
        match &strike.action {
            Action::Delay | Action::Truncate => None,
            Action::Respond { status, headers, body } => {
                Some(Answer { status: *status, headers: headers.clone(), body: body.clone() })
            }
            Action::ExpireToken => {
                let mut world = self.shared.world();
                Some(auth::kill(&mut world, &self.head.headers).into_answer())
            }
            Action::Close => self.end(Ending::Close).await,
            Action::Reset => self.end(Ending::Reset).await,
            Action::Hang => {
                // As long as a body lies unread, HTTP/1 does not notice that the caller leaves.
                if strike.stage == Stage::BeforeRead && self.head.version < Version::HTTP_2 {
                    self.line.closed_by_peer().await;
                    self.line.end(Ending::Close);
                }
                match forever().await {}
            }
        }
    }

    async fn end(&mut self, ending: Ending) -> Option<Answer> {
        self.ended = true;
        self.line.end(ending);
        match forever().await {}
    }

    /// Gives the answer out; `broken`, with an end in the middle.
    fn answer(mut self, answer: Answer, broken: bool) -> Response<AnswerBody> {
        self.ended = true;
        let status = answer.status.as_u16();
        let abandoned = self.head.version < Version::HTTP_2 && self.line.is_closed_by_peer();
        self.note(|entry| {
            entry.status = Some(status);
            entry.abandoned = abandoned;
        });
        answer.into_response(&self.request_id, broken.then(|| self.line.clone()))
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if !self.ended {
            self.note(|entry| entry.abandoned = true);
        }
    }
}
