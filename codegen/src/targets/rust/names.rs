//! Names of the wire as Rust names.

use std::collections::HashMap;
use std::fmt::Display;

use crate::error::{Result, fail};
use crate::words::words;

/// Keywords that a name may be if it is written `r#name` (the Rust Reference, "Keywords", edition 2024).
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that no name may be, not even as `r#name`.
const UNTOUCHABLE: [&str; 4] = ["self", "Self", "super", "crate"];

/// Type names that generated code uses without a path; a schema of such a name gets an underscore.
const TAKEN: [&str; 22] = [
    "BTreeMap",
    "Box",
    "Clone",
    "Copy",
    "Cow",
    "Debug",
    "Default",
    "Duration",
    "From",
    "Into",
    "IntoIterator",
    "JsonObject",
    "Option",
    "PartialEq",
    "Result",
    "Self",
    "String",
    "Timestamp",
    "ToString",
    "Unrecognized",
    "UnrecognizedVariant",
    "Vec",
];

/// A field, a method, an argument or a module: `snake_case`.
pub(in crate::targets) fn value(place: impl Display, name: &str) -> Result<String> {
    let joined = joined(place, name)?;
    Ok(if UNTOUCHABLE.contains(&&*joined) {
        format!("{joined}_")
    } else if KEYWORDS.contains(&&*joined) {
        format!("r#{joined}")
    } else {
        joined
    })
}

/// A static: `SCREAMING_SNAKE_CASE`.
pub(in crate::targets) fn constant(place: impl Display, name: &str) -> Result<String> {
    Ok(joined(place, name)?.to_uppercase())
}

/// The name of a type. One that is a Rust name in `CamelCase` already stays as it is.
pub(in crate::targets) fn type_name(place: impl Display, name: &str) -> Result<String> {
    let is_camel = name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let name = if is_camel { name.to_owned() } else { camel(place, name)? };
    Ok(if TAKEN.contains(&&*name) { format!("{name}_") } else { name })
}

/// A variant of an enum: `CamelCase`.
pub(in crate::targets) fn variant(place: impl Display, name: &str) -> Result<String> {
    let variant = camel(&place, name)?;
    match variant.as_str() {
        "Self" | "Unrecognized" => {
            fail(place, format_args!("`{name}` would be the variant `{variant}`, which is taken"))
        }
        _ => Ok(variant),
    }
}

/// Stops where two names of the wire have become one in Rust.
pub(in crate::targets) fn distinct<'n>(
    place: impl Display,
    names: impl IntoIterator<Item = (&'n str, &'n str)>,
) -> Result<()> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for (wire, rust) in names {
        if let Some(other) = seen.insert(rust, wire) {
            return fail(place, format_args!("`{other}` and `{wire}` would both be `{rust}` in Rust"));
        }
    }
    Ok(())
}

fn joined(place: impl Display, name: &str) -> Result<String> {
    let words = words(name);
    let Some(first) = words.first() else {
        return fail(place, format_args!("`{name}` has neither a letter nor a digit to make a name of"));
    };
    let digits_first = first.starts_with(|first: char| first.is_ascii_digit());
    Ok(format!("{}{}", if digits_first { "_" } else { "" }, words.join("_")))
}

fn camel(place: impl Display, name: &str) -> Result<String> {
    let joined = joined(place, name)?;
    let mut camel = String::new();
    for word in joined.split('_') {
        let mut characters = word.chars();
        match characters.next() {
            // Two numbers in a row would run together: V_1_5 is not V15.
            Some(first)
                if first.is_ascii_digit()
                    && (camel.is_empty() || camel.ends_with(|last: char| last.is_ascii_digit())) =>
            {
                camel.push('_');
                camel.push(first);
            }
            Some(first) => camel.push(first.to_ascii_uppercase()),
            None => {}
        }
        camel.extend(characters);
    }
    Ok(camel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_snake_case_and_keywords_are_escaped() {
        let of = |name| value("here", name).unwrap();
        assert_eq!(of("metadataKey"), "metadata_key");
        assert_eq!(of("@type"), "r#type");
        assert_eq!(of("self"), "self_");
        assert_eq!(of("3d_secure"), "_3d_secure");
        assert_eq!(
            value("here", "--").unwrap_err().to_string(),
            "here: `--` has neither a letter nor a digit to make a name of"
        );
    }

    #[test]
    fn types_keep_their_camel_case_and_leave_the_names_of_the_prelude() {
        let of = |name| type_name("here", name).unwrap();
        assert_eq!(of("WhatsAppFlow"), "WhatsAppFlow");
        assert_eq!(of("AIData"), "AIData");
        assert_eq!(of("snake_case"), "SnakeCase");
        assert_eq!(of("Option"), "Option_");
        assert_eq!(of("self"), "Self_");
    }

    #[test]
    fn variants_are_camel_case_and_numbers_stay_apart() {
        let of = |name| variant("here", name).unwrap();
        assert_eq!(of("ZH_CN"), "ZhCn");
        assert_eq!(of("partially-shipped"), "PartiallyShipped");
        assert_eq!(of("V1_5"), "V1_5");
        assert_eq!(of("V15"), "V15");
        assert_eq!(of("3D"), "_3d");
        assert!(variant("here", "SELF").is_err());
        assert!(variant("here", "UNRECOGNIZED").is_err());
    }
}
