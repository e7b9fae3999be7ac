//! Starting and stopping.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;
use tidings_sandbox::{Options, Sandbox};

use crate::desk::{Desk, PROJECT, sms};

fn address(sandbox: &Sandbox) -> String {
    sandbox.url().trim_start_matches("http://").to_owned()
}

#[test]
fn it_starts_and_stops_outside_of_any_runtime() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let mut stream = TcpStream::connect(address(&sandbox)).unwrap();
    stream.write_all(b"GET /_sandbox/ledger HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("{\"arrivals\":[]}"), "{answer}");
    sandbox.stop();
}

#[tokio::test]
async fn it_starts_and_stops_inside_of_a_runtime() {
    let desk = Desk::new().await;
    assert_eq!(desk.get("/_sandbox/ledger").await.status, 200);
    desk.sandbox.stop();
}

#[test]
fn stopping_frees_the_port_and_closes_open_connections_soon() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let address = address(&sandbox);
    let mut idle = TcpStream::connect(&address).unwrap();
    let mut hanging = TcpStream::connect(&address).unwrap();
    hanging
        .write_all(b"GET /_sandbox/ledger:wait?to=1&within_ms=600000 HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    // A request that is answered shows that the ones before it were let in.
    let mut last = TcpStream::connect(&address).unwrap();
    last.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    last.read_exact(&mut [0; 12]).unwrap();

    let begun = Instant::now();
    drop(sandbox);
    assert!(begun.elapsed() < Duration::from_secs(5));
    for stream in [&mut idle, &mut hanging] {
        assert!(matches!(stream.read(&mut [0; 64]), Ok(0) | Err(_)));
    }
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    Sandbox::start(Options::default().port(port)).unwrap();
}

#[test]
fn a_port_that_is_taken_is_said_so() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = Sandbox::start(Options::default().port(taken.local_addr().unwrap().port())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains("choose another port"), "{error}");
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for options in [
        Options::default().key("", "secret"),
        Options::default().key("a:b", "secret"),
        Options::default().key("id", ""),
        #[expect(clippy::reversed_empty_ranges, reason = "that is what is wrong with it")]
        Options::default().delays(2..=1, 0..=0),
    ] {
        assert_eq!(Sandbox::start(options).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn neither_options_nor_sandbox_show_the_secret() {
    let options = Options::default().key("id", "very-secret");
    assert!(!format!("{options:?}").contains("very-secret"));
    assert!(!format!("{:?}", Sandbox::start(options).unwrap()).contains("very-secret"));
}

#[test]
fn the_environment_leads_a_client_here() {
    let sandbox = Sandbox::start(Options::default().key("id", "secret")).unwrap();
    assert_eq!(
        sandbox.environment(),
        [
            ("SINCH_PROJECT_ID", "sandbox-project".to_owned()),
            ("SINCH_KEY_ID", "id".to_owned()),
            ("SINCH_KEY_SECRET", "secret".to_owned()),
            ("TIDINGS_BASE_URL", sandbox.url().to_owned()),
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_sandboxes_live_side_by_side_and_know_nothing_of_each_other() {
    let lives = (0..20).map(|number| {
        tokio::spawn(async move {
            let desk = Desk::with(Options::default()).await;
            let app = desk.app().await;
            let text = format!("Text {number}");
            for _ in 0..3 {
                desk.send(&sms(&app, &text)).await.ok();
            }
            desk.post("/_sandbox/run-until-idle", &json!({})).await.ok();
            assert_eq!(desk.texts().await, [text.as_str(); 3]);
            assert_eq!(desk.get(&format!("{PROJECT}/apps")).await.ok()["apps"].as_array().unwrap().len(), 1);
        })
    });
    for life in lives.collect::<Vec<_>>() {
        life.await.unwrap();
    }
}
