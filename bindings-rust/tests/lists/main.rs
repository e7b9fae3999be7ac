//! Lists across their pages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

mod iterators;
mod server;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_core::Stream;
use serde_json::json;
use server::{List, Turn, failure, page};
use tidings::models::{Contact, ListLastMessagesByChannelIdentityRequest};
use tidings::resources::contacts;
use tidings::{Error, ErrorKind, Items};

type Contacts = Items<contacts::List>;

fn items(list: &List) -> Contacts {
    list.client().contacts().list().max_retries(0).items()
}

/// What a user sees of one step along the list.
#[derive(Debug, PartialEq)]
enum Seen {
    Contact(String),
    Error(ErrorKind),
    End,
}

fn seen(item: Option<Result<Contact, Error>>) -> Seen {
    match item {
        Some(Ok(contact)) => Seen::Contact(contact.id.unwrap()),
        Some(Err(error)) => Seen::Error(error.kind()),
        None => Seen::End,
    }
}

fn contact(id: &str) -> Seen {
    Seen::Contact(id.to_owned())
}

/// The next item of any stream, as the adapters of `futures` ask for it.
async fn streamed<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|context| Pin::new(&mut *stream).poll_next(context)).await
}

fn tokens(tokens: &[&str]) -> Vec<Option<String>> {
    tokens.iter().map(|token| Some((*token).to_owned()).filter(|token| !token.is_empty())).collect()
}

#[tokio::test]
async fn items_come_from_every_page_in_their_order() {
    let list = List::of([page(&["a", "b"], "two"), page(&["c"], "three"), page(&["d", "e"], "")]);
    let mut items = items(&list);
    for id in ["a", "b", "c", "d", "e"] {
        assert_eq!(seen(items.next().await), contact(id));
    }
    assert_eq!(seen(items.next().await), Seen::End);
    assert_eq!(seen(items.next().await), Seen::End);
    assert_eq!(list.tokens(), tokens(&["", "two", "three"]));
}

#[tokio::test]
async fn a_page_is_asked_for_when_the_items_before_it_have_been_taken() {
    let list = List::of([page(&["a", "b"], "two"), page(&["c"], "")]);
    let mut items = items(&list);
    assert_eq!(list.asked().len(), 0);
    assert_eq!(seen(items.next().await), contact("a"));
    assert_eq!(seen(items.next().await), contact("b"));
    assert_eq!(list.asked().len(), 1);
    assert_eq!(seen(items.next().await), contact("c"));
    assert_eq!(list.asked().len(), 2);
}

#[tokio::test]
async fn an_empty_page_with_a_token_leads_on() {
    let list = List::of([page(&["a"], "two"), page(&[], "three"), page(&["b"], "")]);
    let mut items = items(&list);
    assert_eq!(seen(items.next().await), contact("a"));
    assert_eq!(seen(items.next().await), contact("b"));
    assert_eq!(seen(items.next().await), Seen::End);
    assert_eq!(list.asked().len(), 3);
}

#[tokio::test]
async fn a_list_without_anything_ends_at_once() {
    let list = List::of([Turn::Answer(200, "{}".to_owned())]);
    assert_eq!(seen(items(&list).next().await), Seen::End);
}

#[tokio::test]
async fn pages_are_answers_with_their_exact_bytes() {
    let text = r#"{ "contacts": [], "later": 1.50, "next_page_token": "two" }"#;
    let list = List::of([Turn::Answer(200, text.to_owned()), page(&["a"], "")]);
    let mut pages = list.client().contacts().list().pages();
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!((first.contacts.len(), first.next_page_token.as_deref()), (0, Some("two")));
    assert_eq!((&first.raw()[..], first.status(), first.attempts()), (text.as_bytes(), 200, 1));
    assert_eq!(
        (first.request_id(), first.headers()["content-type"].as_bytes()),
        (Some("request 1"), &b"application/json"[..])
    );
    let second = pages.next().await.unwrap().unwrap();
    assert_eq!((second.contacts.len(), second.request_id()), (1, Some("request 2")));
    assert!(pages.next().await.is_none());
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn a_list_begins_with_the_page_that_the_call_names() {
    let list = List::of([page(&["c"], "eight"), page(&["d"], "")]);
    let mut items = list.client().contacts().list().page_token("seven").page_size(1).items();
    assert_eq!(seen(items.next().await), contact("c"));
    assert_eq!(seen(items.next().await), contact("d"));
    assert_eq!(list.tokens(), tokens(&["seven", "eight"]));
    assert!(list.asked().iter().all(|asked| asked.target.contains("page_size=1")));
}

#[tokio::test]
async fn the_token_goes_into_the_body_where_the_operation_has_it_there() {
    let body = |ids: &[&str], next| {
        let messages: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
        Turn::Answer(200, json!({ "messages": messages, "next_page_token": next }).to_string())
    };
    let list = List::of([body(&["a"], "two"), body(&["b", "c"], "")]);
    let asked = ListLastMessagesByChannelIdentityRequest::contact_ids(["01H"]).page_size(2);
    let mut items = list.client().messages().list_last_by_channel_identity(asked).items();
    let mut ids = Vec::new();
    while let Some(message) = items.next().await {
        ids.extend(message.unwrap().id);
    }
    assert_eq!(ids, ["a", "b", "c"]);
    let asked = list.asked();
    assert_eq!(asked[0].body, json!({"contact_ids": ["01H"], "page_size": 2}));
    assert_eq!(asked[1].body, json!({"contact_ids": ["01H"], "page_size": 2, "page_token": "two"}));
    assert!(asked.iter().all(|asked| !asked.target.contains('?')), "{asked:?}");
}

#[tokio::test]
async fn a_token_that_came_before_is_an_error_and_no_loop() {
    let list = List::of([page(&["a"], "two"), page(&["b"], "two")]);
    let mut items = items(&list);
    assert_eq!(seen(items.next().await), contact("a"));
    assert_eq!(seen(items.next().await), contact("b"));
    assert_eq!(seen(items.next().await), Seen::Error(ErrorKind::Decode));
    assert_eq!(list.asked().len(), 2);
}

#[tokio::test]
async fn after_an_error_the_same_page_is_asked_for_again_and_no_item_is_lost_or_repeated() {
    let turns = || [page(&["a", "b"], "two"), failure(503), failure(429), page(&["c"], "")];
    let expected = [
        contact("a"),
        contact("b"),
        Seen::Error(ErrorKind::Server),
        Seen::Error(ErrorKind::RateLimited),
        contact("c"),
        Seen::End,
    ];
    let (one, other) = (List::of(turns()), List::of(turns()));
    let (mut awaited, mut stream) = (items(&one), items(&other));
    for expected in expected {
        assert_eq!(seen(awaited.next().await), expected);
        assert_eq!(seen(streamed(&mut stream).await), expected);
    }
    assert_eq!(one.tokens(), tokens(&["", "two", "two", "two"]));
    assert_eq!(other.tokens(), one.tokens());
}

#[tokio::test]
async fn lists_are_streams_of_their_pages_and_of_their_items() {
    let turns = || [page(&["a", "b"], "two"), page(&[], "three"), page(&["c"], "")];
    let list = List::of(turns());
    let mut pages = list.client().contacts().list().pages();
    let mut sizes = Vec::new();
    while let Some(page) = streamed(&mut pages).await {
        sizes.push(page.unwrap().contacts.len());
    }
    assert_eq!(sizes, [2, 0, 1]);
    assert!(streamed(&mut pages).await.is_none());

    let list = List::of(turns());
    let mut items = items(&list);
    for expected in [contact("a"), contact("b"), contact("c"), Seen::End, Seen::End] {
        assert_eq!(seen(streamed(&mut items).await), expected);
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_is_called_off_and_the_next_one_asks_for_the_same_page() {
    let mut list = List::of([page(&["a"], "two"), Turn::Silence, page(&["b"], "")]);
    let mut items = items(&list);
    assert_eq!(seen(items.next().await), contact("a"));
    list.hears().await;
    tokio::select! {
        item = items.next() => panic!("nobody answered, yet there is {item:?}"),
        () = list.hears() => {}
    }
    list.is_hung_up_on().await;
    assert_eq!(seen(items.next().await), contact("b"));
    assert_eq!(seen(items.next().await), Seen::End);
    assert_eq!(list.tokens(), tokens(&["", "two", "two"]));
}

#[tokio::test]
async fn a_stream_keeps_the_page_that_is_under_way() {
    let list = List::of([page(&["a"], "")]);
    let mut items = items(&list);
    let asked = poll_fn(|context| Poll::Ready(Pin::new(&mut items).poll_next(context).is_pending())).await;
    assert!(asked);
    assert_eq!(seen(items.next().await), contact("a"));
    assert_eq!(seen(items.next().await), Seen::End);
    assert_eq!(list.asked().len(), 1);
}

#[tokio::test]
async fn what_is_set_for_a_call_holds_for_each_page() {
    let list = List::of([page(&["a"], "two"), page(&["b"], "")]);
    let mut pages = list.client().contacts().list().header("x-trace", "7").pages();
    while pages.next().await.transpose().unwrap().is_some() {}
    let traces: Vec<_> =
        list.asked().iter().map(|asked| asked.header("x-trace").map(str::to_owned)).collect();
    assert_eq!(traces, [Some("7".to_owned()), Some("7".to_owned())]);
}

#[tokio::test]
async fn a_call_that_cannot_be_written_is_told_once_and_asks_for_nothing() {
    let list = List::of([page(&["a"], "")]);
    let mut items = list.client().contacts().list().header("authorization", "mine").items();
    assert_eq!(seen(items.next().await), Seen::Error(ErrorKind::Config));
    assert_eq!(seen(items.next().await), Seen::End);
    assert_eq!(list.asked().len(), 0);
}

#[tokio::test]
async fn a_page_that_no_model_can_hold_is_told_with_its_bytes_and_the_list_goes_on_behind_it() {
    let huge = r#"{"contacts": [{"id": 1e999}], "next_page_token": "two"}"#;
    let list = List::of([Turn::Answer(200, huge.to_owned()), page(&["a"], "")]);
    let mut items = items(&list);
    let told = items.next().await.unwrap().unwrap_err();
    assert_eq!((told.kind(), told.body().map(|body| &body[..])), (ErrorKind::Decode, Some(huge.as_bytes())));
    assert_eq!(seen(items.next().await), contact("a"));
    assert_eq!(list.tokens(), tokens(&["", "two"]));
}

#[tokio::test]
async fn a_list_can_be_read_by_a_task_of_its_own() {
    let list = List::of([page(&["a"], "two"), page(&["b"], "")]);
    let mut items = items(&list);
    let task = tokio::spawn(async move {
        let first = seen(items.next().await);
        (first, seen(streamed(&mut items).await))
    });
    assert_eq!(task.await.unwrap(), (contact("a"), contact("b")));
}

#[test]
fn debug_shows_the_operation_and_nothing_of_the_call() {
    let list = List::of([]);
    let call = || list.client().contacts().list().identity("+46701234567");
    assert_eq!(format!("{:?}", call().pages()), r#"Pages { operation: "contacts.list", .. }"#);
    assert_eq!(format!("{:?}", call().items()), r#"Items { operation: "contacts.list", .. }"#);
}
