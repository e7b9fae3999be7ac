//! Doc comments.

use super::grouped;
use crate::ir::{Facts, Schema, Sensitivity, Type};

/// rustfmt leaves comments alone, so they are broken here; the width leaves room for indentation.
const WIDTH: usize = 100;

/// A doc comment of these paragraphs, with a line break at the end. Empty paragraphs are left out.
pub(in crate::targets) fn comment<S: AsRef<str>>(paragraphs: impl IntoIterator<Item = S>) -> String {
    block(paragraphs, "///")
}

/// The same for the module that it stands in.
pub(in crate::targets) fn module_comment<S: AsRef<str>>(paragraphs: impl IntoIterator<Item = S>) -> String {
    block(paragraphs, "//!")
}

fn block<S: AsRef<str>>(paragraphs: impl IntoIterator<Item = S>, mark: &str) -> String {
    let mut comment = String::new();
    for paragraph in paragraphs {
        let paragraph = paragraph.as_ref().trim();
        if paragraph.is_empty() {
            continue;
        }
        if !comment.is_empty() {
            comment.push_str(mark);
            comment.push('\n');
        }
        // Code stays as it is.
        let lines = if paragraph.starts_with("```") {
            paragraph.lines().map(str::to_owned).collect()
        } else {
            wrap(paragraph)
        };
        for line in lines {
            comment.push_str(format!("{mark} {line}").trim_end());
            comment.push('\n');
        }
    }
    comment
}

fn wrap(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line)
                if line.chars().count() + 1 + word.chars().count() <= WIDTH || begins_a_block(word) =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Whether Markdown would take a line that begins so for a list, a heading or a quotation.
fn begins_a_block(word: &str) -> bool {
    let number = word.trim_end_matches(['.', ')']);
    word.starts_with(['-', '+', '*', '#', '>', '=', '|', '~'])
        || (number.len() < word.len() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Text of the contract as Markdown: names of the wire become code, addresses become links, and signs that mean
/// something to Markdown mean nothing any more.
pub(in crate::targets) fn markdown(text: &str) -> String {
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

fn word(word: &str) -> String {
    const AROUND: [char; 10] = ['.', ',', ';', ':', '!', '?', '(', ')', '\'', '"'];
    let start = word.trim_start_matches(AROUND);
    let before = &word[..word.len() - start.len()];
    let core = start.trim_end_matches(AROUND);
    let after = &start[core.len()..];
    let is_address = core.starts_with("https://") || core.starts_with("http://");
    let is_code = !core.contains('`')
        && (is_dotted(core)
            || core.contains('_')
            || core.contains("::")
            || core.contains(['{', '}', '[', ']', '<', '>', '*', '\\', '|']))
        && core.chars().any(|character| character.is_ascii_alphanumeric() || character == '}');
    if is_address && !core.contains(['{', '<']) {
        format!("{before}<{core}>{after}")
    } else if is_code || is_address {
        // What a possessive s or a slash hangs on is part of the code; Markdown does not mind.
        format!("{before}`{core}`{after}")
    } else {
        let mut escaped = String::new();
        for character in word.chars() {
            if matches!(character, '[' | ']' | '<' | '>' | '*' | '_' | '\\') {
                escaped.push('\\');
            }
            escaped.push(character);
        }
        escaped
    }
}

/// Names of operations and hosts: small words with points between them.
fn is_dotted(word: &str) -> bool {
    let is_part =
        |part: &str| part.len() > 2 && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    word.contains('.') && word.split('.').all(is_part)
}

/// What there is to say about a property or a parameter: its description, then limits and other facts.
pub(in crate::targets) fn property(facts: &Facts, kind: &Type, read_only: bool) -> String {
    let mut sentences = vec![markdown(&facts.description)];
    sentences.extend(limits(kind));
    if let Some(default) = facts.default.as_deref().filter(|default| !default.is_empty()) {
        sentences.push(format!("Default: `{default}`."));
    }
    if read_only {
        sentences.push("Set by the API.".to_owned());
    }
    if facts.sensitivity == Sensitivity::Secret {
        sentences.push("Secret: `Debug` shows `***`.".to_owned());
    }
    sentences.extend(marks(facts.deprecated, facts.unverified));
    sentences.join(" ")
}

/// The description of a schema.
pub(in crate::targets) fn schema(schema: &Schema) -> String {
    let mut sentences = vec![markdown(&schema.description)];
    if let Some(default) = &schema.default {
        sentences.push(format!("Default: `{default}`."));
    }
    sentences.extend(marks(schema.deprecated, schema.unverified));
    sentences.join(" ")
}

pub(in crate::targets) fn marks(deprecated: bool, unverified: bool) -> impl Iterator<Item = String> {
    let deprecated = deprecated.then(|| "Deprecated.".to_owned());
    let unverified =
        unverified.then(|| "Unverified: public sources disagree on it or leave it open.".to_owned());
    deprecated.into_iter().chain(unverified)
}

fn limits(kind: &Type) -> Option<String> {
    match kind {
        Type::Text { min_length, max_length, .. } => range(*min_length, *max_length, "character"),
        Type::Integer { minimum, maximum, .. } => range(*minimum, *maximum, ""),
        Type::Number { minimum, maximum, .. } => range(*minimum, *maximum, ""),
        Type::Duration { minimum, maximum } => range(*minimum, *maximum, "second"),
        Type::List { items, min_items, max_items } => {
            let count = range(*min_items, *max_items, "item");
            let each = limits(items).map(|limits| format!("Each item: {limits}"));
            joined([count, each])
        }
        Type::Map { values, .. } => limits(values).map(|limits| format!("Each value: {limits}")),
        Type::Enumeration { refused, .. } if !refused.is_empty() => {
            let refused: Vec<_> = refused.iter().map(|value| format!("`{value}`")).collect();
            Some(format!("{} is refused.", refused.join(" or ")))
        }
        _ => None,
    }
}

fn joined(sentences: [Option<String>; 2]) -> Option<String> {
    let sentences: Vec<_> = sentences.into_iter().flatten().collect();
    if sentences.is_empty() { None } else { Some(sentences.join(" ")) }
}

fn range<T: ToString + PartialEq>(minimum: Option<T>, maximum: Option<T>, unit: &str) -> Option<String> {
    let number = |limit: &T| grouped(&limit.to_string(), ',');
    let counted = |limit: &T| match (unit, &*number(limit)) {
        ("", number) => number.to_owned(),
        (unit, "1") => format!("1 {unit}"),
        (unit, number) => format!("{number} {unit}s"),
    };
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) if minimum == maximum => {
            Some(format!("Exactly {}.", counted(&maximum)))
        }
        (Some(minimum), Some(maximum)) => {
            Some(format!("From {} to {}.", number(&minimum), counted(&maximum)))
        }
        (Some(minimum), None) => Some(format!("At least {}.", counted(&minimum))),
        (None, Some(maximum)) => Some(format!("At most {}.", counted(&maximum))),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_wire_become_code_and_signs_lose_their_meaning() {
        assert_eq!(
            markdown("See page_token, (MESSAGE_DELIVERY)."),
            "See `page_token`, (`MESSAGE_DELIVERY`)."
        );
        assert_eq!(markdown("At https://a.example/b."), "At <https://a.example/b>.");
        assert_eq!(markdown("The body is {}."), "The body is `{}`.");
        assert_eq!(markdown("a <b> [c] 2 * 3"), "a `<b>` `[c]` 2 \\* 3");
    }

    #[test]
    fn no_line_begins_like_a_list() {
        let text = format!("{} - b", "a".repeat(WIDTH - 1));
        assert_eq!(wrap(&text).len(), 2);
        assert!(wrap(&text)[0].ends_with(" -"));
    }

    #[test]
    fn limits_read_as_sentences() {
        let text = |min_length, max_length| Type::Text { format: None, min_length, max_length };
        assert_eq!(limits(&text(None, Some(1024))).unwrap(), "At most 1024 characters.");
        assert_eq!(limits(&text(Some(1), None)).unwrap(), "At least 1 character.");
        let list =
            Type::List { items: Box::new(text(None, Some(5))), min_items: Some(1), max_items: Some(3) };
        assert_eq!(limits(&list).unwrap(), "From 1 to 3 items. Each item: At most 5 characters.");
    }
}
