//! Everything that is not understood stops the generation with an error that names the place.
//!
//! Each case is an edit of a small contract that is fine, and the error that comes of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

mod names_in_rust;
mod operations;
mod schemas;
#[path = "../support/mod.rs"]
mod support;
mod what_yaml_holds;

const CONTRACT: &str = include_str!("contract.yaml");

const EXTENSIONS: &str = include_str!("extensions.yaml");

/// The error after texts in the contract, or in what is ours, were replaced by others.
fn error(edits: &[(&str, &str)]) -> String {
    let mut texts = [CONTRACT.to_owned(), EXTENSIONS.to_owned()];
    for (from, to) in edits {
        let count: usize = texts.iter().map(|text| text.matches(from).count()).sum();
        assert_eq!(count, 1, "`{from}` must be there exactly once");
        texts = texts.map(|text| text.replace(from, to));
    }
    let folder = support::workspace(&test_name(), &texts[0], Some(&texts[1]));
    match tidings_codegen::generate(&folder) {
        Ok(_) => panic!("nothing was wrong with {edits:?}"),
        Err(error) => error.to_string(),
    }
}

/// Tests run side by side, each in a folder of its own.
fn test_name() -> String {
    format!("refusals_{}", std::thread::current().name().unwrap_or("alone").replace("::", "_"))
}

#[track_caller]
fn refused(from: &str, to: &str, expected: &str) {
    refused_together(&[(from, to)], expected);
}

#[track_caller]
fn refused_together(edits: &[(&str, &str)], expected: &str) {
    let error = error(edits);
    assert!(error.contains(expected), "expected: {expected}\n     but got: {error}");
}

#[test]
fn the_contract_itself_is_fine() {
    let folder = support::workspace(&test_name(), CONTRACT, Some(EXTENSIONS));
    tidings_codegen::generate(&folder).unwrap();
}

#[test]
fn a_missing_contract() {
    let folder = support::workspace(&test_name(), CONTRACT, None);
    std::fs::remove_file(folder.join("contract/conversation.yaml")).unwrap();
    let error = tidings_codegen::generate(&folder).unwrap_err().to_string();
    assert!(error.starts_with("contract/conversation.yaml: "), "{error}");
}
