//! What the documentation of a method says.

use crate::ir::{Host, Operation, Retry};
use crate::targets::rust::docs;

/// Examples by operation, which the documentation tests compile.
const EXAMPLES: [(&str, &str); 4] = [
    ("apps.add_channel", include_str!("../../../templates/rust_client/examples/apps.add_channel.rs")),
    ("messages.list", include_str!("../../../templates/rust_client/examples/messages.list.rs")),
    ("messages.send", include_str!("../../../templates/rust_client/examples/messages.send.rs")),
    ("sms.send", include_str!("../../../templates/rust_client/examples/sms.send.rs")),
];

/// `options`: the methods that set what may be left out.
pub(super) fn of<'o>(operation: &Operation, options: impl Iterator<Item = &'o str>) -> String {
    let summary = format!("{}.", docs::markdown(&operation.summary));
    let repeating = match (operation.retry, operation.host) {
        (Retry::Unsafe, _) => {
            "Repeating it may do it twice. A call whose answer is lost ends as \
             [`UnknownOutcome`](crate::ErrorKind::UnknownOutcome) and is never repeated by itself."
        }
        (Retry::Safe, Host::Sandbox) => "",
        (Retry::Safe, _) => "Repeating it does no harm, so a call whose answer is lost is tried again.",
    };
    let options: Vec<_> = options.map(|name| format!("`{name}`")).collect();
    let options = match options.as_slice() {
        [] => String::new(),
        some => format!("Can be set before it is made: {}.", some.join(", ")),
    };
    let paging = operation.page.as_ref().map_or_else(String::new, |page| {
        let place = if page.in_body { " of the body" } else { "" };
        format!(
            "Made once, it answers with one page. [`items`](Request::items) gives its `{}` and those of all pages \
             after it, one by one; [`pages`](Request::pages) gives page after page. Both begin with the page that \
             `{}`{place} names, else with the first; the `{}` of each page names the one after it.",
            page.items, page.token, page.next
        )
    });
    let address = format!("`{}`: `{} {}`", operation.id, operation.verb.name(), operation.path);
    let address = match &operation.becomes {
        Some(becomes) => format!(
            "`{}`, which becomes `{becomes}`: `{} {}`",
            operation.id,
            operation.verb.name(),
            operation.path
        ),
        None => address,
    };
    let example = EXAMPLES
        .iter()
        .find(|(id, _)| *id == operation.id)
        .map_or_else(String::new, |(_, example)| format!("```no_run\n{}\n```", example.trim_end()));
    docs::comment([
        summary,
        docs::markdown(&operation.description),
        repeating.to_owned(),
        options,
        paging,
        example,
        address,
    ])
}
