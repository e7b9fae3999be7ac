//! Waiting for a status.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

/// Whether it is still waiting after a look.
async fn waits<F: Future>(mut future: Pin<&mut F>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

fn feed(receipts: &Receipts, status: &str) {
    receipts.feed(&receipt("01M", status, json!({})));
}

#[tokio::test]
async fn what_came_before_counts() {
    let receipts = Receipts::new();
    feed(&receipts, "DELIVERED");
    for wanted in ["ACCEPTED", "QUEUED_ON_CHANNEL", "SWITCHING_CHANNEL", "FAILED", "DELIVERED"] {
        let told = receipts.wait_for("01M", wanted.into(), Duration::ZERO).await.unwrap();
        assert_eq!(told.status, Status::Delivered, "{wanted}");
    }
}

#[tokio::test]
async fn what_is_waited_for_wakes_every_waiter() {
    let receipts = Receipts::new();
    let waiters: Vec<_> = (0..100)
        .map(|_| {
            let receipts = receipts.clone();
            tokio::spawn(async move { receipts.wait_for("01M", Status::Delivered, MINUTE).await })
        })
        .collect();
    tokio::task::yield_now().await;
    feed(&receipts, "QUEUED_ON_CHANNEL");
    feed(&receipts, "DELIVERED");
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap().unwrap().status, Status::Delivered);
    }
}

#[tokio::test]
async fn a_status_on_the_way_is_no_answer() {
    let receipts = Receipts::new();
    let mut waiting = pin!(receipts.wait_for("01M", Status::Read, MINUTE));
    for status in ["QUEUED_ON_CHANNEL", "SWITCHING_CHANNEL", "TELEPORTING", "DELIVERED"] {
        feed(&receipts, status);
        assert!(waits(waiting.as_mut()).await, "{status}");
    }
    feed(&receipts, "READ");
    assert_eq!(waiting.await.unwrap().status, Status::Read);
}

#[tokio::test]
async fn another_end_is_an_answer() {
    let receipts = Receipts::new();
    let mut waiting = pin!(receipts.wait_for("01M", Status::Delivered, MINUTE));
    assert!(waits(waiting.as_mut()).await);
    receipts.feed(&receipt("01M", "FAILED", json!({"reason": {"code": "NO_CHANNELS_LEFT"}})));
    let told = waiting.await.unwrap();
    assert_eq!(told.status, Status::Failed);
    assert_eq!(told.reason.unwrap().code.as_deref(), Some("NO_CHANNELS_LEFT"));
}

#[tokio::test]
async fn a_switch_is_waited_for_through_a_queue() {
    let receipts = Receipts::new();
    feed(&receipts, "QUEUED_ON_CHANNEL");
    let mut waiting = pin!(receipts.wait_for("01M", Status::SwitchingChannel, MINUTE));
    assert!(waits(waiting.as_mut()).await);
    feed(&receipts, "SWITCHING_CHANNEL");
    assert_eq!(waiting.await.unwrap().status, Status::SwitchingChannel);
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_up_the_error_says_so() {
    let receipts = Receipts::new();
    feed(&receipts, "QUEUED_ON_CHANNEL");
    let error = receipts.wait_for("01M", Status::Delivered, MINUTE).await.unwrap_err();
    assert_eq!(error.to_string(), "the message did not come to DELIVERED in time [timeout]");
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Timeout, true));
    assert_eq!(status_of(&receipts, "01M"), Some(Status::QueuedOnChannel));
}

#[tokio::test]
async fn a_wait_that_is_called_off_harms_no_other() {
    let receipts = Receipts::new();
    let mut one = Box::pin(receipts.wait_for("01M", Status::Delivered, MINUTE));
    let mut other = pin!(receipts.wait_for("01M", Status::Delivered, MINUTE));
    assert!(waits(one.as_mut()).await && waits(other.as_mut()).await);
    drop(one);
    feed(&receipts, "DELIVERED");
    assert_eq!(other.await.unwrap().status, Status::Delivered);
}

#[test]
fn without_a_runtime_it_fails_instead_of_panicking() {
    let receipts = Receipts::new();
    let mut waiting = pin!(receipts.wait_for("01M", Status::Delivered, MINUTE));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let Poll::Ready(Err(error)) = waiting.as_mut().poll(&mut context) else { panic!("it waits") };
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn waiters_and_feeders_on_many_threads_miss_nothing() {
    let receipts = Receipts::new();
    let mut waiters = Vec::new();
    for number in 0..200 {
        let (waiter, feeder) = (receipts.clone(), receipts.clone());
        waiters.push(tokio::spawn(async move {
            waiter.wait_for(&number.to_string(), Status::Delivered, MINUTE).await
        }));
        tokio::spawn(async move { feeder.feed(&receipt(&number.to_string(), "DELIVERED", json!({}))) });
    }
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap().unwrap().status, Status::Delivered);
    }
}
