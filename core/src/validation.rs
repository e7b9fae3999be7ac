//! Refusing a bad call before the network, by the contract's table.
//!
//! Every language and the sandbox come through here, so that a call is refused the same way everywhere. What is written
//! must keep `required`, one-of groups, lengths, ranges and formats. What the table does not know passes: the API may
//! have learned more than this release. `null` means absent.

use std::fmt;

use serde_json::{Map, Value};

use crate::contract::{Format, Location, ObjectRule, Operation, Rule};

/// What is wrong with a call, and where.
///
/// The reason never holds the value itself: it may be a phone number or a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// JSON path of the value in the body, such as `$.recipient.identified_by`; for a parameter its name.
    pub path: String,
    /// What the value must be.
    pub reason: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.path, self.reason)
    }
}

/// Checks a body against the table of its operation.
///
/// ```
/// use tidings_core::{contract::operation, validation::check_body};
/// let body = serde_json::json!({"metadata": "a".repeat(1025)});
/// let violation = check_body(operation("messages.update").unwrap(), &body).unwrap_err();
/// assert_eq!(violation.path, "$.metadata");
/// ```
pub fn check_body(operation: &Operation, body: &Value) -> Result<(), Violation> {
    let Some(rule) = &operation.body else {
        return fail(&Path::Root, "must be left out: this operation takes no body");
    };
    check_object(rule.rule, body, &Path::Root)
}

/// Checks path and query parameters: the required ones are there and filled, none is unknown, each keeps its rule.
pub fn check_parameters(
    operation: &Operation,
    path: &[(String, String)],
    query: &[(String, String)],
) -> Result<(), Violation> {
    for (given, location, place) in [(path, Location::Path, "path"), (query, Location::Query, "query")] {
        for (name, value) in given {
            let Some(parameter) =
                operation.parameters.iter().find(|known| known.location == location && known.name == name)
            else {
                return fail(&Path::Root.key(name), format!("is no {place} parameter of this operation"));
            };
            check_text_form(&parameter.rule, value, &Path::Root.key(name))?;
        }
        for parameter in
            operation.parameters.iter().filter(|known| known.location == location && known.required)
        {
            let filled = given.iter().any(|(name, value)| name == parameter.name && !value.is_empty());
            if !filled {
                return fail(&Path::Root.key(parameter.name), format!("is a required {place} parameter"));
            }
        }
    }
    Ok(())
}

/// Whether this is an E.164 number: `+` optional, 7 to 15 digits, the first from 1 to 9.
///
/// ```
/// use tidings_core::validation::is_phone_number;
/// assert!(is_phone_number("+46701234567") && is_phone_number("46701234567"));
/// assert!(!is_phone_number("0701234567") && !is_phone_number("+46 70 123 45 67"));
/// ```
pub fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text).as_bytes();
    (7..=15).contains(&digits.len())
        && matches!(digits.first(), Some(b'1'..=b'9'))
        && digits.iter().all(u8::is_ascii_digit)
}

/// The seconds of a duration as written in JSON: `10s`, `1.5s`.
pub fn duration_seconds(text: &str) -> Option<f64> {
    let number = text.strip_suffix('s')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if digits(whole, 12) && digits(fraction, 9) { number.parse().ok() } else { None }
}

/// A place in a body, linked to its parent, so that a path is only written when something is wrong.
enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("$"),
            // A key that is no name could hold anything; the path shows names only.
            Self::Key(parent, key) if is_name(key) => write!(formatter, "{parent}.{key}"),
            Self::Key(parent, _) => write!(formatter, "{parent}.*"),
            Self::Index(parent, index) => write!(formatter, "{parent}[{index}]"),
        }
    }
}

fn is_name(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 64
        && !key.starts_with(|first: char| first.is_ascii_digit())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn fail<T>(path: &Path<'_>, reason: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { path: path.to_string(), reason: reason.into() })
}

fn present<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

fn check_object(rule: &ObjectRule, value: &Value, path: &Path<'_>) -> Result<(), Violation> {
    let Value::Object(object) = value else { return fail(path, "must be an object") };
    for property in rule.properties {
        match present(object, property.name) {
            Some(value) => check(&property.rule, value, &path.key(property.name))?,
            None if property.required => return fail(&path.key(property.name), "is required"),
            None => {}
        }
    }
    for group in rule.exactly_one_of {
        match count(object, group) {
            1 => {}
            0 => return fail(path, format!("needs exactly one of {}; none is set", group.join(", "))),
            many => {
                return fail(path, format!("takes only one of {}; {many} are set", group.join(", ")));
            }
        }
    }
    for group in rule.at_most_one_of {
        let many = count(object, group);
        if many > 1 {
            return fail(path, format!("takes at most one of {}; {many} are set", group.join(", ")));
        }
    }
    if let Some(when) = &rule.phone_number_when {
        let decides = present(object, when.by).and_then(Value::as_str);
        if decides.is_some_and(|value| when.values.contains(&value))
            && let Some(Value::String(number)) = present(object, when.property)
        {
            check_format(Format::PhoneNumber, number, &path.key(when.property))?;
        }
    }
    Ok(())
}

fn count(object: &Map<String, Value>, group: &[&str]) -> usize {
    group.iter().filter(|name| present(object, name).is_some()).count()
}

fn check(rule: &Rule, value: &Value, path: &Path<'_>) -> Result<(), Violation> {
    match rule {
        Rule::Any => Ok(()),
        Rule::Boolean if value.is_boolean() => Ok(()),
        Rule::Boolean => fail(path, "must be true or false"),
        Rule::Integer { minimum, maximum } => match value.as_i64() {
            Some(number) => check_integer(number, *minimum, *maximum, path),
            None => fail(path, "must be a whole number"),
        },
        Rule::Number { minimum, maximum } => match value.as_f64() {
            Some(number) => check_range(number, *minimum, *maximum, path, ""),
            None => fail(path, "must be a number"),
        },
        Rule::Text { .. } | Rule::Enumeration { .. } | Rule::Constant(_) => match value {
            Value::String(text) => check_text_form(rule, text, path),
            _ => fail(path, "must be a string"),
        },
        Rule::List { items, min_items, max_items } => {
            let Value::Array(values) = value else { return fail(path, "must be an array") };
            check_count(values.len(), *min_items, *max_items, path, "item")?;
            values
                .iter()
                .enumerate()
                .try_for_each(|(index, value)| check(items, value, &Path::Index(path, index)))
        }
        Rule::Map { keys, values } => {
            let Value::Object(entries) = value else { return fail(path, "must be an object") };
            entries.iter().filter(|(_, value)| !value.is_null()).try_for_each(|(key, value)| {
                let path = path.key(key);
                if let Some(keys) = keys {
                    check_text_form(keys, key, &path)?;
                }
                check(values, value, &path)
            })
        }
        Rule::Object(rule) => check_object(rule, value, path),
        Rule::Union(rule) => {
            let Value::Object(object) = value else { return fail(path, "must be an object") };
            let Some(Value::String(tag)) = present(object, rule.tag) else {
                return fail(&path.key(rule.tag), "is required: it tells which form this is");
            };
            match rule.variants.iter().find(|(known, _)| known == tag) {
                Some((_, rule)) => check_object(rule, value, path),
                None => Ok(()),
            }
        }
    }
}

/// A value that is written as text: a string in a body, a key of a map, or a parameter.
fn check_text_form(rule: &Rule, text: &str, path: &Path<'_>) -> Result<(), Violation> {
    match rule {
        Rule::Text { min_length, max_length, format } => {
            if min_length.is_some() || max_length.is_some() {
                check_count(text.chars().count(), *min_length, *max_length, path, "character")?;
            }
            format.map_or(Ok(()), |format| check_format(format, text, path))
        }
        Rule::Enumeration { refused, .. } if refused.contains(&text) => {
            fail(path, format!("must not be {text}: the API does not take it here"))
        }
        Rule::Boolean if !matches!(text, "true" | "false") => fail(path, "must be true or false"),
        Rule::Integer { minimum, maximum } => match text.parse() {
            Ok(number) => check_integer(number, *minimum, *maximum, path),
            Err(_) => fail(path, "must be a whole number"),
        },
        Rule::Number { minimum, maximum } => match text.parse() {
            Ok(number) => check_range(number, *minimum, *maximum, path, ""),
            Err(_) => fail(path, "must be a number"),
        },
        Rule::List { items, .. } => text.split(',').try_for_each(|item| check_text_form(items, item, path)),
        _ => Ok(()),
    }
}

fn check_format(format: Format, text: &str, path: &Path<'_>) -> Result<(), Violation> {
    match format {
        Format::DateTime if text.parse::<jiff::Timestamp>().is_ok() => Ok(()),
        Format::DateTime => {
            fail(path, "must be a moment with its zone, such as 2026-01-31T09:30:00Z (RFC 3339)")
        }
        Format::Date if text.parse::<jiff::civil::Date>().is_ok() => Ok(()),
        Format::Date => fail(path, "must be a day, such as 2026-01-31"),
        Format::Duration { minimum, maximum } => match duration_seconds(text) {
            Some(seconds) => check_range(seconds, minimum, maximum, path, " seconds"),
            None => fail(path, "must be seconds with the suffix s, such as 10s"),
        },
        // The API says what targets it takes; all that is checked here is that there is a scheme and no blank.
        Format::Uri if text.contains(':') && !text.contains(char::is_whitespace) => Ok(()),
        Format::Uri => fail(path, "must be a URI, such as https://example.com/path"),
        Format::PhoneNumber if is_phone_number(text) => Ok(()),
        Format::PhoneNumber => fail(
            path,
            "must be an E.164 phone number: country code and number, 7 to 15 digits, such as +46701234567, \
             without spaces or other signs",
        ),
    }
}

fn check_count(
    count: usize,
    least: Option<u32>,
    most: Option<u32>,
    path: &Path<'_>,
    unit: &str,
) -> Result<(), Violation> {
    let plural = |number: u32| if number == 1 { "" } else { "s" };
    match (least, most) {
        (Some(least), _) if count < least as usize => {
            fail(path, format!("must have at least {least} {unit}{}; it has {count}", plural(least)))
        }
        (_, Some(most)) if count > most as usize => {
            fail(path, format!("must have at most {most} {unit}{}; it has {count}", plural(most)))
        }
        _ => Ok(()),
    }
}

fn check_integer(
    number: i64,
    minimum: Option<i64>,
    maximum: Option<i64>,
    path: &Path<'_>,
) -> Result<(), Violation> {
    match (minimum, maximum) {
        (Some(minimum), _) if number < minimum => fail(path, format!("must be at least {minimum}")),
        (_, Some(maximum)) if number > maximum => fail(path, format!("must be at most {maximum}")),
        _ => Ok(()),
    }
}

fn check_range(
    number: f64,
    minimum: Option<f64>,
    maximum: Option<f64>,
    path: &Path<'_>,
    unit: &str,
) -> Result<(), Violation> {
    match (minimum, maximum) {
        (Some(minimum), _) if number < minimum => fail(path, format!("must be at least {minimum}{unit}")),
        (_, Some(maximum)) if number > maximum => fail(path, format!("must be at most {maximum}{unit}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

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
        check_object(&BODY, &with(extra), &Path::Root).err().map(|violation| violation.path)
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
        let violation =
            check_object(&BODY, &with(json!({"colours": {"+46701234567": 7}})), &Path::Root).unwrap_err();
        assert_eq!(violation.path, "$.colours.*");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let names = prop::sample::select(vec![
            "left", "right", "name", "pet", "items", "colours", "kind", "new", "wait",
        ]);
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
                    entries
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect::<Map<_, _>>()
                        .into()
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_json_makes_the_walker_panic(body in any_json()) {
            let _ = check_object(&BODY, &body, &Path::Root);
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
}
