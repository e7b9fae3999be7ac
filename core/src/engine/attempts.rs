//! From a prepared request to an answer that counts: wait for a place, get a proof, wait for a turn, try, judge, perhaps try
//! again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{Instrument, field};

use super::Inner;
use super::authorization::Proof;
use crate::call::Response;
use crate::contract::{Authentication, Host, RetryClass};
use crate::error::{Error, ErrorKind};
use crate::exchange::{Answer, Cause, Ending, Failure, HandoverBody, Progress, Request};
use crate::judgement::{self, Judgement, Next, Situation};
use crate::limits;
use crate::prepare::Prepared;
use crate::retry::{self, RetryPolicy};
use crate::watch::Watch;

/// What holds for all attempts of a call.
pub(super) struct Run {
    /// The operation as the caller named it.
    pub(super) asked: &'static str,
    pub(super) deadline: Instant,
    pub(super) policy: RetryPolicy,
    pub(super) replay_unknown: bool,
}

/// What the attempts before have left.
#[derive(Default)]
struct Past {
    attempts: u32,
    retries: u32,
    token_renewed: bool,
    connection_renewed: bool,
    /// Whether one of them may have been carried out.
    unclear: bool,
    /// The error of one that may have done what must not be done twice. Whatever comes after it, this is what the call ends
    /// with unless it is accepted.
    unknown: Option<Error>,
}

/// An attempt that was not accepted.
struct Failed<'a> {
    proof: &'a Proof,
    began: Instant,
    error: &'a Error,
    next: Next,
}

impl Inner {
    /// Tries a request until it is accepted, or nothing more may be done.
    pub(super) async fn run(
        self: &Arc<Self>,
        prepared: &Prepared,
        watch: &Watch,
        run: &Run,
    ) -> Result<Response, Error> {
        let mut past = Past::default();
        let result = self.run_remembering(prepared, watch, run, &mut past).await;
        result.map_err(|error| match past.unknown {
            Some(unknown) => unknown.with(|record| record.attempts = past.attempts),
            None => error,
        })
    }

    async fn run_remembering(
        self: &Arc<Self>,
        prepared: &Prepared,
        watch: &Watch,
        run: &Run,
        past: &mut Past,
    ) -> Result<Response, Error> {
        loop {
            let place = self.place(prepared, run, past).await?;
            let proof = match timeout_at(run.deadline, self.proof(prepared)).await {
                Ok(Ok(proof)) => proof,
                Ok(Err(error)) => {
                    return Err(error.with(|record| {
                        record.operation = Some(prepared.operation.id);
                        record.attempts = past.attempts;
                        record.sent = past.unclear;
                    }));
                }
                Err(_) => return Err(too_late(prepared, past, "a token")),
            };
            let began = self.turn(prepared, run, past).await?;
            let progress = Progress::new(prepared.body.is_some());
            watch.begins(prepared.operation, prepared.body.clone(), progress.clone())?;
            past.attempts += 1;
            self.count_attempt(prepared, past);
            let span = tracing::debug_span!(
                target: "tidings",
                "tidings.attempt",
                http.request.method = prepared.operation.method.as_str(),
                url.template = prepared.operation.path,
                http.request.resend_count = past.attempts - 1,
                http.response.status_code = field::Empty,
            );
            let ending = self.attempt(prepared, &proof, progress, run, began).instrument(span.clone()).await;
            drop(place);
            if let Some(status) = ending.status() {
                span.record("http.response.status_code", status);
            }
            let situation = Situation {
                operation: prepared.operation,
                body: prepared.body.as_deref(),
                attempts: past.attempts,
                started: watch.started(),
                unclear_before: past.unclear,
                replay_unknown: run.replay_unknown,
            };
            let (error, next) = match judgement::judge(&situation, ending) {
                Judgement::Accepted(answer) => {
                    let (status, headers, body) = (answer.status, answer.headers, answer.body);
                    self.budget.accepted();
                    return Ok(Response { status, headers, body, attempts: past.attempts });
                }
                Judgement::Failed { error, next } => (error, next),
            };
            past.unclear |= error.sent();
            if error.kind() == ErrorKind::UnknownOutcome {
                past.unknown = Some(error.clone());
            }
            // An attempt that may have been carried out stays in sight of whoever calls off until the call has ended.
            if next != Next::Stop || !error.sent() {
                watch.rests(error.sent());
            }
            let failed = Failed { proof: &proof, began, error: &error, next };
            let Some(pause) = self.prepare_retry(prepared, run, past, &failed) else {
                return Err(error);
            };
            if is_counted(prepared) {
                let named = || error.clone().with(|record| record.operation = Some(run.asked));
                self.config.events.retry(named, pause);
            }
            tracing::debug!(
                target: "tidings", kind = error.kind().as_str(), ?pause, retry = past.retries, "trying again"
            );
            if !pause.is_zero() {
                sleep_until(after(Instant::now(), pause)).await;
            }
        }
    }

    /// Does what the next attempt needs (another token, new connections, a retry of the budget), and says how long to wait
    /// before it. `None`: there is none.
    fn prepare_retry(
        &self,
        prepared: &Prepared,
        run: &Run,
        past: &mut Past,
        failed: &Failed<'_>,
    ) -> Option<Duration> {
        let error = failed.error;
        let asked = match failed.next {
            Next::Stop => return None,
            Next::RenewToken => {
                let Proof::Token(token) = failed.proof else { return None };
                if !self.renewable() || std::mem::replace(&mut past.token_renewed, true) {
                    return None;
                }
                self.tokens.forget(token);
                return Some(Duration::ZERO);
            }
            Next::RenewConnection => {
                if std::mem::replace(&mut past.connection_renewed, true) {
                    return None;
                }
                self.transport.renew(failed.began);
                return Some(Duration::ZERO);
            }
            Next::Retry(asked) => asked,
        };
        let waited_out = waited_out(prepared, error);
        if !waited_out && past.retries >= run.policy.max_retries {
            return None;
        }
        let mut pause = asked.unwrap_or_else(|| retry::backoff(&run.policy, past.retries));
        if waited_out {
            // What may be repeated without end must not spin.
            pause = pause.max(limits::TOKEN_BACKOFF_FLOOR);
        }
        // Waiting for nothing helps nobody, and this error says more than a timeout would.
        let in_time = after(Instant::now(), pause) < run.deadline;
        // What the API asks for itself multiplies no outage.
        let within_budget = || error.kind() == ErrorKind::RateLimited || self.budget.take();
        if !in_time || !within_budget() {
            return None;
        }
        past.retries += 1;
        Some(pause)
    }

    /// One attempt, bounded in time. A body that was not handed over when the time is up is taken back.
    async fn attempt(
        &self,
        prepared: &Prepared,
        proof: &Proof,
        progress: Progress,
        run: &Run,
        began: Instant,
    ) -> Ending {
        let mut headers = prepared.headers.clone();
        if let Some(value) = proof.authorization() {
            headers.insert(AUTHORIZATION, value);
        }
        let request = Request {
            method: prepared.operation.method,
            url: prepared.url.clone(),
            headers,
            body: prepared.body.clone().map(|body| HandoverBody::new(body, progress.clone())),
            progress: progress.clone(),
        };
        let mut exchange = self.transport.exchange(request);
        // The sandbox's own operations may wait on purpose, for a message or for webhooks to answer.
        let first = match prepared.operation.host {
            Host::Sandbox => run.deadline,
            _ => run.deadline.min(after(began, self.config.attempt_timeout)),
        };
        let mut result = timeout_at(first, &mut exchange).await;
        let must_not_repeat = prepared.operation.retry == RetryClass::Unsafe && !run.replay_unknown;
        if result.is_err() && must_not_repeat && !progress.take_back() {
            // Handed over: only the call's own time counts now, for a late answer is better than an unknown outcome.
            result = timeout_at(run.deadline, &mut exchange).await;
        }
        let failure = match result {
            Ok(Ok(answer)) if answer.broken.is_none() || Answer::is_refusal(answer.status) => {
                return Ending::Answered(answer);
            }
            Ok(Ok(answer)) => answer.broken.unwrap_or_else(|| Failure::new(Cause::Broken, "")),
            Ok(Err(failure)) => failure,
            Err(_) => Failure::new(Cause::Timeout, "the time was up"),
        };
        if let Some(status) = progress.status().filter(|status| Answer::is_refusal(*status)) {
            // The time was up within the answer.
            let (headers, body) = (HeaderMap::new(), Bytes::new());
            return Ending::Answered(Answer { status, headers, body, broken: Some(failure) });
        }
        let certain = matches!(
            failure.cause,
            Cause::BadRequest
                | Cause::UnknownHost
                | Cause::Proxy
                | Cause::Tls
                | Cause::Connect
                | Cause::ConnectTimeout
        );
        // A server that has begun to answer has not refused the request, whatever it says afterwards.
        let refused = failure.cause == Cause::Refused && progress.status().is_none();
        // Taking the body back decides: either the stack never had it, or nobody knows what became of it.
        if progress.take_back() || (prepared.body.is_none() && certain) || refused {
            return Ending::NotSent(failure);
        }
        Ending::Unclear { phase: progress.phase(), status: progress.status(), failure }
    }

    /// A place among the attempts that are made at a time. What is not for the API needs none.
    async fn place(
        &self,
        prepared: &Prepared,
        run: &Run,
        past: &Past,
    ) -> Result<Option<SemaphorePermit<'_>>, Error> {
        if !is_counted(prepared) {
            return Ok(None);
        }
        if let Ok(place) = self.places.try_acquire() {
            return Ok(Some(place));
        }
        let _waiting = self.counters.waits();
        let deadline = run.deadline.min(after(Instant::now(), self.config.queue_timeout));
        match timeout_at(deadline, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(Some(place)),
            Ok(Err(_)) => Err(Error::new(ErrorKind::Internal, "the places are gone")),
            Err(_) => Err(too_late(
                prepared,
                past,
                "a place: too many calls are under way (max_concurrency, queue_timeout)",
            )),
        }
    }

    /// Waits for the turn that the rate gives. Says when the attempt begins.
    async fn turn(&self, prepared: &Prepared, run: &Run, past: &Past) -> Result<Instant, Error> {
        let now = Instant::now();
        if now >= run.deadline {
            return Err(too_late(prepared, past, "its turn"));
        }
        let Some(limiter) = self.limiter.as_ref().filter(|_| is_counted(prepared)) else { return Ok(now) };
        let Some(turn) = limiter.turn(now, run.deadline) else {
            return Err(too_late(
                prepared,
                past,
                "its turn: the rate limit (rate_limit) lets no more through",
            ));
        };
        if turn.wait().is_zero() {
            turn.use_it();
            return Ok(now);
        }
        let waiting = self.counters.waits();
        sleep_until(now + turn.wait()).await;
        drop(waiting);
        turn.use_it();
        let now = Instant::now();
        if now >= run.deadline { Err(too_late(prepared, past, "its turn")) } else { Ok(now) }
    }

    fn count_attempt(&self, prepared: &Prepared, past: &Past) {
        if prepared.operation.authentication != Authentication::AccessKey {
            self.counters.attempts.add();
            if past.attempts > 1 {
                self.counters.retries.add();
            }
        }
    }
}

/// Whether an operation counts for the API's limits: the token endpoint has its own, and the sandbox's control plane is
/// no part of it.
fn is_counted(prepared: &Prepared) -> bool {
    !matches!(prepared.operation.host, Host::Auth | Host::Sandbox)
}

fn too_late(prepared: &Prepared, past: &Past, waited_for: &str) -> Error {
    let text = format!("there was not time enough, and nothing was sent; the call waited for {waited_for}");
    Error::new(ErrorKind::Timeout, text).with(|record| {
        record.operation = Some(prepared.operation.id);
        record.attempts = past.attempts;
        record.sent = past.unclear;
        record.retryable = true;
    })
}

/// A moment that much later; far away where the clock cannot count so far.
pub(super) fn after(start: Instant, wait: Duration) -> Instant {
    start.checked_add(wait).unwrap_or_else(|| start + Duration::from_hours(24 * 365))
}

/// Whether this refusal is waited out for as long as the call may take, however many retries that needs: the 429 of
/// the token endpoint, whose bucket refills many times a second.
fn waited_out(prepared: &Prepared, error: &Error) -> bool {
    prepared.operation.authentication == Authentication::AccessKey && error.kind() == ErrorKind::RateLimited
}
