//! What becomes of `sms.send`, with generated bodies.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::Config;

/// Prepares a call of `sms.send` as a client without a default app would.
fn prepared(body: &Value) -> Result<Prepared, Error> {
    let config = Config::new("project", crate::Credentials::token("t")).base_url("http://127.0.0.1:9");
    let addresses = Addresses::of(&config)?;
    let user_agent = HeaderValue::from_static("test");
    let defaults =
        Defaults { project_id: "project", app_id: None, addresses: &addresses, user_agent: &user_agent };
    prepare(Call::named("sms.send")?.body(body.to_string()), &defaults)
}

/// An option that is given or not.
fn option(
    name: &'static str,
    value: impl Strategy<Value = Value> + 'static,
) -> BoxedStrategy<Option<(String, Value)>> {
    prop::option::of(value.prop_map(move |value| (name.to_owned(), value))).boxed()
}

fn text(pattern: &'static str) -> impl Strategy<Value = Value> {
    pattern.prop_map(Value::from)
}

/// Bodies of `sms.send` that it takes, up to its limits.
fn taken() -> impl Strategy<Value = Value> {
    let options = vec![
        option("sender", text("\\PC{0,1024}")),
        option("flash", any::<bool>().prop_map(Value::from)),
        option("max_parts", (1..=i32::MAX).prop_map(Value::from)),
        option("ttl", text("([3-9]|[1-9][0-9]{1,8})s")),
        option("callback_url", text("https://example\\.com/[a-z]{0,900}")),
        option("message_metadata", text("\\PC{0,1024}")),
        option("correlation_id", text("\\PC{0,128}")),
        option("queue", text("NORMAL_PRIORITY|HIGH_PRIORITY|NEW_ONE")),
        option("processing_strategy", text("DEFAULT|DISPATCH_ONLY|NEW_ONE")),
        option("message_content_type", text("CONTENT_UNKNOWN|CONTENT_MARKETING|NEW_ONE")),
    ];
    (text("\\+?[1-9][0-9]{6,14}"), text("\\PC{1,300}"), options).prop_map(|(to, text, options)| {
        let mut body: Map<String, Value> = options.into_iter().flatten().collect();
        body.extend([("to".to_owned(), to), ("text".to_owned(), text), ("app_id".to_owned(), json!("A"))]);
        Value::Object(body)
    })
}

proptest! {
    #[test]
    fn what_is_composed_of_checked_members_is_right_as_it_is(body in taken()) {
        let prepared = prepared(&body).unwrap();
        let composed: Value = serde_json::from_slice(&prepared.body.unwrap()).unwrap();
        prop_assert_eq!(validation::check_body(prepared.operation, &composed), Ok(()));
    }
}

#[test]
fn what_goes_along_unknown_is_checked_as_what_it_becomes() {
    let body = |name: &str, value: Value| {
        let mut body = json!({"to": "+46701234567", "text": "x", "app_id": "A"});
        body[name] = value;
        prepared(&body)
    };
    assert!(body("new", json!({"price": 1.5})).is_ok());
    let error = body("channel_priority_order", json!("SMS")).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidRequest, Some("$.channel_priority_order")));
}
