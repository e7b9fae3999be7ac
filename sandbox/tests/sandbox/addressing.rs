//! Where a request leads, and that nothing hostile gets further than a refusal.

use std::io::{Read, Write};

use reqwest::Method;
use serde_json::json;
use tidings_core::contract::Location;
use tidings_core::generated::operations::OPERATIONS;

use crate::desk::{Desk, PROJECT, client, reply, sms};

#[tokio::test]
async fn an_unknown_path_is_404_and_a_known_one_with_another_method_501() {
    let desk = Desk::new().await;
    let unknown = desk.get("/v1/projects/p/nothing").await;
    assert_eq!((unknown.status, &unknown.body["error"]["status"]), (404, &json!("NOT_FOUND")));
    let method = reply(desk.request(Method::PUT, &format!("{PROJECT}/apps"))).await;
    assert_eq!((method.status, &method.body["error"]["status"]), (501, &json!("UNIMPLEMENTED")));
    method.refusal();
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for path in ["/nowhere", "/v1/projects/p/apps", "/_sandbox/ledger", "/_sandbox/nothing"] {
        ids.push(desk.get(path).await.headers["x-request-id"].to_str().unwrap().to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn a_request_for_a_host_of_the_api_uses_the_real_path() {
    let desk = Desk::new().await;
    let on = |host: &'static str, path: &'static str| {
        let request = desk.request(Method::GET, path).header("host", host);
        async { reply(request).await.status }
    };
    assert_eq!(on("us.conversation.api.sinch.com", "/v1/projects/p/apps").await, 200);
    assert_eq!(on("us.template.api.sinch.com", "/v1/projects/p/apps").await, 404);
    // On the batch host this is batches.get, which is not played yet.
    assert_eq!(on("eu.conversationbatch.api.sinch.com:443", "/v1/projects/p/messages/m").await, 501);
    assert_eq!(on("us.conversation.api.sinch.com", "/v1/projects/p/messages/m").await, 404);
}

#[tokio::test]
async fn http_2_with_prior_knowledge_is_served() {
    let desk = Desk::new().await;
    let client = client().http2_prior_knowledge().build().unwrap();
    let request = client.get(desk.url(&format!("{PROJECT}/apps"))).bearer_auth(&desk.token);
    assert_eq!(reply(request).await.ok(), json!({"apps": []}));
}

#[tokio::test]
async fn what_is_not_played_yet_says_so_in_the_api_s_form() {
    let desk = Desk::new().await;
    let played = ["apps.", "auth.", "messages.", "sandbox.", "sms.", "webhooks."];
    let missing: Vec<_> =
        OPERATIONS.iter().filter(|one| !played.iter().any(|prefix| one.id.starts_with(prefix))).collect();
    assert!(!missing.is_empty());
    for operation in missing.into_iter().filter(|one| one.method.as_str() == "GET") {
        let required =
            operation.parameters.iter().filter(|one| one.required && one.location == Location::Query);
        let query: Vec<String> = required.map(|parameter| format!("{}=x", parameter.name)).collect();
        let path = format!("{}?{}", operation.shared_path.replace(['{', '}'], ""), query.join("&"));
        let reply = desk.get(&path).await;
        assert_eq!(reply.status, 501, "{path}");
        assert!(reply.refusal().contains(operation.id));
    }
}

#[tokio::test]
async fn parameters_keep_the_table() {
    let desk = Desk::new().await;
    let list = |query: &str| {
        let path = format!("{PROJECT}/messages?{query}");
        let desk = &desk;
        async move { desk.get(&path).await }
    };
    for (query, named) in [
        ("page_size=1001", "$.page_size"),
        ("page_size=ten", "$.page_size"),
        ("page_sise=10", "$.page_sise"),
        ("app_id=a&app_id=b", "$.app_id"),
        ("start_time=yesterday", "$.start_time"),
        ("app_id=%zz", "$.app_id"),
        ("app_id=%ff", "$.app_id"),
    ] {
        let reply = list(query).await;
        assert_eq!(reply.status, 400, "{query}");
        assert!(reply.refusal().starts_with(named), "{reply:?}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_the_contract_is_refused_with_its_path() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    let with = |name: &str, value: serde_json::Value| {
        let mut message = sms(&app, "Hello");
        message[name] = value;
        message
    };
    for (message, path) in [
        (json!([]), "$ "),
        (with("recipient", json!({})), "$.recipient "),
        (
            with("recipient", json!({"contact_id": "c", "identified_by": {"channel_identities": []}})),
            "$.recipient ",
        ),
        (with("message", json!(null)), "$.message "),
        (with("message", json!({"text_message": {}})), "$.message.text_message.text "),
        (with("ttl", json!("2s")), "$.ttl "),
        (with("channel_priority_order", json!(["CHANNEL_UNSPECIFIED"])), "$.channel_priority_order[0] "),
        (
            with("channel_properties", json!({"SMS_SENDER": "a".repeat(1025)})),
            "$.channel_properties.SMS_SENDER ",
        ),
        (with("callback_url", json!("ftp://example.com/")), "$.callback_url "),
        (with("conversation_metadata", json!({"a": "a".repeat(2048)})), "$.conversation_metadata "),
        (
            with("recipient", json!({"identified_by": {"channel_identities": []}})),
            "$.recipient.identified_by.",
        ),
    ] {
        let reply = desk.send(&message).await;
        assert_eq!(
            (reply.status, &reply.body["error"]["status"]),
            (400, &json!("INVALID_ARGUMENT")),
            "{reply:?}"
        );
        assert!(reply.refusal().starts_with(path), "{path}: {reply:?}");
    }
    desk.run().await;
    assert!(desk.texts().await.is_empty());
}

#[tokio::test]
async fn hostile_bytes_get_a_refusal_and_hurt_nobody() {
    let desk = Desk::new().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        b"".to_vec(),
        b"not json".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        b"{\"app_id\": \"\xc3\x28\"}".to_vec(),
        b"{\"app_id\": 1e999}".to_vec(),
        b"{\"app_id\":".to_vec(),
        deep.into_bytes(),
    ] {
        let request = desk.request(Method::POST, &format!("{PROJECT}/messages:send")).body(body);
        let reply = reply(request).await;
        assert_eq!(reply.status, 400);
        assert!(reply.refusal().starts_with("$ must be a JSON object"), "{reply:?}");
    }
    let status = |bytes: &[u8]| {
        let answer = String::from_utf8_lossy(&desk.raw(bytes).unwrap_or_default()).into_owned();
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    };
    let get =
        |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").into_bytes();
    assert_eq!(status(&get(&format!("/{}", "a".repeat(60_000)))), 404);
    assert!((400..500).contains(&status(&get(&format!("/{}", "a".repeat(200_000))))));
    for path in
        ["/%", "/%2", "/v1/projects/%/apps", "/v1/projects/%80/apps", "/v1//apps", "//", "*", "/../../x"]
    {
        assert!((400..500).contains(&status(&get(path))), "{path}");
    }
    assert_eq!(status(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 that was TLS \r\n\r\n"), 400);
    assert_eq!(desk.get(&format!("{PROJECT}/apps")).await.status, 200);
}

#[tokio::test]
async fn a_body_beyond_a_mebibyte_is_refused_and_its_caller_hears_of_it() {
    let desk = Desk::new().await;
    let path = format!("{PROJECT}/apps");
    let size = |bytes: usize| reply(desk.request(Method::POST, &path).body(vec![b' '; bytes]));
    assert_eq!(size(1 << 20).await.status, 400, "one of a mebibyte is read");
    let refused = size((1 << 20) + 1).await;
    assert_eq!(refused.status, 413);
    assert!(refused.refusal().contains("1048576 bytes"));

    // Also without a length that was told before.
    let mut stream = desk.connect();
    write!(stream, "POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
    for _ in 0..17 {
        write!(stream, "10000\r\n{}\r\n", "a".repeat(0x10000)).unwrap();
    }
    write!(stream, "0\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}
