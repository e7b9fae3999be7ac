use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::*;

const BODY: &[u8] = br#"{"message":{}}"#;
const NOW: u64 = 1_790_000_000;
const HEADERS: [&str; 4] = [SIGNATURE_HEADER, TIMESTAMP_HEADER, NONCE_HEADER, ALGORITHM_HEADER];

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

type Pairs = Vec<(String, String)>;

/// The headers of a callback as the API writes them.
fn signed(secret: &str, body: &[u8], nonce: &str, timestamp: &str) -> Pairs {
    let signature = sign(secret.as_bytes(), body, nonce, timestamp);
    let values = [signature.as_str(), timestamp, nonce, ALGORITHM];
    HEADERS.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value.to_owned())).collect()
}

fn fresh(body: &[u8]) -> Pairs {
    signed("secret", body, "nonce", &NOW.to_string())
}

fn with(mut headers: Pairs, name: &str, value: &str) -> Pairs {
    headers.retain(|(known, _)| known != name);
    headers.push((name.to_owned(), value.to_owned()));
    headers
}

/// The name of the reason, and the header it is about; `Ok` with the trigger where there is none.
type Outcome = Result<Option<&'static str>, (&'static str, Option<&'static str>)>;

fn outcome(verifier: &WebhookVerifier, body: &[u8], headers: &Pairs, now: SystemTime) -> Outcome {
    let checked = verifier.verify_at(body, headers, now);
    checked.map(|event| event.trigger).map_err(|error| (error.as_str(), error.header()))
}

fn verified(body: &[u8], headers: &Pairs) -> Outcome {
    outcome(&WebhookVerifier::new("secret"), body, headers, at(NOW))
}

#[test]
fn a_signature_equals_one_computed_with_openssl() {
    // printf '%s' '{"message":{}}.nonce.1790000000' | openssl dgst -sha256 -hmac secret -binary | base64
    let expected = "LW7NYo9sd2ptGeKAI8fdz0ARU5rhKxdfehnI3tLqLco=";
    assert_eq!(sign(b"secret", BODY, "nonce", "1790000000"), expected);
}

#[test]
fn a_genuine_callback_is_told_with_all_that_is_known_of_it() {
    let headers = fresh(BODY);
    let event = WebhookVerifier::new("secret").verify_at(BODY, &headers, at(NOW + 7)).unwrap();
    assert_eq!(
        (event.trigger, event.raw, event.duplicate, event.nonce.as_str(), event.signed_at),
        (Some("MESSAGE_INBOUND"), BODY, false, "nonce", at(NOW))
    );
}

#[test]
fn each_fault_has_its_own_reason() {
    let refused = |name| Err((name, None));
    let base = || fresh(BODY);
    let cases: [(&str, &[u8], Pairs, Outcome); 12] = [
        ("as it should be", BODY, base(), Ok(Some("MESSAGE_INBOUND"))),
        ("a changed byte", br#"{"message":{ }}"#, base(), refused("mismatch")),
        ("an added byte", b"{\"message\":{}}\n", base(), refused("mismatch")),
        ("another nonce", BODY, with(base(), NONCE_HEADER, "other"), refused("mismatch")),
        ("another moment", BODY, with(base(), TIMESTAMP_HEADER, "1790000001"), refused("mismatch")),
        ("a cut signature", BODY, with(base(), SIGNATURE_HEADER, "LW7N"), refused("mismatch")),
        ("a weak algorithm", BODY, with(base(), ALGORITHM_HEADER, "HmacMD5"), refused("algorithm")),
        ("no algorithm at all", BODY, with(base(), ALGORITHM_HEADER, "none"), refused("algorithm")),
        (
            "a signature that is no base64",
            BODY,
            with(base(), SIGNATURE_HEADER, "not-base64"),
            Err(("malformed_header", Some(SIGNATURE_HEADER))),
        ),
        (
            "a signature that is not ASCII",
            BODY,
            with(base(), SIGNATURE_HEADER, "\u{e9}W7NYo9sd2ptGeKAI8fdz0ARU5rhKxdfehnI3tLqLco="),
            Err(("malformed_header", Some(SIGNATURE_HEADER))),
        ),
        ("signed rightly and no JSON", b"<html>", fresh(b"<html>"), refused("not_json")),
        ("signed rightly and no object", b"[]", fresh(b"[]"), refused("not_json")),
    ];
    for (case, body, headers, expected) in cases {
        assert_eq!(verified(body, &headers), expected, "{case}");
    }
}

#[test]
fn every_header_that_is_missing_empty_unreadable_or_contradicted_is_named() {
    for name in HEADERS {
        let mut missing = fresh(BODY);
        missing.retain(|(known, _)| known != name);
        assert_eq!(verified(BODY, &missing), Err(("missing_header", Some(name))));
        assert_eq!(verified(BODY, &with(fresh(BODY), name, " ")), Err(("missing_header", Some(name))));

        let mut contradicted = fresh(BODY);
        contradicted.push((name.to_uppercase(), "1".to_owned()));
        for headers in [with(fresh(BODY), name, "in ner"), contradicted] {
            assert_eq!(verified(BODY, &headers), Err(("malformed_header", Some(name))));
        }

        let mut bytes = HeaderMap::new();
        for (known, value) in fresh(BODY) {
            bytes
                .insert(HEADERS.into_iter().find(|header| *header == known).unwrap(), value.parse().unwrap());
        }
        bytes.insert(name, HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        let error = WebhookVerifier::new("secret").verify_at(BODY, &bytes, at(NOW)).unwrap_err();
        assert_eq!(error, VerificationError::MalformedHeader { name });
    }
}

#[test]
fn moments_that_no_clock_shows_are_malformed() {
    for timestamp in [
        "+1790000000",
        "-1",
        "1790000000.5",
        "18446744073709551616",
        "9223372036854775807",
        "999999999999999",
    ] {
        let headers = signed("secret", BODY, "nonce", timestamp);
        let widest = WebhookVerifier::new("secret").tolerance(Duration::MAX);
        let expected = Err(("malformed_header", Some(TIMESTAMP_HEADER)));
        assert_eq!(outcome(&widest, BODY, &headers, at(NOW)), expected, "{timestamp}");
    }
    let far = signed("secret", BODY, "nonce", "253402207199");
    let widest = WebhookVerifier::new("secret").tolerance(Duration::MAX).nonces(InMemoryNonces::new());
    assert_eq!(outcome(&widest, BODY, &far, at(NOW)), Ok(Some("MESSAGE_INBOUND")));
}

#[test]
fn an_old_timestamp_is_stale_and_a_forged_one_tells_nothing() {
    let verifier = WebhookVerifier::new("secret");
    let headers = fresh(BODY);
    for (seconds, expected) in [
        (NOW + 300, Ok(Some("MESSAGE_INBOUND"))),
        (NOW - 300, Ok(Some("MESSAGE_INBOUND"))),
        (NOW + 301, Err(("stale", None))),
        (NOW - 301, Err(("stale", None))),
        (0, Err(("stale", None))),
    ] {
        assert_eq!(outcome(&verifier, BODY, &headers, at(seconds)), expected);
    }
    let forged = signed("other", BODY, "nonce", &NOW.to_string());
    assert_eq!(outcome(&verifier, BODY, &forged, at(NOW + 301)), Err(("mismatch", None)));
    let wide = verifier.tolerance(Duration::from_secs(301));
    assert_eq!(outcome(&wide, BODY, &headers, at(NOW + 301)), Ok(Some("MESSAGE_INBOUND")));
}

#[test]
fn a_second_secret_works_and_an_empty_one_never_does() {
    let new = signed("new", BODY, "nonce", &NOW.to_string());
    let empty = signed("", BODY, "nonce", &NOW.to_string());
    let rotating = WebhookVerifier::new("old").or_secret("new").or_secret("");
    assert_eq!(outcome(&rotating, BODY, &new, at(NOW)), Ok(Some("MESSAGE_INBOUND")));
    assert_eq!(outcome(&rotating, BODY, &empty, at(NOW)), Err(("mismatch", None)));
    let none = WebhookVerifier::new("").or_secret("");
    assert_eq!(outcome(&none, BODY, &empty, at(NOW)), Err(("no_secret", None)));
}

#[test]
fn headers_are_taken_in_any_form_and_any_case() {
    let verifier = WebhookVerifier::new("secret");
    let list: Pairs = fresh(BODY).into_iter().map(|(name, value)| (name.to_uppercase(), value)).collect();
    let array: [(&str, &[u8]); 4] = std::array::from_fn(|at| (list[at].0.as_str(), list[at].1.as_bytes()));
    let hashed: HashMap<String, String> = list.iter().cloned().collect();
    let sorted: BTreeMap<&str, &str> =
        list.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let http: HeaderMap = HeaderMap::try_from(&hashed).unwrap();
    let forms: [&dyn Headers; 6] = [&list, &list.as_slice(), &array, &hashed, &sorted, &http];
    for form in forms {
        assert!(verifier.verify_at(BODY, form, at(NOW)).is_ok());
    }
}

#[test]
fn a_body_of_100_megabytes_is_verified() {
    let mut body = br#"{"message":{"contact_message":{"text_message":{"text":""#.to_vec();
    body.resize(100_000_000, b'a');
    body.extend_from_slice(br#""}}}}"#);
    assert_eq!(verified(&body, &fresh(&body)), Ok(Some("MESSAGE_INBOUND")));
}

#[test]
fn what_the_api_may_newly_send_is_an_event() {
    for body in [
        r#"{"hologram":{"text":"hush"}}"#,
        "{}",
        r#"{"message":null}"#,
        r#"{"message":"text"}"#,
        r#"{"half":"\ud83d","big":1e999}"#,
        &format!(r#"{{"deep":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
    ] {
        assert_eq!(verified(body.as_bytes(), &fresh(body.as_bytes())), Ok(None), "{body:.40}");
    }
}

mod duplicates {
    use super::*;

    fn duplicate(verifier: &WebhookVerifier, nonce: &str) -> bool {
        let headers = signed("secret", BODY, nonce, &NOW.to_string());
        verifier.verify_at(BODY, &headers, at(NOW)).unwrap().duplicate
    }

    #[test]
    fn the_same_nonce_twice_is_a_duplicate_and_the_event_is_given() {
        let verifier = WebhookVerifier::new("secret").nonces(InMemoryNonces::new());
        let again = verifier.clone();
        assert!(!duplicate(&verifier, "first"));
        assert!(duplicate(&again, "first"));
        assert!(!duplicate(&verifier, "second"));
        let without = WebhookVerifier::new("secret");
        assert!(!duplicate(&without, "first") && !duplicate(&without, "first"));
    }

    #[test]
    fn what_is_refused_uses_up_no_nonce() {
        let verifier = WebhookVerifier::new("secret").nonces(InMemoryNonces::new());
        let forged = signed("other", BODY, "nonce", &NOW.to_string());
        let refused: [(&[u8], _, _); 3] =
            [(BODY, forged, NOW), (BODY, fresh(BODY), NOW + 999), (b"[]", fresh(b"[]"), NOW)];
        for (body, headers, now) in refused {
            assert!(verifier.verify_at(body, &headers, at(now)).is_err());
        }
        assert!(!duplicate(&verifier, "nonce"));
    }

    #[test]
    fn a_store_that_fails_or_panics_loses_no_event() {
        struct Failing;
        impl NonceStore for Failing {
            fn first_use(&self, _: &str, _: Duration) -> Result<bool, NonceStoreError> {
                Err("postgres://user:password@host".into())
            }
        }
        struct Panicking;
        impl NonceStore for Panicking {
            fn first_use(&self, _: &str, _: Duration) -> Result<bool, NonceStoreError> {
                panic!("on purpose");
            }
        }
        let failing = WebhookVerifier::new("secret").nonces(Failing);
        let panicking = WebhookVerifier::new("secret").nonces(Panicking);
        for verifier in [failing, panicking] {
            assert!(!duplicate(&verifier, "nonce") && !duplicate(&verifier, "nonce"));
        }
    }

    #[test]
    fn a_nonce_is_kept_until_its_callback_is_stale() {
        #[derive(Default)]
        struct Noting(Mutex<Vec<Duration>>);
        impl NonceStore for Noting {
            fn first_use(&self, _: &str, keep_for: Duration) -> Result<bool, NonceStoreError> {
                self.0.lock().unwrap().push(keep_for);
                Ok(true)
            }
        }
        let store = Arc::new(Noting::default());
        let verifier = WebhookVerifier::new("secret").nonces(Arc::clone(&store));
        for now in [NOW - 300, NOW, NOW + 100, NOW + 300] {
            verifier.verify_at(BODY, &fresh(BODY), at(now)).unwrap();
        }
        assert_eq!(*store.0.lock().unwrap(), [600, 300, 200, 0].map(Duration::from_secs));
    }

    #[tokio::test(start_paused = true)]
    async fn the_memory_is_bounded_by_age() {
        let store = InMemoryNonces::new();
        let first_use = |nonce| store.first_use(nonce, Duration::from_secs(10)).unwrap();
        assert!(first_use("a"));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(!first_use("a"));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(first_use("b"));
        assert_eq!(format!("{store:?}"), "InMemoryNonces { seen: 1, limit: 100000 }");
        assert!(first_use("a"));
    }

    #[test]
    fn the_memory_is_bounded_by_count() {
        let store = InMemoryNonces::at_most(2);
        let first_use = |nonce| store.first_use(nonce, Duration::MAX).unwrap();
        assert!(first_use("a") && first_use("b") && first_use("c"));
        assert!(!first_use("b") && !first_use("c"));
        assert!(first_use("a"), "the oldest is forgotten first");
        let nothing = InMemoryNonces::at_most(0);
        assert!(nothing.first_use("a", Duration::MAX).unwrap());
        assert!(nothing.first_use("a", Duration::MAX).unwrap());
    }

    #[test]
    fn of_many_at_the_same_time_only_one_is_the_first() {
        let verifier = WebhookVerifier::new("secret").nonces(InMemoryNonces::new());
        let firsts = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    if !duplicate(&verifier, "nonce") {
                        firsts.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(firsts.into_inner(), 1);
    }
}

#[test]
fn neither_debug_forms_nor_error_texts_show_a_secret_or_a_body() {
    let body = br#"{"message":{"text":"Your code is 4711"}}"#;
    let headers = fresh(body);
    let verifier = WebhookVerifier::new("secret").or_secret("hunter2").nonces(InMemoryNonces::new());
    let event = verifier.verify_at(body, &headers, at(NOW)).unwrap();
    let error = verifier.verify_at(b"4711", &headers, at(NOW)).unwrap_err();
    let shown = format!("{verifier:?} {event:?} {error:?} {error}");
    for forbidden in ["hunter2", "\"secret\"", "4711", &headers[0].1] {
        assert!(!shown.contains(forbidden), "{forbidden} in {shown}");
    }
}

proptest! {
    #[test]
    fn nothing_that_comes_makes_it_panic(
        body in prop::collection::vec(any::<u8>(), 0..80),
        headers in prop::collection::vec((0usize..4, prop::collection::vec(any::<u8>(), 0..40)), 0..8),
        seconds in 0..u64::from(u32::MAX),
    ) {
        let headers: Vec<(&str, Vec<u8>)> =
            headers.into_iter().map(|(at, value)| (HEADERS[at], value)).collect();
        prop_assert!(WebhookVerifier::new("secret").verify_at(&body, &headers, at(seconds)).is_err());
        let _ = parse_unverified(&body);
    }

    #[test]
    fn whatever_is_signed_is_genuine_and_one_changed_bit_is_not(
        text in ".*", secret in ".+", nonce in "[!-~]{1,40}", place in any::<prop::sample::Index>(), bit in 0..8_u8,
    ) {
        let mut body = serde_json::json!({"message": {"text": text}}).to_string().into_bytes();
        let headers = signed(&secret, &body, &nonce, &NOW.to_string());
        let verifier = WebhookVerifier::new(&secret);
        prop_assert_eq!(outcome(&verifier, &body, &headers, at(NOW)), Ok(Some("MESSAGE_INBOUND")));
        let place = place.index(body.len());
        body[place] ^= 1_u8 << bit;
        prop_assert_eq!(outcome(&verifier, &body, &headers, at(NOW)), Err(("mismatch", None)));
    }
}
