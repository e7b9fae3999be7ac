//! What the YAML holds that nobody knows.

use super::{CONTRACT, refused, support, test_name};

#[test]
fn an_unknown_keyword_of_a_schema() {
    refused(
        "maxLength: 10,",
        "maxLenght: 10,",
        "contract/conversation.yaml: components.schemas.Note.properties.text: unknown field `maxLenght`",
    );
}

#[test]
fn an_unknown_keyword_of_an_operation() {
    refused("x-result-key: id", "x-idempotent: id", "unknown field `x-idempotent`");
}

#[test]
fn an_unknown_host() {
    refused(
        "x-host: conversation\n      x-retry: unsafe",
        "x-host: moon\n      x-retry: unsafe",
        "unknown variant `moon`",
    );
}

#[test]
fn an_unknown_verb() {
    refused("    post:\n      operationId", "    head:\n      operationId", "unknown field `head`");
}

#[test]
fn another_version_of_openapi() {
    let contract = CONTRACT.replace("openapi: 3.1.0", "openapi: 3.0.3");
    let folder = support::workspace(&test_name(), &contract, None);
    let error = tidings_codegen::generate(&folder).unwrap_err().to_string();
    assert_eq!(error, "contract/conversation.yaml: openapi: must be 3.1");
}

#[test]
fn the_same_property_twice() {
    refused(
        "        text: {type: string, maxLength: 10, description: Words.}",
        "        id: {type: string, description: Words.}",
        "components.schemas.Note.properties: `id` stands here twice",
    );
}

#[test]
fn a_choice_of_nothing() {
    refused("x-one-of: [text, form]", "x-one-of: []", "components.schemas.Note.x-one-of: the list is empty");
}
