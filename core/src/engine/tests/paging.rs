//! Following the pages of a list.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::script::*;

fn page(body: &str) -> Turn {
    Turn::answer(200, body)
}

fn contacts() -> Call {
    Call::named("contacts.list").unwrap().query("page_size", "2")
}

#[tokio::test(start_paused = true)]
async fn only_an_absent_or_empty_token_ends_a_list() {
    for last in
        [r#"{"contacts":[1]}"#, r#"{"contacts":[1],"next_page_token":""}"#, r#"{"next_page_token":null}"#]
    {
        let stage = stage([
            page(r#"{"contacts":[1],"next_page_token":"a b+c/&#"}"#),
            page(r#"{"contacts":[],"next_page_token":"t2"}"#),
            page(last),
        ]);
        let mut pages = stage.engine.pager(contacts()).unwrap();
        for _ in 0..3 {
            assert!(pages.next().await.unwrap().is_some());
        }
        assert!(pages.next().await.unwrap().is_none() && pages.next().await.unwrap().is_none());
        let urls: Vec<String> = stage.urls.lock().unwrap().iter().map(|(url, _)| url.clone()).collect();
        assert!(urls[0].ends_with("contacts?page_size=2"), "{}", urls[0]);
        assert!(urls[1].ends_with("?page_size=2&page_token=a%20b%2Bc%2F%26%23"), "{}", urls[1]);
        assert!(urls[2].ends_with("?page_size=2&page_token=t2"), "{}", urls[2]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_leads_back_is_an_error_after_its_last_good_page() {
    let stage = stage([
        page(r#"{"next_page_token":"a"}"#),
        page(r#"{"next_page_token":"b"}"#),
        page(r#"{"next_page_token":"a"}"#),
    ]);
    let mut pages = stage.engine.pager(contacts()).unwrap();
    for _ in 0..3 {
        assert!(pages.next().await.unwrap().is_some());
    }
    let error = pages.next().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("contacts.list")));
    // Whoever skips errors must not spin.
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_token_that_the_caller_begins_with_counts_as_seen() {
    let stage = stage([page(r#"{"next_page_token":"mine"}"#)]);
    let mut pages = stage.engine.pager(contacts().query("page_token", "mine")).unwrap();
    assert!(pages.next().await.unwrap().is_some());
    assert_eq!(pages.next().await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test(start_paused = true)]
async fn after_an_error_that_may_heal_the_same_page_is_asked_for_again() {
    let stage = stage([
        page(r#"{"next_page_token":"t"}"#),
        Turn::with_headers(429, &[("retry-after", "60")]),
        Turn::Silence,
        page(r#"{"contacts":[2]}"#),
    ]);
    let mut pages = stage.engine.pager(contacts()).unwrap();
    pages.next().await.unwrap();
    assert_eq!(pages.next().await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert!(tokio::time::timeout(Duration::from_secs(1), pages.next()).await.is_err());
    assert_eq!(&pages.next().await.unwrap().unwrap().body[..], br#"{"contacts":[2]}"#);
    let urls = stage.urls.lock().unwrap();
    assert!(urls[1..].iter().all(|(url, _)| url.ends_with("page_token=t")));
}

#[tokio::test(start_paused = true)]
async fn after_an_error_that_cannot_heal_the_list_has_ended() {
    let stage = stage([page(r#"{"next_page_token":"t"}"#), Turn::answer(403, "{}")]);
    let mut pages = stage.engine.pager(contacts()).unwrap();
    pages.next().await.unwrap();
    assert_eq!(pages.next().await.unwrap_err().kind(), ErrorKind::Permission);
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_no_text_is_an_error_and_no_end() {
    for token in ["5", "{}", r#""\ud800""#] {
        let stage = stage([page(&format!(r#"{{"next_page_token":{token}}}"#))]);
        let mut pages = stage.engine.pager(contacts()).unwrap();
        assert!(pages.next().await.unwrap().is_some());
        assert_eq!(pages.next().await.unwrap_err().kind(), ErrorKind::Decode, "{token}");
        assert!(pages.next().await.unwrap().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_in_the_body_changes_no_other_byte_of_it() {
    let body = r#"{"channel_identities":["+46701234567"],"page_size":1,"new":1.10}"#;
    let stage = stage([page(r#"{"next_page_token":"a\"b"}"#), page("{}")]);
    let call = Call::named("messages.list_last_by_channel_identity").unwrap().body(body);
    let mut pages = stage.engine.pager(call).unwrap();
    assert!(pages.next().await.unwrap().is_some() && pages.next().await.unwrap().is_some());
    assert!(pages.next().await.unwrap().is_none());
    let second = body.replace("1.10}", r#"1.10,"page_token":"a\"b"}"#);
    assert_eq!(stage.bodies(), [body, &second]);
}

#[tokio::test(start_paused = true)]
async fn an_operation_without_pages_says_so() {
    let stage = stage([]);
    assert_eq!(stage.engine.pager(sms()).unwrap_err().kind(), ErrorKind::Config);
}

proptest! {
    /// A server that answers any tokens whatever: every page is read once, and the list ends.
    #[test]
    fn a_pager_ends_whatever_the_tokens_are(tokens in prop::collection::vec("[ab]{0,2}", 0..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut turns: VecDeque<Turn> = tokens
                .iter()
                .map(|token| page(&format!(r#"{{"next_page_token":"{token}"}}"#)))
                .collect();
            turns.push_back(page("{}"));
            // How far it goes: to the first empty token, or the first one that has come before.
            let mut seen = std::collections::HashSet::new();
            let good = tokens.iter().take_while(|token| !token.is_empty() && seen.insert(token.as_str())).count();
            let loops = tokens.get(good).is_some_and(|token| !token.is_empty());
            let stage = stage(turns);
            let mut pages = stage.engine.pager(contacts()).unwrap();
            for _ in 0..=good {
                assert!(pages.next().await.unwrap().is_some());
            }
            match pages.next().await {
                Ok(end) => assert!(end.is_none() && !loops),
                Err(error) => assert!(error.kind() == ErrorKind::Decode && loops),
            }
            assert_eq!(stage.urls.lock().unwrap().len(), good + 1);
        });
    }
}
