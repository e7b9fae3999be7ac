//! The README's Rust snippets are code of this file, which compiles; and what they say is true.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]
#![allow(
    dead_code,
    unused_variables,
    clippy::print_stdout,
    reason = "snippets, shown as a reader would write them"
)]

use std::time::Duration;

use tidings::models::{
    ChannelCredentialsRequest, ConversationChannel, CreateAppRequest, StaticBearerCredentials,
};
use tidings::{Client, Config, Credentials, ErrorKind, Evidence};
use tidings_sandbox::{Options, Sandbox};

type Anything = Result<(), Box<dyn std::error::Error>>;

async fn five_languages() -> Anything {
    // snippet
    // Rust
    let client = tidings::Client::from_env()?;
    let sent = client.sms().send("+46701234567", "Your code is 4711").await?;
    // end
    Ok(())
}

fn look_for(_evidence: Option<&Evidence>) {}

async fn outcomes() -> Anything {
    // snippet
    let client = Client::from_env()?;
    match client
        .sms()
        .send("+46701234567", "Your code is 4711")
        .sender("Acme")
        .ttl(Duration::from_mins(1))
        .await
    {
        Ok(sent) => println!("accepted: {}", sent.message_id),
        Err(error) if error.kind() == ErrorKind::UnknownOutcome => look_for(error.evidence()),
        Err(error) => println!("not sent: {error}"),
    }
    // end
    Ok(())
}

async fn sandbox() -> Anything {
    // snippet
    let sandbox = Sandbox::start(Options::default())?;
    let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
    let config = Config::new("my-project", credentials).base_url(sandbox.url());

    let plan = StaticBearerCredentials::new("service plan id", "API token"); // any will do here
    let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, plan);
    let app = Client::new(config.clone())?.apps().create(CreateAppRequest::new([sms], "My app")).await?;

    let client = Client::new(config.app_id(&app.id))?;
    client.sms().send("+46701234567", "Your code is 4711").await?;
    client.sandbox().run_until_idle().await?; // delivery takes a moment; here it happens at once
    let ledger = client.sandbox().ledger().to("+46701234567").await?;
    assert_eq!(ledger.arrivals.len(), 1);
    // end
    Ok(())
}

/// The snippets of this file, without their indent.
fn snippets() -> Vec<String> {
    let mut snippets = Vec::new();
    let mut open: Option<String> = None;
    for line in include_str!("readme.rs").lines() {
        match (line.trim(), &mut open) {
            ("// snippet", _) => open = Some(String::new()),
            ("// end", _) => snippets.extend(open.take()),
            (_, Some(snippet)) => {
                snippet.push_str(line.strip_prefix("    ").unwrap_or(line));
                snippet.push('\n');
            }
            (_, None) => {}
        }
    }
    snippets
}

#[test]
fn every_rust_snippet_of_the_readme_is_here() {
    let readme = include_str!("../README.md");
    let blocks: Vec<&str> =
        readme.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks, snippets());
}

#[test]
fn the_defaults_in_the_docs_are_those_of_the_code() {
    use tidings::limits;
    let settings = include_str!("../docs/settings.md");
    let seconds = |time: Duration| format!("{} s", time.as_secs());
    let defaults = [
        ("timeout", "CALL_TIMEOUT", seconds(limits::CALL_TIMEOUT)),
        ("connect_timeout", "CONNECT_TIMEOUT", seconds(limits::CONNECT_TIMEOUT)),
        ("attempt_timeout", "ATTEMPT_TIMEOUT", seconds(limits::ATTEMPT_TIMEOUT)),
        ("queue_timeout", "QUEUE_TIMEOUT", seconds(limits::QUEUE_TIMEOUT)),
        ("max_retries", "MAX_RETRIES", limits::MAX_RETRIES.to_string()),
        ("backoff_base", "BACKOFF_BASE", format!("{} ms", limits::BACKOFF_BASE.as_millis())),
        ("backoff_cap", "BACKOFF_CAP", seconds(limits::BACKOFF_CAP)),
        ("retry_budget", "RETRY_BUDGET", limits::RETRY_BUDGET.to_string()),
        ("max_concurrency", "MAX_CONCURRENCY", limits::MAX_CONCURRENCY.to_string()),
        ("rate_limit", "REQUESTS_PER_SECOND", limits::REQUESTS_PER_SECOND.to_string()),
    ];
    for (setting, name, default) in defaults {
        let row = format!("| `{setting}` | {default} | `{name}` |");
        assert!(settings.contains(&row), "{row}");
    }
}

#[tokio::test]
async fn the_sandbox_snippet_runs() {
    sandbox().await.unwrap();
}
