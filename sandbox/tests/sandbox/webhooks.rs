//! Webhooks as a resource; `callbacks.rs` has what they get.

use serde_json::{Value, json};

use crate::desk::Desk;

const WEBHOOKS: &str = "/v1/projects/project-1/webhooks";

fn webhook(app_id: &str, target: &str) -> Value {
    json!({"app_id": app_id, "target": target, "target_type": "HTTP", "triggers": ["MESSAGE_DELIVERY"],
           "secret": "hush"})
}

#[tokio::test]
async fn a_webhook_is_created_read_listed_changed_and_deleted() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    let created = desk.post(WEBHOOKS, &json!({"app_id": app, "target": "https://example.com/a"})).await.ok();
    assert_eq!((&created["target_type"], &created["triggers"]), (&json!("DISMISS"), &json!([])));
    assert_eq!((&created["secret"], &created["client_credentials"]), (&json!(""), &Value::Null));
    let path = format!("{WEBHOOKS}/{}", created["id"].as_str().unwrap());
    assert_eq!(desk.get(&path).await.ok(), created);
    let list = format!("/v1/projects/project-1/apps/{app}/webhooks");
    assert_eq!(desk.get(&list).await.ok(), json!({"webhooks": [created]}));

    let change =
        json!({"target": "https://example.com/a", "triggers": ["MESSAGE_INBOUND"], "secret": "hush"});
    let changed = desk.patch(&format!("{path}?update_mask=triggers"), &change).await.ok();
    assert_eq!((&changed["triggers"], &changed["secret"]), (&json!(["MESSAGE_INBOUND"]), &json!("")));
    assert_eq!(desk.patch(&path, &change).await.ok()["secret"], "hush");

    assert_eq!(desk.delete(&path).await.ok(), json!({}));
    assert_eq!(desk.get(&path).await.status, 404);
    assert_eq!(desk.get(&list).await.ok(), json!({"webhooks": []}));
}

#[tokio::test]
async fn an_app_has_five_webhooks_at_most_each_with_its_own_target() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    for number in 1..=4 {
        desk.post(WEBHOOKS, &webhook(&app, &format!("https://example.com/{number}"))).await.ok();
    }
    let twice = desk.post(WEBHOOKS, &webhook(&app, "https://example.com/1")).await;
    assert_eq!((twice.status, &twice.body["error"]["status"]), (400, &json!("INVALID_ARGUMENT")));
    let fifth = desk.post(WEBHOOKS, &webhook(&app, "https://example.com/5")).await.ok();
    assert_eq!(desk.post(WEBHOOKS, &webhook(&app, "https://example.com/6")).await.status, 400);

    let path = format!("{WEBHOOKS}/{}", fifth["id"].as_str().unwrap());
    assert_eq!(desk.patch(&path, &json!({"target": "https://example.com/1"})).await.status, 400);
    assert_eq!(desk.patch(&path, &json!({"target": "https://example.com/5"})).await.status, 200);
    // Another app may use the same targets.
    let other = desk.app().await;
    assert_eq!(desk.post(WEBHOOKS, &webhook(&other, "https://example.com/1")).await.status, 200);
}

#[tokio::test]
async fn a_target_that_cannot_be_posted_to_is_refused() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    let long = format!("https://example.com/{}", "a".repeat(723));
    for target in ["nowhere", "mailto:a@example.com", "https://us.conversation.api.sinch.com/v1", &long] {
        let refused = desk.post(WEBHOOKS, &webhook(&app, target)).await;
        assert_eq!(refused.status, 400);
        assert!(refused.refusal().starts_with("$.target "), "{refused:?}");
    }
    assert_eq!(desk.post(WEBHOOKS, &webhook(&app, &long[..742])).await.status, 200);
    let mut unspecified = webhook(&app, "https://example.com/");
    unspecified["triggers"] = json!(["UNSPECIFIED_TRIGGER"]);
    assert!(desk.post(WEBHOOKS, &unspecified).await.refusal().starts_with("$.triggers[0] "));
}

#[tokio::test]
async fn a_webhook_belongs_to_one_app_of_one_project() {
    let desk = Desk::new().await;
    let (app, other) = (desk.app().await, desk.app().await);
    let created = desk.post(WEBHOOKS, &webhook(&app, "https://example.com/")).await.ok();
    let id = created["id"].as_str().unwrap();
    assert_eq!(desk.get(&format!("/v1/projects/project-2/webhooks/{id}")).await.status, 404);
    let moved = json!({"app_id": other, "target": "https://example.com/"});
    assert!(desk.patch(&format!("{WEBHOOKS}/{id}"), &moved).await.refusal().starts_with("$.app_id "));
    assert_eq!(desk.post(WEBHOOKS, &webhook("my-app", "https://example.com/")).await.status, 400);
    let unknown = "01FJA8B4A7BM43YGWSG9GBV067";
    assert_eq!(desk.post(WEBHOOKS, &webhook(unknown, "https://example.com/")).await.status, 404);
}
