//! A test without an account: an app with an SMS channel, an SMS, a flash SMS, and an answer that gets lost on the way.
//!
//! ```sh
//! cargo run -p tidings-examples --bin sandbox
//! ```
#![allow(clippy::print_stdout, reason = "a program for a terminal")]

use std::error::Error;

use tidings::models::{
    AddSandboxFaultRequest, ChannelCredentialsRequest, ConversationChannel, CreateAppRequest,
    SandboxFaultAction, SandboxFaultStage, StaticBearerCredentials,
};
use tidings::{Client, Config, Credentials, ErrorKind};
use tidings_sandbox::{Options, Sandbox};

const TO: &str = "+46701234567";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start(Options::default())?;
    let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
    let config = Config::new("my-project", credentials).base_url(sandbox.url());

    // The sandbox takes any service plan id and token.
    let plan = StaticBearerCredentials::new("service plan id", "API token");
    let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, plan);
    let app = Client::new(config.clone())?.apps().create(CreateAppRequest::new([sms], "My app")).await?;

    // A client that means this app wherever a call names none.
    let client = Client::new(config.app_id(&app.id))?;
    client.sms().send(TO, "Your parcel is at the door.").await?;
    client.sms().send(TO, "It is raining.").flash(true).await?;

    // The API accepts the next send, and its answer gets lost.
    let lost = AddSandboxFaultRequest::new(SandboxFaultStage::AfterAccept, SandboxFaultAction::Close);
    client.sandbox().add_fault(lost.operation("messages.send")).await?;
    match client.sms().send(TO, "Where are you?").message_metadata("text 3").await {
        Err(error) if error.kind() == ErrorKind::UnknownOutcome => println!("{error}"),
        other => return Err(format!("this must be unknown: {other:?}").into()),
    }

    // Delivery takes a moment; here it happens at once. Then the ledger tells what the handset got.
    client.sandbox().run_until_idle().await?;
    for arrival in &client.sandbox().ledger().to(TO).await?.arrivals {
        println!("{}", arrival.text.as_deref().unwrap_or_default());
    }
    Ok(())
}
