//! The stories of `tests/scenarios`, which every language plays, in Rust: over the engine, as async code uses it, and over
//! the door, from plain threads.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidings_tests::scenarios::{DoorClient, EngineClient, Schema, Story, StoryClient};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn read(name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder().join(format!("{name}.json"))).unwrap()).unwrap()
}

fn play<C: StoryClient>(name: &str) {
    let story = Story::read(read(name)).unwrap();
    if let Err(failure) = story.play::<C>() {
        panic!("{name} ({}) does not hold: {failure}", story.name);
    }
}

macro_rules! stories {
    ($($name:ident),* $(,)?) => {
        const STORIES: &[&str] = &[$(stringify!($name)),*];

        mod the_story_holds_over_the_engine {
            $(#[test] fn $name() { super::play::<super::EngineClient>(stringify!($name)); })*
        }

        mod the_story_holds_over_the_door {
            $(#[test] fn $name() { super::play::<super::DoorClient>(stringify!($name)); })*
        }

        mod each_thing_that_is_expected_can_fail_in_the_story {
            $(#[test] fn $name() { super::fails_where_it_is_changed(stringify!($name)); })*
        }
    };
}

stories!(
    quick_start,
    flash,
    fallback,
    contact_recipient,
    dispatch_mode,
    accept_then_drop,
    too_many_requests,
    token_death,
    paging,
    cancelled_before_hand_over,
    cancelled_after_hand_over,
    receipts_out_of_order,
    settled_by_receipt,
);

#[test]
fn every_story_of_the_folder_is_played() {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let stories = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut names: BTreeSet<String> =
        stories.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.remove("schema");
    assert_eq!(names, STORIES.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn every_story_is_written_as_the_schema_says() {
    let schema = Schema::new(read("schema"));
    for name in STORIES {
        schema.check(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_story_with_a_word_that_the_format_does_not_have_is_refused() {
    let schema = Schema::new(read("schema"));
    let story = read("accept_then_drop");
    for place in
        ["", "/client", "/steps/0", "/steps/1/fails", "/steps/1/fails/evidence", "/ledger/0", "/statistics"]
    {
        let mut wrong = story.clone();
        wrong["client"] = json!({});
        wrong.pointer_mut(place).unwrap()["sender_of"] = true.into();
        assert!(schema.check(&wrong).is_err(), "{place}");
    }
    let mut both = story.clone();
    both["steps"][1]["expect"] = json!({"status": 200});
    assert!(schema.check(&both).is_err(), "accepted and failed");
    assert!(schema.check(&story).is_ok());
}

/// Changes each thing that a story expects, one at a time, and plays it: it must fail there and nowhere else. Over the door,
/// which also tells what a cancelled call ends with.
fn fails_where_it_is_changed(name: &str) {
    let story = read(name);
    let changes = changes(&story);
    assert!(!changes.is_empty());
    for (place, changed) in changes {
        let mut wrong = story.clone();
        *wrong.pointer_mut(&place).unwrap() = changed;
        match Story::read(wrong).unwrap().play::<DoorClient>() {
            Ok(()) => panic!("{name} holds whatever is expected at {place}"),
            Err(failure) => {
                let there = place.starts_with(&failure.place) || failure.place.starts_with(&place);
                assert!(there, "{name}, changed at {place}, fails at {failure}");
            }
        }
    }
}

/// Every thing that a story expects, by its place, with another one instead. Only what is waited for is left out: it would
/// be waited for to the end of patience.
fn changes(story: &Value) -> Vec<(String, Value)> {
    let mut changes = Vec::new();
    let places = |start: &str, names: [&str; 3]| names.map(|name| format!("{start}/{name}"));
    let steps = 0..story["steps"].as_array().unwrap().len();
    let of_steps =
        steps.flat_map(|index| places(&format!("/steps/{index}"), ["expect", "fails", "callbacks"]));
    for place in of_steps.chain(places("", ["unknown", "ledger", "statistics"])) {
        if let Some(expected) = story.pointer(&place) {
            change(&mut changes, place, expected);
        }
    }
    changes
}

fn change(changes: &mut Vec<(String, Value)>, place: String, expected: &Value) {
    match expected {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| change(changes, format!("{place}/{name}"), member));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| change(changes, format!("{place}/{index}"), item));
            if let Some((_, fewer)) = items.split_last() {
                changes.push((place.clone(), fewer.into()));
            }
            changes.push((place, items.iter().cloned().chain([json!({})]).collect()));
        }
        Value::Null => changes.push((place, "something".into())),
        Value::Bool(value) => changes.push((place, (!value).into())),
        Value::Number(value) => changes.push((place, (value.as_u64().unwrap() + 1).into())),
        Value::String(value) => changes.push((place, format!("{value}!").into())),
    }
}
