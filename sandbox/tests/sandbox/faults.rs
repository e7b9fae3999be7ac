//! What goes wrong on purpose: what the caller sees, and what the handset got.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::desk::{Desk, PROJECT, client, reply, sms, sms_to};

const STAGES: [&str; 3] = ["BEFORE_READ", "BEFORE_ACCEPT", "AFTER_ACCEPT"];

/// How many texts a request that met a fault at this stage leaves on the handset.
fn arrivals(stage: &str) -> usize {
    usize::from(stage == "AFTER_ACCEPT")
}

async fn arrived(desk: &Desk) -> usize {
    desk.run().await;
    desk.texts().await.len()
}

#[tokio::test]
async fn a_closed_connection_is_the_end_of_the_stream() {
    for stage in STAGES {
        let desk = Desk::new().await;
        let app = desk.app().await;
        let id = desk.fault(json!({"stage": stage, "action": "CLOSE", "operation": "messages.send"})).await;
        assert_eq!(desk.raw(&desk.raw_send(&sms(&app, "Hello"))).unwrap(), b"", "{stage}");
        assert_eq!(arrived(&desk).await, arrivals(stage), "{stage}");
        let journal = &desk.journal("messages.send").await[0];
        assert_eq!((&journal["fault"], &journal["abandoned"]), (&json!(id), &json!(false)));
        assert!(journal.get("status").is_none());
    }
}

#[tokio::test]
async fn a_reset_connection_is_an_error() {
    for stage in STAGES {
        let desk = Desk::new().await;
        let app = desk.app().await;
        desk.fault(json!({"stage": stage, "action": "RESET", "operation": "messages.send"})).await;
        let error = desk.raw(&desk.raw_send(&sms(&app, "Hello"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{stage}");
        assert_eq!(arrived(&desk).await, arrivals(stage), "{stage}");
    }
}

#[tokio::test]
async fn a_body_that_never_comes_does_not_hold_up_a_fault_before_reading() {
    for (action, kind) in [("CLOSE", None), ("RESET", Some(ErrorKind::ConnectionReset))] {
        let desk = Desk::new().await;
        desk.fault(json!({"stage": "BEFORE_READ", "action": action, "operation": "messages.send"})).await;
        let head = format!("POST {PROJECT}/messages:send HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n");
        assert_eq!(desk.raw(head.as_bytes()).err().map(|error| error.kind()), kind);
    }
    let desk = Desk::new().await;
    desk.fault(json!({"stage": "BEFORE_READ", "action": "RESPOND", "status": 503})).await;
    let head = format!(
        "POST {PROJECT}/apps HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100\r\n\r\n"
    );
    assert!(desk.raw(head.as_bytes()).unwrap().starts_with(b"HTTP/1.1 503 "));
}

#[tokio::test]
async fn on_http_2_the_whole_connection_ends() {
    // A caller that was writing when the reset came is told of a broken pipe.
    for (action, words) in [("CLOSE", &[""][..]), ("RESET", &["reset", "broken pipe"])] {
        for stage in STAGES {
            let desk = Desk::new().await;
            let app = desk.app().await;
            let client = client().http2_prior_knowledge().build().unwrap();
            desk.fault(json!({"stage": stage, "action": action, "operation": "messages.send"})).await;
            let request = client
                .post(desk.url(&format!("{PROJECT}/messages:send")))
                .bearer_auth(&desk.token)
                .body(sms(&app, "Hello").to_string());
            let error = format!("{:?}", request.send().await.unwrap_err()).to_lowercase();
            assert!(words.iter().any(|word| error.contains(word)), "{error}");
            assert_eq!(arrived(&desk).await, arrivals(stage), "{stage}");
            // A new connection serves as ever.
            let again = client.get(desk.url(&format!("{PROJECT}/apps"))).bearer_auth(&desk.token);
            assert_eq!(reply(again).await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_hanging_request_ends_with_its_caller_who_is_then_known_to_have_left() {
    for stage in STAGES {
        let desk = Desk::new().await;
        let app = desk.app().await;
        desk.fault(json!({"stage": stage, "action": "HANG", "operation": "messages.send"})).await;
        let mut stream = desk.connect();
        stream.write_all(&desk.raw_send(&sms(&app, "Hello"))).unwrap();
        while desk.get("/_sandbox/faults").await.ok()["faults"][0]["fired"] == 0 {
            tokio::task::yield_now().await;
        }
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let silence = stream.read(&mut [0; 1]).unwrap_err().kind();
        assert!(matches!(silence, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silence}");
        assert_eq!(desk.journal("messages.send").await[0]["abandoned"], false);

        stream.shutdown(Shutdown::Both).unwrap();
        drop(stream);
        while desk.journal("messages.send").await[0]["abandoned"] == false {
            tokio::task::yield_now().await;
        }
        assert_eq!(arrived(&desk).await, arrivals(stage), "{stage}");
    }
}

#[tokio::test]
async fn a_caller_who_gives_up_on_http_2_is_known_to_have_left() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    desk.fault(json!({"stage": "AFTER_ACCEPT", "action": "HANG", "operation": "messages.send"})).await;
    let client = client().http2_prior_knowledge().build().unwrap();
    let request = client
        .post(desk.url(&format!("{PROJECT}/messages:send")))
        .bearer_auth(&desk.token)
        .timeout(Duration::from_millis(100))
        .body(sms(&app, "Hello").to_string());
    assert!(request.send().await.unwrap_err().is_timeout());
    while desk.journal("messages.send").await[0]["abandoned"] == false {
        tokio::task::yield_now().await;
    }
    assert_eq!(arrived(&desk).await, 1);
}

#[tokio::test]
async fn an_answer_can_be_put_in_the_place_of_the_real_one() {
    for stage in STAGES {
        let desk = Desk::new().await;
        let app = desk.app().await;
        let fault = json!({
            "stage": stage, "action": "RESPOND", "operation": "messages.send", "status": 429,
            "headers": {"Retry-After": "2", "content-type": "text/html"}, "body": "<html>slow down</html>",
        });
        desk.fault(fault).await;
        let request = desk.request(Method::POST, &format!("{PROJECT}/messages:send"));
        let response = request.body(sms(&app, "Hello").to_string()).send().await.unwrap();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "2");
        assert_eq!(response.headers()["content-type"], "text/html");
        assert!(response.headers().contains_key("x-request-id"));
        assert_eq!(response.text().await.unwrap(), "<html>slow down</html>");
        assert_eq!(arrived(&desk).await, arrivals(stage), "{stage}");
        assert_eq!(desk.journal("messages.send").await[0]["status"], 429);
    }
}

#[tokio::test]
async fn an_empty_200_and_a_plain_500_are_answers_too() {
    let desk = Desk::new().await;
    desk.fault(json!({"stage": "BEFORE_ACCEPT", "action": "RESPOND", "status": 200})).await;
    desk.fault(json!({"stage": "BEFORE_ACCEPT", "action": "RESPOND", "body": "{\"a\":1}"})).await;
    let empty = desk.request(Method::GET, &format!("{PROJECT}/apps")).send().await.unwrap();
    assert_eq!((empty.status().as_u16(), empty.content_length()), (200, Some(0)));
    let failed = desk.get(&format!("{PROJECT}/apps")).await;
    assert_eq!((failed.status, failed.body), (500, json!({"a": 1})));
    assert_eq!(failed.headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_truncated_answer_announces_all_and_gives_half() {
    let desk = Desk::new().await;
    let app = desk.conversation_app().await;
    let truncate = json!({"stage": "AFTER_ACCEPT", "action": "TRUNCATE", "operation": "messages.send"});
    desk.fault(truncate.clone()).await;
    let answer = String::from_utf8(desk.raw(&desk.raw_send(&sms(&app, "Hello"))).unwrap()).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    let announced: usize = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned))
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(body.len(), announced / 2);
    assert_eq!(arrived(&desk).await, 1);

    desk.fault(truncate).await;
    let client = client().http2_prior_knowledge().build().unwrap();
    let request = client
        .post(desk.url(&format!("{PROJECT}/messages:send")))
        .bearer_auth(&desk.token)
        .body(sms(&app, "Hello").to_string());
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
    assert_eq!(arrived(&desk).await, 2);
}

#[tokio::test]
async fn half_of_a_large_answer_comes_whole() {
    let desk = Desk::new().await;
    let app = desk.conversation_app().await;
    for _ in 0..10 {
        desk.sent(&app, &"a".repeat(400_000)).await;
    }
    desk.fault(json!({"stage": "AFTER_ACCEPT", "action": "TRUNCATE", "operation": "messages.list"})).await;
    let get =
        format!("GET {PROJECT}/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", desk.token);
    let answer = desk.raw(get.as_bytes()).unwrap();
    assert!(answer.len() > 2_000_000, "{}", answer.len());
}

#[tokio::test]
async fn an_expired_token_stays_expired_and_a_fresh_one_heals() {
    for stage in ["BEFORE_READ", "BEFORE_ACCEPT"] {
        let mut desk = Desk::new().await;
        let app = desk.app().await;
        desk.fault(json!({"stage": stage, "action": "EXPIRE_TOKEN", "operation": "messages.send"})).await;
        for _ in 0..2 {
            let answer = desk.send(&sms(&app, "Hello")).await;
            assert_eq!(answer.status, 401);
            assert!(answer.headers["www-authenticate"].to_str().unwrap().contains("expired"));
        }
        desk.renew_token().await;
        assert_eq!(desk.send(&sms(&app, "Hello again")).await.status, 200);
        assert_eq!(arrived(&desk).await, 1, "{stage}");
    }
}

#[tokio::test]
async fn a_delayed_request_is_carried_out_and_answered_later() {
    for stage in STAGES {
        let desk = Desk::new().await;
        let app = desk.app().await;
        let fault = json!({"stage": stage, "action": "DELAY", "operation": "messages.send", "delay_ms": 60});
        desk.fault(fault).await;
        let begun = Instant::now();
        assert_eq!(desk.send(&sms(&app, "Hello")).await.status, 200);
        assert!(begun.elapsed() >= Duration::from_millis(60));
        assert_eq!(arrived(&desk).await, 1, "{stage}");
    }
}

#[tokio::test]
async fn every_action_can_wait_before_it_strikes() {
    let desk = Desk::new().await;
    desk.fault(json!({"stage": "BEFORE_READ", "action": "RESPOND", "status": 503, "delay_ms": 40})).await;
    let begun = Instant::now();
    assert_eq!(desk.get(&format!("{PROJECT}/apps")).await.status, 503);
    assert!(begun.elapsed() >= Duration::from_millis(40));
}

#[tokio::test]
async fn one_recipient_can_be_singled_out() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    desk.fault(json!({"stage": "BEFORE_ACCEPT", "action": "RESPOND", "to": "46701234567", "times": 0})).await;
    assert_eq!(desk.send(&sms(&app, "Hello")).await.status, 500);
    assert_eq!(desk.send(&sms_to(&app, "+46709999999", "Hello")).await.status, 200);
    assert_eq!(desk.send(&sms(&app, "Hello")).await.status, 500);
    assert_eq!(desk.get(&format!("{PROJECT}/apps")).await.status, 200);
}

#[tokio::test]
async fn exactly_as_many_requests_are_struck_as_was_asked_for() {
    let desk = Desk::new().await;
    desk.fault(json!({"stage": "BEFORE_READ", "action": "RESPOND", "skip": 5, "times": 7, "status": 503}))
        .await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..40 {
        calls.spawn(reply(desk.request(Method::GET, &format!("{PROJECT}/apps"))));
    }
    let struck = calls.join_all().await.iter().filter(|reply| reply.status == 503).count();
    assert_eq!(struck, 7);
    let listed = desk.get("/_sandbox/faults").await.ok();
    assert_eq!(listed["faults"][0]["fired"], 7);
}

#[tokio::test]
async fn faults_are_listed_as_they_were_set_and_cleared() {
    let desk = Desk::new().await;
    let written = json!({"stage": "BEFORE_READ", "action": "CLOSE", "skip": 1});
    let id = desk.fault(written.clone()).await;
    let listed = desk.get("/_sandbox/faults").await.ok();
    assert_eq!(listed, json!({"faults": [{"id": id, "fault": written, "fired": 0}]}));
    assert_eq!(desk.delete("/_sandbox/faults").await.ok(), json!({}));
    assert_eq!(desk.get("/_sandbox/faults").await.ok(), json!({"faults": []}));
}

#[tokio::test]
async fn a_fault_that_could_never_strike_is_refused() {
    let desk = Desk::new().await;
    for (fault, path) in [
        (json!({"action": "CLOSE"}), "$.stage "),
        (json!({"stage": "BEFORE_READ", "action": "EXPLODE"}), "$.action "),
        (json!({"stage": "BEFORE_READ", "action": "RESPOND", "status": 99}), "$.status "),
        (json!({"stage": "BEFORE_READ", "action": "CLOSE", "operation": "messages.sned"}), "$.operation "),
        (json!({"stage": "BEFORE_READ", "action": "CLOSE", "share": 0}), "$.share "),
        (json!({"stage": "BEFORE_READ", "action": "CLOSE", "share": 1.5}), "$.share "),
    ] {
        let refused = desk.post("/_sandbox/faults", &fault).await;
        assert_eq!(refused.status, 400);
        assert!(refused.refusal().starts_with(path), "{refused:?}");
    }
}

#[tokio::test]
async fn the_journal_tells_what_came_and_how_it_was_answered() {
    let desk = Desk::new().await;
    desk.get(&format!("{PROJECT}/apps")).await;
    desk.get("/nowhere").await;
    desk.get("/_sandbox/ledger").await;
    let journal = desk.get("/_sandbox/requests").await.ok();
    let seen: Vec<(Value, Value)> = journal["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| (request["operation"].clone(), request["status"].clone()))
        .collect();
    let expected = [("auth.token", 200), ("apps.list", 200), ("", 404)];
    assert_eq!(seen, expected.map(|(operation, status)| (json!(operation), json!(status))));
    assert_eq!(desk.journal("apps.list").await.len(), 1);
}

#[tokio::test]
async fn a_request_that_breaks_off_uses_up_no_fault() {
    let desk = Desk::new().await;
    desk.fault(
        json!({"stage": "BEFORE_ACCEPT", "action": "RESPOND", "status": 503, "operation": "apps.create"}),
    )
    .await;
    let head = format!("POST {PROJECT}/apps HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{{");
    let mut connection = desk.connect();
    std::io::Write::write_all(&mut connection, head.as_bytes()).unwrap();
    connection.shutdown(std::net::Shutdown::Both).unwrap();
    while desk.journal("apps.create").await.is_empty() {}
    assert_eq!(desk.post(&format!("{PROJECT}/apps"), &json!({})).await.status, 503);
}

#[tokio::test]
async fn a_request_that_is_refused_meets_no_fault_after_the_acceptance() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    desk.fault(json!({"stage": "AFTER_ACCEPT", "action": "CLOSE", "operation": "messages.send"})).await;
    assert_eq!(desk.send(&sms("01HKWT3XRVH6RP17S8KSBC4PYR", "Hello")).await.status, 404);
    assert_eq!(desk.get("/_sandbox/faults").await.ok()["faults"][0]["fired"], 0);
    assert!(desk.journal("messages.send").await[0].get("fault").is_none());
    assert_eq!(desk.raw(&desk.raw_send(&sms(&app, "Hello"))).unwrap(), b"");
    assert_eq!(arrived(&desk).await, 1);
}

#[tokio::test]
async fn an_answer_on_the_head_alone_is_not_lost_over_a_large_body() {
    let desk = Desk::new().await;
    desk.fault(json!({"stage": "BEFORE_READ", "action": "RESPOND", "status": 429, "times": 0})).await;
    let body = json!({"text": "x".repeat(900_000)});
    for _ in 0..20 {
        assert_eq!(desk.post(&format!("{PROJECT}/apps"), &body).await.status, 429);
    }
}
