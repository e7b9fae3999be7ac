//! What a failed call means over HTTP/2, against servers that speak it. Every test asserts on the ledger.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::time::Duration;

use h2::Reason;
use tidings::{Client, Error, ErrorKind, Phase};
use tidings_tests::{Authority, GoAwayServer, Http2Server, TEXT, TO, Tls, Turn, World};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// A world behind an HTTP/2 server, whose authority its clients trust.
struct Setting<S> {
    world: World,
    server: S,
    authority: Authority,
    client: Client,
}

/// Streams get these turns, in order; later ones are served.
async fn script(turns: impl Into<Vec<Turn>>) -> Setting<Http2Server> {
    let (world, authority) = (World::new().await.unwrap(), Authority::new().unwrap());
    let identity = authority.server("localhost").unwrap();
    let server = Http2Server::start(world.sandbox.url(), Tls::new(&identity), turns).await.unwrap();
    let client = Client::new(world.config_at(server.url()).ca_certs(authority.pem())).unwrap();
    Setting { world, server, authority, client }
}

/// So many connections serve so many streams each, and then end with a `GOAWAY` that excludes the next.
async fn goaway(connections: usize, streams: usize) -> Setting<GoAwayServer> {
    let (world, authority) = (World::new().await.unwrap(), Authority::new().unwrap());
    let identity = authority.server("localhost").unwrap();
    let tls = Tls::new(&identity);
    let server = GoAwayServer::start(world.sandbox.url(), tls, connections, streams).await.unwrap();
    let client = Client::new(world.config_at(server.url()).ca_certs(authority.pem())).unwrap();
    Setting { world, server, authority, client }
}

impl<S> Setting<S> {
    /// Sends the text. How many attempts it took.
    async fn send(&self) -> Result<u32, Error> {
        self.client.sms().send(TO, TEXT).message_metadata("order 7").await.map(|sent| sent.attempts())
    }

    /// A call that is safe to repeat. How many attempts it took.
    async fn list(&self) -> Result<u32, Error> {
        self.client.apps().list().await.map(|apps| apps.attempts())
    }

    async fn arrivals(&self) -> usize {
        self.world.arrivals().await.unwrap()
    }
}

/// The send may have been carried out, and nobody tried it again.
fn is_unknown(error: &Error) {
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::UnknownOutcome, 1), "{error:?}");
    assert!(error.sent() && !error.is_retryable());
    let evidence = error.evidence().unwrap();
    assert_eq!(
        (evidence.phase, evidence.message_metadata.as_deref()),
        (Phase::AwaitingAnswer, Some("order 7"))
    );
}

/// The call was certainly not carried out, however often it was tried.
fn is_refused(error: &Error, attempts: u32) {
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, attempts), "{error:?}");
    assert!(!error.sent() && error.is_retryable());
}

#[tokio::test]
async fn calls_share_one_connection_and_the_text_arrives_once() {
    let setting = script([]).await;
    assert_eq!((setting.send().await.unwrap(), setting.list().await.unwrap()), (1, 1));
    assert_eq!(setting.server.streams(), [1, 1]);
    assert_eq!(setting.arrivals().await, 1);
}

#[tokio::test]
async fn a_refused_stream_is_sent_again_and_arrives_once() {
    let setting = script([Turn::Refuse]).await;
    assert_eq!(setting.send().await.unwrap(), 2);
    assert_eq!(setting.server.streams(), [1, 1]);
    assert_eq!(setting.arrivals().await, 1);
}

#[tokio::test]
async fn a_refused_stream_of_a_read_is_tried_again() {
    let setting = script([Turn::Refuse]).await;
    assert_eq!(setting.list().await.unwrap(), 2);
    assert_eq!(setting.server.streams(), [1, 1]);
}

#[tokio::test]
async fn a_stream_that_is_always_refused_is_certain_not_to_have_sent() {
    let setting = script([Turn::Refuse; 4]).await;
    is_refused(&setting.send().await.unwrap_err(), 4);
    assert_eq!(setting.arrivals().await, 0);
}

#[tokio::test]
async fn a_read_whose_stream_is_always_refused_is_certain_not_to_have_been_made() {
    let setting = script([Turn::Refuse; 4]).await;
    is_refused(&setting.list().await.unwrap_err(), 4);
}

#[tokio::test]
async fn a_goaway_that_excludes_the_stream_sends_it_again_and_it_arrives_once() {
    let setting = goaway(1, 0).await;
    assert_eq!(setting.send().await.unwrap(), 2);
    assert_eq!((setting.server.connections(), setting.server.excluded()), (2, 1));
    assert_eq!(setting.arrivals().await, 1);
}

#[tokio::test]
async fn a_goaway_on_a_warm_connection_that_excludes_the_stream_sends_it_again_and_it_arrives_once() {
    let setting = goaway(1, 1).await;
    assert_eq!((setting.list().await.unwrap(), setting.send().await.unwrap()), (1, 2));
    assert_eq!((setting.server.connections(), setting.server.excluded()), (2, 1));
    assert_eq!(setting.arrivals().await, 1);
}

#[tokio::test]
async fn a_goaway_that_excludes_the_stream_of_a_read_has_it_tried_again() {
    for streams in [0, 1] {
        let setting = goaway(1, streams).await;
        for _ in 0..streams {
            assert_eq!(setting.list().await.unwrap(), 1);
        }
        assert_eq!(setting.list().await.unwrap(), 2);
        assert_eq!((setting.server.connections(), setting.server.excluded()), (2, 1));
    }
}

#[tokio::test]
async fn a_send_that_every_goaway_excludes_is_certain_not_to_have_sent() {
    let setting = goaway(4, 0).await;
    is_refused(&setting.send().await.unwrap_err(), 4);
    assert_eq!((setting.server.connections(), setting.server.excluded()), (4, 4));
    assert_eq!(setting.arrivals().await, 0);
}

#[tokio::test]
async fn a_read_that_every_goaway_excludes_is_certain_not_to_have_been_made() {
    let setting = goaway(4, 0).await;
    is_refused(&setting.list().await.unwrap_err(), 4);
    assert_eq!((setting.server.connections(), setting.server.excluded()), (4, 4));
}

#[tokio::test]
async fn a_goaway_that_leaves_the_stream_in_still_brings_its_answer() {
    let setting = script([Turn::GoAwayThenServe, Turn::GoAwayThenServe]).await;
    assert_eq!((setting.send().await.unwrap(), setting.list().await.unwrap()), (1, 1));
    // What comes after it goes elsewhere.
    assert_eq!(setting.server.streams(), [1, 2]);
    assert_eq!(setting.arrivals().await, 1);
}

#[tokio::test]
async fn a_goaway_that_leaves_the_stream_in_and_brings_no_answer_is_unknown_and_the_text_arrives_once() {
    for reason in [Reason::NO_ERROR, Reason::INTERNAL_ERROR, Reason::ENHANCE_YOUR_CALM] {
        let setting = script([Turn::ServeThenGoAway(reason)]).await;
        is_unknown(&setting.send().await.unwrap_err());
        assert_eq!(setting.server.streams(), [1]);
        assert_eq!(setting.arrivals().await, 1);
    }
}

#[tokio::test]
async fn a_read_outlives_a_goaway_that_brings_no_answer() {
    for reason in [Reason::NO_ERROR, Reason::INTERNAL_ERROR, Reason::ENHANCE_YOUR_CALM] {
        let setting = script([Turn::ServeThenGoAway(reason)]).await;
        assert_eq!(setting.list().await.unwrap(), 2);
        assert_eq!(setting.server.streams(), [1, 2]);
    }
}

#[tokio::test]
async fn a_reset_with_any_other_code_is_unknown_and_the_text_arrives_once() {
    for reason in [Reason::INTERNAL_ERROR, Reason::NO_ERROR, Reason::CANCEL, Reason::HTTP_1_1_REQUIRED] {
        let setting = script([Turn::ServeThenReset(reason)]).await;
        is_unknown(&setting.send().await.unwrap_err());
        assert_eq!(setting.server.streams(), [1]);
        assert_eq!(setting.arrivals().await, 1);
    }
}

#[tokio::test]
async fn a_read_outlives_a_reset_with_any_other_code() {
    for reason in [Reason::INTERNAL_ERROR, Reason::NO_ERROR, Reason::CANCEL, Reason::HTTP_1_1_REQUIRED] {
        let setting = script([Turn::ServeThenReset(reason)]).await;
        assert_eq!(setting.list().await.unwrap(), 2);
        assert_eq!(setting.server.streams(), [1, 1]);
    }
}

#[tokio::test]
async fn a_421_is_sent_again_on_a_new_connection_and_arrives_once() {
    let setting = script([Turn::Misdirect]).await;
    assert_eq!(setting.send().await.unwrap(), 2);
    assert_eq!(setting.server.streams(), [1, 2]);
    assert_eq!(setting.arrivals().await, 1);
}

#[tokio::test]
async fn a_421_of_a_read_is_tried_again_on_a_new_connection() {
    let setting = script([Turn::Misdirect]).await;
    assert_eq!(setting.list().await.unwrap(), 2);
    assert_eq!(setting.server.streams(), [1, 2]);
}

#[tokio::test]
async fn a_421_on_a_warm_connection_moves_all_later_calls_to_the_new_one() {
    let setting = script([Turn::Serve, Turn::Misdirect]).await;
    assert_eq!((setting.list().await.unwrap(), setting.send().await.unwrap()), (1, 2));
    assert_eq!(setting.list().await.unwrap(), 1);
    assert_eq!(setting.server.streams(), [1, 1, 2, 2]);
    assert_eq!(setting.arrivals().await, 1);
}

#[tokio::test]
async fn a_second_421_ends_the_call_and_nothing_was_sent() {
    let setting = script([Turn::Misdirect, Turn::Misdirect, Turn::Misdirect, Turn::Misdirect]).await;
    for error in [setting.send().await.unwrap_err(), setting.list().await.unwrap_err()] {
        assert_eq!((error.status(), error.attempts(), error.sent()), (Some(421), 2, false), "{error:?}");
    }
    assert_eq!(setting.server.streams().len(), 4);
    assert_eq!(setting.arrivals().await, 0);
}

/// Passes connections on. The first one falls silent, in both directions, when `silent` is told.
async fn falling_silent(target: &str) -> (String, tokio::sync::oneshot::Sender<()>) {
    let target = target.strip_prefix("https://localhost:").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let (silent, told) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let mut told = Some(told);
        while let Ok((mut inbound, _)) = listener.accept().await {
            let mut outbound = TcpStream::connect(format!("127.0.0.1:{target}")).await.unwrap();
            let told = told.take();
            tokio::spawn(async move {
                let silence = async {
                    match told {
                        Some(told) => told.await.unwrap(),
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    _ = copy_bidirectional(&mut inbound, &mut outbound) => {}
                    // Nothing is read any more, and nothing is closed.
                    () = silence => std::future::pending().await,
                }
            });
        }
    });
    (url, silent)
}

#[tokio::test]
async fn a_connection_that_has_fallen_silent_is_given_up_and_a_read_goes_on_over_a_new_one() {
    let setting = script([]).await;
    let (url, silent) = falling_silent(&setting.server.url()).await;
    let config = setting.world.config_at(url).ca_certs(setting.authority.pem());
    // Longer than the connection may be silent, so that it is not the attempt that ends first.
    let client = Client::new(config.attempt_timeout(Duration::from_secs(25))).unwrap();
    client.apps().list().await.unwrap();
    silent.send(()).unwrap();
    assert_eq!(client.apps().list().await.unwrap().attempts(), 2);
    assert_eq!(setting.server.streams(), [1, 2]);
}
