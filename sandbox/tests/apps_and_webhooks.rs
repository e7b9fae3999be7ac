//! Apps with their channels, and webhooks.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

mod api;

use api::{Api, code};
use serde_json::json;

#[tokio::test]
async fn an_app_is_read_back_with_its_defaults_and_its_tokens_in_clear() {
    let api = Api::start().await;
    let id = api.app(json!({"processing_mode": "CONVERSATION"})).await;
    let app = api.get(&format!("/apps/{id}")).await.body;
    let credentials = &app["channel_credentials"][0];
    assert_eq!(credentials["static_bearer"]["token"], "secret");
    assert_eq!(credentials["state"]["status"], "ACTIVE");
    assert_eq!(
        (&app["processing_mode"], &app["message_retry_settings"]),
        (&json!("CONVERSATION"), &json!(null))
    );
    assert_eq!(app["queue_stats"]["outbound_limit"], 500_000);
    assert_eq!(api.get("/apps").await.body["apps"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_update_replaces_each_given_property_whole_and_a_mask_narrows_it() {
    let api = Api::start().await;
    let id = api.app(json!({})).await;
    let line = json!({"channel": "LINE", "line_credentials": {"token": "t", "secret": "s"}});
    let path = format!("/apps/{id}");
    let app = api.patch(&path, json!({"channel_credentials": [line], "display_name": null})).await.body;
    assert_eq!(app["channel_credentials"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&app["channel_credentials"][0]["channel"], &app["display_name"]),
        (&json!("LINE"), &json!("test"))
    );
    let body = json!({"display_name": "new", "processing_mode": "CONVERSATION", "id": "other"});
    assert_eq!(api.patch(&format!("{path}?update_mask=id"), body.clone()).await.body["id"], id);
    let app = api.patch(&format!("{path}?update_mask=display_name"), body).await.body;
    assert_eq!((&app["display_name"], &app["processing_mode"]), (&json!("new"), &json!("DISPATCH")));
}

#[tokio::test]
async fn a_deleted_app_is_gone_and_its_webhooks_with_it() {
    let api = Api::start().await;
    let id = api.app(json!({})).await;
    let webhook = api.post("/webhooks", json!({"app_id": id, "target": "http://127.0.0.1:1/"})).await.body;
    assert_eq!(api.delete(&format!("/apps/{id}")).await.status, 200);
    assert_eq!(code(&api.get(&format!("/apps/{id}")).await), "NOT_FOUND");
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    assert_eq!(code(&api.get(&path).await), "NOT_FOUND");
}

#[tokio::test]
async fn another_project_does_not_see_it() {
    let api = Api::start().await;
    let id = api.app(json!({})).await;
    let foreign = format!("{}/v1/projects/p2/apps/{id}", api.sandbox.url());
    assert_eq!(api::answer(api.http.get(foreign).bearer_auth(&api.token)).await.status, 404);
}

#[tokio::test]
async fn a_body_that_breaks_the_contract_is_refused_with_its_place() {
    let api = Api::start().await;
    let refused = api.post("/apps", json!({"display_name": "x"})).await;
    assert_eq!(code(&refused), "INVALID_ARGUMENT");
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("$.channel_credentials"));
}

#[tokio::test]
async fn an_app_has_five_webhooks_at_most_each_with_its_own_target() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    let create = async |port: u16| {
        api.post("/webhooks", json!({"app_id": app_id, "target": format!("http://127.0.0.1:{port}/")})).await
    };
    assert_eq!(create(1).await.body["target_type"], "DISMISS");
    assert_eq!(code(&create(1).await), "INVALID_ARGUMENT");
    for port in 2..=5 {
        assert_eq!(create(port).await.status, 200);
    }
    assert_eq!(code(&create(6).await), "INVALID_ARGUMENT");
    let all = api.get(&format!("/apps/{app_id}/webhooks")).await.body;
    assert_eq!(all["webhooks"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_webhook_can_be_read_changed_and_deleted() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    let webhook = json!({"app_id": app_id, "target": "http://127.0.0.1:1/", "secret": "s"});
    let id = api.post("/webhooks", webhook).await.body["id"].as_str().unwrap().to_owned();
    let path = format!("/webhooks/{id}");
    let change = json!({"target": "http://127.0.0.1:2/", "triggers": ["MESSAGE_DELIVERY"]});
    assert_eq!(api.patch(&path, change).await.status, 200);
    let read = api.get(&path).await.body;
    assert_eq!((&read["secret"], &read["triggers"]), (&json!("s"), &json!(["MESSAGE_DELIVERY"])));
    assert_eq!(api.delete(&path).await.body, json!({}));
    assert_eq!(code(&api.get(&path).await), "NOT_FOUND");
}
