//! What is known of a call that failed, and what happens to its connection, over real sockets. Every test asserts on the ledger:
//! how often the handset got the text. What each failure means, cell by cell, is in `outcomes.rs`.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::{SignedDuration, Timestamp};
use tidings::models::{
    AddSandboxFaultRequest, ProcessingMode, SandboxFaultAction as Action, SandboxFaultStage as Stage,
    UpdateAppRequest,
};
use tidings::{Client, Config, Credentials, Error, ErrorKind, Evidence, Phase, RetryPolicy};
use tidings_tests::{PROJECT, TEXT, TO, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// Sends the text with the client of a world that has one fault.
async fn send(world: &World) -> Result<u32, Error> {
    let sent =
        world.client()?.sms().send(TO, TEXT).correlation_id("mine").message_metadata("order 7").await?;
    Ok(sent.attempts())
}

async fn unknown(world: &World) -> Error {
    let error = send(world).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome, "{error:?}");
    assert!(error.sent() && !error.is_retryable() && error.attempts() == 1);
    let evidence = error.evidence().unwrap();
    assert_eq!(evidence.correlation_id.as_deref(), Some("mine"));
    assert_eq!(evidence.message_metadata.as_deref(), Some("order 7"));
    error
}

#[tokio::test]
async fn without_a_fault_the_text_arrives_once() {
    let world = World::new().await.unwrap();
    assert_eq!(send(&world).await.unwrap(), 1);
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn accepted_then_dropped_is_unknown_and_the_text_arrives_once() {
    let world = World::new().await.unwrap();
    world.fault(Stage::AfterAccept, Action::Close).await.unwrap();
    assert_eq!(unknown(&world).await.evidence().unwrap().phase, Phase::AwaitingAnswer);
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn a_reset_before_the_request_is_read_is_unknown_and_nothing_arrives() {
    let world = World::new().await.unwrap();
    world.fault(Stage::BeforeRead, Action::Reset).await.unwrap();
    unknown(&world).await;
    assert_eq!(world.arrivals().await.unwrap(), 0);
}

#[tokio::test]
async fn a_reset_after_the_request_is_read_is_unknown_and_nothing_arrives() {
    let world = World::new().await.unwrap();
    world.fault(Stage::BeforeAccept, Action::Reset).await.unwrap();
    unknown(&world).await;
    assert_eq!(world.arrivals().await.unwrap(), 0);
}

#[tokio::test]
async fn a_reset_on_a_warm_connection_is_unknown_too() {
    let world = World::new().await.unwrap();
    let client = world.client().unwrap();
    client.apps().list().await.unwrap();
    world.fault(Stage::AfterAccept, Action::Reset).await.unwrap();
    let error = client.sms().send(TO, TEXT).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::UnknownOutcome, 1));
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn half_a_response_is_unknown_and_keeps_the_status() {
    let world = World::new().await.unwrap();
    world.fault(Stage::AfterAccept, Action::Truncate).await.unwrap();
    let error = unknown(&world).await;
    assert_eq!((error.status(), error.evidence().unwrap().phase), (Some(200), Phase::ReadingAnswer));
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn silence_past_the_deadline_is_unknown() {
    let world = World::new().await.unwrap();
    world.fault(Stage::AfterAccept, Action::Hang).await.unwrap();
    let client = world.client().unwrap();
    client.apps().list().await.unwrap();
    let call = client.sms().send(TO, TEXT).timeout(Duration::from_millis(300));
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::UnknownOutcome, true));
    assert_eq!(world.arrivals().await.unwrap(), 1);
    // The call closed its connection, which the sandbox saw.
    let requests = world.requests("messages.send").await.unwrap();
    assert_eq!(requests.iter().map(|request| request.abandoned).collect::<Vec<_>>(), [Some(true)]);
}

#[tokio::test]
async fn a_500_is_unknown_whether_or_not_the_text_arrived() {
    for (stage, arrivals) in [(Stage::BeforeAccept, 0), (Stage::AfterAccept, 1)] {
        let world = World::new().await.unwrap();
        let fault =
            AddSandboxFaultRequest::new(stage, Action::Respond).operation("messages.send").status(500);
        world.set(fault.body(r#"{"error":{"status":"INTERNAL"}}"#)).await.unwrap();
        let error = unknown(&world).await;
        assert_eq!((error.status(), error.code()), (Some(500), Some("INTERNAL")));
        assert_eq!(world.arrivals().await.unwrap(), arrivals);
    }
}

#[tokio::test]
async fn an_html_502_is_unknown_and_its_body_is_kept() {
    let world = World::new().await.unwrap();
    let html = "<html><h1>Bad gateway</h1></html>";
    let fault = AddSandboxFaultRequest::new(Stage::AfterAccept, Action::Respond)
        .operation("messages.send")
        .status(502);
    let headers = BTreeMap::from([("content-type".to_owned(), "text/html".to_owned())]);
    world.set(fault.headers(headers).body(html)).await.unwrap();
    let error = unknown(&world).await;
    assert_eq!((error.status(), &error.body().unwrap()[..]), (Some(502), html.as_bytes()));
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn an_empty_200_is_unknown() {
    let world = World::new().await.unwrap();
    let fault = AddSandboxFaultRequest::new(Stage::AfterAccept, Action::Respond)
        .operation("messages.send")
        .status(200);
    world.set(fault).await.unwrap();
    let error = unknown(&world).await;
    assert_eq!((error.status(), error.evidence().unwrap().phase), (Some(200), Phase::Answered));
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn a_refused_body_is_rejected_by_the_api_itself() {
    let world = World::new().await.unwrap();
    let missing = "01HKWT3XRVH6RP17S8KSBC4PYR";
    let error = world.client().unwrap().sms().send(TO, TEXT).app_id(missing).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.sent()), (ErrorKind::NotFound, Some(404), false));
    assert_eq!(world.arrivals().await.unwrap(), 0);
}

/// A client that goes to another port and needs no token call first.
async fn detour(world: &World, port: u16, retries: u32) -> Client {
    let credentials = Credentials::token(token(world).await);
    let pauses = RetryPolicy::default().pauses(Duration::from_millis(50), Duration::from_millis(50));
    let config = Config::new(PROJECT, credentials).app_id(&world.app_id).retry(pauses.max_retries(retries));
    Client::new(config.base_url(format!("http://127.0.0.1:{port}"))).unwrap()
}

/// A token, got by hand.
async fn token(world: &World) -> String {
    let address = world.sandbox.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = "grant_type=client_credentials";
    let basic = BASE64_STANDARD.encode(format!("{}:{}", world.sandbox.key_id(), world.sandbox.key_secret()));
    let request = format!(
        "POST /oauth2/token HTTP/1.1\r\nhost: {address}\r\nauthorization: Basic {basic}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let json = answer.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str::<serde_json::Value>(json).unwrap()["access_token"].as_str().unwrap().to_owned()
}

/// A port that nothing listens on.
async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_refused_connection_is_certain_not_to_have_sent() {
    let world = World::new().await.unwrap();
    let client = detour(&world, free_port().await, 3).await;
    let error = client.sms().send(TO, TEXT).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.sent()), (ErrorKind::Connect, 4, false));
    assert_eq!(world.arrivals().await.unwrap(), 0);
}

#[tokio::test]
async fn a_connection_that_is_refused_at_first_sends_once() {
    let world = World::new().await.unwrap();
    let port = free_port().await;
    let client = detour(&world, port, 10_000).await;
    let mut call = Box::pin(IntoFuture::into_future(client.sms().send(TO, TEXT)));
    // The first attempts meet nobody. Only then somebody listens.
    let early = tokio::time::timeout(Duration::from_millis(200), &mut call).await;
    assert!(early.is_err(), "nobody was there to accept it");
    let upstream = world.sandbox.url().strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut inbound, _)) = listener.accept().await {
            let mut outbound = TcpStream::connect(&upstream).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut inbound, &mut outbound).await });
        }
    });
    let sent = call.await.unwrap();
    assert!(sent.attempts() > 1);
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn a_connection_that_is_never_made_is_certain_not_to_have_sent() {
    let world = World::new().await.unwrap();
    let (full, _waiting) = full_listener();
    let port = full.local_addr().unwrap().port();
    let credentials = Credentials::token(token(&world).await);
    let config = Config::new(PROJECT, credentials).app_id(&world.app_id);
    let config =
        config.connect_timeout(Duration::from_millis(100)).base_url(format!("http://127.0.0.1:{port}"));
    let client = Client::new(config).unwrap();
    let send = client.sms().send(TO, TEXT).max_retries(1).await.unwrap_err();
    let read = client.apps().list().max_retries(1).await.unwrap_err();
    for error in [send, read] {
        assert_eq!((error.kind(), error.attempts(), error.sent()), (ErrorKind::Timeout, 2, false));
    }
}

/// A listener that takes no connection any more, as a host behind a broken network does: its queue is full.
fn full_listener() -> (std::net::TcpListener, Vec<std::net::TcpStream>) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let listener = std::net::TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let patience = Duration::from_millis(100);
    let waiting = std::iter::from_fn(|| std::net::TcpStream::connect_timeout(&address, patience).ok());
    let waiting = waiting.take(16).collect();
    (listener, waiting)
}

#[tokio::test]
async fn a_refusal_whose_body_never_ends_is_a_refusal() {
    let world = World::new().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = detour(&world, listener.local_addr().unwrap().port(), 0).await;
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut inbound, _)) = listener.accept().await {
            let length = inbound.read(&mut vec![0; 65_536]).await.unwrap();
            assert!(length > 0);
            let head = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\n{\"error\":";
            inbound.write_all(head).await.unwrap();
            kept.push(inbound);
        }
    });
    let started = std::time::Instant::now();
    let send = client.sms().send(TO, TEXT);
    let read = client.apps().list();
    let (send, read) = tokio::join!(send.into_future(), read.into_future());
    for error in [send.unwrap_err(), read.unwrap_err()] {
        assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidRequest, Some(400)));
        assert_eq!((error.sent(), error.attempts()), (false, 1));
        assert_eq!(&error.body().unwrap()[..], b"{\"error\":", "what came is kept");
    }
    // Within its own time, and not that of the call.
    assert!(started.elapsed() < tidings::limits::CALL_TIMEOUT / 2);
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closed_meanwhile_costs_nothing() {
    let world = World::new().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = detour(&world, listener.local_addr().unwrap().port(), 0).await;
    let upstream = world.sandbox.url().strip_prefix("http://").unwrap().to_owned();
    let (closed, mut was_closed) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok((mut inbound, _)) = listener.accept().await {
            // One exchange, and the connection is closed although nobody was told that it would be.
            let mut outbound = TcpStream::connect(&upstream).await.unwrap();
            let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
            let length = inbound.read(&mut asked).await.unwrap();
            outbound.write_all(&asked[..length]).await.unwrap();
            let length = outbound.read(&mut answered).await.unwrap();
            inbound.write_all(&answered[..length]).await.unwrap();
            inbound.shutdown().await.unwrap();
            // Done when the client has closed its side too, and so knows.
            assert_eq!(inbound.read(&mut asked).await.unwrap(), 0);
            closed.send(()).await.unwrap();
        }
    });
    for _ in 0..3 {
        assert_eq!(client.sms().send(TO, TEXT).await.unwrap().attempts(), 1);
        was_closed.recv().await.unwrap();
    }
    assert_eq!(world.arrivals().await.unwrap(), 3);
}

#[tokio::test]
async fn a_cancelled_send_closes_its_connection() {
    let world = World::new().await.unwrap();
    let client = world.client().unwrap();
    client.apps().list().await.unwrap();
    world.fault(Stage::BeforeAccept, Action::Hang).await.unwrap();
    let call = IntoFuture::into_future(client.sms().send(TO, TEXT));
    let call = tokio::spawn(call);
    // The sandbox holds the request as soon as its fault has fired.
    while world.observer.sandbox().list_faults().await.unwrap().faults[0].fired == 0 {
        tokio::task::yield_now().await;
    }
    call.abort();
    loop {
        let requests = world.requests("messages.send").await.unwrap();
        if requests.first().is_some_and(|request| request.abandoned == Some(true)) {
            break;
        }
    }
    assert_eq!(world.arrivals().await.unwrap(), 0);
}

#[tokio::test]
async fn a_lost_send_can_be_found_by_its_metadata_where_messages_are_stored() {
    let world = World::new().await.unwrap();
    let keeping = UpdateAppRequest::new().processing_mode(ProcessingMode::Conversation);
    world.observer.apps().update(&world.app_id, keeping).await.unwrap();
    world.fault(Stage::AfterAccept, Action::Close).await.unwrap();
    let error = unknown(&world).await;
    let evidence = error.evidence().unwrap();
    let found = look_for(&world.observer, evidence).await.unwrap();
    assert_eq!(found.as_deref(), Some("order 7"));
}

/// As in docs/outcomes.md.
async fn look_for(
    client: &Client,
    evidence: &Evidence,
) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let since = Timestamp::try_from(evidence.started_at)? - SignedDuration::from_secs(60);
    let mut messages = client.messages().list().channel_identity("46701234567").start_time(since).items();
    while let Some(message) = messages.next().await {
        let message = message?;
        if message.metadata == evidence.message_metadata {
            return Ok(message.metadata);
        }
    }
    Ok(None)
}
