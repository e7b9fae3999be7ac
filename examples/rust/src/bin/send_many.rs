//! Sends one text to many numbers, a bounded number of them at a time. Reads the numbers from its input, one a line. Set up
//! by the environment like `send_sms`.
//!
//! ```sh
//! cargo run -p tidings-examples --bin send_many -- "The water will be turned off at noon." < numbers.txt
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::error::Error;
use std::process::ExitCode;

use tidings::models::SendMessageResponse;
use tidings::{Client, ErrorKind, Response};
use tokio::task::JoinSet;

/// More at a time are hardly faster: the client sends no more than 800 a second anyway.
const AT_A_TIME: usize = 64;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(text) = std::env::args().nth(1) else {
        eprintln!("usage: send_many TEXT < NUMBERS");
        return Ok(ExitCode::from(2));
    };
    let client = Client::from_env()?;
    let numbers = std::io::read_to_string(std::io::stdin())?;

    let mut sends = JoinSet::new();
    let mut summary = Summary::default();
    for (line, to) in (1..).zip(numbers.lines()) {
        if sends.len() == AT_A_TIME
            && let Some(ended) = sends.join_next().await
        {
            summary.add(ended?);
        }
        // What is set here comes back with the receipt, and with an error that leaves the outcome open.
        let send = client.sms().send(to, &text).message_metadata(format!("line {line}"));
        sends.spawn(async move { (line, send.await) });
    }
    while let Some(ended) = sends.join_next().await {
        summary.add(ended?);
    }

    let Summary { accepted, rejected, unknown } = summary;
    println!("{accepted} accepted, {rejected} rejected, {unknown} unknown");
    Ok(if rejected + unknown == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Default)]
struct Summary {
    accepted: usize,
    rejected: usize,
    unknown: usize,
}

impl Summary {
    fn add(&mut self, (line, ended): (usize, Result<Response<SendMessageResponse>, tidings::Error>)) {
        match ended {
            Ok(_) => self.accepted += 1,
            // These may have gone out: whoever sends them again must look first.
            Err(error) if error.kind() == ErrorKind::UnknownOutcome => {
                self.unknown += 1;
                eprintln!("line {line}: {error}");
            }
            Err(error) => {
                self.rejected += 1;
                eprintln!("line {line}: {error}");
            }
        }
    }
}
