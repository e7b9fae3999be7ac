//! Tokens, and who may call.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

mod api;

use std::time::Duration;

use api::{Api, PROJECT, answer, code};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;
use tidings_sandbox::{Clock, Options};

#[tokio::test]
async fn a_token_is_a_jwt_that_says_when_it_ends() {
    let api = Api::start().await;
    let token = api.token_call("sandbox-secret", "client_credentials").await;
    assert_eq!((token.status, &token.body["expires_in"]), (200, &json!(3600)));
    assert_eq!(token.body["token_type"], "bearer");
    assert_eq!(token.body["access_token"].as_str().unwrap().split('.').count(), 3);
    assert!(token.headers.contains_key("x-request-id"));
}

#[tokio::test]
async fn a_wrong_key_and_a_wrong_grant_are_refused_in_the_form_of_oauth2() {
    let api = Api::start().await;
    let wrong = api.token_call("wrong", "client_credentials").await;
    assert_eq!((wrong.status, &wrong.body["error"]), (401, &json!("invalid_client")));
    let wrong = api.token_call("sandbox-secret", "password").await;
    assert_eq!((wrong.status, &wrong.body["error"]), (400, &json!("unsupported_grant_type")));
}

#[tokio::test]
async fn the_token_bucket_empties_without_a_retry_after() {
    let api = Api::start().await;
    let mut statuses = Vec::new();
    for _ in 0..60 {
        let token = api.token_call("sandbox-secret", "client_credentials").await;
        assert!(!token.headers.contains_key("retry-after"));
        statuses.push(token.status);
    }
    assert!(statuses[..25].iter().all(|status| *status == 200), "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn a_token_whose_time_is_up_is_named_as_expired() {
    let start = Timestamp::now();
    let options = Options::default().clock(Clock::Virtual { start }).token_lifetime(Duration::ZERO);
    let expired = Api::with(options).await.get("/apps").await;
    assert_eq!((expired.status, code(&expired)), (401, "UNAUTHENTICATED"));
    assert!(expired.headers["www-authenticate"].to_str().unwrap().contains("expired"));
}

#[tokio::test]
async fn no_token_and_a_foreign_one_are_refused_without_naming_an_expiry() {
    let api = Api::start().await;
    let url = format!("{}/v1/projects/{PROJECT}/apps", api.sandbox.url());
    for request in [api.http.get(&url), api.http.get(&url).bearer_auth("a.b.c")] {
        let refused = answer(request).await;
        assert_eq!(refused.status, 401);
        assert!(!refused.headers["www-authenticate"].to_str().unwrap().contains("expired"));
    }
}

#[tokio::test]
async fn the_key_itself_is_taken_but_not_by_the_batch_host() {
    let api = Api::start().await;
    let status = async |path: &str| {
        let request = api.http.get(format!("{}{path}", api.sandbox.url()));
        answer(request.basic_auth("sandbox-key", Some("sandbox-secret"))).await.status
    };
    assert_eq!(status("/v1/projects/p1/apps").await, 200);
    assert_eq!(status("/batch/v1/projects/p1/messages/b").await, 401);
}

#[tokio::test]
async fn a_fault_ends_one_token_for_good() {
    let api = Api::start().await;
    api.fault(json!({"stage": "BEFORE_ACCEPT", "action": "EXPIRE_TOKEN", "operation": "apps.list"})).await;
    for _ in 0..2 {
        let expired = api.get("/apps").await;
        assert_eq!(expired.status, 401);
        assert!(expired.headers["www-authenticate"].to_str().unwrap().contains("expired"));
    }
    let token = api.token_call("sandbox-secret", "client_credentials").await;
    let renewed = api.http.get(format!("{}/v1/projects/p1/apps", api.sandbox.url()));
    assert_eq!(answer(renewed.bearer_auth(token.body["access_token"].as_str().unwrap())).await.status, 200);
}

#[tokio::test]
async fn what_is_not_played_yet_answers_501_and_what_is_nowhere_404() {
    let api = Api::start().await;
    assert_eq!(code(&api.get("/contacts").await), "UNIMPLEMENTED");
    assert_eq!(code(&answer(api.request(Method::PUT, "/v1/projects/p1/apps")).await), "UNIMPLEMENTED");
    assert_eq!(code(&answer(api.request(Method::GET, "/v9/nothing")).await), "NOT_FOUND");
}
