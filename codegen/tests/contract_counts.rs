//! Nothing of the contract is lost on the way: the contract's text, searched here without the reader of this crate, has
//! as many operations, schemas and callbacks as what was generated.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

mod support;

use std::collections::BTreeSet;
use std::fs;

use tidings_core::generated::callbacks::CALLBACKS;
use tidings_core::generated::operations::OPERATIONS;

/// The generated files of methods.
fn resources() -> Vec<String> {
    let files = fs::read_dir(support::root().join("bindings-rust/src/generated/resources")).unwrap();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

fn text(file: &str) -> String {
    fs::read_to_string(support::root().join(file)).unwrap()
}

/// The keys that stand `indent` spaces deep in a top-level section.
fn keys(yaml: &str, section: &str, indent: usize) -> Vec<String> {
    let inside = yaml.lines().skip_while(|line| *line != format!("{section}:")).skip(1);
    let inside = inside.take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let at_depth = inside.filter_map(|line| line.strip_prefix(&*" ".repeat(indent)));
    at_depth
        .filter(|line| !line.starts_with([' ', '#', '-']))
        .filter_map(|line| Some(line.split_once(':')?.0.to_owned()))
        .collect()
}

/// The names of the schemas; nothing else in `components` is so deep and begins with a capital letter.
fn schemas(file: &str) -> Vec<String> {
    let keys = keys(&text(file), "components", 4);
    keys.into_iter().filter(|key| key.starts_with(|first: char| first.is_ascii_uppercase())).collect()
}

/// The values of all lines `key: value`, however deep.
fn values(yaml: &str, key: &str) -> BTreeSet<String> {
    let all: Vec<_> =
        yaml.lines().filter_map(|line| line.trim().strip_prefix(&*format!("{key}: "))).collect();
    let set: BTreeSet<_> = all.iter().map(|value| (*value).to_owned()).collect();
    assert_eq!(all.len(), set.len(), "a value of {key} is there twice");
    set
}

#[test]
fn every_operation_of_the_contract_is_in_the_table() {
    let written = values(&text("contract/conversation.yaml"), "operationId");
    assert!(!written.is_empty());
    let ours = values(&text("contract/extensions.yaml"), "operationId");
    let composed = keys(&text("contract/extensions.yaml"), "x-composed", 2);
    let of_the_api: BTreeSet<_> = OPERATIONS
        .iter()
        .map(|operation| operation.id.to_owned())
        .filter(|id| !ours.contains(id) && !composed.contains(id))
        .collect();
    assert_eq!(of_the_api, written);
    assert_eq!(OPERATIONS.len(), written.len() + ours.len() + composed.len());
}

#[test]
fn every_operation_but_the_token_endpoint_has_a_method() {
    let mut methods = BTreeSet::new();
    for text in resources() {
        let tables = text.lines().filter_map(|line| line.trim().strip_prefix("&operations::"));
        methods.extend(tables.map(str::to_owned));
    }
    let operations = OPERATIONS.iter().filter(|operation| operation.id != "auth.token");
    let expected: BTreeSet<_> =
        operations.map(|operation| operation.id.replace('.', "_").to_uppercase()).collect();
    assert_eq!(methods, expected);
}

#[test]
fn every_operation_that_pages_can_be_followed_across_its_pages() {
    let written = text("contract/conversation.yaml").matches("\n      x-page: ").count();
    assert!(written > 0);
    assert_eq!(OPERATIONS.iter().filter(|operation| operation.page.is_some()).count(), written);
    let followed: usize = resources().iter().map(|text| text.matches("\nimpl Paged for ").count()).sum();
    assert_eq!(followed, written);
}

#[test]
fn every_callback_of_the_contract_is_in_the_table_in_its_order() {
    let written = keys(&text("contract/conversation.yaml"), "webhooks", 2);
    assert!(!written.is_empty());
    let triggers: Vec<_> = CALLBACKS.iter().map(|callback| callback.trigger).collect();
    assert_eq!(triggers, written);
    let keys: BTreeSet<_> = CALLBACKS.iter().map(|callback| callback.body_key.to_owned()).collect();
    assert_eq!(keys, values(&text("contract/conversation.yaml"), "x-body-key"));
}

#[test]
fn every_schema_of_the_contract_is_a_model() {
    let mut written = schemas("contract/conversation.yaml");
    assert!(!written.is_empty());
    written.extend(schemas("contract/extensions.yaml"));
    let count = written.len();
    let written: BTreeSet<_> = written.into_iter().collect();
    assert_eq!(written.len(), count, "a schema is there twice");

    let mut models = BTreeSet::new();
    for file in fs::read_dir(support::root().join("bindings-rust/src/generated/models")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines() {
            let declared = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
            let name = declared.and_then(|rest| rest.split_once(" {")).map(|(name, _)| name);
            // What borrows is no model of its own: it tells which member of a choice is set.
            if let Some(name) = name.filter(|name| !name.contains('<')) {
                assert!(models.insert(name.to_owned()), "{name} is there twice");
            }
        }
    }
    let missing: Vec<_> = written.difference(&models).collect();
    let added: Vec<_> = models.difference(&written).collect();
    assert!(missing.is_empty() && added.is_empty(), "missing: {missing:?}, added: {added:?}");
}
