//! Creates an app that sends SMS, and prints its id for `SINCH_APP_ID`. Set up by the environment like `send_sms`, and by
//! the service plan that Sinch gave you for SMS.
//!
//! ```sh
//! export SMS_SERVICE_PLAN_ID=... SMS_API_TOKEN=...    # against the sandbox any will do
//! cargo run -p tidings-examples --bin create_app -- "My app"
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::env;
use std::error::Error;
use std::process::ExitCode;

use tidings::Client;
use tidings::models::{
    ChannelCredentialsRequest, ConversationChannel, CreateAppRequest, StaticBearerCredentials,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(name) = env::args().nth(1) else {
        eprintln!("usage: create_app NAME");
        return ExitCode::from(2);
    };
    match create(&name).await {
        Ok(app_id) => {
            println!("{app_id}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn create(name: &str) -> Result<String, Box<dyn Error>> {
    let variable = |name: &str| env::var(name).map_err(|_| format!("set {name}"));
    let plan = StaticBearerCredentials::new(variable("SMS_SERVICE_PLAN_ID")?, variable("SMS_API_TOKEN")?);
    let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, plan);
    let app = Client::from_env()?.apps().create(CreateAppRequest::new([sms], name)).await?;
    Ok(app.id.clone())
}
