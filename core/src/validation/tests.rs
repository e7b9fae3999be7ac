//! The walker against a table of its own, which has a bit of everything.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::contract::{PhoneNumberWhen, Property, Sensitivity, UnionRule};

const fn property(name: &'static str, required: bool, rule: Rule) -> Property {
    Property { name, required, rule, sensitivity: Sensitivity::Open }
}

const fn text(max_length: Option<u32>, format: Option<Format>) -> Rule {
    Rule::Text { min_length: None, max_length, format }
}

static CAT: ObjectRule = ObjectRule {
    name: "Cat",
    properties: &[
        property("kind", true, Rule::Constant("CAT")),
        property("lives", true, Rule::Integer { minimum: Some(1), maximum: Some(9) }),
    ],
    exactly_one_of: &[],
    at_most_one_of: &[],
    phone_number_when: None,
};

static PET: UnionRule = UnionRule { name: "Pet", tag: "kind", variants: &[("CAT", &CAT)] };

static NAME: Rule = text(Some(3), None);
static COLOUR: Rule = Rule::Enumeration { name: "Colour", values: &["RED"], refused: &["NONE"] };
static ITEM: Rule = Rule::Object(&BODY);

/// A bit of everything, and recursive.
static BODY: ObjectRule = ObjectRule {
    name: "Body",
    properties: &[
        property("name", false, text(Some(3), None)),
        property("size", false, Rule::Number { minimum: Some(0.0), maximum: Some(1.0) }),
        property(
            "wait",
            false,
            text(None, Some(Format::Duration { minimum: Some(3.0), maximum: Some(60.0) })),
        ),
        property("at", false, text(None, Some(Format::DateTime))),
        property("day", false, text(None, Some(Format::Date))),
        property("link", false, text(None, Some(Format::Uri))),
        property("flag", false, Rule::Boolean),
        property("any", false, Rule::Any),
        property("pet", false, Rule::Union(&PET)),
        property("left", false, text(None, None)),
        property("right", false, text(None, None)),
        property("up", false, text(None, None)),
        property("down", false, text(None, None)),
        property("channel", false, text(None, None)),
        property("identity", false, text(None, None)),
        property("colours", false, Rule::Map { keys: Some(&COLOUR), values: &NAME }),
        property("items", false, Rule::List { items: &ITEM, min_items: Some(1), max_items: Some(2) }),
    ],
    exactly_one_of: &[&["left", "right"]],
    at_most_one_of: &[&["up", "down"]],
    phone_number_when: Some(PhoneNumberWhen { property: "identity", by: "channel", values: &["SMS"] }),
};

fn with(extra: Value) -> Value {
    let mut body = json!({"left": ""});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

fn place(extra: Value) -> Option<String> {
    check_object(&BODY, &Tree::from(&with(extra)), &Path::Root).err().map(|violation| violation.path)
}

#[test]
fn every_limit_is_refused_at_its_place() {
    let table = [
        (json!({"name": "åäöü"}), "$.name"),
        (json!({"name": 1}), "$.name"),
        (json!({"size": 1.5}), "$.size"),
        (json!({"wait": "2.9s"}), "$.wait"),
        (json!({"wait": "61s"}), "$.wait"),
        (json!({"wait": "10"}), "$.wait"),
        (json!({"at": "2026-01-31T09:30:00"}), "$.at"),
        (json!({"at": "2026-01-31 09:30:00Z"}), "$.at"),
        (json!({"at": "2026-01-31T09:30Z"}), "$.at"),
        (json!({"at": "2026-01-31T09:30:00+02:00[Europe/Stockholm]"}), "$.at"),
        (json!({"at": "2026-02-30T09:30:00Z"}), "$.at"),
        (json!({"at": "2026-01-31T09:30:00.Z"}), "$.at"),
        (json!({"day": "2026-02-30"}), "$.day"),
        (json!({"link": "no uri"}), "$.link"),
        (json!({"flag": "true"}), "$.flag"),
        (json!({"pet": {"lives": 1}}), "$.pet.kind"),
        (json!({"pet": {"kind": "CAT", "lives": 10}}), "$.pet.lives"),
        (json!({"pet": {"kind": "CAT"}}), "$.pet.lives"),
        (json!({"right": ""}), "$"),
        (json!({"up": "", "down": ""}), "$"),
        (json!({"channel": "SMS", "identity": "0701234567"}), "$.identity"),
        (json!({"colours": {"NONE": "x"}}), "$.colours.NONE"),
        (json!({"colours": {"RED": "four"}}), "$.colours.RED"),
        (json!({"items": []}), "$.items"),
        (json!({"items": [{}]}), "$.items[0]"),
        (json!({"items": [{"left": ""}, {"left": "", "name": "four"}]}), "$.items[1].name"),
        (json!({"items": [{"left": ""}, {"left": ""}, {"left": ""}]}), "$.items"),
    ];
    for (extra, path) in table {
        assert_eq!(place(extra.clone()).as_deref(), Some(path), "{extra}");
    }
}

#[test]
fn what_is_at_its_limit_or_unknown_passes() {
    let table = [
        json!({}),
        json!({"name": "åäö", "size": 1, "wait": "3s", "at": "2026-01-31T09:30:00.123456789+01:00"}),
        json!({"at": "2026-01-31t09:30:00.1234567890123z"}),
        json!({"wait": "60.000000000s", "day": "2026-01-31", "link": "app:x", "flag": false, "any": [{}]}),
        json!({"name": null, "new": {"deep": [1]}, "right": null}),
        json!({"pet": {"kind": "DOG", "lives": "many"}}),
        json!({"channel": "PIGEON", "identity": "coo"}),
        json!({"channel": "SMS", "identity": "+46701234567"}),
        json!({"colours": {"MAUVE": "x", "RED": null}}),
    ];
    for extra in table {
        assert_eq!(place(extra.clone()), None, "{extra}");
    }
}

#[test]
fn a_key_that_is_no_name_is_not_shown() {
    let body = with(json!({"colours": {"+46701234567": 7}}));
    let violation = check_object(&BODY, &Tree::from(&body), &Path::Root).unwrap_err();
    assert_eq!(violation.path, "$.colours.*");
}

fn any_json() -> impl Strategy<Value = Value> {
    let names =
        prop::sample::select(vec!["left", "right", "name", "pet", "items", "colours", "kind", "new", "wait"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..4).prop_map(|entries| {
                entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_the_walker_panic(body in any_json()) {
        let _ = check_object(&BODY, &Tree::from(&body), &Path::Root);
    }

    #[test]
    fn a_number_is_digits_with_an_optional_plus(number in "[+]?[1-9][0-9]{6,14}") {
        prop_assert!(is_phone_number(&number));
    }

    #[test]
    fn nothing_else_is_a_number(text in "\\PC{0,20}") {
        let digits = text.strip_prefix('+').unwrap_or(&text);
        let expected = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        prop_assert_eq!(is_phone_number(&text), expected);
    }

    #[test]
    fn a_duration_is_seconds_with_up_to_nine_decimals(whole in 0_u64..1_000_000_000, nanos in 0_u32..1_000_000_000) {
        let text = format!("{whole}.{nanos:09}s");
        prop_assert_eq!(duration_seconds(&text), format!("{whole}.{nanos:09}").parse().ok());
    }
}
