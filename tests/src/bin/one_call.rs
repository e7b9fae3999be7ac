//! Makes one call and prints what became of it, as a line of JSON. For tests of what belongs to a process: its environment.

use std::future::IntoFuture as _;
use std::io::{self, Write as _};
use std::time::Duration;

use serde_json::json;
use tidings::{Client, Config, Credentials, Error, RetryPolicy};
use tidings_tests::{TEXT, TO};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let call = arguments.next().ok_or_else(|| io::Error::other("send, or list?"))?;
    let config = config(arguments)?;
    let mut shown = vec![format!("{config:?}")];
    let (attempts, sent, kind) = match make(&call, config, &mut shown).await {
        Ok(attempts) => (attempts, true, None),
        Err(error) => {
            shown.push(format!("{error} {error:?}"));
            (error.attempts(), error.sent(), Some(error.kind().as_str()))
        }
    };
    let line = json!({"kind": kind, "attempts": attempts, "sent": sent, "shown": shown.join("\n")});
    writeln!(io::stdout(), "{line}")
}

async fn make(call: &str, config: Config, shown: &mut Vec<String>) -> Result<u32, Error> {
    let client = Client::new(config)?;
    shown.push(format!("{client:?}"));
    if call == "send" {
        client.sms().send(TO, TEXT).into_future().await.map(|sent| sent.attempts())
    } else {
        client.apps().list().into_future().await.map(|apps| apps.attempts())
    }
}

/// As [`tidings_tests::World::config_at`] has it, but from the environment and the command line.
fn config(mut arguments: impl Iterator<Item = String>) -> io::Result<Config> {
    let variable = |name: &str| std::env::var(name).map_err(io::Error::other);
    let credentials = Credentials::basic(variable("SINCH_KEY_ID")?, variable("SINCH_KEY_SECRET")?);
    let mut config = Config::new(variable("SINCH_PROJECT_ID")?, credentials)
        .app_id(variable("SINCH_APP_ID")?)
        .base_url(variable("TIDINGS_BASE_URL")?)
        .retry(RetryPolicy::default().pauses(Duration::from_millis(5), Duration::from_millis(50)));
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| io::Error::other("a value is missing"));
        config = match option.as_str() {
            "--proxy" => config.proxy(value()?),
            "--no-proxy" => config.no_proxy(),
            "--ca-certs" => config.ca_certs(value()?),
            "--allow-insecure" => config.allow_insecure(true),
            _ => return Err(io::Error::other("no such option")),
        };
    }
    Ok(config)
}
