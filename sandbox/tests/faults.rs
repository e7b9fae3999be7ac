//! Faults, and the life of a sandbox.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

mod api;

use std::time::Duration;

use api::{Api, answer, code, http};
use reqwest::Method;
use serde_json::{Value, json};
use tidings_sandbox::{Options, Sandbox};

/// How often the fault fired, how often a send got an answer, and how often the handset got a text, of five sends.
async fn five_sends(fault: Value) -> (u64, usize, usize) {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    api.fault(fault).await;
    let mut answered = 0;
    for _ in 0..5 {
        let body = json!({
            "app_id": app_id,
            "recipient": {"identified_by": {"channel_identities": [{"channel": "SMS", "identity": "+46701234567"}]}},
            "message": {"text_message": {"text": "x"}},
        });
        let request =
            api.request(Method::POST, "/v1/projects/p1/messages:send").timeout(Duration::from_secs(2));
        let result = match request.body(body.to_string()).send().await {
            Ok(response) => response.bytes().await.map(drop),
            Err(error) => Err(error),
        };
        answered += usize::from(result.is_ok());
    }
    api.idle().await;
    let fired = api.control(Method::GET, "/faults", None).await.body["faults"][0]["fired"].as_u64().unwrap();
    (fired, answered, api.ledger().await.len())
}

#[tokio::test]
async fn what_strikes_before_acceptance_carries_nothing_out() {
    for (stage, action) in [
        ("BEFORE_READ", "RESET"),
        ("BEFORE_READ", "CLOSE"),
        ("BEFORE_ACCEPT", "RESET"),
        ("BEFORE_ACCEPT", "CLOSE"),
    ] {
        let fault = json!({"stage": stage, "action": action, "operation": "messages.send"});
        assert_eq!(five_sends(fault).await, (1, 4, 4), "{stage} {action}");
    }
}

#[tokio::test]
async fn what_strikes_after_acceptance_leaves_the_text_on_its_way() {
    for action in ["RESET", "CLOSE", "TRUNCATE"] {
        let fault = json!({"stage": "AFTER_ACCEPT", "action": action, "operation": "messages.send"});
        assert_eq!(five_sends(fault).await, (1, 4, 5), "{action}");
    }
}

#[tokio::test]
async fn a_fault_can_let_some_pass_and_strike_many() {
    let fault = json!({"stage": "BEFORE_ACCEPT", "action": "RESPOND", "status": 429, "skip": 1, "times": 3});
    assert_eq!(five_sends(fault).await, (3, 5, 2));
    let always = json!({"stage": "BEFORE_ACCEPT", "action": "RESPOND", "status": 503, "times": 0, "to": "46701234567"});
    assert_eq!(five_sends(always).await, (5, 5, 0));
    let elsewhere = json!({"stage": "BEFORE_ACCEPT", "action": "CLOSE", "to": "+46700000000"});
    assert_eq!(five_sends(elsewhere).await, (0, 5, 5));
}

#[tokio::test]
async fn a_fault_answers_with_what_it_was_given() {
    let api = Api::start().await;
    let headers = json!({"retry-after": "7", "content-type": "text/html"});
    api.fault(json!({"stage": "BEFORE_ACCEPT", "action": "RESPOND", "status": 502, "headers": headers, "body": "<h1>"}))
        .await;
    let response = api.request(Method::GET, "/v1/projects/p1/apps").send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("retry-after"), header("content-type")), ("7".to_owned(), "text/html".to_owned()));
    assert_eq!((response.status().as_u16(), response.text().await.unwrap()), (502, "<h1>".to_owned()));
}

#[tokio::test]
async fn a_delay_answers_later_and_as_always() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    for stage in ["BEFORE_READ", "BEFORE_ACCEPT", "AFTER_ACCEPT"] {
        api.fault(json!({"stage": stage, "action": "DELAY", "delay_ms": 1})).await;
        assert_eq!(api.send(&app_id, "x", json!({})).await.status, 200, "{stage}");
    }
    api.idle().await;
    assert_eq!(api.ledger().await.len(), 3);
}

#[tokio::test]
async fn a_request_that_its_caller_gives_up_is_noted_as_abandoned() {
    let api = Api::start().await;
    api.fault(json!({"stage": "BEFORE_ACCEPT", "action": "HANG"})).await;
    let hanging = api.request(Method::GET, "/v1/projects/p1/apps").timeout(Duration::from_millis(100));
    assert!(hanging.send().await.unwrap_err().is_timeout());
    loop {
        let requests = api.control(Method::GET, "/requests?operation=apps.list", None).await.body;
        if requests["requests"][0]["abandoned"] == true {
            break;
        }
    }
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused() {
    let api = Api::start().await;
    for fault in [
        json!({"stage": "BEFORE_READ"}),
        json!({"stage": "NEVER", "action": "CLOSE"}),
        json!({"stage": "BEFORE_READ", "action": "CLOSE", "operation": "no.such"}),
        json!({"stage": "BEFORE_READ", "action": "CLOSE", "operation": "sms.send"}),
        json!({"stage": "BEFORE_READ", "action": "RESPOND", "headers": {"a b": "c"}}),
        json!({"stage": "BEFORE_READ", "action": "RESPOND", "headers": {"content-length": "7"}}),
    ] {
        assert_eq!(code(&api.control(Method::POST, "/faults", Some(fault)).await), "INVALID_ARGUMENT");
    }
}

#[tokio::test]
async fn a_reset_forgets_everything() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    api.send(&app_id, "x", json!({})).await;
    api.fault(json!({"stage": "BEFORE_READ", "action": "CLOSE", "skip": 99})).await;
    assert_eq!(api.control(Method::POST, "/reset", None).await.body, json!({}));
    assert_eq!(api.get("/apps").await.body, json!({"apps": []}));
    assert!(api.ledger().await.is_empty());
    assert_eq!(api.control(Method::GET, "/faults", None).await.body, json!({"faults": []}));
}

#[tokio::test]
async fn hostile_input_is_refused_and_never_ends_the_sandbox() {
    let api = Api::start().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = "x".repeat(2 << 20);
    for (body, expected) in
        [("{", 400), ("null", 400), (deep.as_str(), 400), (huge.as_str(), 413), ("\u{0}", 400)]
    {
        let request = api.request(Method::POST, "/v1/projects/p1/messages:send");
        assert_eq!(answer(request.body(body.to_owned())).await.status, expected);
    }
    for path in ["/v1/projects/%ff/apps", "/%00", "/v1/projects//apps", "/v1/projects/p1/apps/%2F..%2F"] {
        assert_eq!(answer(api.request(Method::GET, path)).await.status, 404, "{path}");
    }
    let long = format!("/v1/projects/p1/apps/{}", "a".repeat(10_000));
    assert_eq!(answer(api.request(Method::GET, &long)).await.status, 404);
    assert_eq!(api.get("/apps").await.status, 200);
}

#[tokio::test]
async fn a_stopped_sandbox_frees_its_port_and_a_taken_port_is_an_error() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let port: u16 = sandbox.url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(Sandbox::start(Options::default().port(port)).is_err());
    let url = sandbox.url().to_owned();
    sandbox.stop();
    assert!(http().get(url).send().await.unwrap_err().is_connect());
    Sandbox::start(Options::default().port(port)).unwrap();
}

#[tokio::test]
async fn stopping_does_not_wait_for_requests_that_hang() {
    let api = Api::start().await;
    api.fault(json!({"stage": "BEFORE_ACCEPT", "action": "HANG"})).await;
    let hanging = tokio::spawn(api.request(Method::GET, "/v1/projects/p1/apps").send());
    while api.control(Method::GET, "/faults", None).await.body["faults"][0]["fired"] == 0 {}
    api.sandbox.stop();
    assert!(hanging.await.unwrap().is_err());
}

#[test]
fn many_sandboxes_live_beside_each_other() {
    let sandboxes: Vec<_> = (0..20).map(|_| Sandbox::start(Options::default()).unwrap()).collect();
    let urls: std::collections::HashSet<_> = sandboxes.iter().map(Sandbox::url).collect();
    assert_eq!(urls.len(), 20);
}
