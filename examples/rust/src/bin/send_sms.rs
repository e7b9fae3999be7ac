//! Sends one SMS. Set up by the environment; see the README for the variables.
//!
//! ```sh
//! cargo run -p tidings-examples --bin send_sms -- +46701234567 "Your code is 4711"
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::process::ExitCode;
use std::time::Duration;

use tidings::{Client, ErrorKind};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(to), Some(text)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: send_sms NUMBER TEXT");
        return ExitCode::from(2);
    };
    match send(&to, &text).await {
        Ok(message_id) => {
            println!("accepted as {message_id}");
            ExitCode::SUCCESS
        }
        // The text may be on its way: whoever runs this must look before running it again.
        Err(error) if error.kind() == ErrorKind::UnknownOutcome => {
            eprintln!("{error}");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn send(to: &str, text: &str) -> Result<String, tidings::Error> {
    let client = Client::from_env()?;
    let sent = client.sms().send(to, text).ttl(Duration::from_mins(1)).await?;
    Ok(sent.message_id.clone())
}
