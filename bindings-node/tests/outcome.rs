//! Whoever waits for a call hears of it exactly once, also if our own code panics.

#[path = "../src/outcome.rs"]
mod outcome;

use std::sync::mpsc::{Receiver, channel};

use outcome::{Teller, fault, unless_panicked};
use tidings_core::Response;
use tidings_core::door::ErrorRecord;

type Outcome = Result<Response, ErrorRecord>;

/// The kind of what was told, and whether it may have been sent.
type Heard = Receiver<Option<(String, bool)>>;

fn teller() -> (Teller<impl FnOnce(Outcome)>, Heard) {
    let (sender, receiver) = channel();
    let teller = Teller::new(move |outcome: Outcome| {
        let _ = sender.send(outcome.err().map(|record| (record.kind, record.sent)));
    });
    (teller, receiver)
}

fn internal(sent: bool) -> Vec<Option<(String, bool)>> {
    vec![Some(("internal".to_owned(), sent))]
}

#[test]
fn a_call_whose_start_panics_has_ended_with_a_fault_of_our_own() {
    let (teller, heard) = teller();
    let started = unless_panicked(|| {
        let _teller = teller;
        panic!("a fault of our own")
    });
    assert!(started.is_none());
    assert_eq!(heard.iter().collect::<Vec<_>>(), internal(true));
}

#[test]
fn a_call_that_is_dropped_has_ended_with_a_fault_of_our_own() {
    let (teller, heard) = teller();
    drop(teller);
    assert_eq!(heard.iter().collect::<Vec<_>>(), internal(true));
}

#[test]
fn a_call_that_has_ended_is_told_once() {
    let (teller, heard) = teller();
    teller.tell(Err(fault()));
    assert_eq!(heard.iter().collect::<Vec<_>>(), internal(false));
}
