//! The requests that came, and what became of them.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::{Value, json};

/// A request. Of what it carried nothing is kept, so there is nothing to mask.
pub(crate) struct Entry {
    request_id: String,
    operation: &'static str,
    at: Timestamp,
    pub(crate) status: Option<u16>,
    pub(crate) fault: Option<String>,
    pub(crate) abandoned: bool,
}

impl Entry {
    fn read(&self) -> Value {
        let mut read = json!({
            "request_id": self.request_id,
            "operation": self.operation,
            "at": self.at.to_string(),
            "abandoned": self.abandoned,
        });
        if let Some(status) = self.status {
            read["status"] = status.into();
        }
        if let Some(fault) = &self.fault {
            read["fault"] = fault.as_str().into();
        }
        read
    }
}

/// The last requests, oldest first.
pub(crate) struct Journal {
    limit: usize,
    entries: VecDeque<Entry>,
    /// How many entries were forgotten.
    forgotten: u64,
}

impl Journal {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, entries: VecDeque::new(), forgotten: 0 }
    }

    /// Notes a request and gives its number.
    pub(crate) fn open(&mut self, request_id: String, operation: &'static str, at: Timestamp) -> u64 {
        let entry = Entry { request_id, operation, at, status: None, fault: None, abandoned: false };
        self.entries.push_back(entry);
        let number = self.forgotten + self.entries.len() as u64 - 1;
        if self.entries.len() > self.limit {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        number
    }

    /// The request with a number, unless it is forgotten.
    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Entry> {
        let index = number.checked_sub(self.forgotten)?;
        self.entries.get_mut(usize::try_from(index).ok()?)
    }

    /// All requests, or those of one operation.
    pub(crate) fn list(&self, operation: Option<&str>) -> Value {
        let fits = |entry: &&Entry| operation.is_none_or(|operation| operation == entry.operation);
        json!({"requests": self.entries.iter().filter(fits).map(Entry::read).collect::<Vec<_>>()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_request_can_no_longer_be_changed_and_the_others_can() {
        let mut journal = Journal::new(2);
        let numbers: Vec<u64> =
            ["a", "b", "c"].map(|id| journal.open(id.into(), "apps.get", Timestamp::UNIX_EPOCH)).into();
        assert!(journal.get_mut(numbers[0]).is_none());
        journal.get_mut(numbers[2]).unwrap().status = Some(200);
        assert_eq!(journal.list(None)["requests"][1]["status"], 200);
        assert_eq!(journal.list(Some("apps.list"))["requests"], json!([]));
    }
}
