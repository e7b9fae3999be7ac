//! Finds out where each schema is used: in requests, by which resource, and whether it contains itself.

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::IndexMap;

use crate::error::{Result, fail};
use crate::ir::{Answer, Callback, Operation, Schema, Shape, Type, Usage};

/// The area of a schema that several resources use.
pub(crate) const COMMON: &str = "common";

pub(crate) fn find(
    schemas: &mut IndexMap<String, Schema>,
    operations: &[Operation],
    callbacks: &[Callback],
) -> Result<()> {
    let mut usages: HashMap<String, Usage> = HashMap::new();
    let mut areas: HashMap<String, BTreeSet<String>> = HashMap::new();
    let written = written_roots(operations);
    for name in reachable(schemas, written.iter().map(|(name, _)| *name)) {
        usages.entry(name.to_owned()).or_default().written = true;
    }
    for (name, is_body) in written {
        usages.entry(name.to_owned()).or_default().is_body |= is_body;
    }
    for (area, root) in roots(operations, callbacks) {
        if area == COMMON {
            return fail("tags", "`common` is no resource: it stands for what several resources use");
        }
        for name in reachable(schemas, [root]) {
            areas.entry(name.to_owned()).or_default().insert(area.to_owned());
        }
    }
    for name in schemas.keys() {
        let usage = usages.entry(name.clone()).or_default();
        usage.area = match areas.get(name).map(|areas| areas.iter().collect::<Vec<_>>()) {
            None => {
                return fail(
                    format_args!("components.schemas.{name}"),
                    "no operation and no callback uses it",
                );
            }
            Some(areas) if areas.len() == 1 => areas[0].clone(),
            Some(_) => COMMON.to_owned(),
        };
        usage.endless = endless(schemas, name)?;
    }
    for (name, schema) in schemas.iter_mut() {
        schema.usage = usages.remove(name).unwrap_or_default();
        if let Shape::Object(object) = &schema.shape
            && schema.usage.written
            && let Some(property) =
                object.properties.iter().find(|property| property.required && property.read_only)
        {
            let place = format!("components.schemas.{name}.properties.{}", property.name);
            return fail(place, "the API sets it, so it cannot be required in an object that is written");
        }
    }
    Ok(())
}

/// The schemas that requests name, and whether as the whole body.
fn written_roots(operations: &[Operation]) -> Vec<(&str, bool)> {
    let bodies = operations.iter().filter_map(|operation| operation.body.as_ref());
    let parameters = operations.iter().flat_map(|operation| &operation.parameters);
    bodies
        .map(|body| (&*body.schema, true))
        .chain(parameters.flat_map(|parameter| parameter.kind.schemas()).map(|name| (name, false)))
        .collect()
}

/// Each schema that an operation or a callback names, with the area it belongs to by that.
fn roots<'c>(operations: &'c [Operation], callbacks: &'c [Callback]) -> Vec<(&'c str, &'c str)> {
    let mut roots: Vec<(&str, &str)> = Vec::new();
    for operation in operations {
        let area = operation.resource();
        let parameters = operation.parameters.iter().flat_map(|parameter| parameter.kind.schemas());
        roots.extend(parameters.map(|name| (area, name)));
        roots.extend(operation.body.iter().map(|body| (area, &*body.schema)));
        roots.extend(operation.errors.iter().map(|error| (area, &**error)));
        if let Answer::Object { schema, .. } | Answer::Array { schema } = &operation.answer {
            roots.push((area, schema));
        }
    }
    roots.extend(callbacks.iter().map(|callback| (&*callback.area, &*callback.schema)));
    roots
}

fn reachable<'s>(
    schemas: &'s IndexMap<String, Schema>,
    roots: impl IntoIterator<Item = &'s str>,
) -> HashSet<&'s str> {
    let mut reached = HashSet::new();
    let mut open: Vec<&str> = roots.into_iter().collect();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(schemas[name].names());
        }
    }
    reached
}

/// The properties of an object that lead back to it by objects alone: no list, no map and no union is in between, each
/// of which keeps what it holds elsewhere.
fn endless(schemas: &IndexMap<String, Schema>, name: &str) -> Result<Vec<String>> {
    let Shape::Object(object) = &schemas[name].shape else { return Ok(Vec::new()) };
    let mut endless = Vec::new();
    for property in &object.properties {
        let Type::Object(target) = &property.kind else { continue };
        if !contains(schemas, target, name, false) {
            continue;
        }
        if property.required && contains(schemas, target, name, true) {
            let place = format!("components.schemas.{name}.properties.{}", property.name);
            return fail(
                place,
                "is required and leads back to its own schema, so that no value could ever end",
            );
        }
        endless.push(property.name.clone());
    }
    Ok(endless)
}

/// Whether a value of `from` is or holds one of `wanted`, by required properties only or by any.
fn contains(schemas: &IndexMap<String, Schema>, from: &str, wanted: &str, required_only: bool) -> bool {
    let mut reached = HashSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        if name == wanted {
            return true;
        }
        if let Shape::Object(object) = &schemas[name].shape
            && reached.insert(name)
        {
            let followed = object.properties.iter().filter(|property| property.required || !required_only);
            open.extend(followed.filter_map(|property| match &property.kind {
                Type::Object(target) => Some(&**target),
                _ => None,
            }));
        }
    }
    false
}
