//! What a failed call means, cell by cell, over real sockets: for a send, which must not be repeated, and for a read, which may
//! be. The ledger says how often the handset got the text.
//!
//! Certificates, proxies and HTTP/2 have files of their own: `tls.rs`, `proxy.rs`, `http2.rs`.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::collections::BTreeMap;
use std::time::Duration;

use tidings::models::{AddSandboxFaultRequest, SandboxFaultAction as Action, SandboxFaultStage as Stage};
use tidings::{Client, Error, ErrorKind};
use tidings_tests::{TEXT, TO, World};

/// How a call ended: as a user sees it.
#[derive(Debug, PartialEq)]
enum End {
    /// Accepted, after so many attempts.
    Accepted(u32),
    /// An error of this kind, whether it may have been carried out, after so many attempts.
    Failed(ErrorKind, bool, u32),
}

use End::{Accepted, Failed};

fn end(result: Result<u32, Error>) -> End {
    match result {
        Ok(attempts) => Accepted(attempts),
        Err(error) => {
            let is_unknown = error.kind() == ErrorKind::UnknownOutcome;
            assert_eq!(
                error.evidence().is_some(),
                is_unknown,
                "evidence belongs to unknown outcomes: {error:?}"
            );
            Failed(error.kind(), error.sent(), error.attempts())
        }
    }
}

/// Makes a send and a read under the same fault, each in a world of its own. Says how both ended, and how many texts arrived.
async fn under(fault: impl Fn(&str) -> AddSandboxFaultRequest) -> (End, usize, End) {
    let world = World::new().await.unwrap();
    world.set(fault("messages.send")).await.unwrap();
    world.set(fault("apps.list")).await.unwrap();
    let client = world.client().unwrap();
    // With a connection and a token there, so that both meet the fault on a warm path.
    client.apps().get(&world.app_id).await.unwrap();
    let send = end(client.sms().send(TO, TEXT).await.map(|sent| sent.attempts()));
    let read = end(client.apps().list().await.map(|apps| apps.attempts()));
    (send, world.arrivals().await.unwrap(), read)
}

/// An answer of this status, so many times (0: always), before anything is carried out.
fn responding(status: i32, times: i32) -> impl Fn(&str) -> AddSandboxFaultRequest {
    move |operation| {
        AddSandboxFaultRequest::new(Stage::BeforeAccept, Action::Respond)
            .operation(operation)
            .status(status)
            .times(times)
    }
}

fn doing(stage: Stage, action: Action) -> impl Fn(&str) -> AddSandboxFaultRequest {
    move |operation| AddSandboxFaultRequest::new(stage.clone(), action.clone()).operation(operation)
}

#[tokio::test]
async fn an_expired_token_is_replaced_once() {
    let once = under(doing(Stage::BeforeAccept, Action::ExpireToken)).await;
    assert_eq!(once, (Accepted(2), 1, Accepted(2)));
    let twice = under(|operation| doing(Stage::BeforeAccept, Action::ExpireToken)(operation).times(2)).await;
    let refused = || Failed(ErrorKind::Auth, false, 2);
    assert_eq!(twice, (refused(), 0, refused()));
}

#[tokio::test]
async fn any_other_401_is_final() {
    let refused = || Failed(ErrorKind::Auth, false, 1);
    assert_eq!(under(responding(401, 0)).await, (refused(), 0, refused()));
}

#[tokio::test]
async fn a_misdirected_request_is_sent_once_more() {
    assert_eq!(under(responding(421, 1)).await, (Accepted(2), 1, Accepted(2)));
    let refused = || Failed(ErrorKind::Connect, false, 2);
    assert_eq!(under(responding(421, 0)).await, (refused(), 0, refused()));
}

#[tokio::test]
async fn too_many_requests_are_waited_out() {
    assert_eq!(under(responding(429, 2)).await, (Accepted(3), 1, Accepted(3)));
    let refused = || Failed(ErrorKind::RateLimited, false, 4);
    assert_eq!(under(responding(429, 0)).await, (refused(), 0, refused()));
}

#[tokio::test]
async fn a_fault_of_the_api_is_unknown_for_a_send_and_tried_again_for_a_read() {
    for status in [408, 500, 502, 503, 504, 599] {
        let unknown = Failed(ErrorKind::UnknownOutcome, true, 1);
        assert_eq!(under(responding(status, 1)).await, (unknown, 0, Accepted(2)), "{status}");
    }
    let unknown = Failed(ErrorKind::UnknownOutcome, true, 1);
    let given_up = Failed(ErrorKind::Server, true, 4);
    assert_eq!(under(responding(500, 0)).await, (unknown, 0, given_up));
}

#[tokio::test]
async fn a_refusal_is_final_and_nothing_was_done() {
    let table = [
        (400, ErrorKind::InvalidRequest),
        (403, ErrorKind::Permission),
        (404, ErrorKind::NotFound),
        (407, ErrorKind::Connect),
        (409, ErrorKind::Conflict),
        (412, ErrorKind::Conflict),
        (422, ErrorKind::InvalidRequest),
        (501, ErrorKind::Server),
    ];
    for (status, kind) in table {
        let refused = || Failed(kind, false, 1);
        assert_eq!(under(responding(status, 0)).await, (refused(), 0, refused()), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_is_never_followed_and_its_place_is_told() {
    let elsewhere = "http://127.0.0.1:9/elsewhere";
    for (status, asks_again) in [(307, true), (308, true), (301, false), (302, false), (303, false)] {
        let world = World::new().await.unwrap();
        for operation in ["messages.send", "apps.list"] {
            let headers = BTreeMap::from([("location".to_owned(), elsewhere.to_owned())]);
            world.set(responding(status, 0)(operation).headers(headers)).await.unwrap();
        }
        let client = world.client().unwrap();
        let send = client.sms().send(TO, TEXT).await.unwrap_err();
        let read = client.apps().list().await.unwrap_err();
        assert_eq!((send.location(), read.location()), (Some(elsewhere), Some(elsewhere)));
        // Only 307 and 308 say that nothing was done here.
        let kind = if asks_again { ErrorKind::Server } else { ErrorKind::UnknownOutcome };
        assert_eq!(end(Err(send)), Failed(kind, !asks_again, 1), "{status}");
        assert_eq!(end(Err(read)), Failed(ErrorKind::Server, !asks_again, 1), "{status}");
        assert_eq!(world.arrivals().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_success_without_its_answer_is_unknown_for_a_send_and_a_decode_error_for_a_read() {
    let empty = |operation: &str| {
        AddSandboxFaultRequest::new(Stage::AfterAccept, Action::Respond)
            .operation(operation)
            .status(200)
            .times(0)
    };
    let unknown = Failed(ErrorKind::UnknownOutcome, true, 1);
    let decode = Failed(ErrorKind::Decode, true, 1);
    assert_eq!(under(empty).await, (unknown, 1, decode));
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_hand_over_is_unknown_for_a_send_and_tried_again_for_a_read() {
    let table = [
        (Stage::BeforeRead, Action::Reset, 0),
        (Stage::BeforeRead, Action::Close, 0),
        (Stage::BeforeAccept, Action::Reset, 0),
        (Stage::BeforeAccept, Action::Close, 0),
        (Stage::AfterAccept, Action::Reset, 1),
        (Stage::AfterAccept, Action::Close, 1),
        (Stage::AfterAccept, Action::Truncate, 1),
    ];
    for (stage, action, arrivals) in table {
        let name = format!("{action:?} {stage:?}");
        let unknown = Failed(ErrorKind::UnknownOutcome, true, 1);
        assert_eq!(under(doing(stage, action)).await, (unknown, arrivals, Accepted(2)), "{name}");
    }
}

#[tokio::test]
async fn a_delete_that_was_carried_out_before_is_a_success() {
    let world = World::new().await.unwrap();
    world.set(doing(Stage::AfterAccept, Action::Close)("apps.delete")).await.unwrap();
    let client = world.client().unwrap();
    let deleted = client.apps().delete(&world.app_id).await.unwrap();
    assert_eq!((deleted.status(), deleted.attempts()), (404, 2));
    let error = client.apps().delete(&world.app_id).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 1));
}

/// A client that gives an attempt a tenth of a second.
fn hurried(world: &World) -> Client {
    Client::new(world.config().attempt_timeout(Duration::from_millis(100))).unwrap()
}

#[tokio::test]
async fn a_slow_acceptance_of_a_send_is_waited_for_and_that_of_a_read_tried_again() {
    let world = World::new().await.unwrap();
    for operation in ["messages.send", "apps.list"] {
        let slow = AddSandboxFaultRequest::new(Stage::AfterAccept, Action::Delay).operation(operation);
        world.set(slow.delay_ms(900)).await.unwrap();
    }
    let client = hurried(&world);
    assert_eq!(client.sms().send(TO, TEXT).await.unwrap().attempts(), 1);
    assert_eq!(client.apps().list().await.unwrap().attempts(), 2);
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn silence_is_unknown_for_a_send_at_its_deadline_and_a_timeout_for_a_read() {
    let world = World::new().await.unwrap();
    for operation in ["messages.send", "apps.list"] {
        world.set(doing(Stage::AfterAccept, Action::Hang)(operation).times(0)).await.unwrap();
    }
    let client = hurried(&world);
    let error = client.sms().send(TO, TEXT).timeout(Duration::from_millis(400)).await.unwrap_err();
    assert_eq!(end(Err(error)), Failed(ErrorKind::UnknownOutcome, true, 1));
    let error = client.apps().list().max_retries(1).await.unwrap_err();
    assert_eq!(end(Err(error)), Failed(ErrorKind::Timeout, true, 2));
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn whoever_waits_too_long_for_a_place_a_turn_or_a_retry_has_sent_nothing() {
    let world = World::new().await.unwrap();
    let timeout = || Failed(ErrorKind::Timeout, false, 0);
    // A place: the only one is taken.
    world.set(doing(Stage::BeforeAccept, Action::Hang)("messages.send")).await.unwrap();
    let narrow = Client::new(world.config().max_concurrency(1)).unwrap();
    let hanging = tokio::spawn(std::future::IntoFuture::into_future(narrow.sms().send(TO, TEXT)));
    while world.observer.sandbox().list_faults().await.unwrap().faults[0].fired == 0 {
        tokio::task::yield_now().await;
    }
    let soon = Duration::from_millis(100);
    let send = narrow.sms().send(TO, TEXT).timeout(soon).await.unwrap_err();
    let read = narrow.apps().list().timeout(soon).await.unwrap_err();
    assert_eq!((end(Err(send)), end(Err(read))), (timeout(), timeout()));
    assert_eq!(narrow.statistics().waiting, 0);
    hanging.abort();

    // A turn: one request in a second. The world's address is its own, so nobody else uses its rate.
    let slow = Client::new(world.config().rate_limit(1)).unwrap();
    slow.apps().list().timeout(Duration::from_secs(5)).await.unwrap();
    let send = slow.sms().send(TO, TEXT).timeout(soon).await.unwrap_err();
    let read = slow.apps().list().timeout(soon).await.unwrap_err();
    assert_eq!((end(Err(send)), end(Err(read))), (timeout(), timeout()));

    // A retry: the API asks for more time than there is. Its own error says more than a timeout would.
    let later = BTreeMap::from([("retry-after".to_owned(), "60".to_owned())]);
    for operation in ["messages.send", "apps.list"] {
        world.set(responding(429, 0)(operation).headers(later.clone())).await.unwrap();
    }
    let client = world.client().unwrap();
    let send = client.sms().send(TO, TEXT).await.unwrap_err();
    let read = client.apps().list().await.unwrap_err();
    for error in [send, read] {
        assert_eq!(error.retry_after(), Some(Duration::from_mins(1)));
        assert_eq!(end(Err(error)), Failed(ErrorKind::RateLimited, false, 1));
    }
    assert_eq!(world.arrivals().await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_prefers_doubles_to_losses_may_get_them() {
    let world = World::new().await.unwrap();
    world.set(doing(Stage::AfterAccept, Action::Close)("messages.send")).await.unwrap();
    let client = world.client().unwrap();
    assert_eq!(client.sms().send(TO, TEXT).replay_unknown(true).await.unwrap().attempts(), 2);
    assert_eq!(world.arrivals().await.unwrap(), 2);
}
