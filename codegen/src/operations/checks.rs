//! What ids, tags and paths of operations must keep.

use std::collections::HashSet;

use crate::error::{Place, Result, fail};
use crate::ir::{Location, Operation, Parameter};

pub(super) fn one_tag<'t>(tags: &'t [String], place: &Place) -> Result<&'t str> {
    match tags {
        [tag] => Ok(tag),
        _ => fail(place.at("tags"), "there must be exactly one"),
    }
}

pub(super) fn ids(operations: &[Operation]) -> Result<()> {
    let mut seen = HashSet::new();
    match operations.iter().find(|operation| !seen.insert(&operation.id)) {
        Some(twice) => fail("operations", format_args!("the operation id `{}` is there twice", twice.id)),
        None => Ok(()),
    }
}

pub(super) fn id(id: &str, tags: &[String], place: &Place) -> Result<()> {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let Some((resource, _)) =
        id.split_once('.').filter(|(resource, method)| is_name(resource) && is_name(method))
    else {
        return fail(place, format_args!("the operation id `{id}` is not `resource.method` in snake_case"));
    };
    let tag = one_tag(tags, place)?;
    if tag != resource {
        return fail(place.at("tags"), format_args!("the tag `{tag}` is not the resource of `{id}`"));
    }
    Ok(())
}

/// Every `{name}` of the path is a path parameter, and the reverse.
pub(super) fn path_parameters(path: &str, parameters: &[Parameter], place: &Place) -> Result<()> {
    let mut named = Vec::new();
    for part in path.split('{').skip(1) {
        match part.split_once('}') {
            Some((name, _)) if !named.contains(&name) => named.push(name),
            _ => return fail(place, format_args!("the path `{path}` is malformed")),
        }
    }
    let mut seen = HashSet::new();
    for parameter in parameters {
        if !seen.insert(&parameter.name) {
            return fail(place, format_args!("the parameter `{}` is there twice", parameter.name));
        }
        if parameter.location == Location::Path && !named.contains(&&*parameter.name) {
            return fail(
                place,
                format_args!("the path parameter `{}` is not in the path `{path}`", parameter.name),
            );
        }
    }
    for name in named {
        let is_there =
            parameters.iter().any(|parameter| parameter.location == Location::Path && parameter.name == name);
        if !is_there {
            return fail(place, format_args!("the path has `{{{name}}}`, which is no path parameter"));
        }
    }
    Ok(())
}
