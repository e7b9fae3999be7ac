//! How much is kept, and for how long.

use std::collections::BTreeSet;

use tokio::time::advance;

use super::*;

const LONG: Duration = Duration::from_hours(1);

fn queued(message_id: &str) -> Vec<u8> {
    receipt(message_id, "QUEUED_ON_CHANNEL", json!({}))
}

fn kept(receipts: &Receipts) -> BTreeSet<String> {
    receipts.statuses().into_iter().map(|receipt| receipt.message_id).collect()
}

fn ids<const COUNT: usize>(ids: [&str; COUNT]) -> BTreeSet<String> {
    ids.into_iter().map(str::to_owned).collect()
}

#[test]
fn the_message_whose_last_receipt_is_the_longest_ago_goes_first() {
    let receipts = Receipts::bounded(3, LONG);
    for id in ["a", "b", "c", "a", "d"] {
        receipts.feed(&queued(id));
    }
    assert_eq!(kept(&receipts), ids(["a", "c", "d"]));
    receipts.feed(&queued("e"));
    assert_eq!(kept(&receipts), ids(["a", "d", "e"]));
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_when_its_last_receipt_is_too_old() {
    let receipts = Receipts::bounded(10, LONG);
    receipts.feed(&queued("a"));
    receipts.feed(&queued("b"));
    advance(LONG / 2).await;
    receipts.feed(&queued("a"));
    advance(LONG / 2 + Duration::from_secs(1)).await;
    assert_eq!(receipts.status("b"), None);
    assert_eq!(kept(&receipts), ids(["a"]));
    advance(LONG).await;
    assert_eq!(kept(&receipts), ids([]));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_waited_for_stays_as_long_as_it_is() {
    let receipts = Receipts::bounded(2, LONG);
    receipts.feed(&queued("waited for"));
    {
        let mut waiting = pin!(receipts.wait_for("waited for", Status::Delivered, 4 * LONG));
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(waiting.as_mut().poll(context)))
                .await
                .is_pending()
        );
        for number in 0..10 {
            receipts.feed(&queued(&number.to_string()));
        }
        assert_eq!(kept(&receipts), ids(["9", "waited for"]));
        advance(2 * LONG).await;
        assert_eq!(kept(&receipts), ids(["waited for"]));
    }
    // From now on it is a message like any other.
    receipts.feed(&queued("x"));
    receipts.feed(&queued("y"));
    assert_eq!(kept(&receipts), ids(["x", "y"]));
}

#[tokio::test(start_paused = true)]
async fn waiting_in_vain_leaves_nothing_behind() {
    let receipts = Receipts::new();
    for number in 0..3 {
        receipts.wait_for(&number.to_string(), Status::Read, LONG).await.unwrap_err();
    }
    assert_eq!(format!("{receipts:?}"), "Receipts { messages: 0, .. }");
}

#[test]
fn without_room_only_what_is_waited_for_is_kept() {
    let receipts = Receipts::bounded(0, LONG);
    assert!(receipts.feed(&queued("a")));
    assert_eq!(kept(&receipts), ids([]));
}

#[test]
fn an_age_without_end_is_one() {
    let receipts = Receipts::bounded(1, Duration::MAX);
    receipts.feed(&queued("a"));
    assert_eq!(kept(&receipts), ids(["a"]));
}
