//! What the engine and the sandbox rely on in the tables.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

use tidings_core::contract::{
    Answer, Authentication, Encoding, Format, Host, Location, ObjectRule, Operation, Property, RetryClass,
    Rule, Sensitivity, operation,
};
use tidings_core::generated::operations::{MESSAGES_SEND, OPERATIONS};

fn get(id: &str) -> &'static Operation {
    operation(id).unwrap()
}

fn body(id: &str) -> &'static ObjectRule {
    get(id).body.as_ref().unwrap().rule
}

fn property(rule: &'static ObjectRule, name: &str) -> &'static Property {
    rule.properties.iter().find(|property| property.name == name).unwrap()
}

fn object(rule: &'static Rule) -> &'static ObjectRule {
    match rule {
        Rule::Object(rule) => rule,
        Rule::List { items, .. } => object(items),
        Rule::Map { values, .. } => object(values),
        other => panic!("{other:?} is no object"),
    }
}

#[test]
fn operations_are_sorted_so_that_a_binary_search_finds_each() {
    assert!(OPERATIONS.is_sorted_by(|one, other| one.id < other.id));
    for known in OPERATIONS {
        assert_eq!(get(known.id).id, known.id);
    }
    assert!(operation("messages.sendd").is_none());
}

#[test]
fn an_operation_is_the_same_in_the_table_and_by_its_name() {
    assert!(std::ptr::eq(get("messages.send"), &raw const MESSAGES_SEND));
}

#[test]
fn what_is_composed_goes_where_the_operation_goes_that_it_becomes() {
    let (ours, theirs) = (get("sms.send"), get("messages.send"));
    assert_eq!(ours.becomes, Some("messages.send"));
    assert_eq!(
        (ours.method, ours.host, ours.path, ours.retry),
        (theirs.method, theirs.host, theirs.path, theirs.retry)
    );
    assert_eq!((ours.answer, ours.retry), (theirs.answer, RetryClass::Unsafe));
    assert_eq!((body("sms.send").name, body("messages.send").name), ("SendSmsRequest", "SendMessageRequest"));
    assert!(theirs.becomes.is_none());
}

#[test]
fn of_the_operation_that_is_really_called_a_composed_one_has_the_path_but_neither_query_nor_pages() {
    let (ours, theirs) = (get("apps.add_channel"), get("apps.update"));
    assert_eq!(ours.becomes, Some("apps.update"));
    assert_eq!(
        (ours.method, ours.path, ours.retry, ours.answer),
        (theirs.method, theirs.path, theirs.retry, theirs.answer)
    );
    let parameters = |operation: &Operation| {
        operation.parameters.iter().map(|parameter| parameter.name).collect::<Vec<_>>()
    };
    assert_eq!(parameters(ours), ["project_id", "app_id"]);
    assert_eq!(parameters(theirs), ["project_id", "app_id", "update_mask"]);
    assert_eq!(body("apps.add_channel").name, "ChannelCredentialsRequest");
    assert!(OPERATIONS.iter().all(|known| known.becomes.is_none() || known.page.is_none()));
}

#[test]
fn paths_of_the_batch_host_have_another_address_where_one_serves_all() {
    for known in OPERATIONS {
        assert_eq!(known.path != known.shared_path, known.host == Host::Batch, "{}", known.id);
    }
    assert_eq!(get("batches.send").shared_path, "/batch/v1/projects/{project_id}/messages");
}

#[test]
fn only_the_token_endpoint_is_a_form_with_the_access_key() {
    for known in OPERATIONS {
        let is_token = known.id == "auth.token";
        let is_form = known.body.as_ref().is_some_and(|body| body.encoding == Encoding::Form);
        assert_eq!(
            (is_form, known.authentication == Authentication::AccessKey),
            (is_token, is_token),
            "{}",
            known.id
        );
        assert_eq!(known.authentication == Authentication::None, known.host == Host::Sandbox, "{}", known.id);
    }
}

#[test]
fn answers_say_what_must_be_in_them() {
    assert_eq!(get("messages.send").answer, Answer::Object { key: Some("message_id") });
    assert_eq!(get("messages.delete").answer, Answer::Empty);
    assert_eq!(get("batches.find").answer, Answer::Array);
}

#[test]
fn pages_say_where_their_token_goes() {
    let in_body = |id| get(id).page.as_ref().unwrap().in_body;
    assert!(in_body("messages.list_last_by_channel_identity"));
    assert!(!in_body("messages.list"));
}

#[test]
fn rules_hold_what_the_contract_says() {
    let send = body("messages.send");
    assert!(property(send, "app_id").required && !property(send, "ttl").required);
    assert!(matches!(
        property(send, "ttl").rule,
        Rule::Text { format: Some(Format::Duration { minimum: Some(3.0), .. }), .. }
    ));
    let Rule::Map { keys: Some(Rule::Enumeration { name, .. }), values } =
        property(send, "channel_properties").rule
    else {
        panic!("channel_properties is a map with known keys");
    };
    assert_eq!(*name, "ChannelPropertyKey");
    assert!(matches!(values, Rule::Text { max_length: Some(1024), .. }));

    let recipient = object(&property(send, "recipient").rule);
    assert_eq!(recipient.exactly_one_of, [["contact_id", "identified_by"]]);
    let identified_by = object(&property(recipient, "identified_by").rule);
    let identity = object(&property(identified_by, "channel_identities").rule);
    let when = identity.phone_number_when.as_ref().unwrap();
    assert_eq!((when.property, when.by), ("identity", "channel"));
    let Rule::Enumeration { refused, .. } = property(identity, "channel").rule else {
        panic!("channel is an enum")
    };
    assert_eq!(refused, ["CHANNEL_UNSPECIFIED"]);

    let message = object(&property(send, "message").rule);
    assert_eq!(message.at_most_one_of.len(), 1);
    let special = property(message, "channel_specific_message");
    assert!(
        matches!(special.rule, Rule::Map { values: Rule::Union(union), .. } if union.tag == "message_type")
    );
}

#[test]
fn sensitive_values_are_marked() {
    let sensitivity = |id, name| property(body(id), name).sensitivity;
    assert_eq!(sensitivity("sms.send", "to"), Sensitivity::Personal);
    assert_eq!(sensitivity("messages.send", "conversation_metadata"), Sensitivity::Personal);
    let credentials = object(&property(body("apps.create"), "channel_credentials").rule);
    let bearer = object(&property(credentials, "static_bearer").rule);
    assert_eq!(property(bearer, "token").sensitivity, Sensitivity::Secret);
    let identity =
        get("messages.list").parameters.iter().find(|parameter| parameter.name == "channel_identity");
    assert_eq!(identity.unwrap().sensitivity, Sensitivity::Personal);
}

#[test]
fn what_the_api_sets_is_never_required() {
    let fields = body("messages.send");
    let message = object(&property(fields, "message").rule);
    let list = object(&property(message, "list_message").rule);
    let item = object(&property(object(&property(list, "sections").rule), "items").rule);
    let product = object(&property(item, "product").rule);
    assert!(!property(product, "currency").required);
}

#[test]
fn path_parameters_come_first_and_are_required() {
    for known in OPERATIONS {
        let locations: Vec<_> = known.parameters.iter().map(|parameter| parameter.location).collect();
        assert!(locations.is_sorted_by_key(|location| *location == Location::Query), "{}", known.id);
        assert!(
            known
                .parameters
                .iter()
                .all(|parameter| parameter.location == Location::Query || parameter.required)
        );
    }
}
