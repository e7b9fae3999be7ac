//! A story as it is written.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use tidings_core::Error;
use tidings_core::door::{CallRecord, ConfigRecord, seconds};

use super::Failure;

/// A story.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// Where its schema is, for editors.
    #[serde(rename = "$schema")]
    _schema: String,
    /// What it shows, as a sentence.
    pub name: String,
    pub(super) app: Option<Value>,
    #[serde(default)]
    pub(super) client: Settings,
    /// Read when their turn comes, since their `${...}` are known only then.
    pub(super) steps: Vec<Value>,
    #[serde(default)]
    pub(super) unknown: Vec<Value>,
    pub(super) ledger: Vec<Value>,
    pub(super) statistics: Option<Value>,
}

impl Story {
    /// Reads a story.
    pub fn read(story: Value) -> Result<Self, Failure> {
        serde_json::from_value(story).map_err(|error| Failure::new("", error))
    }
}

/// How the client of a story is set up; times in seconds.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    timeout: Option<f64>,
    connect_timeout: Option<f64>,
    attempt_timeout: Option<f64>,
    queue_timeout: Option<f64>,
    max_retries: Option<u32>,
    backoff_base: Option<f64>,
    backoff_cap: Option<f64>,
    retry_budget: Option<u32>,
    max_concurrency: Option<u32>,
    rate_limit: Option<u32>,
    no_rate_limit: bool,
}

impl Settings {
    pub(super) fn record(&self) -> Result<ConfigRecord, Error> {
        Ok(ConfigRecord {
            timeout: time("timeout", self.timeout)?,
            connect_timeout: time("connect_timeout", self.connect_timeout)?,
            attempt_timeout: time("attempt_timeout", self.attempt_timeout)?,
            queue_timeout: time("queue_timeout", self.queue_timeout)?,
            max_retries: self.max_retries,
            backoff_base: time("backoff_base", self.backoff_base)?,
            backoff_cap: time("backoff_cap", self.backoff_cap)?,
            retry_budget: self.retry_budget,
            max_concurrency: self.max_concurrency,
            rate_limit: self.rate_limit,
            no_rate_limit: self.no_rate_limit,
            ..ConfigRecord::default()
        })
    }
}

fn time(name: &str, value: Option<f64>) -> Result<Option<Duration>, Error> {
    value.map(|value| seconds(name, value)).transpose()
}

/// A step, its `${...}` filled in. The schema says which members go together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    #[serde(rename = "note")]
    _note: Option<String>,

    pub(super) call: Option<String>,
    pub(super) pages: Option<String>,
    #[serde(default)]
    path: Map<String, Value>,
    #[serde(default)]
    query: Map<String, Value>,
    body: Option<Value>,
    #[serde(default)]
    options: Options,
    pub(super) at_once: Option<usize>,
    #[serde(rename = "times")]
    _times: Option<u64>,

    pub(super) start: Option<String>,
    pub(super) wait: Option<String>,
    pub(super) cancel: Option<String>,

    pub(super) callbacks: Option<Value>,
    pub(super) feed: Option<Vec<usize>>,
    pub(super) receipt: Option<String>,
    pub(super) wait_for: Option<String>,
    pub(super) settle: Option<usize>,
    pub(super) recipient: Option<String>,

    pub(super) expect: Option<Value>,
    pub(super) fails: Option<Value>,
    pub(super) until: Option<Value>,
    #[serde(rename = "as", default)]
    pub(super) captures: Map<String, Value>,
}

/// What holds for one call.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Options {
    timeout: Option<f64>,
    max_retries: Option<u32>,
    replay_unknown: bool,
    headers: Map<String, Value>,
}

impl Step {
    /// The call that the step makes, of this operation.
    pub(super) fn call_of(&self, operation: &str) -> Result<CallRecord, Error> {
        Ok(CallRecord {
            operation: operation.to_owned(),
            path: pairs(&self.path),
            query: pairs(&self.query),
            body: self.body.as_ref().map(|body| body.to_string().into()),
            timeout: time("timeout", self.options.timeout)?,
            max_retries: self.options.max_retries,
            replay_unknown: self.options.replay_unknown,
            headers: pairs(&self.options.headers),
        })
    }
}

fn pairs(parameters: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    parameters.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}
