//! The contenders in Rust: Tidings, and reqwest by hand.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tidings::models::{
    AppMessage, ChannelRecipientIdentity, ConversationChannel, IdentifiedBy, Recipient, SendMessageRequest,
};
use tidings::{Client, Config, Credentials};
use tokio::task::JoinSet;

use crate::{Contender, Result};

const TO: &str = "+46701234567";
const TEXT: &str = "Your code is 4711";
const APP: &str = "01HKWT3XRVH6RP17S8KSBC4PYR";

/// The share of sends that warm up and do not count.
const WARM_UP: usize = 10;

pub(crate) async fn run(contender: Contender, url: String, sends: usize, at_once: usize) -> Result<()> {
    match contender {
        Contender::Reqwest => {
            // This build of reqwest wants to be told, even where no TLS is spoken.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
            let url = format!("{url}/v1/projects/project/messages:send");
            measure(sends, at_once, move || by_hand(client.clone(), url.clone())).await
        }
        Contender::Tidings => {
            let client = client(url)?;
            measure(sends, at_once, move || typed(client.clone())).await
        }
        Contender::TidingsSms => {
            let client = client(url)?;
            measure(sends, at_once, move || sms(client.clone())).await
        }
    }
}

fn client(url: String) -> Result<Client> {
    let config = Config::new("project", Credentials::access_key("key", "secret")).base_url(url);
    // So high that nobody waits, and its cost is measured all the same.
    Ok(Client::new(config.app_id(APP).rate_limit(1_000_000_000))?)
}

/// The same request as [`typed`], as one writes it without a library.
async fn by_hand(client: reqwest::Client, url: String) -> Result<()> {
    let body = json!({
        "app_id": APP,
        "recipient": {"identified_by": {"channel_identities": [{"channel": "SMS", "identity": TO}]}},
        "message": {"text_message": {"text": TEXT}},
    });
    let request = client
        .post(url)
        .header(AUTHORIZATION, "Bearer a-token-of-the-bench")
        .header(CONTENT_TYPE, "application/json")
        .body(serde_json::to_vec(&body)?);
    let answer = request.send().await?.error_for_status()?.bytes().await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    answer["message_id"].as_str().map(drop).ok_or_else(|| "no message id".into())
}

async fn typed(client: Client) -> Result<()> {
    let handset = ChannelRecipientIdentity::new(ConversationChannel::Sms, TO);
    let recipient = Recipient::identified_by(IdentifiedBy::new([handset]));
    let request = SendMessageRequest::new(recipient, AppMessage::text(TEXT));
    client.messages().send(request).await?;
    Ok(())
}

async fn sms(client: Client) -> Result<()> {
    client.sms().send(TO, TEXT).await?;
    Ok(())
}

/// Warms up, then sends and prints: how many, CPU seconds of this process, wall seconds.
async fn measure<F>(sends: usize, at_once: usize, send: impl Fn() -> F + Clone + Send + 'static) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    round(sends / WARM_UP, at_once, send.clone()).await?;
    let (cpu, wall) = (cpu_time(), Instant::now());
    round(sends, at_once, send).await?;
    println!("{sends} {} {}", cpu_time().saturating_sub(cpu).as_secs_f64(), wall.elapsed().as_secs_f64());
    Ok(())
}

async fn round<F>(sends: usize, at_once: usize, send: impl Fn() -> F + Clone + Send + 'static) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let left = Arc::new(AtomicUsize::new(sends));
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let (left, send) = (Arc::clone(&left), send.clone());
        workers.spawn(async move {
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            {
                send().await?;
            }
            Ok(())
        });
    }
    while let Some(worker) = workers.join_next().await {
        let ended: Result<()> = worker?;
        ended?;
    }
    Ok(())
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
