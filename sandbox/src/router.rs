//! From method, host and path to an operation of the contract.

use percent_encoding::percent_decode_str;
use tidings_core::contract::{Host, Operation};
use tidings_core::generated::operations::OPERATIONS;

/// Where a request leads.
#[derive(Debug)]
pub(crate) enum Route {
    Operation(&'static Operation, Vec<(String, String)>),
    /// The address is there; the method is not.
    OtherMethod,
    Nowhere,
}

/// Finds the operation. A host of the real API sees its own paths; every other name is one address for all of them.
pub(crate) fn route(method: &str, host: &str, path: &str) -> Route {
    let host = host_of(host);
    let segments: Vec<&str> = path.split('/').collect();
    let mut found: Option<(&'static Operation, Fit)> = None;
    let mut known = false;
    for operation in OPERATIONS.iter().filter(|operation| operation.becomes.is_none()) {
        let template = match host {
            Some(host) if host == operation.host => operation.path,
            Some(_) => continue,
            None => operation.shared_path,
        };
        let Some(fit) = matches(template, &segments) else { continue };
        known = true;
        if operation.method.as_str() == method && found.as_ref().is_none_or(|(_, best)| fit.rank > best.rank)
        {
            found = Some((operation, fit));
        }
    }
    match found {
        Some((operation, fit)) => Route::Operation(operation, fit.parameters),
        None if known => Route::OtherMethod,
        None => Route::Nowhere,
    }
}

fn host_of(name: &str) -> Option<Host> {
    let name = name.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let (first, rest) = name.split_once('.')?;
    match rest {
        "sinch.com" if first == "auth" => Some(Host::Auth),
        "auth.sinch.com" => Some(Host::Auth),
        "conversation.api.sinch.com" => Some(Host::Conversation),
        "template.api.sinch.com" => Some(Host::Template),
        "conversationbatch.api.sinch.com" => Some(Host::Batch),
        _ => None,
    }
}

/// How a path fits a template.
struct Fit {
    /// How exactly each segment fits: a literal beats a parameter with a verb, which beats a parameter.
    rank: Vec<u8>,
    /// The values of the template's parameters.
    parameters: Vec<(String, String)>,
}

fn matches(template: &str, segments: &[&str]) -> Option<Fit> {
    let pattern: Vec<&str> = template.split('/').collect();
    if pattern.len() != segments.len() {
        return None;
    }
    let mut rank = Vec::new();
    let mut parameters = Vec::new();
    for (pattern, segment) in pattern.iter().zip(segments) {
        let Some((name, verb)) = pattern.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            if decode(segment)? != *pattern {
                return None;
            }
            rank.push(2);
            continue;
        };
        let value = segment.strip_suffix(verb).filter(|value| !value.is_empty())?;
        parameters.push((name.to_owned(), decode(value)?));
        rank.push(u8::from(!verb.is_empty()));
    }
    Some(Fit { rank, parameters })
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_literal_beats_a_parameter() {
        let Route::Operation(operation, _) = route("POST", "", "/v1/projects/p/messages:send") else {
            panic!()
        };
        assert_eq!(operation.id, "messages.send");
        let Route::Operation(operation, parameters) = route("POST", "", "/v1/projects/p/contacts/c:merge")
        else {
            panic!()
        };
        assert_eq!((operation.id, parameters[1].1.as_str()), ("contacts.merge", "c"));
    }

    #[test]
    fn a_known_address_with_another_method_is_told_apart() {
        assert!(matches!(route("PUT", "", "/v1/projects/p/apps"), Route::OtherMethod));
        assert!(matches!(route("GET", "", "/v3/projects/p/apps"), Route::Nowhere));
        assert!(matches!(route("GET", "", "/v1/projects/%ff/apps"), Route::Nowhere));
    }

    #[test]
    fn the_batch_host_has_its_own_messages() {
        let id = |host, path| match route("GET", host, path) {
            Route::Operation(operation, _) => operation.id,
            _ => "none",
        };
        assert_eq!(id("us.conversation.api.sinch.com", "/v1/projects/p/messages"), "messages.list");
        assert_eq!(id("us.conversationbatch.api.sinch.com:443", "/v1/projects/p/messages"), "batches.find");
        assert_eq!(id("127.0.0.1:1", "/batch/v1/projects/p/messages"), "batches.find");
        assert_eq!(id("us.conversation.api.sinch.com", "/batch/v1/projects/p/messages"), "none");
    }

    proptest! {
        #[test]
        fn every_operation_is_found_again_with_its_values(value in "[^/]{1,12}|[/+%:?#.&=å ]{1,6}") {
            for operation in OPERATIONS.iter().filter(|operation| operation.becomes.is_none()) {
                let mut path = String::new();
                let mut names = Vec::new();
                for (index, piece) in operation.shared_path.split(['{', '}']).enumerate() {
                    if index % 2 == 0 {
                        path.push_str(piece);
                    } else {
                        path.extend(utf8_percent_encode(&value, NON_ALPHANUMERIC));
                        names.push((piece.to_owned(), value.clone()));
                    }
                }
                let Route::Operation(found, parameters) = route(operation.method.as_str(), "", &path) else {
                    return Err(TestCaseError::fail(format!("{} is not found", operation.id)));
                };
                prop_assert_eq!(found.id, operation.id);
                prop_assert_eq!(parameters, names);
            }
        }

        #[test]
        fn no_path_makes_it_panic(method in "[A-Z]{0,7}", host in ".{0,40}", path in ".{0,80}") {
            let _ = route(&method, &host, &path);
        }
    }
}
