//! Callbacks: from an event to a signed POST, with retries, in order.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tidings_core::webhooks::{
    ALGORITHM, ALGORITHM_HEADER, NONCE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign,
};

use crate::identifiers::ulid;
use crate::scheduler::Job;
use crate::server::Shared;
use crate::state::World;
use crate::state::messages::{Sent, after};

/// How long a target has for its answer, in real time. The real limit is not published.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pauses before each further try, in milliseconds of the sandbox's clock; then the callback is given up. The real
/// API tries again "with growing pauses"; neither their lengths nor their number is published.
const PAUSES_MS: [u64; 5] = [1_000, 2_000, 4_000, 8_000, 16_000];

/// How many callbacks may be under way at once with the real clock.
pub(crate) const AT_ONCE: usize = 64;

/// One target of one app. What is in one lane arrives in order: a callback waits until the one before it was
/// answered or given up. The real API promises no order; a test is easier to read with one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LaneKey {
    Webhook {
        app_id: String,
        webhook_id: String,
    },
    /// A message's own address.
    Address {
        app_id: String,
        url: String,
    },
}

/// A callback that waits for its turn.
struct Callback {
    url: String,
    /// Empty if it goes unsigned.
    secret: String,
    body: Bytes,
}

/// The callbacks that wait, and those under way.
pub(crate) struct Lanes {
    limit: usize,
    /// A lane is here as long as something waits in it. Its first callback is planned or under way.
    open: HashMap<LaneKey, Lane>,
    waiting: usize,
    under_way: usize,
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Callback>,
    /// How often the first one has failed.
    failures: usize,
}

impl Lanes {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, open: HashMap::new(), waiting: 0, under_way: 0 }
    }

    /// How many callbacks are being posted.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way
    }
}

/// A callback that is to be posted now.
pub(crate) struct Post {
    generation: u64,
    lane: LaneKey,
    url: String,
    headers: HeaderMap,
    body: Bytes,
}

/// Tells whoever wants to know: the message's own address its receipts, else every webhook with the trigger.
pub(crate) fn tell(world: &mut World, sent: &Sent, trigger: &str, key: &str, content: Value) {
    let app = world.apps.get(&sent.app_id);
    let mut targets: Vec<(LaneKey, String, String)> = Vec::new();
    if let Some(url) = sent.callback_url.as_ref().filter(|_| trigger == "MESSAGE_DELIVERY") {
        let lane = LaneKey::Address { app_id: sent.app_id.clone(), url: url.clone() };
        let secret = app.map(|app| app.override_secret().to_owned()).unwrap_or_default();
        targets.push((lane, url.clone(), secret));
    } else {
        for webhook in app.into_iter().flat_map(|app| &app.webhooks).filter(|webhook| webhook.wants(trigger))
        {
            let lane = LaneKey::Webhook { app_id: sent.app_id.clone(), webhook_id: webhook.id().to_owned() };
            targets.push((lane, webhook.target().to_owned(), webhook.secret().to_owned()));
        }
    }
    if targets.is_empty() {
        return;
    }
    let now = world.now();
    let correlation_id = sent.correlation_id.as_deref().filter(|_| sent.keeps_correlation_id);
    let body = json!({
        "app_id": sent.app_id,
        "project_id": sent.project_id,
        "accepted_time": now.to_string(),
        "event_time": now.to_string(),
        "message_metadata": sent.channel_metadata,
        "correlation_id": correlation_id.unwrap_or_default(),
        key: content,
    });
    let body = Bytes::from(body.to_string());
    for (key, url, secret) in targets {
        if world.lanes.waiting >= world.lanes.limit {
            return;
        }
        world.lanes.waiting += 1;
        let lane = world.lanes.open.entry(key.clone()).or_default();
        lane.waiting.push_back(Callback { url, secret, body: body.clone() });
        if lane.waiting.len() == 1 {
            world.plan(now, Job::Callback(key));
        }
    }
}

/// Takes the first callback of a lane under way.
pub(crate) fn next(world: &mut World, key: &LaneKey) -> Option<Post> {
    let now = world.now();
    let lane = world.lanes.open.get(key)?;
    let (callback, failures) = (lane.waiting.front()?, lane.failures);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if !callback.secret.is_empty() {
        // Each try is signed anew, so that a receiver that remembers nonces takes a repeat.
        let nonce = ulid(now, &mut chance(world.options.seed, key, &callback.body, failures));
        let timestamp = now.as_second().to_string();
        let signature = sign(callback.secret.as_bytes(), &callback.body, &nonce, &timestamp);
        for (name, value) in [
            (SIGNATURE_HEADER, signature.as_str()),
            (TIMESTAMP_HEADER, &timestamp),
            (NONCE_HEADER, &nonce),
            (ALGORITHM_HEADER, ALGORITHM),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
    let post = Post {
        generation: world.generation,
        lane: key.clone(),
        url: callback.url.clone(),
        headers,
        body: callback.body.clone(),
    };
    world.lanes.under_way += 1;
    Some(post)
}

/// Chance of its own for each try, so that nonces do not depend on which target answers first.
fn chance(seed: u64, lane: &LaneKey, body: &[u8], failures: usize) -> Rng {
    let (LaneKey::Webhook { webhook_id: target, .. } | LaneKey::Address { url: target, .. }) = lane;
    let mut hash = Sha256::new();
    for part in [&seed.to_be_bytes()[..], target.as_bytes(), body, &failures.to_be_bytes()] {
        hash.update(part);
    }
    Rng::with_seed(hash.finalize().iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte)))
}

/// Posts a callback and plans what follows from the answer.
pub(crate) async fn post(shared: Arc<Shared>, post: Post) {
    let taken = match shared.callback_client(&post.url) {
        Some(client) => {
            let _permit = shared.callbacks_at_once.acquire().await;
            let request = client.post(&post.url).headers(post.headers).body(post.body).timeout(PATIENCE);
            request.send().await.is_ok_and(|response| response.status().is_success())
        }
        None => false,
    };
    let mut world = shared.world();
    if world.generation == post.generation {
        settle(&mut world, &post.lane, taken);
    }
    shared.signals.work.send_replace(());
}

fn settle(world: &mut World, key: &LaneKey, taken: bool) {
    let now = world.now();
    world.lanes.under_way -= 1;
    let Some(lane) = world.lanes.open.get_mut(key) else { return };
    let pause = match PAUSES_MS.get(lane.failures) {
        Some(pause) if !taken => {
            lane.failures += 1;
            *pause
        }
        _ => {
            lane.failures = 0;
            lane.waiting.pop_front();
            world.lanes.waiting -= 1;
            0
        }
    };
    if lane.waiting.is_empty() {
        world.lanes.open.remove(key);
    } else {
        world.plan(after(now, pause), Job::Callback(key.clone()));
    }
}

/// The client that posts callbacks. It follows no redirect and uses no proxy: targets are mostly on this machine.
pub(crate) fn client(tls: bool) -> reqwest::Result<reqwest::Client> {
    // reqwest panics without a provider, also where no TLS is spoken. An `Err` means that the process has chosen one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        // A connection that its target closes meanwhile would count as a try, and make runs differ.
        .pool_max_idle_per_host(0)
        .user_agent("tidings-sandbox");
    // Reading the system's certificates takes longer than everything else, so it is done for TLS only.
    if tls { builder.build() } else { builder.tls_certs_only([]).build() }
}
