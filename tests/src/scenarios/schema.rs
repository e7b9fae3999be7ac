//! Checking a JSON value against a schema, with the words of JSON Schema that the stories' schema uses. A word that is not
//! among them is an error, so that the schema cannot say what nobody checks.

use serde_json::{Map, Value};

/// A JSON Schema.
#[derive(Debug)]
pub struct Schema(Value);

impl Schema {
    /// A schema, not checked itself.
    pub fn new(schema: Value) -> Self {
        Self(schema)
    }

    /// Checks a value, and tells the first thing that is wrong.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        self.against(&self.0, value, "")
    }

    fn against(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        let words = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Object(words) => words,
            other => return Err(format!("no schema: {other}")),
        };
        words.iter().try_for_each(|(word, given)| self.word(word, given, words, value, place))
    }

    fn word(
        &self,
        word: &str,
        given: &Value,
        words: &Map<String, Value>,
        value: &Value,
        place: &str,
    ) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{place}: {what}"));
        let unless = |fits: bool, what: &str| if fits { Ok(()) } else { wrong(what) };
        match word {
            "$schema" | "$id" | "$defs" | "title" | "description" => Ok(()),
            "$ref" => {
                let pointer = given.as_str().and_then(|reference| reference.strip_prefix('#'));
                let target = pointer.and_then(|pointer| self.0.pointer(pointer));
                self.against(target.ok_or_else(|| format!("leads nowhere: {given}"))?, value, place)
            }
            "type" => unless(is_of(given, value), &format!("is no {given}")),
            "const" => unless(given == value, &format!("is not {given}")),
            "enum" => {
                let listed = given.as_array().is_some_and(|values| values.contains(value));
                unless(listed, &format!("is none of {given}"))
            }
            "minimum" => unless(value.as_f64() >= given.as_f64(), &format!("is below {given}")),
            "minLength" => {
                let length = value.as_str().map(|text| text.chars().count() as u64);
                unless(length >= given.as_u64(), "is too short")
            }
            "required" => {
                let names = given.as_array().into_iter().flatten().filter_map(Value::as_str);
                let mut missing = names.filter(|name| value.is_object() && value.get(name).is_none());
                missing.next().map_or(Ok(()), |name| wrong(&format!("lacks {name}")))
            }
            "properties" => {
                let mut members = members(given);
                members.try_for_each(|(name, schema)| match value.get(name) {
                    Some(member) => self.against(schema, member, &format!("{place}/{name}")),
                    None => Ok(()),
                })
            }
            "additionalProperties" => {
                let known = words.get("properties");
                let mut others =
                    members(value).filter(|(name, _)| known.is_none_or(|known| known.get(name).is_none()));
                others.try_for_each(|(name, member)| match given {
                    Value::Bool(false) => wrong(&format!("has no member {name}")),
                    schema => self.against(schema, member, &format!("{place}/{name}")),
                })
            }
            "items" => {
                let mut items = value.as_array().into_iter().flatten().enumerate();
                items.try_for_each(|(index, item)| self.against(given, item, &format!("{place}/{index}")))
            }
            "oneOf" => {
                let forms = given.as_array().into_iter().flatten();
                let misfits: Vec<String> =
                    forms.clone().filter_map(|form| self.against(form, value, place).err()).collect();
                match forms.count() - misfits.len() {
                    1 => Ok(()),
                    0 => wrong(&format!("fits no form: {}", misfits.join("; "))),
                    count => wrong(&format!("fits {count} forms")),
                }
            }
            word => Err(format!("a word that is not checked: {word}")),
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn is_of(types: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => false,
    };
    types.as_array().map_or_else(|| is(types), |names| names.iter().any(is))
}
