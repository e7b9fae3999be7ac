//! Sends one SMS with a token that the program does not make itself: another process keeps a fresh one in a file, so that
//! this one never holds the key's secret. `SINCH_PROJECT_ID`, `SINCH_APP_ID` and `SINCH_REGION` (or `TIDINGS_BASE_URL`) set
//! it up; the arguments are the file, the number and the text.
//!
//! ```sh
//! cargo run -p tidings-examples --bin token_provider -- /run/sinch/token +46701234567 "Your code is 4711"
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use tidings::{Client, Config, Credentials, ProvidedToken, TokenFuture, TokenProvider};

/// A file in which there is always a good token.
struct TokenFile(PathBuf);

impl TokenProvider for TokenFile {
    // Asked again when the token nears its end, which a token of the API says itself.
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            let token = tokio::fs::read_to_string(&self.0).await?;
            Ok(ProvidedToken::new(token.trim()))
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, to, text] = arguments.as_slice() else {
        eprintln!("usage: token_provider FILE NUMBER TEXT");
        return ExitCode::from(2);
    };
    match send(TokenFile(file.into()), to, text).await {
        Ok(message_id) => {
            println!("accepted as {message_id}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn send(tokens: TokenFile, to: &str, text: &str) -> Result<String, Box<dyn Error>> {
    let variable = |name: &str| env::var(name).map_err(|_| format!("set {name}"));
    let mut config = Config::new(variable("SINCH_PROJECT_ID")?, Credentials::provider(tokens))
        .app_id(variable("SINCH_APP_ID")?);
    config = match env::var("TIDINGS_BASE_URL") {
        Ok(url) => config.base_url(url),
        Err(_) => config.region(variable("SINCH_REGION")?.parse()?),
    };
    let sent = Client::new(config)?.sms().send(to, text).await?;
    Ok(sent.message_id.clone())
}
