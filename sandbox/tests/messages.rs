//! Sending, and what is stored.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

mod api;

use api::{Api, code};
use reqwest::Method;
use serde_json::{Value, json};

const CONVERSATION: &str = "CONVERSATION";

async fn conversation_app(api: &Api) -> String {
    api.app(json!({"processing_mode": CONVERSATION})).await
}

fn texts(page: &Value) -> Vec<&str> {
    let messages = page["messages"].as_array().unwrap();
    messages.iter().map(|message| message["app_message"]["text_message"]["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_send_reaches_the_handset_once_with_its_properties() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    let properties = json!({"channel_properties": {"SMS_SENDER": "Acme", "SMS_FLASH_MESSAGE": "true"}});
    let sent = api.send(&app_id, "Hello", properties).await;
    assert_eq!(sent.status, 200);
    assert!(api.ledger().await.is_empty() || api.ledger().await.len() == 1);
    api.idle().await;
    let ledger = api.ledger().await;
    assert_eq!(ledger.len(), 1);
    assert_eq!((&ledger[0]["to"], &ledger[0]["text"]), (&json!("46701234567"), &json!("Hello")));
    assert_eq!((&ledger[0]["sender"], &ledger[0]["flash"]), (&json!("Acme"), &json!(true)));
    assert_eq!(ledger[0]["message_id"], sent.body["message_id"]);
    assert_eq!(ledger[0]["request_id"], sent.headers["x-request-id"].to_str().unwrap());
}

#[tokio::test]
async fn an_app_that_is_none_is_refused() {
    let api = Api::start().await;
    assert_eq!(code(&api.send("no-ulid", "x", json!({})).await), "INVALID_ARGUMENT");
    assert_eq!(code(&api.send("01HKWT3XRVH6RP17S8KSBC4PYR", "x", json!({})).await), "NOT_FOUND");
}

#[tokio::test]
async fn dispatch_mode_stores_nothing_unless_it_is_told_to_retain() {
    let api = Api::start().await;
    let plain = api.app(json!({})).await;
    let retaining = api.app(json!({"dispatch_retention_policy": {"ttl_days": 7}})).await;
    for app_id in [&plain, &retaining] {
        api.send(app_id, "Hello", json!({})).await;
    }
    assert!(texts(&api.get("/messages").await.body).is_empty());
    let dispatched = api.get("/messages?messages_source=DISPATCH_SOURCE").await.body;
    assert_eq!(texts(&dispatched), ["Hello"]);
    assert_eq!(
        (&dispatched["messages"][0]["contact_id"], &dispatched["next_page_token"]),
        (&json!(""), &json!(""))
    );
}

#[tokio::test]
async fn dispatch_mode_takes_no_contact() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    let refused =
        api.send(&app_id, "x", json!({"recipient": {"contact_id": "01HKWT3XRVH6RP17S8KSBC4PYR"}})).await;
    assert_eq!(code(&refused), "INVALID_ARGUMENT");
}

#[tokio::test]
async fn conversation_mode_makes_one_contact_for_one_number_and_can_send_to_it() {
    let api = Api::start().await;
    let app_id = conversation_app(&api).await;
    for text in ["one", "two"] {
        api.send(&app_id, text, json!({"message_metadata": "mine"})).await;
    }
    let page = api.get("/messages").await.body;
    let (two, one) = (&page["messages"][0], &page["messages"][1]);
    assert_eq!(texts(&page), ["two", "one"]);
    assert_eq!((&one["contact_id"], &one["conversation_id"]), (&two["contact_id"], &two["conversation_id"]));
    assert_eq!(
        (&one["channel_identity"]["identity"], &one["metadata"]),
        (&json!("46701234567"), &json!("mine"))
    );
    let sent = api.send(&app_id, "three", json!({"recipient": {"contact_id": one["contact_id"]}})).await;
    assert_eq!(sent.status, 200);
    api.idle().await;
    assert_eq!(api.ledger().await.len(), 3);
}

#[tokio::test]
async fn a_list_is_read_page_by_page_newest_first() {
    let api = Api::start().await;
    let app_id = conversation_app(&api).await;
    for number in 0..25 {
        api.send(&app_id, &number.to_string(), json!({})).await;
    }
    let mut read = Vec::new();
    let mut token = String::new();
    loop {
        let page = api.get(&format!("/messages?page_token={token}")).await.body;
        read.extend(texts(&page).into_iter().map(str::to_owned));
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
        // A token belongs to its list.
        let other = api.get(&format!("/messages?direction=TO_APP&page_token={token}")).await;
        assert_eq!(code(&other), "INVALID_ARGUMENT");
    }
    let expected: Vec<String> = (0..25).rev().map(|number| number.to_string()).collect();
    assert_eq!(read, expected);
    assert_eq!(code(&api.get("/messages?page_token=%00").await), "INVALID_ARGUMENT");
    assert_eq!(code(&api.get("/messages?page_size=1001").await), "INVALID_ARGUMENT");
}

#[tokio::test]
async fn a_list_can_be_narrowed_down() {
    let api = Api::start().await;
    let (mine, other) = (conversation_app(&api).await, conversation_app(&api).await);
    api.send(&mine, "mine", json!({})).await;
    api.send(&other, "other", json!({})).await;
    let list = async |query: &str| {
        let page = api.get(&format!("/messages?{query}")).await.body;
        texts(&page).join(",")
    };
    assert_eq!(list(&format!("app_id={mine}")).await, "mine");
    assert_eq!(list("channel_identity=%2B46701234567").await, "other,mine");
    assert_eq!(list("channel_identity=46700000000").await, "");
    assert_eq!(list("direction=TO_APP").await, "");
    assert_eq!(list("channel=SMS&start_time=2020-01-01T00:00:00Z").await, "other,mine");
    assert_eq!(list("end_time=2020-01-01T00:00:00Z").await, "");
}

#[tokio::test]
async fn the_last_message_of_each_number_is_one() {
    let api = Api::start().await;
    let app_id = conversation_app(&api).await;
    api.send(&app_id, "old", json!({})).await;
    api.send(&app_id, "new", json!({})).await;
    let body = json!({"channel_identities": ["+46701234567"]});
    assert_eq!(texts(&api.post("/messages:fetch-last-message", body).await.body), ["new"]);
}

#[tokio::test]
async fn a_message_can_be_read_changed_and_deleted() {
    let api = Api::start().await;
    let app_id = conversation_app(&api).await;
    let id = api.send(&app_id, "x", json!({})).await.body["message_id"].as_str().unwrap().to_owned();
    let path = format!("/messages/{id}");
    assert_eq!(api.patch(&path, json!({"metadata": "new"})).await.body["metadata"], "new");
    assert_eq!(api.get(&path).await.body["metadata"], "new");
    assert_eq!(code(&api.get(&format!("{path}?messages_source=DISPATCH_SOURCE")).await), "NOT_FOUND");
    assert_eq!(api.delete(&path).await.body, json!({}));
    assert_eq!(code(&api.get(&path).await), "NOT_FOUND");
}

#[tokio::test]
async fn waiting_for_a_message_ends_when_it_comes_or_when_the_time_is_up() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    let wait = async |query: &str| {
        api.control(Method::GET, &format!("/ledger:wait?to=%2B46701234567&{query}"), None).await
    };
    assert_eq!(code(&wait("within_ms=0").await), "NOT_FOUND");
    let (arrival, sent) =
        tokio::join!(wait("contains=4711"), api.send(&app_id, "Your code is 4711", json!({})));
    assert_eq!((sent.status, arrival.status), (200, 200));
    assert_eq!(arrival.body["text"], "Your code is 4711");
    assert_eq!(code(&wait("contains=4712&within_ms=1").await), "NOT_FOUND");
}
