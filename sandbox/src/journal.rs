//! The requests that the sandbox saw.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::{Value, json};

/// The most requests that are kept.
const RETAINED: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) request_id: String,
    operation: &'static str,
    at: Timestamp,
    pub(crate) status: Option<u16>,
    pub(crate) fault: Option<String>,
    pub(crate) abandoned: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
}

impl Journal {
    pub(crate) fn begin(&mut self, request_id: &str, operation: &'static str, at: Timestamp) {
        if self.entries.len() == RETAINED {
            self.entries.pop_front();
        }
        let request_id = request_id.to_owned();
        self.entries.push_back(Entry {
            request_id,
            operation,
            at,
            status: None,
            fault: None,
            abandoned: false,
        });
    }

    pub(crate) fn note(&mut self, request_id: &str, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.request_id == request_id) {
            change(entry);
        }
    }

    pub(crate) fn list(&self, operation: Option<&str>) -> Value {
        let shown =
            self.entries.iter().filter(|entry| operation.is_none_or(|wanted| wanted == entry.operation));
        let requests: Vec<Value> = shown
            .map(|entry| {
                json!({
                    "request_id": entry.request_id,
                    "operation": entry.operation,
                    "at": entry.at.to_string(),
                    "status": entry.status,
                    "fault": entry.fault,
                    "abandoned": entry.abandoned,
                })
            })
            .collect();
        json!({ "requests": requests })
    }
}
