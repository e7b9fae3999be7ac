//! What the handsets got: the referee of "no double texts and no lost ones".

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::identifiers::bare;

/// A message that reached a handset.
pub(crate) struct Arrival {
    pub(crate) to: String,
    pub(crate) channel: String,
    pub(crate) text: String,
    pub(crate) sender: Option<String>,
    pub(crate) flash: bool,
    pub(crate) message_id: String,
    pub(crate) app_id: String,
    pub(crate) project_id: String,
    pub(crate) request_id: String,
    pub(crate) correlation_id: Option<String>,
    pub(crate) received_at: Timestamp,
}

impl Arrival {
    pub(crate) fn read(&self) -> Value {
        let mut read = json!({
            "to": self.to,
            "channel": self.channel,
            "text": self.text,
            "flash": self.flash,
            "message_id": self.message_id,
            "app_id": self.app_id,
            "project_id": self.project_id,
            "request_id": self.request_id,
            "received_at": self.received_at.to_string(),
        });
        for (name, value) in [("sender", &self.sender), ("correlation_id", &self.correlation_id)] {
            if let Some(value) = value {
                read[name] = value.as_str().into();
            }
        }
        read
    }
}

/// The arrivals, oldest first.
pub(crate) struct Ledger {
    limit: usize,
    arrivals: VecDeque<Arrival>,
}

impl Ledger {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, arrivals: VecDeque::new() }
    }

    pub(crate) fn add(&mut self, arrival: Arrival) {
        self.arrivals.push_back(arrival);
        if self.arrivals.len() > self.limit {
            self.arrivals.pop_front();
        }
    }

    /// The arrivals at a handset and in a project, or at all of them, oldest first.
    pub(crate) fn list(&self, to: Option<&str>, project_id: Option<&str>) -> Value {
        let fits = |arrival: &&Arrival| {
            to.is_none_or(|to| bare(to) == arrival.to) && project_id.is_none_or(|id| id == arrival.project_id)
        };
        json!({"arrivals": self.arrivals.iter().filter(fits).map(Arrival::read).collect::<Vec<_>>()})
    }

    /// The newest arrival at a handset whose text holds this. The newest, since a code of an earlier try is of no use
    /// to anyone who waits.
    pub(crate) fn newest(&self, to: &str, contains: &str) -> Option<Value> {
        let fits = |arrival: &&Arrival| arrival.to == bare(to) && arrival.text.contains(contains);
        self.arrivals.iter().rev().find(fits).map(Arrival::read)
    }
}
