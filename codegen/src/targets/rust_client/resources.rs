//! A file of methods for each resource, and the accessors of the client.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;

use super::method_docs;
use super::models::file;
use super::types::{Argument, Types, is_filled_in, is_filled_in_parameter, is_optional, type_name};
use crate::error::{Result, fail};
use crate::ir::{Answer, Location, Object, Operation, Page, Parameter, Type};
use crate::targets::Draft;
use crate::targets::rust::{docs, literal, names};

/// Methods that every request has already.
const REQUEST: [&str; 14] = [
    "new",
    "path",
    "query",
    "body",
    "field",
    "fail",
    "into_record",
    "call",
    "timeout",
    "max_retries",
    "replay_unknown",
    "header",
    "pages",
    "items",
];

/// Methods that the client has already.
const CLIENT: [&str; 3] = ["new", "from_env", "statistics"];

/// Types that a file of methods uses without a path.
const USED: [&str; 8] = ["Async", "IntoBody", "Method", "Operation", "Paged", "Request", "Way", "Written"];

#[derive(Default)]
struct Resource<'c> {
    operations: Vec<&'c Operation>,
}

/// A method as the template wants it.
#[derive(Serialize)]
struct MethodView {
    name: String,
    docs: String,
    marker: String,
    operation: String,
    output: String,
    arguments: Vec<String>,
    conversions: Vec<String>,
    calls: Vec<String>,
    setters: Vec<SetterView>,
    paging: Option<PagingView>,
}

/// The items on a page.
#[derive(Serialize)]
struct PagingView {
    item: String,
    /// The expression that takes all of them out of `page`.
    items: String,
}

/// What sets an optional parameter of a request.
#[derive(Serialize)]
struct SetterView {
    name: String,
    docs: String,
    argument: String,
    conversion: String,
    call: String,
}

/// A value on its way into a request.
struct Value {
    argument: String,
    conversion: String,
    call: String,
}

/// What a file of methods imports.
#[derive(Default)]
struct Imports(BTreeSet<&'static str>);

pub(super) fn drafts(types: &Types<'_>) -> Result<Vec<Draft>> {
    let mut resources: BTreeMap<&str, Resource<'_>> = BTreeMap::new();
    for operation in types.contract.operations.iter().filter(|operation| operation.is_public()) {
        resources.entry(operation.resource()).or_default().operations.push(operation);
    }
    let mut drafts = Vec::new();
    let mut accessors = Vec::new();
    for (name, resource) in &resources {
        let accessor = names::value(name, name)?;
        if CLIENT.contains(&&*accessor) {
            return fail(name, "the client has a method of this name already");
        }
        let model = names::type_name(name, &camel(name)?)?;
        drafts.push(resource.draft(name, &accessor, &model, types)?);
        let docs = docs::comment([purpose(name, types)]);
        accessors.push(json!({ "module": accessor, "name": model, "docs": docs }));
    }
    let bodies: BTreeSet<_> = types
        .contract
        .operations
        .iter()
        .filter(|operation| operation.is_public())
        .filter_map(|operation| operation.body.as_ref().filter(|body| !body.flat))
        .map(|body| type_name(&body.schema))
        .collect::<Result<_>>()?;
    let context = json!({ "accessors": accessors, "bodies": bodies });
    drafts.push(super::draft("resources/mod", "rust_client/resources_mod.rs.jinja", context)?);
    Ok(drafts)
}

/// What a resource is for, as the contract says it.
fn purpose(resource: &str, types: &Types<'_>) -> String {
    match types.contract.resources.get(resource) {
        Some(description) => docs::markdown(description),
        None => format!("{}.", title(resource)),
    }
}

/// The methods of a resource, in words.
fn title(resource: &str) -> String {
    format!("The methods of {}", resource.replace('_', " "))
}

fn camel(name: &str) -> Result<String> {
    names::variant(name, name)
}

impl Resource<'_> {
    fn draft(&self, name: &str, module: &str, model: &str, types: &Types<'_>) -> Result<Draft> {
        let mut imports = Imports::default();
        let methods: Vec<_> = self
            .operations
            .iter()
            .map(|operation| method(operation, types, &mut imports))
            .collect::<Result<_>>()?;
        let own = USED.map(|used| ("a type of the client", used)).into_iter().chain([(name, model)]);
        let markers = methods.iter().map(|method| (&*method.name, &*method.marker));
        names::distinct(name, own.chain(markers))?;
        let takes_body =
            self.operations.iter().any(|operation| operation.body.as_ref().is_some_and(|body| !body.flat));
        let uses_models = takes_body
            || self.operations.iter().any(|operation| {
                let answers = !matches!(operation.answer, Answer::Empty);
                answers || operation.parameters.iter().any(|parameter| !parameter.kind.schemas().is_empty())
            })
            || methods.iter().any(MethodView::uses_models);
        let context = json!({
            "title": docs::module_comment([format!("{}.", title(name))]),
            "docs": docs::comment([
                purpose(name, types),
                format!(
                    "From [`Client::{module}`](crate::Client::{module}), or from the same method of a \
                     [`blocking::Client`](crate::blocking::Client)."
                ),
            ]),
            "name": model,
            "methods": methods,
            "imports": imports.0,
            "uses_models": uses_models,
            "takes_body": takes_body,
            "pages": self.operations.iter().any(|operation| operation.page.is_some()),
        });
        super::draft(&format!("resources/{}", file(module)?), "rust_client/resource.rs.jinja", context)
    }
}

impl MethodView {
    fn uses_models(&self) -> bool {
        let setters = self.setters.iter().map(|setter| &setter.argument);
        self.arguments.iter().chain(setters).any(|argument| argument.contains("models::"))
    }
}

fn method(operation: &Operation, types: &Types<'_>, imports: &mut Imports) -> Result<MethodView> {
    let marker = names::type_name(&operation.id, &camel(operation.method())?)?;
    let mut view = MethodView {
        name: names::value(&operation.id, operation.method())?,
        docs: String::new(),
        marker,
        operation: names::constant(&operation.id, &operation.id)?,
        output: match &operation.answer {
            Answer::Empty => "()".to_owned(),
            Answer::Object { schema, .. } => format!("models::{}", type_name(schema)?),
            Answer::Array { schema } => format!("Vec<models::{}>", type_name(schema)?),
        },
        arguments: Vec::new(),
        conversions: Vec::new(),
        calls: Vec::new(),
        setters: Vec::new(),
        paging: operation.page.as_ref().map(|page| paging(operation, page, types, imports)).transpose()?,
    };
    // The sandbox's own operations belong to no project.
    for parameter in operation.parameters.iter().filter(|parameter| parameter.name != "project_id") {
        let value = parameter_value(operation, parameter, types, imports)?;
        let text = docs::property(&parameter.facts, &parameter.kind, false);
        if parameter.required
            && !(parameter.location == Location::Query && is_filled_in_parameter(&parameter.name))
        {
            view.arguments.push(value.argument);
            view.conversions.push(value.conversion);
            view.calls.push(value.call);
        } else {
            let filled_in =
                parameter.required.then_some("Filled in from the client's `app_id` when left out.");
            view.add_setter(
                operation,
                &parameter.name,
                value,
                format!("{text} {}", filled_in.unwrap_or_default()),
            )?;
        }
    }
    if let Some(body) = &operation.body {
        if body.flat {
            let Some(object) = types.contract.object(&body.schema) else {
                return fail(&body.schema, "is no object");
            };
            flat_body(operation, &body.schema, object, types, imports, &mut view)?;
        } else {
            view.arguments.push(format!("body: impl IntoBody<models::{}>", type_name(&body.schema)?));
            view.calls.push(".body(body)".to_owned());
        }
    }
    let arguments =
        view.arguments.iter().filter_map(|argument| argument.split_once(':')).map(|(name, _)| (name, name));
    names::distinct(&operation.id, arguments)?;
    names::distinct(&operation.id, view.setters.iter().map(|setter| (&*setter.docs, &*setter.name)))?;
    view.docs = method_docs::of(operation, view.setters.iter().map(|setter| &*setter.name));
    Ok(view)
}

fn paging(
    operation: &Operation,
    page: &Page,
    types: &Types<'_>,
    imports: &mut Imports,
) -> Result<PagingView> {
    let place = format!("{}: x-page", operation.id);
    let Answer::Object { schema, .. } = &operation.answer else { return fail(place, "no object, no page") };
    let property = types.contract.object(schema).and_then(|object| object.property(&page.items));
    let Some((property, Type::List { items, .. })) = property.map(|property| (property, &property.kind))
    else {
        return fail(place, format_args!("`{}` is no list of `{schema}`", page.items));
    };
    imports.add(items);
    let field = names::value(&operation.id, &page.items)?;
    let or_none =
        if is_optional(types.contract.schema(schema), property) { ".unwrap_or_default()" } else { "" };
    Ok(PagingView { item: qualified(&Types::plain(items)?, items)?, items: format!("page.{field}{or_none}") })
}

fn flat_body(
    operation: &Operation,
    schema: &str,
    object: &Object,
    types: &Types<'_>,
    imports: &mut Imports,
    view: &mut MethodView,
) -> Result<()> {
    let schema = types.contract.schema(schema);
    imports.0.insert("crate::wire::Written");
    for property in object.properties.iter().filter(|property| !property.read_only) {
        if matches!(property.kind, Type::Constant(_)) {
            return fail(
                &operation.id,
                format_args!("`{}` is a constant, which no argument can be", property.name),
            );
        }
        let name = names::value(&operation.id, &property.name)?;
        let Value { argument, conversion, .. } = value(&name, &property.kind, types, imports)?;
        let call = format!(".field({}, Written(&{name}))", literal(&property.name));
        if property.required && !is_filled_in(schema, property) {
            view.arguments.push(argument);
            view.conversions.push(conversion);
            view.calls.push(call);
        } else {
            let text = docs::property(&property.facts, &property.kind, false);
            let filled_in =
                property.required.then_some("Filled in from the client's `app_id` when left out.");
            let text = format!("{text} {}", filled_in.unwrap_or_default());
            view.add_setter(operation, &property.name, Value { argument, conversion, call }, text)?;
        }
    }
    Ok(())
}

impl MethodView {
    fn add_setter(&mut self, operation: &Operation, wire: &str, value: Value, text: String) -> Result<()> {
        let name = names::value(&operation.id, wire)?;
        if REQUEST.contains(&&*name) {
            return fail(
                &operation.id,
                format_args!("every request has a method `{name}` already; `{wire}` needs another name"),
            );
        }
        let Value { argument, conversion, call } = value;
        self.setters.push(SetterView { name, docs: docs::comment([text]), argument, conversion, call });
        Ok(())
    }
}

fn parameter_value(
    operation: &Operation,
    parameter: &Parameter,
    types: &Types<'_>,
    imports: &mut Imports,
) -> Result<Value> {
    let name = names::value(&operation.id, &parameter.name)?;
    let wire = literal(&parameter.name);
    let mut value = value(&name, &parameter.kind, types, imports)?;
    let into_text = matches!(parameter.kind, Type::Enumeration { .. });
    let written = if into_text { format!("{name}.as_str()") } else { name };
    value.call = match parameter.location {
        Location::Path => format!(".path({wire}, {written})"),
        Location::Query => format!(".query({wire}, {written})"),
    };
    // A path takes whatever turns into a string by itself.
    if parameter.location == Location::Path {
        value.conversion.clear();
    }
    Ok(value)
}

fn value(name: &str, kind: &Type, types: &Types<'_>, imports: &mut Imports) -> Result<Value> {
    imports.add(kind);
    let plain = qualified(&Types::plain(kind)?, kind)?;
    let Argument { kind: argument, value } = types.value_argument(kind, name)?;
    let conversion = if value == name { String::new() } else { format!("let {name}: {plain} = {value};") };
    Ok(Value {
        argument: format!("{name}: {}", qualified(&argument, kind)?),
        conversion,
        call: String::new(),
    })
}

/// A type in which the models are named with their module.
fn qualified(text: &str, kind: &Type) -> Result<String> {
    let names: BTreeSet<String> = kind.schemas().into_iter().map(type_name).collect::<Result<_>>()?;
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut qualified = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|character| !is_name(character)).unwrap_or(rest.len()).max(1);
        let (token, after) = rest.split_at(end);
        if names.contains(token) {
            qualified.push_str("models::");
        }
        qualified.push_str(token);
        rest = after;
    }
    Ok(qualified)
}

impl Imports {
    fn add(&mut self, kind: &Type) {
        match kind {
            Type::DateTime => _ = self.0.insert("jiff::Timestamp"),
            Type::Duration { .. } => _ = self.0.insert("std::time::Duration"),
            Type::JsonObject => _ = self.0.insert("crate::JsonObject"),
            Type::List { items, .. } => self.add(items),
            Type::Map { values, .. } => {
                self.0.insert("std::collections::BTreeMap");
                self.add(values);
            }
            _ => {}
        }
    }
}
