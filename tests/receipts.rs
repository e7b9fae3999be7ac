//! A million messages, in a process of their own, so that its memory tells.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::time::Duration;

use tidings::receipts::{Receipts, Status};

const MESSAGES: usize = 1_000_000;
const BOUND: usize = 10_000;

fn feed(receipts: &Receipts, number: usize) {
    let body = format!(
        r#"{{"message_delivery_report":{{"message_id":"01KB2QYVJ4H8B6N0C2{number:08}","status":"QUEUED_ON_CHANNEL","metadata":"order {number}"}}}}"#
    );
    receipts.feed_bytes(body.as_bytes());
}

/// The memory that this process holds, in bytes, where the system tells it.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split_ascii_whitespace().nth(1)?.parse::<usize>().ok()? * 4096)
}

#[test]
fn a_million_messages_stay_within_the_bound() {
    let receipts = Receipts::bounded(BOUND, Duration::from_hours(1));
    // The shelf is full; from here on it must not grow.
    (0..2 * BOUND).for_each(|number| feed(&receipts, number));
    let before = resident();
    (2 * BOUND..MESSAGES).for_each(|number| feed(&receipts, number));
    let after = resident();

    assert_eq!(receipts.statuses().len(), BOUND);
    let newest = format!("01KB2QYVJ4H8B6N0C2{:08}", MESSAGES - 1);
    assert_eq!(receipts.status(&newest).unwrap().status, Status::QueuedOnChannel);
    let first_out = format!("01KB2QYVJ4H8B6N0C2{:08}", MESSAGES - BOUND - 1);
    assert_eq!(receipts.status(&first_out), None);
    // All of them would take hundreds of megabytes.
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after.saturating_sub(before) < 32 << 20, "from {before} to {after} bytes");
    }
}
