//! Callbacks: signed, in order for each webhook, and tried again until somebody takes them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use tidings_core::webhooks::{
    ALGORITHM, ALGORITHM_HEADER, NONCE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign,
};

use crate::identifiers::ulid;
use crate::receipts::Event;
use crate::state::{Shared, State};

/// How long a webhook may take to answer. The real limit is not published.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Pauses before each repeat; then the callback is given up. The real schedule is not published.
const PAUSES: [i64; 5] = [1, 2, 4, 8, 16];

/// The callbacks of one webhook that are still to be taken, the oldest first. One is on its way at a time.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<Callback>,
    busy: bool,
    repeats: usize,
}

#[derive(Clone)]
struct Callback {
    target: String,
    secret: String,
    body: Bytes,
}

pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    // reqwest panics without a provider. An `Err` means that the process has chosen one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Webhooks are on this machine, so that a proxy would only be in the way, and reading certificates would take time.
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_certs_only([])
        .timeout(ANSWER_TIMEOUT)
        .build()
}

/// Sends a callback to whoever asked for it: each webhook of the app with the trigger, or the message's own address.
pub(crate) fn send(
    shared: &Arc<Shared>,
    state: &mut State,
    app_id: &str,
    trigger: &str,
    own_url: Option<&str>,
    body: &str,
) {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let targets: Vec<(String, String, String)> = match own_url {
        Some(url) => {
            let app = state.apps.get(app_id).map(|(_, app)| app);
            let secret =
                app.map(|app| text(&app["callback_settings"]["secret_for_overridden_callback_urls"]));
            vec![(url.to_owned(), url.to_owned(), secret.unwrap_or_default())]
        }
        None => state
            .webhooks
            .iter()
            .filter(|(_, (_, webhook))| {
                webhook["app_id"] == app_id
                    && webhook["target_type"] == "HTTP"
                    && webhook["triggers"].as_array().is_some_and(|all| all.iter().any(|one| one == trigger))
            })
            .map(|(id, (_, webhook))| (id.clone(), text(&webhook["target"]), text(&webhook["secret"])))
            .collect(),
    };
    for (outbox, target, secret) in targets {
        let callback = Callback { target, secret, body: Bytes::from(body.to_owned()) };
        let retained = state.options.retained;
        let waiting = &mut state.outboxes.entry(outbox.clone()).or_default().waiting;
        waiting.push_back(callback);
        // The first may be on its way; the oldest behind it goes.
        if waiting.len() > retained.max(1) {
            waiting.remove(1);
        }
        pump(shared, state, &outbox);
    }
}

/// Sends the callback again that a webhook did not take.
pub(crate) fn call_again(shared: &Arc<Shared>, state: &mut State, name: &str) {
    if let Some(outbox) = state.outboxes.get_mut(name) {
        outbox.busy = false;
        pump(shared, state, name);
    }
}

/// Sends the next callback of a webhook, if none is on its way.
fn pump(shared: &Arc<Shared>, state: &mut State, name: &str) {
    let Some(outbox) = state.outboxes.get_mut(name).filter(|outbox| !outbox.busy) else { return };
    let Some(callback) = outbox.waiting.front().cloned() else { return };
    outbox.busy = true;
    let repeats = outbox.repeats;
    state.calling += 1;
    let epoch = state.epoch;
    let now = state.clock.now();
    let nonce = ulid(now, &mut chance(state.options.seed, name, &callback, repeats));
    let timestamp = now.as_second().to_string();
    let (shared, name) = (Arc::clone(shared), name.to_owned());
    tokio::spawn(async move {
        let taken = call(&shared.http, &callback, &nonce, &timestamp).await;
        let mut state = shared.lock();
        if state.epoch == epoch {
            state.calling -= 1;
            settle(&shared, &mut state, &name, taken);
        }
        drop(state);
        shared.called.notify_waiters();
        shared.planned.notify_one();
    });
}

/// Chance of its own for each try, so that nonces do not depend on the order in which webhooks answer.
fn chance(seed: u64, webhook: &str, callback: &Callback, repeats: usize) -> fastrand::Rng {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_be_bytes());
    hasher.update(webhook);
    hasher.update(&callback.body);
    hasher.update(repeats.to_be_bytes());
    let digest = hasher.finalize();
    fastrand::Rng::with_seed(digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte)))
}

async fn call(http: &reqwest::Client, callback: &Callback, nonce: &str, timestamp: &str) -> bool {
    let mut request =
        http.post(&callback.target).header("content-type", "application/json").body(callback.body.clone());
    if !callback.secret.is_empty() {
        request = request
            .header(SIGNATURE_HEADER, sign(callback.secret.as_bytes(), &callback.body, nonce, timestamp))
            .header(TIMESTAMP_HEADER, timestamp)
            .header(NONCE_HEADER, nonce)
            .header(ALGORITHM_HEADER, ALGORITHM);
    }
    request.send().await.is_ok_and(|answer| answer.status().is_success())
}

fn settle(shared: &Arc<Shared>, state: &mut State, name: &str, taken: bool) {
    // After a reset the outbox is gone, and so is what was in it.
    let Some(outbox) = state.outboxes.get_mut(name) else { return };
    if !taken && let Some(pause) = PAUSES.get(outbox.repeats) {
        // It stays busy until then, so that a later callback does not overtake it.
        outbox.repeats += 1;
        let now = state.clock.now();
        let moment = now.saturating_add(SignedDuration::from_secs(*pause)).unwrap_or(now);
        state.agenda.plan(moment, Event::CallAgain(name.to_owned()));
        return;
    }
    outbox.busy = false;
    outbox.repeats = 0;
    outbox.waiting.pop_front();
    if outbox.waiting.is_empty() {
        state.outboxes.remove(name);
    } else {
        pump(shared, state, name);
    }
}
