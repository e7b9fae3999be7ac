//! Refusing a bad call before the network, by the contract's table.
//!
//! Every language and the sandbox come through here, so that a call is refused the same way everywhere. What is written
//! must keep `required`, one-of groups, lengths, ranges and formats. What the table does not know passes: the API may
//! have learned more than this release. `null` means absent.

use std::borrow::Cow;
use std::fmt;

use serde_json::Number;

use crate::contract::{Format, Location, ObjectRule, Operation, Rule};
pub use crate::tree::Tree;

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
pub fn check_body<'a>(operation: &Operation, body: impl Into<Tree<'a>>) -> Result<(), Violation> {
    check_tree(operation, &body.into())
}

/// The same for a body that is read already.
pub(crate) fn check_tree(operation: &Operation, body: &Tree<'_>) -> Result<(), Violation> {
    match &operation.body {
        Some(rule) => check_object(rule.rule, body, &Path::Root),
        None => fail(&Path::Root, "must be left out: this operation takes no body"),
    }
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

/// Whether a key looks like the name of a property.
pub(crate) fn is_name(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 64
        && !key.starts_with(|first: char| first.is_ascii_digit())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn fail<T>(path: &Path<'_>, reason: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { path: path.to_string(), reason: reason.into() })
}

/// The entries of an object.
type Entries<'a> = [(Cow<'a, str>, Tree<'a>)];

fn present<'a, 'b>(object: &'b Entries<'a>, name: &str) -> Option<&'b Tree<'a>> {
    Tree::get(object, name).filter(|value| **value != Tree::Null)
}

fn check_object(rule: &ObjectRule, value: &Tree<'_>, path: &Path<'_>) -> Result<(), Violation> {
    let Tree::Object(object) = value else { return fail(path, "must be an object") };
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
        let decides = present(object, when.by);
        if let Some(Tree::Text(decides)) = decides
            && when.values.contains(&decides.as_ref())
            && let Some(Tree::Text(number)) = present(object, when.property)
        {
            check_format(Format::PhoneNumber, number, &path.key(when.property))?;
        }
    }
    Ok(())
}

fn number<'a>(value: &'a Tree<'_>) -> Option<&'a Number> {
    if let Tree::Number(number) = value { Some(number) } else { None }
}

fn count(object: &Entries<'_>, group: &[&str]) -> usize {
    group.iter().filter(|name| present(object, name).is_some()).count()
}

fn check(rule: &Rule, value: &Tree<'_>, path: &Path<'_>) -> Result<(), Violation> {
    match rule {
        Rule::Any => Ok(()),
        Rule::Boolean if matches!(value, Tree::Boolean(_)) => Ok(()),
        Rule::Boolean => fail(path, "must be true or false"),
        Rule::Integer { minimum, maximum } => match number(value).and_then(Number::as_i64) {
            Some(number) => check_integer(number, *minimum, *maximum, path),
            None => fail(path, "must be a whole number"),
        },
        Rule::Number { minimum, maximum } => match number(value).and_then(Number::as_f64) {
            Some(number) => check_range(number, *minimum, *maximum, path, ""),
            None => fail(path, "must be a number"),
        },
        Rule::Text { .. } | Rule::Enumeration { .. } | Rule::Constant(_) => match value {
            Tree::Text(text) => check_text_form(rule, text, path),
            _ => fail(path, "must be a string"),
        },
        Rule::List { items, min_items, max_items } => {
            let Tree::List(values) = value else { return fail(path, "must be an array") };
            check_count(values.len(), *min_items, *max_items, path, "item")?;
            values
                .iter()
                .enumerate()
                .try_for_each(|(index, value)| check(items, value, &Path::Index(path, index)))
        }
        Rule::Map { keys, values } => {
            let Tree::Object(entries) = value else { return fail(path, "must be an object") };
            entries.iter().filter(|(_, value)| *value != Tree::Null).try_for_each(|(key, value)| {
                let path = path.key(key);
                if let Some(keys) = keys {
                    check_text_form(keys, key, &path)?;
                }
                check(values, value, &path)
            })
        }
        Rule::Object(rule) => check_object(rule, value, path),
        Rule::Union(rule) => {
            let Tree::Object(object) = value else { return fail(path, "must be an object") };
            let Some(Tree::Text(tag)) = present(object, rule.tag) else {
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
            Ok(number) if !text.starts_with('+') => check_integer(number, *minimum, *maximum, path),
            _ => fail(path, "must be a whole number"),
        },
        Rule::Number { minimum, maximum } => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => check_range(number, *minimum, *maximum, path, ""),
            _ => fail(path, "must be a number"),
        },
        Rule::List { items, .. } => text.split(',').try_for_each(|item| check_text_form(items, item, path)),
        _ => Ok(()),
    }
}

fn check_format(format: Format, text: &str, path: &Path<'_>) -> Result<(), Violation> {
    match format {
        Format::DateTime if is_moment(text) => Ok(()),
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

/// Whether this is a date-time of RFC 3339. jiff alone takes other forms too, and no more than nine decimals.
fn is_moment(text: &str) -> bool {
    let Some((seconds, rest)) = text.split_at_checked(19) else { return false };
    let has_form = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                form => byte.eq_ignore_ascii_case(&form),
            })
    };
    let decimals =
        rest.strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let zone = if decimals > 0 { &rest[decimals + 1..] } else { rest };
    has_form(seconds, "0000-00-00T00:00:00")
        && (has_form(zone, "Z") || has_form(zone, "+00:00") || has_form(zone, "-00:00"))
        && format!("{seconds}{zone}").parse::<jiff::Timestamp>().is_ok()
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
mod tests;
