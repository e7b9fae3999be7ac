//! Hiding what must not be read over a shoulder: secrets, phone numbers, names and message text.
//!
//! `Debug`, logs and error texts of Tidings go through here. The rule is an allow-list: only what the contract marks
//! as open is shown.

use std::fmt;

use serde_json::Value;

use crate::contract::{ObjectRule, Rule, Sensitivity, UnionRule};
use crate::validation::{is_name, is_phone_number};

/// What stands in the place of a secret.
pub const SECRET: &str = "***";

/// Shows that there is a personal text, and how long it is, without showing it. A phone number keeps its first two and
/// last two digits, so that a person can tell two numbers apart.
///
/// ```
/// use tidings_core::mask::personal;
/// assert_eq!(personal("+46701234567").to_string(), "+46…67");
/// assert_eq!(personal("Your code is 4711").to_string(), "…17 characters");
/// ```
pub fn personal(text: &str) -> impl fmt::Display + '_ {
    Personal(text)
}

/// Shows a text that is open as it is, unless it is a phone number all the same.
pub(crate) fn unless_number(text: &str) -> String {
    if is_phone_number(text) { personal(text).to_string() } else { text.to_owned() }
}

struct Personal<'a>(&'a str);

impl fmt::Display for Personal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.strip_prefix('+').unwrap_or(self.0);
        if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let plus = if digits.len() < self.0.len() { "+" } else { "" };
            return write!(formatter, "{plus}{}…{}", &digits[..2], &digits[digits.len() - 2..]);
        }
        write!(formatter, "…{} characters", self.0.chars().count())
    }
}

/// A copy of a body in which only what `rule` marks as open is left.
///
/// Unknown properties, free-form JSON and values of an unexpected type are masked too.
pub fn body(rule: &ObjectRule, body: &Value) -> Value {
    object(rule, body)
}

fn object(rule: &ObjectRule, value: &Value) -> Value {
    let Value::Object(properties) = value else { return hidden(value) };
    let shown = properties.iter().map(|(name, value)| {
        let shown = match rule.properties.iter().find(|property| property.name == name) {
            Some(property) => masked(&property.rule, property.sensitivity, value),
            None => hidden(value),
        };
        (key(name), shown)
    });
    Value::Object(shown.collect())
}

fn union(rule: &UnionRule, value: &Value) -> Value {
    let variant = value
        .get(rule.tag)
        .and_then(Value::as_str)
        .and_then(|tag| rule.variants.iter().find(|(known, _)| *known == tag));
    match variant {
        Some((_, rule)) => object(rule, value),
        None => hidden(value),
    }
}

/// One value, masked as `sensitivity` asks; what is open is masked inside by its own rule.
pub(crate) fn masked(rule: &Rule, sensitivity: Sensitivity, value: &Value) -> Value {
    match sensitivity {
        Sensitivity::Secret => Value::from(SECRET),
        Sensitivity::Personal => hidden(value),
        Sensitivity::Open => match rule {
            Rule::Object(rule) => object(rule, value),
            Rule::Union(rule) => union(rule, value),
            Rule::List { items, .. } => match value {
                Value::Array(values) => {
                    values.iter().map(|value| masked(items, Sensitivity::Open, value)).collect()
                }
                other => hidden(other),
            },
            Rule::Map { keys, values: rule } => match value {
                Value::Object(entries) => entries
                    .iter()
                    .map(|(name, value)| {
                        // Under a name that nobody has looked at, anything may stand.
                        let known = match keys {
                            Some(Rule::Enumeration { values, .. }) => values.contains(&name.as_str()),
                            _ => true,
                        };
                        let value =
                            if known { masked(rule, Sensitivity::Open, value) } else { hidden(value) };
                        (key(name), value)
                    })
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
                other => hidden(other),
            },
            Rule::Boolean if value.is_boolean() => value.clone(),
            Rule::Integer { .. } | Rule::Number { .. } if value.is_number() => value.clone(),
            Rule::Text { .. } | Rule::Enumeration { .. } | Rule::Constant(_) => match value {
                Value::String(text) => unless_number(text).into(),
                other => hidden(other),
            },
            Rule::Any | Rule::Boolean | Rule::Integer { .. } | Rule::Number { .. } => hidden(value),
        },
    }
}

/// A key, if it is a name; anything else may be somebody's number.
fn key(name: &str) -> String {
    if is_name(name) { name.to_owned() } else { personal(name).to_string() }
}

fn hidden(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) => personal(text).to_string().into(),
        Value::Array(values) => values.iter().map(hidden).collect(),
        _ => SECRET.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_ends_only() {
        assert_eq!(personal("46701234567").to_string(), "46…67");
        assert_eq!(personal("+1234567").to_string(), "+12…67");
    }

    #[test]
    fn what_is_no_number_shows_its_length_in_characters() {
        assert_eq!(personal("").to_string(), "…0 characters");
        assert_eq!(personal("Grüße").to_string(), "…5 characters");
        assert_eq!(personal("123456").to_string(), "…6 characters");
        assert_eq!(personal("++46701234567").to_string(), "…13 characters");
    }
}
