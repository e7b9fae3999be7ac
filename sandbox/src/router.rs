//! From an address to an operation, by the contract's table.

use http::{Method, Uri};
use percent_encoding::percent_decode_str;
use tidings_core::contract::{Host, Operation};
use tidings_core::generated::operations::OPERATIONS;

/// Parameters by name, decoded.
pub(crate) type Parameters = Vec<(String, String)>;

/// Finds operations by method and path.
pub(crate) struct Router {
    routes: Vec<Route>,
}

struct Route {
    operation: &'static Operation,
    /// Under one address for all hosts.
    shared: Vec<Segment>,
    /// Under the host's own name.
    own: Vec<Segment>,
}

/// One part of a path between two slashes. The order is the one in which they win: literal text over a parameter, a
/// parameter with text behind it (`{contact_id}:merge`) over one without.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Parameter { suffix: Suffix, name: &'static str },
    Literal(&'static str),
}

/// Longer text behind a parameter wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Suffix {
    length: usize,
    text: &'static str,
}

/// Why an address leads nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unrouted {
    /// No operation has this path.
    Path,
    /// Operations have this path, but none with this method.
    Method,
    /// An operation has this path, but a parameter in it cannot be decoded.
    Parameter(String),
}

impl Router {
    pub(crate) fn new() -> Self {
        let routes = OPERATIONS
            .iter()
            // Composed operations never go over the wire.
            .filter(|operation| operation.becomes.is_none())
            .map(|operation| Route {
                operation,
                shared: segments(operation.shared_path),
                own: segments(operation.path),
            })
            .collect();
        Self { routes }
    }

    /// The operation and its path parameters. `host` is the name the caller used: for a host of the API only its own
    /// operations are there; any other name, such as `localhost`, serves all of them.
    pub(crate) fn resolve(
        &self,
        method: &Method,
        host: Option<&str>,
        path: &str,
    ) -> Result<(&'static Operation, Parameters), Unrouted> {
        let host = host.and_then(api_host);
        let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let mut best: Option<(&Route, &[Segment])> = None;
        let mut other_method = false;
        for route in &self.routes {
            let template = match host {
                Some(host) if route.operation.host == host => &route.own,
                Some(_) => continue,
                None => &route.shared,
            };
            if !fits(template, &parts) {
                continue;
            }
            if route.operation.method.as_str() != method.as_str() {
                other_method = true;
            } else if best.is_none_or(|(_, found)| found < template.as_slice()) {
                best = Some((route, template));
            }
        }
        let Some((route, template)) = best else {
            return Err(if other_method { Unrouted::Method } else { Unrouted::Path });
        };
        let mut parameters = Parameters::new();
        for (segment, part) in template.iter().zip(&parts) {
            if let Segment::Parameter { suffix, name } = segment {
                let raw = part.strip_suffix(suffix.text).unwrap_or(part);
                let value =
                    decode(raw).map_err(|reason| Unrouted::Parameter(format!("$.{name} {reason}")))?;
                parameters.push(((*name).to_owned(), value));
            }
        }
        Ok((route.operation, parameters))
    }
}

fn segments(template: &'static str) -> Vec<Segment> {
    let segment = |part: &'static str| match part.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((name, text)) => Segment::Parameter { suffix: Suffix { length: text.len(), text }, name },
        None => Segment::Literal(part),
    };
    template.trim_start_matches('/').split('/').map(segment).collect()
}

fn fits(template: &[Segment], parts: &[&str]) -> bool {
    template.len() == parts.len()
        && template.iter().zip(parts).all(|(segment, part)| match segment {
            Segment::Literal(text) => text == part,
            Segment::Parameter { suffix, .. } => part.len() > suffix.length && part.ends_with(suffix.text),
        })
}

/// The host that a name stands for, if it is one of the API's.
fn api_host(name: &str) -> Option<Host> {
    let name = name.to_ascii_lowercase();
    let service = name.strip_suffix(".sinch.com")?;
    let labels: Vec<&str> = service.split('.').collect();
    match labels.as_slice() {
        ["auth"] | [_, "auth"] => Some(Host::Auth),
        [_, "conversation", "api"] => Some(Host::Conversation),
        [_, "template", "api"] => Some(Host::Template),
        [_, "conversationbatch", "api"] => Some(Host::Batch),
        _ => None,
    }
}

/// The name of the host that a request is for, without port.
pub(crate) fn host_of(uri: &Uri, headers: &http::HeaderMap) -> Option<String> {
    if let Some(host) = uri.host() {
        return Some(host.to_owned());
    }
    let value = headers.get(http::header::HOST)?.to_str().ok()?;
    let authority: http::uri::Authority = value.parse().ok()?;
    Some(authority.host().to_owned())
}

/// The query as names and values. A `+` is a space there, as in every form.
pub(crate) fn query(uri: &Uri) -> Result<Parameters, String> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let read = |text: &str| decode(&text.replace('+', " "));
            let name = read(name).map_err(|reason| format!("the name of a query parameter {reason}"))?;
            let value = read(value).map_err(|reason| format!("$.{name} {reason}"))?;
            Ok((name, value))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, &'static str> {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = &rest[at + 3..],
            _ => return Err("has a percent sign without two hexadecimal digits"),
        }
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(value) => Ok(value.into_owned()),
        Err(_) => Err("is no UTF-8 once decoded"),
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;
    use tidings_core::contract::Location;

    use super::*;

    fn resolve(method: &str, host: Option<&str>, path: &str) -> Result<(&'static str, Parameters), Unrouted> {
        let (operation, parameters) = Router::new().resolve(&method.parse().unwrap(), host, path)?;
        Ok((operation.id, parameters))
    }

    #[test]
    fn literal_text_wins_over_a_parameter_and_a_verb_over_an_id() {
        assert_eq!(resolve("GET", None, "/v1/projects/p/messages/m").unwrap().0, "messages.get");
        assert_eq!(resolve("POST", None, "/v1/projects/p/messages:send").unwrap().0, "messages.send");
        assert_eq!(resolve("GET", None, "/v1/projects/p/contacts:identityConflicts").unwrap().0, {
            "contacts.list_identity_conflicts"
        });
        let (id, parameters) = resolve("POST", None, "/v1/projects/p/contacts/c:merge").unwrap();
        assert_eq!(id, "contacts.merge");
        assert_eq!(parameters[1], ("destination_id".to_owned(), "c".to_owned()));
    }

    #[test]
    fn the_batch_host_is_told_by_name_or_by_path() {
        let host = Some("EU.conversationbatch.api.sinch.com");
        assert_eq!(resolve("POST", host, "/v1/projects/p/messages").unwrap().0, "batches.send");
        assert_eq!(resolve("POST", None, "/batch/v1/projects/p/messages").unwrap().0, "batches.send");
        assert_eq!(resolve("GET", None, "/v1/projects/p/messages").unwrap().0, "messages.list");
        assert_eq!(resolve("POST", Some("auth.sinch.com"), "/oauth2/token").unwrap().0, "auth.token");
        assert_eq!(
            resolve("POST", Some("us.conversation.api.sinch.com"), "/oauth2/token"),
            Err(Unrouted::Path)
        );
    }

    #[test]
    fn a_path_that_leads_nowhere_is_told_from_a_wrong_method() {
        assert_eq!(resolve("GET", None, "/v1/projects/p/nothing"), Err(Unrouted::Path));
        assert_eq!(resolve("GET", None, "/v1/projects/p/messages/"), Err(Unrouted::Path));
        assert_eq!(resolve("PUT", None, "/v1/projects/p/messages/m"), Err(Unrouted::Method));
        assert!(matches!(resolve("GET", None, "/v1/projects/%zz/apps"), Err(Unrouted::Parameter(_))));
        assert!(matches!(resolve("GET", None, "/v1/projects/%ff/apps"), Err(Unrouted::Parameter(_))));
    }

    #[test]
    fn a_plus_is_a_space_in_a_query_unless_it_is_encoded() {
        let read = |text: &str| query(&text.parse().unwrap());
        assert_eq!(
            read("/?a=+1&b=%2B1").unwrap(),
            [("a".to_owned(), " 1".to_owned()), ("b".to_owned(), "+1".to_owned())]
        );
        assert!(read("/?a=%4").is_err());
    }

    proptest! {
        #[test]
        fn every_operation_is_found_by_its_own_path_whatever_the_values(
            operation in proptest::sample::select(
                OPERATIONS.iter().copied().filter(|one| one.becomes.is_none()).collect::<Vec<_>>()
            ),
            values in proptest::collection::vec("[a-z/+%:?#&= åß]{1,12}|[+][0-9]{7,15}|[a-z]{1,4}:merge", 8),
        ) {
            for (template, host) in [(operation.shared_path, None), (operation.path, real_name(operation.host))] {
                let mut path = template.to_owned();
                let mut expected = Parameters::new();
                let mut names: Vec<_> = operation
                    .parameters
                    .iter()
                    .filter(|parameter| parameter.location == Location::Path)
                    .collect();
                names.sort_by_key(|parameter| template.find(&format!("{{{}}}", parameter.name)));
                for (parameter, value) in names.into_iter().zip(&values) {
                    let encoded = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
                    path = path.replace(&format!("{{{}}}", parameter.name), &encoded);
                    expected.push((parameter.name.to_owned(), value.clone()));
                }
                let found = resolve(operation.method.as_str(), host, &path);
                prop_assert_eq!(found, Ok((operation.id, expected)));
            }
        }
    }

    fn real_name(host: Host) -> Option<&'static str> {
        match host {
            Host::Conversation => Some("us.conversation.api.sinch.com"),
            Host::Template => Some("us.template.api.sinch.com"),
            Host::Batch => Some("us.conversationbatch.api.sinch.com"),
            Host::Auth => Some("auth.sinch.com"),
            Host::Sandbox => None,
        }
    }
}
