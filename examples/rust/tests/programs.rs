//! The examples as a user runs them: as processes, against the sandbox.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::process::{Command, Output};

use tidings::models::{
    ChannelCredentialsRequest, ConversationChannel, CreateAppRequest, StaticBearerCredentials,
};
use tidings::{Client, Config, Credentials};
use tidings_sandbox::{Options, Sandbox};

async fn app(client: &Client) -> String {
    let credentials = StaticBearerCredentials::new("plan", "token");
    let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, credentials);
    client.apps().create(CreateAppRequest::new(vec![sms], "examples")).await.unwrap().id.clone()
}

fn client(sandbox: &Sandbox) -> Client {
    let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
    Client::new(Config::new("sandbox-project", credentials).base_url(sandbox.url())).unwrap()
}

fn send_sms(sandbox: &Sandbox, app_id: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_send_sms"))
        .args(arguments)
        .env("SINCH_PROJECT_ID", "sandbox-project")
        .env("SINCH_KEY_ID", sandbox.key_id())
        .env("SINCH_KEY_SECRET", sandbox.key_secret())
        .env("SINCH_APP_ID", app_id)
        .env("TIDINGS_BASE_URL", sandbox.url())
        .env_remove("SINCH_REGION")
        .output()
        .unwrap()
}

#[tokio::test]
async fn send_sms_reaches_the_handset_once() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let client = client(&sandbox);
    let app_id = app(&client).await;
    let output = send_sms(&sandbox, &app_id, &["+46701234567", "Your code is 4711"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("accepted as "));
    client.sandbox().run_until_idle().await.unwrap();
    let ledger = client.sandbox().ledger().to("+46701234567").await.unwrap();
    let texts: Vec<_> = ledger.arrivals.iter().map(|arrival| arrival.text.as_deref()).collect();
    assert_eq!(texts, [Some("Your code is 4711")]);
}

#[test]
fn sandbox_shows_three_texts_and_an_unknown_outcome() {
    let output = Command::new(env!("CARGO_BIN_EXE_sandbox")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with("sms.send: the call may or may not have been carried out"), "{text}");
    for expected in ["Your parcel is at the door.", "It is raining.", "Where are you?"] {
        assert_eq!(text.matches(expected).count(), 1, "{text}");
    }
}

#[tokio::test]
async fn send_sms_refuses_a_bad_number_without_showing_it() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let output = send_sms(&sandbox, "01HKWT3XRVH6RP17S8KSBC4PYR", &["0701234567", "x"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("$.to") && text.contains("E.164") && !text.contains("0701234567"), "{text}");
}
