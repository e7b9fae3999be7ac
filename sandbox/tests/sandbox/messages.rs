//! Sending, and what is stored.

use serde_json::{Value, json};
use tidings_sandbox::{Options, Retained};

use crate::desk::{Desk, PHONE, PROJECT, sms, sms_credentials, sms_to, virtual_clock};

const MESSAGES: &str = "/v1/projects/project-1/messages";

async fn ids(desk: &Desk, query: &str) -> Vec<String> {
    let list = desk.get(&format!("{MESSAGES}?{query}")).await.ok();
    let messages = list["messages"].as_array().unwrap();
    messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_message_reaches_its_handset_once_with_what_the_handset_shows() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    let mut message = sms(&app, "Your code is 4711");
    message["correlation_id"] = "order-1".into();
    message["channel_properties"] = json!({"SMS_SENDER": "Acme", "SMS_FLASH_MESSAGE": "true"});
    let sent = desk.send(&message).await;
    let request_id = sent.headers["x-request-id"].to_str().unwrap().to_owned();
    let sent = sent.ok();
    assert_eq!(sent["accepted_time"], "2026-01-31T09:30:00Z");
    assert!(desk.texts().await.is_empty(), "accepted is not arrived");
    let now = desk.run().await;
    let ledger = desk.get("/_sandbox/ledger").await.ok();
    assert_eq!(
        ledger["arrivals"],
        json!([{
            "to": "46701234567",
            "channel": "SMS",
            "text": "Your code is 4711",
            "sender": "Acme",
            "flash": true,
            "message_id": sent["message_id"],
            "app_id": app,
            "project_id": "project-1",
            "request_id": request_id,
            "correlation_id": "order-1",
            "received_at": now,
        }])
    );
}

#[tokio::test]
async fn the_ledger_is_asked_by_number_and_by_project() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    desk.sent(&app, "one").await;
    desk.send(&sms_to(&app, "46709999999", "two")).await.ok();
    desk.run().await;
    let count = |query: &'static str| {
        let desk = &desk;
        async move {
            let ledger = desk.get(&format!("/_sandbox/ledger?{query}")).await.ok();
            ledger["arrivals"].as_array().unwrap().len()
        }
    };
    assert_eq!(count("").await, 2);
    assert_eq!(count("to=%2B46701234567").await, 1);
    assert_eq!(count("to=46701234567&project_id=project-1").await, 1);
    assert_eq!(count("project_id=project-2").await, 0);
}

#[tokio::test]
async fn waiting_for_a_message_ends_when_it_comes_or_when_the_time_is_over() {
    let desk = Desk::with(Options::default()).await;
    let app = desk.app().await;
    let wait = desk.get("/_sandbox/ledger:wait?to=%2B46701234567&contains=4711&within_ms=20000");
    let send = async {
        desk.sent(&app, "Something else").await;
        desk.sent(&app, "Your code is 4711").await;
    };
    let (found, ()) = tokio::join!(wait, send);
    assert_eq!(found.ok()["text"], "Your code is 4711");
    // One that came before is found at once.
    let before = desk.get("/_sandbox/ledger:wait?to=46701234567&contains=4711&within_ms=0").await;
    assert_eq!(before.status, 200);
    assert_eq!(desk.get("/_sandbox/ledger:wait?to=46701234567&contains=0815&within_ms=1").await.status, 404);
    assert_eq!(desk.get("/_sandbox/ledger:wait").await.status, 400);
}

#[tokio::test]
async fn conversation_mode_stores_messages_and_keeps_one_contact_per_number() {
    let desk = Desk::new().await;
    let (app, other) = (desk.conversation_app().await, desk.conversation_app().await);
    let mut message = sms(&app, "Hello");
    message["message_metadata"] = "mine".into();
    let first = desk.send(&message).await.ok()["message_id"].as_str().unwrap().to_owned();
    let stored = desk.get(&format!("{MESSAGES}/{first}")).await.ok();
    let (contact, conversation) = (&stored["contact_id"], &stored["conversation_id"]);
    assert_eq!(
        stored,
        json!({
            "id": first,
            "direction": "TO_CONTACT",
            "app_message": {"text_message": {"text": "Hello"}},
            "channel_identity": {"channel": "SMS", "identity": "46701234567", "app_id": ""},
            "conversation_id": conversation,
            "contact_id": contact,
            "metadata": "mine",
            "accept_time": "2026-01-31T09:30:00Z",
            "sender_id": "",
            "processing_mode": "CONVERSATION",
            "injected": false,
            "message_status": null,
        })
    );
    let read = |id: String| {
        let desk = &desk;
        async move { desk.get(&format!("{MESSAGES}/{id}")).await.ok() }
    };
    // The same number without plus is the same contact; another app has another conversation with it.
    let again = desk.send(&sms_to(&app, "46701234567", "Hello")).await.ok()["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let again = read(again).await;
    assert_eq!((&again["contact_id"], &again["conversation_id"]), (contact, conversation));
    let elsewhere = read(desk.sent(&other, "Hello").await).await;
    assert_eq!(&elsewhere["contact_id"], contact);
    assert_ne!(&elsewhere["conversation_id"], conversation);

    // Now that the contact is known, it can be written to by its id.
    let by_contact = json!({"app_id": app, "recipient": {"contact_id": contact},
                            "message": {"text_message": {"text": "By contact"}}});
    desk.send(&by_contact).await.ok();
    desk.run().await;
    assert!(desk.texts().await.contains(&"By contact".to_owned()));
}

#[tokio::test]
async fn dispatch_mode_stores_only_what_its_policy_keeps_and_knows_no_contacts() {
    let desk = Desk::new().await;
    let forgets = desk.app().await;
    let keeps = desk.app_with(json!({"dispatch_retention_policy": {"ttl_days": 1}})).await;
    let forgotten = desk.sent(&forgets, "Hello").await;
    let kept = desk.sent(&keeps, "Hello").await;
    let source = "messages_source=DISPATCH_SOURCE";
    assert_eq!(desk.get(&format!("{MESSAGES}/{forgotten}?{source}")).await.status, 404);
    assert_eq!(desk.get(&format!("{MESSAGES}/{kept}")).await.status, 404);
    let stored = desk.get(&format!("{MESSAGES}/{kept}?{source}")).await.ok();
    assert_eq!((&stored["contact_id"], &stored["conversation_id"]), (&json!(""), &json!("")));
    assert_eq!(stored["processing_mode"], "DISPATCH");
    assert_eq!(ids(&desk, source).await, [kept]);

    let by_contact = json!({"app_id": keeps, "recipient": {"contact_id": "c"},
                            "message": {"text_message": {"text": "x"}}});
    assert!(desk.send(&by_contact).await.refusal().starts_with("$.recipient.contact_id "));
    for query in ["conversation_id=c", "contact_id=c"] {
        assert_eq!(desk.get(&format!("{MESSAGES}?{source}&{query}")).await.status, 400);
    }
}

#[tokio::test]
async fn a_send_can_be_forced_into_dispatch_mode() {
    let desk = Desk::new().await;
    let app = desk.conversation_app().await;
    let mut message = sms(&app, "Hello");
    message["processing_strategy"] = "DISPATCH_ONLY".into();
    let id = desk.send(&message).await.ok()["message_id"].as_str().unwrap().to_owned();
    assert_eq!(desk.get(&format!("{MESSAGES}/{id}")).await.status, 404);
    desk.run().await;
    assert_eq!(desk.texts().await, ["Hello"]);
}

#[tokio::test]
async fn an_app_that_is_not_there_sends_nothing() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    assert_eq!(desk.send(&sms("my-app", "Hello")).await.status, 400);
    assert_eq!(desk.send(&sms("01FJA8B4A7BM43YGWSG9GBV067", "Hello")).await.status, 404);
    assert_eq!(desk.post("/v1/projects/project-2/messages:send", &sms(&app, "Hello")).await.status, 404);
    let unknown = json!({"app_id": desk.conversation_app().await, "recipient": {"contact_id": "nobody"},
                         "message": {"text_message": {"text": "x"}}});
    assert_eq!(desk.send(&unknown).await.status, 404);
    desk.run().await;
    assert!(desk.texts().await.is_empty());
}

#[tokio::test]
async fn lists_are_newest_first_in_pages_that_stay_right_while_messages_come_in() {
    let desk = Desk::new().await;
    let app = desk.conversation_app().await;
    let mut sent = Vec::new();
    for number in 0..12 {
        sent.insert(0, desk.sent(&app, &number.to_string()).await);
    }
    assert_eq!(ids(&desk, "").await, sent[..10]);

    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let page = desk.get(&format!("{MESSAGES}?page_size=5&page_token={token}")).await.ok();
        found.extend(
            page["messages"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
        desk.sent(&app, "a new one").await;
    }
    assert_eq!(found, sent);
}

#[tokio::test]
async fn a_page_token_is_good_for_the_same_question_only() {
    let desk = Desk::new().await;
    let app = desk.conversation_app().await;
    desk.sent(&app, "one").await;
    desk.sent(&app, "two").await;
    let page = desk.get(&format!("{MESSAGES}?page_size=1")).await.ok();
    let token = page["next_page_token"].as_str().unwrap();
    assert_eq!(desk.get(&format!("{MESSAGES}?page_size=2&page_token={token}")).await.status, 200);
    for wrong in
        [&format!("page_token={token}&channel=SMS"), "page_token=x", "page_token=AAAA", "page_token=%20"]
    {
        let refused = desk.get(&format!("{MESSAGES}?{wrong}")).await;
        assert!(refused.refusal().starts_with("$.page_token "), "{refused:?}");
    }
    assert_eq!(desk.get(&format!("/v1/projects/project-2/messages?page_token={token}")).await.status, 400);
}

#[tokio::test]
async fn lists_are_filtered() {
    let desk = Desk::new().await;
    let (app, other) = (desk.conversation_app().await, desk.conversation_app().await);
    let first = desk.sent(&app, "one").await;
    let between = desk.run().await;
    let second = desk.send(&sms_to(&other, "46709999999", "two")).await.ok()["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let stored = desk.get(&format!("{MESSAGES}/{second}")).await.ok();
    let field = |name: &str| stored[name].as_str().unwrap().to_owned();
    for query in [
        format!("app_id={other}"),
        format!("contact_id={}", field("contact_id")),
        format!("conversation_id={}", field("conversation_id")),
        "channel_identity=46709999999".to_owned(),
        "channel_identity=%2B46709999999".to_owned(),
        "start_time=2026-01-31T09:30:00Z".to_owned(),
    ] {
        assert_eq!(ids(&desk, &query).await, [second.as_str()], "{query}");
    }
    assert_eq!(ids(&desk, &format!("end_time={between}")).await, [first.as_str()]);
    assert_eq!(ids(&desk, "channel=SMS&direction=TO_CONTACT").await, [second, first]);
    for nothing in ["channel=RCS", "direction=TO_APP", "app_id=other"] {
        assert!(ids(&desk, nothing).await.is_empty(), "{nothing}");
    }
    for wrong in [
        "only_recipient_originated=true",
        "start_time=2026-02-01T00:00:00Z&end_time=2026-01-01T00:00:00Z",
        "messages_source=ELSEWHERE",
        "page_size=-1",
    ] {
        assert_eq!(desk.get(&format!("{MESSAGES}?{wrong}")).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn metadata_is_changed_and_left_out_of_a_view() {
    let desk = Desk::new().await;
    let app = desk.conversation_app().await;
    let id = desk.sent(&app, "Hello").await;
    let path = format!("{MESSAGES}/{id}");
    assert_eq!(desk.patch(&path, &json!({"metadata": "new"})).await.ok()["metadata"], "new");
    assert_eq!(desk.get(&path).await.ok()["metadata"], "new");
    let list = desk.get(&format!("{MESSAGES}?view=WITHOUT_METADATA")).await.ok();
    assert_eq!(list["messages"][0]["metadata"], "");
    let dispatch = format!("{path}?messages_source=DISPATCH_SOURCE");
    assert_eq!(desk.patch(&dispatch, &json!({"metadata": "new"})).await.status, 400);

    assert_eq!(desk.delete(&path).await.ok(), json!({}));
    for gone in
        [desk.get(&path).await, desk.delete(&path).await, desk.patch(&path, &json!({"metadata": ""})).await]
    {
        assert_eq!((gone.status, gone.refusal()), (404, "Message not found"));
    }
}

#[tokio::test]
async fn the_last_message_of_each_recipient_is_found() {
    let desk = Desk::new().await;
    let app = desk.conversation_app().await;
    let mut last = Vec::new();
    for number in ["46700000001", "46700000002", "46700000001", "46700000003"] {
        let sent = desk.send(&sms_to(&app, number, "Hello")).await.ok();
        last.insert(0, sent["message_id"].clone());
    }
    let ask = |body: Value| {
        let desk = &desk;
        async move { desk.post(&format!("{PROJECT}/messages:fetch-last-message"), &body).await }
    };
    let found = |reply: &Value| -> Vec<Value> {
        reply["messages"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
    };
    let all = ask(json!({})).await.ok();
    assert_eq!(found(&all), [last[0].clone(), last[1].clone(), last[2].clone()]);
    let two = json!({"channel_identities": ["+46700000001", "46700000002"], "page_size": 1});
    let page = ask(two.clone()).await.ok();
    assert_eq!(found(&page), [last[1].clone()]);
    let mut next = two;
    next["page_token"] = page["next_page_token"].clone();
    let page = ask(next).await.ok();
    assert_eq!((found(&page), &page["next_page_token"]), (vec![last[2].clone()], &json!("")));
    let contact = &page["messages"][0]["contact_id"];
    assert_eq!(found(&ask(json!({"contact_ids": [contact]})).await.ok()), [last[2].clone()]);
    assert_eq!(ask(json!({"contact_ids": ["a"], "messages_source": "DISPATCH_SOURCE"})).await.status, 400);
    assert_eq!(ask(json!({"contact_ids": ["a"], "channel_identities": ["b"]})).await.status, 400);
}

#[tokio::test]
async fn the_channel_is_the_first_in_order_that_the_app_has() {
    let desk = Desk::new().await;
    let rcs = json!({"channel": "RCS", "static_bearer": {"claimed_identity": "agent", "token": "t"}});
    let app = desk.app_with(json!({"channel_credentials": [rcs, sms_credentials()]})).await;
    let recipient = json!({"identified_by": {"channel_identities": [
        {"channel": "WHATSAPP", "identity": PHONE},
        {"channel": "SMS", "identity": PHONE},
        {"channel": "RCS", "identity": PHONE},
    ]}});
    let mut message = sms(&app, "Hello");
    message["recipient"] = recipient;
    desk.send(&message).await.ok();
    message["channel_priority_order"] = json!(["WHATSAPP", "RCS", "SMS"]);
    desk.send(&message).await.ok();
    desk.run().await;
    let ledger = desk.get("/_sandbox/ledger").await.ok();
    let mut channels: Vec<&Value> =
        ledger["arrivals"].as_array().unwrap().iter().map(|arrival| &arrival["channel"]).collect();
    channels.sort_by_key(|channel| channel.as_str().map(str::to_owned));
    assert_eq!(channels, ["RCS", "SMS"]);
}

#[tokio::test]
async fn a_full_queue_is_told_with_429_and_drains() {
    let desk = Desk::with(virtual_clock().retained(Retained::default().queue(2))).await;
    let app = desk.app().await;
    desk.sent(&app, "one").await;
    desk.sent(&app, "two").await;
    let full = desk.send(&sms(&app, "three")).await;
    assert_eq!((full.status, &full.body["error"]["status"]), (429, &json!("RESOURCE_EXHAUSTED")));
    let stats = desk.get(&format!("{PROJECT}/apps/{app}")).await.ok()["queue_stats"].clone();
    assert_eq!(stats, json!({"outbound_size": 2, "outbound_limit": 2}));
    desk.run().await;
    assert_eq!(desk.send(&sms(&app, "three")).await.status, 200);
}

#[tokio::test]
async fn the_oldest_messages_and_arrivals_are_forgotten() {
    let retained = Retained::default().messages(2).arrivals(1).requests(1);
    let desk = Desk::with(virtual_clock().retained(retained)).await;
    let app = desk.conversation_app().await;
    let mut sent = Vec::new();
    for text in ["one", "two", "three"] {
        sent.insert(0, desk.sent(&app, text).await);
        desk.run().await;
    }
    assert_eq!(ids(&desk, "").await, sent[..2]);
    assert_eq!(desk.texts().await, ["three"]);
    assert_eq!(desk.get("/_sandbox/requests").await.ok()["requests"].as_array().unwrap().len(), 1);
}
