//! Apps and their channels.

use serde_json::{Value, json};
use tidings_sandbox::Retained;

use crate::desk::{Desk, PROJECT, sms_credentials, virtual_clock};

const APPS: &str = "/v1/projects/project-1/apps";

#[tokio::test]
async fn a_new_app_reads_back_with_the_api_s_defaults_and_its_tokens_in_clear() {
    let desk = Desk::new().await;
    let written =
        json!({"display_name": "Shop", "channel_credentials": [sms_credentials()], "something_new": 1});
    let app = desk.post(APPS, &written).await.ok();
    assert_eq!(app["id"].as_str().unwrap().len(), 26);
    assert_eq!(
        app["channel_credentials"][0],
        json!({
            "channel": "SMS",
            "static_bearer": {"claimed_identity": "plan", "token": "plan-token"},
            "callback_secret": "",
            "credential_ordinal_number": 0,
            "channel_known_id": "",
            "state": {"status": "ACTIVE", "description": ""},
        })
    );
    for (name, value) in [
        ("processing_mode", json!("DISPATCH")),
        ("conversation_metadata_report_view", json!("NONE")),
        ("retention_policy", json!({"retention_type": "MESSAGE_EXPIRE_POLICY", "ttl_days": 180})),
        ("dispatch_retention_policy", json!({"retention_type": "MESSAGE_EXPIRE_POLICY", "ttl_days": 0})),
        ("rate_limits", json!({"inbound": 25, "outbound": 20, "webhooks": 25})),
        ("queue_stats", json!({"outbound_size": 0, "outbound_limit": 500_000})),
        ("smart_conversation", json!({"enabled": false})),
        ("delivery_report_based_fallback", json!({"enabled": false, "delivery_report_waiting_time": 0})),
        ("message_retry_settings", Value::Null),
        ("something_new", json!(1)),
    ] {
        assert_eq!(app[name], value, "{name}");
    }
    let id = app["id"].as_str().unwrap();
    assert_eq!(desk.get(&format!("{APPS}/{id}")).await.ok(), app);
    assert_eq!(desk.get(APPS).await.ok(), json!({"apps": [app]}));
}

#[tokio::test]
async fn an_update_replaces_each_given_property_whole_and_leaves_the_others() {
    let desk = Desk::new().await;
    let id = desk.app().await;
    let telegram = json!({"channel": "TELEGRAM", "telegram_credentials": {"token": "t"}});
    let change = json!({"channel_credentials": [telegram], "display_name": null});
    let app = desk.patch(&format!("{APPS}/{id}"), &change).await.ok();
    assert_eq!(app["channel_credentials"].as_array().unwrap().len(), 1);
    assert_eq!(app["channel_credentials"][0]["channel"], "TELEGRAM");
    assert_eq!(app["display_name"], "Shop");
}

#[tokio::test]
async fn an_update_mask_limits_what_changes() {
    let desk = Desk::new().await;
    let id = desk.app().await;
    let change = json!({
        "display_name": "Other",
        "processing_mode": "CONVERSATION",
        "retention_policy": {"retention_type": "PERSIST_RETENTION_POLICY", "ttl_days": 7},
    });
    for mask in
        ["display_name,retention_policy.ttl_days", "display_name&update_mask=retention_policy.ttl_days"]
    {
        let app = desk.patch(&format!("{APPS}/{id}?update_mask={mask}"), &change).await.ok();
        assert_eq!(app["display_name"], "Other");
        assert_eq!(app["processing_mode"], "DISPATCH");
        assert_eq!(
            app["retention_policy"],
            json!({"retention_type": "MESSAGE_EXPIRE_POLICY", "ttl_days": 7})
        );
    }
    assert_eq!(desk.patch(&format!("{APPS}/{id}?update_mask=a..b"), &change).await.status, 400);
}

#[tokio::test]
async fn what_the_api_alone_writes_cannot_be_written() {
    let desk = Desk::new().await;
    let id = desk.app().await;
    let mut app = desk.get(&format!("{APPS}/{id}")).await.ok();
    // Reads as 0 while it is off, which is less than may be written.
    app.as_object_mut().unwrap().remove("delivery_report_based_fallback");
    app["id"] = "another".into();
    app["queue_stats"] = json!({"outbound_size": 7, "outbound_limit": 1});
    app["channel_credentials"][0]["state"] = json!({"status": "FAILING", "description": "x"});
    let changed = desk.patch(&format!("{APPS}/{id}"), &app).await.ok();
    assert_eq!(changed["id"], *id);
    assert_eq!(changed["queue_stats"]["outbound_size"], 0);
    assert_eq!(changed["channel_credentials"][0]["state"]["status"], "ACTIVE");
}

#[tokio::test]
async fn only_line_comes_more_than_once() {
    let desk = Desk::new().await;
    let line = |ordinal: u8| {
        json!({"channel": "LINE", "line_credentials": {"token": "t", "secret": "s"},
               "credential_ordinal_number": ordinal})
    };
    let create = |channels: Value| {
        let body = json!({"display_name": "Shop", "channel_credentials": channels});
        let desk = &desk;
        async move { desk.post(APPS, &body).await }
    };
    assert_eq!(create(json!([line(0), line(1)])).await.status, 200);
    for twice in [json!([line(1), line(1)]), json!([sms_credentials(), sms_credentials()])] {
        assert!(create(twice).await.refusal().starts_with("$.channel_credentials[1].channel"));
    }
}

#[tokio::test]
async fn an_app_is_gone_once_deleted_and_never_there_for_another_project() {
    let desk = Desk::new().await;
    let id = desk.app().await;
    assert_eq!(desk.get(&format!("/v1/projects/project-2/apps/{id}")).await.status, 404);
    assert_eq!(desk.get("/v1/projects/project-2/apps").await.ok(), json!({"apps": []}));
    assert_eq!(desk.get(&format!("{APPS}/my-app")).await.status, 400);
    assert_eq!(desk.delete(&format!("{APPS}/{id}")).await.ok(), json!({}));
    let gone = desk.delete(&format!("{APPS}/{id}")).await;
    assert_eq!((gone.status, gone.refusal()), (404, "App not found"));
}

#[tokio::test]
async fn the_number_of_apps_is_bounded() {
    let desk = Desk::with(virtual_clock().retained(Retained::default().apps(1))).await;
    desk.app().await;
    let more = json!({"display_name": "More", "channel_credentials": [sms_credentials()]});
    let refused = desk.post(&format!("{PROJECT}/apps"), &more).await;
    assert_eq!((refused.status, &refused.body["error"]["status"]), (429, &json!("RESOURCE_EXHAUSTED")));
}

#[tokio::test]
async fn a_mask_that_leads_into_a_list_is_refused_and_changes_nothing() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    let path = format!("{PROJECT}/apps/{app}?update_mask=channel_credentials.0");
    let change = json!({"channel_credentials": [sms_credentials()]});
    let refused = desk.patch(&path, &change).await;
    assert_eq!(refused.status, 400);
    assert!(refused.refusal().contains("$.update_mask"));
    desk.sent(&app, "Hello").await;
    desk.run().await;
    assert_eq!(desk.texts().await, ["Hello"]);
}
