//! The same lists with a blocking client: iterators.

use tidings::blocking::Items;
use tidings::resources::contacts;
use tidings::{Error, ErrorKind};

use crate::server::{List, Turn, failure, page};
use crate::{Seen, contact, seen, tokens};

fn items(list: &List) -> Items<contacts::List> {
    list.blocking_client().contacts().list().max_retries(0).items()
}

fn ids(items: impl Iterator<Item = Result<tidings::models::Contact, Error>>) -> Result<Vec<String>, Error> {
    items.map(|item| item.map(|contact| contact.id.unwrap())).collect()
}

#[test]
fn an_iterator_gives_the_items_of_every_page_in_their_order() {
    let list = List::of([page(&["a", "b"], "two"), page(&[], "three"), page(&["c"], "")]);
    assert_eq!(ids(items(&list)).unwrap(), ["a", "b", "c"]);
    assert_eq!(list.tokens(), tokens(&["", "two", "three"]));
}

#[test]
fn an_iterator_asks_for_a_page_when_the_items_before_it_have_been_taken() {
    let list = List::of([page(&["a", "b"], "two"), page(&["c"], "")]);
    let mut items = items(&list);
    assert_eq!(list.asked().len(), 0);
    assert_eq!(ids(items.by_ref().take(2)).unwrap(), ["a", "b"]);
    assert_eq!(list.asked().len(), 1);
    assert_eq!(ids(items).unwrap(), ["c"]);
}

#[test]
fn an_iterator_that_has_ended_stays_so() {
    let list = List::of([page(&["a"], "")]);
    let mut items = items(&list);
    for expected in [contact("a"), Seen::End, Seen::End] {
        assert_eq!(seen(items.next()), expected);
    }
    let list = List::of([page(&["a"], "")]);
    let mut pages = list.blocking_client().contacts().list().pages();
    assert!(pages.next().is_some());
    assert!(pages.next().is_none());
    assert!(pages.next().is_none());
    assert_eq!(list.asked().len(), 1);
}

#[test]
fn an_iterator_gives_pages_as_answers_with_their_exact_bytes() {
    let text = r#"{ "contacts": [], "later": 1.50, "next_page_token": "two" }"#;
    let list = List::of([Turn::Answer(200, text.to_owned()), page(&["a"], "")]);
    let pages = list.blocking_client().contacts().list().pages().collect::<Result<Vec<_>, _>>().unwrap();
    let requests: Vec<_> = pages.iter().map(|page| page.request_id()).collect();
    assert_eq!(requests, [Some("request 1"), Some("request 2")]);
    assert_eq!((&pages[0].raw()[..], pages[0].next_page_token.as_deref()), (text.as_bytes(), Some("two")));
    assert_eq!(pages[1].contacts.len(), 1);
}

#[test]
fn after_an_error_an_iterator_asks_for_the_same_page_again() {
    let list = List::of([page(&["a"], "two"), failure(503), failure(429), page(&["b"], "")]);
    let mut items = items(&list);
    let expected = [
        contact("a"),
        Seen::Error(ErrorKind::Server),
        Seen::Error(ErrorKind::RateLimited),
        contact("b"),
        Seen::End,
    ];
    for expected in expected {
        assert_eq!(seen(items.next()), expected);
    }
    assert_eq!(list.tokens(), tokens(&["", "two", "two", "two"]));
}

#[test]
fn whoever_passes_errors_over_does_not_ask_for_ever() {
    let list = List::of([page(&["a"], "two"), failure(403)]);
    assert_eq!(items(&list).flatten().count(), 1);
    assert_eq!(list.tokens(), tokens(&["", "two"]));
}

#[test]
fn an_iterator_whose_token_came_before_ends_with_an_error() {
    let list = List::of([page(&["a"], "two"), page(&["b"], "two")]);
    let mut items = items(&list);
    for expected in [contact("a"), contact("b"), Seen::Error(ErrorKind::Decode), Seen::End] {
        assert_eq!(seen(items.next()), expected);
    }
}

#[test]
fn an_iterator_goes_on_behind_a_page_that_no_model_can_hold() {
    let huge = r#"{"contacts": [{"id": 1e999}], "next_page_token": "two"}"#;
    let list = List::of([Turn::Answer(200, huge.to_owned()), page(&["a"], "")]);
    let mut items = items(&list);
    let told = items.next().unwrap().unwrap_err();
    assert_eq!((told.kind(), told.body().map(|body| &body[..])), (ErrorKind::Decode, Some(huge.as_bytes())));
    assert_eq!(seen(items.next()), contact("a"));
}

#[test]
fn an_iterator_tells_once_that_its_call_cannot_be_written() {
    let list = List::of([page(&["a"], "")]);
    let mut items = list.blocking_client().contacts().list().header("authorization", "mine").items();
    assert_eq!(seen(items.next()), Seen::Error(ErrorKind::Config));
    assert_eq!(seen(items.next()), Seen::End);
    assert_eq!(list.asked().len(), 0);
}

#[test]
fn what_is_set_for_a_call_holds_for_each_page_of_an_iterator() {
    let list = List::of([page(&["a"], "two"), page(&["b"], "")]);
    let items = list.blocking_client().contacts().list().page_size(1).header("x-trace", "7").items();
    assert_eq!(ids(items).unwrap(), ["a", "b"]);
    for asked in list.asked() {
        assert_eq!((asked.header("x-trace"), asked.target.contains("page_size=1")), (Some("7"), true));
    }
}

#[test]
fn debug_of_an_iterator_shows_the_operation_and_nothing_of_the_call() {
    let list = List::of([]);
    let call = || list.blocking_client().contacts().list().identity("+46701234567");
    assert_eq!(format!("{:?}", call()), r#"Request { operation: "contacts.list", .. }"#);
    assert_eq!(format!("{:?}", call().pages()), r#"Pages { operation: "contacts.list", .. }"#);
    assert_eq!(format!("{:?}", call().items()), r#"Items { operation: "contacts.list", .. }"#);
}
