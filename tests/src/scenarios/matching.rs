//! Filling in what a story has kept, and comparing what came with what it expects.

use serde_json::{Map, Value};

use super::Failure;

/// A value with its `${...}` filled in. A text that is nothing but one of them becomes the value that was kept, of whatever
/// type; within a longer text it becomes text.
pub(super) fn filled(value: &Value, places: &Map<String, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => filled_text(text, places)?,
        Value::Array(values) => {
            values.iter().map(|value| filled(value, places)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Value::Object(object) => {
            let pairs = object.iter().map(|(name, value)| Ok((name.clone(), filled(value, places)?)));
            Value::Object(pairs.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn filled_text(text: &str, places: &Map<String, Value>) -> Result<Value, String> {
    let kept = |name: &str| places.get(name).ok_or_else(|| format!("nothing is kept as {name}"));
    let mut written = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or_else(|| format!("a place without an end: {text}"))?;
        let value = kept(name)?;
        if before.is_empty() && after.is_empty() && written.is_empty() {
            return Ok(value.clone());
        }
        written.push_str(before);
        match value {
            Value::String(value) => written.push_str(value),
            other => written.push_str(&other.to_string()),
        }
        rest = after;
    }
    Ok((written + rest).into())
}

/// Checks that what was found holds what is expected: every member that an object names, lists item by item, anything else
/// equal. `null` also stands for what is not there.
pub(super) fn compare(expected: &Value, found: &Value, place: &str) -> Result<(), Failure> {
    let differs = || Failure::new(place, format!("expected {expected}, found {found}"));
    match (expected, found) {
        (Value::Object(members), Value::Object(_)) => members.iter().try_for_each(|(name, expected)| {
            let name_in_pointer = name.replace('~', "~0").replace('/', "~1");
            compare(expected, &found[name], &format!("{place}/{name_in_pointer}"))
        }),
        (Value::Array(items), Value::Array(all)) if items.len() == all.len() => {
            let mut pairs = items.iter().zip(all).enumerate();
            pairs.try_for_each(|(index, (expected, found))| {
                compare(expected, found, &format!("{place}/{index}"))
            })
        }
        (Value::Number(_), Value::Number(_)) if expected.as_f64() == found.as_f64() => Ok(()),
        _ if expected == found => Ok(()),
        _ => Err(differs()),
    }
}
