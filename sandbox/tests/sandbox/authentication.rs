//! Tokens and keys.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use tidings_sandbox::Options;

use crate::desk::{Desk, PROJECT, Reply, reply, virtual_clock};

const APPS: &str = "/v1/projects/project-1/apps";

async fn ask(desk: &Desk, id: &str, secret: &str, form: &'static str) -> Reply {
    reply(desk.client.post(desk.url("/oauth2/token")).basic_auth(id, Some(secret)).body(form)).await
}

#[tokio::test]
async fn the_key_buys_a_token_that_says_when_it_ends() {
    let desk = Desk::new().await;
    let answer = desk.fresh_token().await;
    assert_eq!((answer.text("token_type"), answer.text("scope")), ("bearer", ""));
    assert_eq!(answer.body["expires_in"], 3600);
    let claims = answer.text("access_token").split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
    assert_eq!(claims["sub"], "sandbox-key");
}

#[tokio::test]
async fn the_token_endpoint_refuses_in_the_form_of_oauth() {
    let desk = Desk::new().await;
    let grant = "grant_type=client_credentials";
    for (id, secret, form, status, error) in [
        ("sandbox-key", "wrong", grant, 401, "invalid_client"),
        ("wrong", "sandbox-secret", grant, 401, "invalid_client"),
        ("sandbox-key", "sandbox-secret", "grant_type=password", 400, "unsupported_grant_type"),
        ("sandbox-key", "sandbox-secret", "", 400, "invalid_request"),
        ("sandbox-key", "sandbox-secret", "{\"grant_type\":\"client_credentials\"}", 400, "invalid_request"),
    ] {
        let answer = ask(&desk, id, secret, form).await;
        assert_eq!((answer.status, answer.text("error")), (status, error));
        for name in ["error_description", "error_verbose", "error_hint"] {
            assert!(!answer.text(name).is_empty());
        }
    }
}

#[tokio::test]
async fn after_thirty_tokens_at_once_comes_a_429_without_retry_after() {
    let desk = Desk::new().await;
    for _ in 1..30 {
        assert_eq!(desk.fresh_token().await.status, 200);
    }
    let answer = desk.fresh_token().await;
    assert_eq!(answer.status, 429);
    assert!(!answer.headers.contains_key("retry-after"));
    // Time refills it: each message takes the clock on a little.
    let app = desk.app().await;
    while desk.fresh_token().await.status == 429 {
        desk.sent(&app, "Hello").await;
        desk.run().await;
    }
}

#[tokio::test]
async fn a_token_expires_by_the_sandbox_s_clock() {
    let desk =
        Desk::with(virtual_clock().token_lifetime(Duration::from_secs(1)).delays(990..=990, 10..=10)).await;
    let app = desk.app().await;
    desk.sent(&app, "Hello").await;
    assert_eq!(desk.get(APPS).await.status, 200);
    desk.run().await;
    let answer = desk.get(APPS).await;
    assert_eq!((answer.status, &answer.body["error"]["status"]), (401, &json!("UNAUTHENTICATED")));
    assert_eq!(
        answer.headers["www-authenticate"],
        "Bearer error=\"invalid_token\", error_description=\"Jwt expired at 2026-01-31T09:30:01Z\""
    );
}

#[tokio::test]
async fn any_other_bad_token_is_refused_without_the_word_expired() {
    let desk = Desk::new().await;
    let other = Desk::with(Options::default().key("sandbox-key", "another")).await;
    let mut forged = desk.token.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'E' } else { 'A' });
    for token in ["", "x", "a.b.c", &other.token, &forged] {
        let answer = reply(desk.client.get(desk.url(APPS)).bearer_auth(token)).await;
        assert_eq!(answer.status, 401);
        answer.refusal();
        let challenge = answer.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Bearer") && !challenge.contains("expired"), "{challenge}");
    }
    let none = reply(desk.client.get(desk.url(APPS))).await;
    assert_eq!((none.status, &none.headers["www-authenticate"]), (401, &"Bearer".parse().unwrap()));
}

#[tokio::test]
async fn http_basic_is_taken_everywhere_but_on_the_batch_host() {
    let desk = Desk::new().await;
    let with = |path: &str, secret: &'static str| {
        let request = desk.client.get(desk.url(path)).basic_auth("sandbox-key", Some(secret));
        async { reply(request).await.status }
    };
    assert_eq!(with(APPS, "sandbox-secret").await, 200);
    assert_eq!(with(APPS, "wrong").await, 401);
    assert_eq!(with("/batch/v1/projects/p/messages/m", "sandbox-secret").await, 401);
    assert_eq!(desk.get("/batch/v1/projects/p/messages/m").await.status, 501);
}

#[tokio::test]
async fn credentials_are_asked_for_before_anything_is_said_about_the_call() {
    let desk = Desk::new().await;
    let request = desk.client.request(Method::POST, desk.url(&format!("{PROJECT}/apps"))).body("not json");
    assert_eq!(reply(request).await.status, 401);
}
