//! The state depends on which callbacks came, and neither on their order nor on how often each came.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A time of a day on which everything happens.
fn time(second: u32) -> String {
    format!("2026-11-25T10:00:{second:02}Z")
}

/// A report of a message: its status, its channel and its second.
type Step = (&'static str, &'static str, u32);

fn body((status, channel, second): Step) -> Vec<u8> {
    let mut with = json!({"event_time": time(second), "metadata": "mine"});
    with["channel_identity"] = json!({"channel": channel, "identity": format!("to-{channel}")});
    if matches!(status, "FAILED" | "SWITCHING_CHANNEL") {
        with["reason"] = json!({"code": "RECIPIENT_NOT_REACHABLE"});
    }
    receipt("01M", status, with)
}

fn after(bodies: &[Vec<u8>]) -> Receipt {
    let receipts = Receipts::new();
    for body in bodies {
        receipts.feed(body);
    }
    receipts.status("01M").unwrap()
}

/// All orders of some things.
fn permutations(bodies: &[Vec<u8>]) -> Vec<Vec<Vec<u8>>> {
    if bodies.is_empty() {
        return vec![Vec::new()];
    }
    let first = |at: usize| {
        let mut rest = bodies.to_vec();
        let taken = rest.remove(at);
        permutations(&rest).into_iter().map(move |mut order| {
            order.push(taken.clone());
            order
        })
    };
    (0..bodies.len()).flat_map(first).collect()
}

/// Histories as the API tells them, and where each of them ends.
const HISTORIES: [(&[Step], &str, &str); 12] = [
    (&[("QUEUED_ON_CHANNEL", "SMS", 1), ("DELIVERED", "SMS", 2)], "DELIVERED", "SMS"),
    (&[("FAILED", "SMS", 1)], "FAILED", "SMS"),
    (&[("QUEUED_ON_CHANNEL", "RCS", 1), ("DELIVERED", "RCS", 2), ("READ", "RCS", 3)], "READ", "RCS"),
    // READ may come without DELIVERED.
    (&[("QUEUED_ON_CHANNEL", "RCS", 1), ("READ", "RCS", 3)], "READ", "RCS"),
    (&[("QUEUED_ON_CHANNEL", "RCS", 1), ("SWITCHING_CHANNEL", "RCS", 2)], "SWITCHING_CHANNEL", "RCS"),
    (
        &[("QUEUED_ON_CHANNEL", "RCS", 1), ("SWITCHING_CHANNEL", "RCS", 2), ("QUEUED_ON_CHANNEL", "SMS", 3)],
        "QUEUED_ON_CHANNEL",
        "SMS",
    ),
    // All within one second, as far as the channels' clocks tell.
    (
        &[("QUEUED_ON_CHANNEL", "SMS", 1), ("SWITCHING_CHANNEL", "SMS", 1), ("QUEUED_ON_CHANNEL", "RCS", 1)],
        "QUEUED_ON_CHANNEL",
        "RCS",
    ),
    (
        &[
            ("QUEUED_ON_CHANNEL", "RCS", 1),
            ("SWITCHING_CHANNEL", "RCS", 2),
            ("QUEUED_ON_CHANNEL", "SMS", 3),
            ("SWITCHING_CHANNEL", "SMS", 4),
            ("FAILED", "MESSENGER", 5),
        ],
        "FAILED",
        "MESSENGER",
    ),
    (
        &[
            ("QUEUED_ON_CHANNEL", "WHATSAPP", 1),
            ("SWITCHING_CHANNEL", "WHATSAPP", 2),
            ("QUEUED_ON_CHANNEL", "SMS", 3),
            ("DELIVERED", "SMS", 4),
            // delivery_report_based_fallback: the first channel delivers late.
            ("DELIVERED", "WHATSAPP", 5),
        ],
        "DELIVERED",
        "WHATSAPP",
    ),
    // What has arrived stays arrived, whenever and wherever the failure was.
    (
        &[
            ("QUEUED_ON_CHANNEL", "WHATSAPP", 1),
            ("SWITCHING_CHANNEL", "WHATSAPP", 2),
            ("QUEUED_ON_CHANNEL", "SMS", 3),
            ("DELIVERED", "WHATSAPP", 4),
            ("FAILED", "SMS", 5),
        ],
        "DELIVERED",
        "WHATSAPP",
    ),
    (
        &[
            ("QUEUED_ON_CHANNEL", "WHATSAPP", 1),
            ("DELIVERED", "WHATSAPP", 2),
            ("READ", "WHATSAPP", 3),
            ("FAILED", "SMS", 4),
            ("QUEUED_ON_CHANNEL", "SMS", 5),
        ],
        "READ",
        "WHATSAPP",
    ),
    (
        &[
            ("QUEUED_ON_CHANNEL", "RCS", 1),
            ("TELEPORTING", "RCS", 2),
            ("SWITCHING_CHANNEL", "RCS", 3),
            ("QUEUED_ON_CHANNEL", "SMS", 4),
            ("TELEPORTING", "SMS", 5),
        ],
        "TELEPORTING",
        "SMS",
    ),
];

#[test]
fn every_order_of_a_history_ends_in_the_same_state() {
    for (steps, status, channel) in HISTORIES {
        let bodies: Vec<Vec<u8>> = steps.iter().copied().map(body).collect();
        let expected = after(&bodies);
        assert_eq!(
            (expected.status.as_str(), expected.channel.as_deref()),
            (status, Some(channel)),
            "{steps:?}"
        );
        assert_eq!(expected.reason.is_some(), matches!(status, "FAILED" | "SWITCHING_CHANNEL"), "{steps:?}");
        for mut order in permutations(&bodies) {
            assert_eq!(after(&order), expected, "{steps:?}");
            // And once more from the front, as when the API did not see the answer.
            order.extend(order.clone());
            assert_eq!(after(&order), expected, "{steps:?}");
        }
    }
}

const STATUSES: [&str; 7] =
    ["QUEUED_ON_CHANNEL", "SWITCHING_CHANNEL", "FAILED", "DELIVERED", "READ", "TELEPORTING", "submit"];

/// Any callback about a message: also without a time, with a time like others, and with contradicting details.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    let parts = (0..STATUSES.len(), 0..4_u32, 0..3_usize, 0..3_usize, 0..3_usize);
    parts.prop_map(|(status, second, channel, metadata, reason)| {
        let mut with = json!({});
        if second > 0 {
            with["event_time"] = time(second).into();
        }
        if let Some(channel) = [None, Some("SMS"), Some("RCS")][channel] {
            with["channel_identity"] = json!({"channel": channel, "identity": "46701234567"});
        }
        with["metadata"] = ["", "mine", "other"][metadata].into();
        let code = ["", "UNKNOWN", "CHANNEL_FAILURE"][reason];
        with["reason"] = json!({"code": code});
        if STATUSES[status] == "submit" {
            return json!({"message_submit_notification": {"message_id": "01M"}}).to_string().into_bytes();
        }
        receipt("01M", STATUSES[status], with)
    })
}

proptest! {
    #[test]
    fn any_callbacks_in_any_order_and_number_end_in_the_same_state(
        (bodies, order) in prop::collection::vec(anything(), 1..9).prop_flat_map(|bodies| {
            let twice: Vec<usize> = (0..bodies.len()).chain(0..bodies.len()).collect();
            (Just(bodies), Just(twice).prop_shuffle())
        }),
    ) {
        let shuffled: Vec<Vec<u8>> = order.iter().map(|at| bodies[*at].clone()).collect();
        prop_assert_eq!(after(&bodies), after(&shuffled));
    }

    #[test]
    fn a_status_changes_only_as_the_table_says(bodies in prop::collection::vec(anything(), 1..9)) {
        let receipts = Receipts::new();
        let mut before: Option<Status> = None;
        for body in bodies {
            receipts.feed(&body);
            let now = status_of(&receipts, "01M").unwrap();
            let allowed = before.as_ref().is_none_or(|before| *before == now || before.leads_to(&now));
            prop_assert!(allowed, "{:?} to {}", before, now);
            before = Some(now);
        }
    }
}

/// That any two statuses can be compared, and that comparing them goes round in no circle, is what makes the order of
/// coming indifferent.
#[test]
fn the_table_orders_every_two_statuses() {
    let statuses: Vec<&Status> = TRANSITIONS.iter().map(|row| &row.from).collect();
    for a in &statuses {
        for b in &statuses {
            assert!(a == b || a.leads_to(b) || b.leads_to(a), "{a:?} and {b:?}");
            for c in &statuses {
                assert!(!(a.leads_to(b) && b.leads_to(c)) || a.leads_to(c) || a == c, "{a:?}, {b:?}, {c:?}");
            }
        }
    }
}

#[test]
fn the_published_table_is_the_one_that_counts() {
    let name = |status: &Status| match status.as_str() {
        "" => "any other".to_owned(),
        name => format!("`{name}`"),
    };
    let rows = TRANSITIONS.iter().map(|row| {
        let to: Vec<String> = row.to.iter().map(name).collect();
        let is_final = if row.is_final { "yes" } else { "no" };
        format!("| {} | {is_final} | {} |\n", name(&row.from), to.join(", ")).replace("|  |", "| |")
    });
    let table: String = rows.collect();
    let head = "| status | final | what a later look may find |\n| --- | --- | --- |\n";
    assert_eq!(include_str!("../transitions.md"), format!("{head}{table}"));
}

#[test]
fn every_status_of_the_contract_has_a_row() {
    for name in ["ACCEPTED", "QUEUED_ON_CHANNEL", "SWITCHING_CHANNEL", "FAILED", "DELIVERED", "READ"] {
        let status = Status::from(name);
        assert_eq!(status.as_str(), name);
        assert!(!matches!(status, Status::Unrecognized(_)), "{name}");
    }
    assert_eq!(Status::from("TELEPORTING"), Status::Unrecognized("TELEPORTING".to_owned()));
    let finals: BTreeSet<&str> =
        TRANSITIONS.iter().filter(|row| row.is_final).map(|row| row.from.as_str()).collect();
    assert_eq!(finals, BTreeSet::from(["FAILED", "READ"]));
}
