//! The same seed, the same story.

use serde_json::{Value, json};

use crate::desk::{Desk, PROJECT, sms, virtual_clock};
use crate::receiver::Receiver;

/// Everything a caller can see of one run.
async fn tell(seed: u64, looks: usize) -> Vec<String> {
    let desk = Desk::with(virtual_clock().seed(seed)).await;
    let receiver = Receiver::start().await;
    let mut story = vec![desk.token.clone()];
    let app = desk.conversation_app().await;
    let webhook = json!({"app_id": app, "target": receiver.url, "target_type": "HTTP", "secret": "hush",
                         "triggers": ["MESSAGE_DELIVERY", "MESSAGE_SUBMIT"]});
    let webhook = desk.post(&format!("{PROJECT}/webhooks"), &webhook).await.ok();
    story.push(webhook["id"].to_string());
    receiver.answer_next(&[200, 500]);
    // A second one, which may answer before the first or after it.
    let second = Receiver::start().await;
    let webhook = json!({"app_id": app, "target": second.url, "target_type": "HTTP", "secret": "hush",
                         "triggers": ["MESSAGE_DELIVERY"]});
    desk.post(&format!("{PROJECT}/webhooks"), &webhook).await.ok();
    for number in 0..3 {
        let reply = desk.send(&sms(&app, &format!("Text {number}"))).await;
        if looks == 0 {
            story.push(format!("{:?}", reply.headers["x-request-id"]));
        }
        story.push(reply.body.to_string());
        for _ in 0..looks {
            desk.get("/_sandbox/ledger").await.ok();
        }
        if number == 1 {
            story.push(desk.run().await);
        }
    }
    story.push(desk.run().await);
    for taken in receiver.taken().into_iter().chain(second.taken()) {
        story.push(String::from_utf8(taken.bytes.to_vec()).unwrap());
        for part in ["signature", "signature-nonce", "signature-timestamp"] {
            story.push(taken.header(&format!("x-sinch-webhook-{part}")).to_owned());
        }
    }
    let mut ledger: Value = desk.get("/_sandbox/ledger").await.ok();
    if looks > 0 {
        for arrival in ledger["arrivals"].as_array_mut().unwrap() {
            arrival["request_id"].take();
        }
    }
    story.push(ledger.to_string());
    story.push(desk.get(&format!("{PROJECT}/messages")).await.body.to_string());
    story
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let first = tell(1, 0).await;
    assert_eq!(tell(1, 0).await, first);
    let other = tell(2, 0).await;
    assert!(first.iter().zip(&other).filter(|(one, two)| one != two).count() > first.len() / 2);
}

#[tokio::test]
async fn looking_does_not_change_the_story() {
    assert_eq!(tell(1, 1).await, tell(1, 5).await);
}

#[tokio::test]
async fn the_same_seed_strikes_the_same_share_of_requests_also_after_a_reset() {
    async fn strikes(desk: &Desk) -> Vec<u16> {
        desk.fault(json!({"stage": "BEFORE_READ", "action": "RESPOND", "share": 0.5, "times": 0})).await;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(desk.get(&format!("{PROJECT}/apps")).await.status);
        }
        statuses
    }
    let desk = Desk::with(virtual_clock().seed(1)).await;
    let first = strikes(&desk).await;
    assert!(first.contains(&200) && first.contains(&500), "{first:?}");
    desk.post("/_sandbox/reset", &json!({})).await.ok();
    assert_eq!(strikes(&desk).await, first);
    assert_eq!(strikes(&Desk::with(virtual_clock().seed(1)).await).await, first);
    assert_ne!(strikes(&Desk::with(virtual_clock().seed(2)).await).await, first);
}

#[tokio::test]
async fn what_a_share_draws_changes_no_id_no_token_and_no_delay() {
    let mut runs = Vec::new();
    for faults in [0, 2] {
        let desk = Desk::new().await;
        let app = desk.app().await;
        for _ in 0..faults {
            desk.fault(json!({"stage": "AFTER_ACCEPT", "action": "DELAY", "share": 0.5, "times": 0})).await;
        }
        let ids = [desk.sent(&app, "One").await, desk.sent(&app, "Two").await];
        runs.push((app, ids, desk.fresh_token().await.body, desk.run().await));
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_reset_begins_the_same_story_again() {
    let desk = Desk::new().await;
    let mut runs = Vec::new();
    for _ in 0..2 {
        desk.post("/_sandbox/reset", &json!({})).await.ok();
        let app = desk.app().await;
        let id = desk.sent(&app, "Hello").await;
        desk.fault(json!({"stage": "BEFORE_ACCEPT", "action": "CLOSE", "times": 0, "operation": "apps.get"}))
            .await;
        let end = desk.run().await;
        runs.push((app, id, end, desk.texts().await, desk.journal("messages.send").await.len()));
    }
    assert_eq!(runs[0], runs[1]);
    desk.post("/_sandbox/reset", &json!({})).await.ok();
    assert!(desk.texts().await.is_empty());
    assert_eq!(desk.get("/_sandbox/faults").await.ok(), json!({"faults": []}));
    assert_eq!(desk.get("/_sandbox/requests").await.ok(), json!({"requests": []}));
    // The token of before is still good.
    assert_eq!(desk.get(&format!("{PROJECT}/apps")).await.ok(), json!({"apps": []}));
}

#[tokio::test]
async fn a_virtual_clock_moves_to_the_last_thing_that_was_planned() {
    let desk = Desk::with(virtual_clock().delays(10..=10, 30..=30)).await;
    assert_eq!(desk.run().await, "2026-01-31T09:30:00Z");
    let app = desk.app().await;
    desk.sent(&app, "Hello").await;
    assert_eq!(desk.run().await, "2026-01-31T09:30:00.04Z");
    assert_eq!(desk.run().await, "2026-01-31T09:30:00.04Z");
}
