//! Understands operations and callbacks.

mod checks;

use std::collections::HashSet;

use crate::document::{self, Document, Unique};
use crate::error::{Error, Place, Result, fail};
use crate::ir::{
    Answer, Authentication, Body, Callback, Encoding, Host, Location, Operation, Page, Parameter, Retry,
    Schema, Shape, Type, Verb,
};
use crate::schemas::{Schemas, parameter_facts};

use indexmap::IndexMap;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Reads what the documents hold beside schemas.
pub(crate) struct Reader<'a> {
    pub(crate) written: &'a Schemas<'a>,
    pub(crate) schemas: &'a IndexMap<String, Schema>,
}

impl Reader<'_> {
    /// All operations, sorted by id, those that are composed of others included.
    pub(crate) fn operations(&self, documents: &[(&str, Document)]) -> Result<Vec<Operation>> {
        let mut operations: Vec<Operation> = Vec::new();
        for (file, document) in documents {
            for (path, item) in &document.paths.0 {
                let place = Place::root(file).at("paths").at(path);
                self.path_item(path, item, &place, &mut operations)?;
            }
        }
        checks::ids(&operations)?;
        let mut composed = Vec::new();
        for (file, document) in documents {
            for (id, operation) in &document.composed.0 {
                let place = Place::root(file).at("x-composed").at(id);
                composed.push(self.composed(id, operation, &operations, &place)?);
            }
        }
        operations.extend(composed);
        checks::ids(&operations)?;
        operations.sort_by(|one, other| one.id.cmp(&other.id));
        let mut addresses = HashSet::new();
        for operation in operations.iter().filter(|operation| operation.becomes.is_none()) {
            if !addresses.insert((operation.verb.name(), &operation.shared_path)) {
                let address = format!("{} {}", operation.verb.name(), operation.shared_path);
                return fail("operations", format_args!("two operations answer to {address}"));
            }
        }
        Ok(operations)
    }

    fn path_item(
        &self,
        path: &str,
        item: &document::PathItem,
        place: &Place,
        operations: &mut Vec<Operation>,
    ) -> Result<()> {
        // Taken apart, so that a new verb cannot be forgotten.
        let document::PathItem { parameters, get, post, put, patch, delete } = item;
        let verbs = [
            (Verb::Get, get),
            (Verb::Post, post),
            (Verb::Put, put),
            (Verb::Patch, patch),
            (Verb::Delete, delete),
        ];
        for (verb, operation) in verbs {
            if let Some(operation) = operation {
                let place = place.at(verb.name().to_lowercase());
                operations.push(self.operation(path, verb, parameters, operation, &place)?);
            }
        }
        Ok(())
    }

    fn operation(
        &self,
        shared_path: &str,
        verb: Verb,
        shared: &[document::Parameter],
        operation: &document::Operation,
        place: &Place,
    ) -> Result<Operation> {
        checks::id(&operation.id, &operation.tags, place)?;
        let path = operation.path.as_deref().unwrap_or(shared_path);
        let host = match operation.host {
            document::Host::Conversation => Host::Conversation,
            document::Host::Template => Host::Template,
            document::Host::Batch => Host::Batch,
            document::Host::Auth => Host::Auth,
            document::Host::Sandbox => Host::Sandbox,
        };
        let mut parameters = Vec::new();
        for (index, parameter) in shared.iter().chain(&operation.parameters).enumerate() {
            parameters.push(self.parameter(parameter, &place.at("parameters").at(index))?);
        }
        checks::path_parameters(path, &parameters, place)?;
        checks::path_parameters(shared_path, &parameters, place)?;
        parameters.sort_by_key(|parameter| parameter.location == Location::Query);
        let body = operation
            .body
            .as_ref()
            .map(|body| self.body(body, false, &place.at("requestBody")))
            .transpose()?;
        if body.is_some() && verb == Verb::Get {
            return fail(place, "GET takes no body");
        }
        let answer = self.answer(operation, &place.at("responses"))?;
        let errors = self.errors(operation, &place.at("responses"))?;
        let page = operation
            .page
            .as_ref()
            .map(|page| self.page(page, &parameters, body.as_ref(), &answer, &place.at("x-page")))
            .transpose()?;
        Ok(Operation {
            id: operation.id.clone(),
            summary: operation.summary.trim().to_owned(),
            description: operation.description.trim().to_owned(),
            verb,
            host,
            path: path.to_owned(),
            shared_path: shared_path.to_owned(),
            retry: match operation.retry {
                document::Retry::Safe => Retry::Safe,
                document::Retry::Unsafe => Retry::Unsafe,
            },
            authentication: match (operation.authentication, host) {
                (Some(document::Authentication::None), _) => Authentication::None,
                (None, Host::Auth) => Authentication::AccessKey,
                (None, Host::Sandbox) => {
                    return fail(place, "the sandbox's own operations need `x-auth: none`");
                }
                (None, _) => Authentication::Token,
            },
            parameters,
            body,
            answer,
            errors,
            page,
            becomes: None,
        })
    }

    /// What goes out, and comes back, is that of the operation that is really called. Only the ids in its path come from
    /// the caller; its query, and with it its pages, are for the engine to write.
    fn composed(
        &self,
        id: &str,
        composed: &document::Composed,
        operations: &[Operation],
        place: &Place,
    ) -> Result<Operation> {
        checks::id(id, &composed.tags, place)?;
        let Some(becomes) = operations.iter().find(|operation| operation.id == composed.becomes) else {
            return fail(place.at("becomes"), format_args!("there is no operation `{}`", composed.becomes));
        };
        if composed.flat && composed.body.is_none() {
            return fail(place.at("x-flat"), "there is no requestBody whose properties could be arguments");
        }
        let body = composed
            .body
            .as_ref()
            .map(|body| self.body(body, composed.flat, &place.at("requestBody")))
            .transpose()?;
        let in_path = |parameter: &&Parameter| parameter.location == Location::Path;
        Ok(Operation {
            id: id.to_owned(),
            summary: composed.summary.trim().to_owned(),
            description: composed.description.trim().to_owned(),
            verb: becomes.verb,
            host: becomes.host,
            path: becomes.path.clone(),
            shared_path: becomes.shared_path.clone(),
            retry: becomes.retry,
            authentication: becomes.authentication,
            parameters: becomes.parameters.iter().filter(in_path).cloned().collect(),
            body,
            answer: becomes.answer.clone(),
            errors: becomes.errors.clone(),
            page: None,
            becomes: Some(becomes.id.clone()),
        })
    }

    fn parameter(&self, parameter: &document::Parameter, place: &Place) -> Result<Parameter> {
        let facts = parameter_facts(parameter, self.written, place)?;
        let kind = self.written.kind(&parameter.schema, &["default", "x-personal"], &place.at("schema"))?;
        let location = match parameter.location {
            document::Location::Path => Location::Path,
            document::Location::Query => Location::Query,
        };
        match (&kind, location) {
            (Type::List { items, .. }, Location::Query) if matches!(**items, Type::Text { .. }) => {
                if (parameter.style, parameter.explode) != (Some(document::Style::Form), Some(false)) {
                    return fail(
                        place,
                        "a list needs `style: form` and `explode: false`: one value joined with commas",
                    );
                }
            }
            (Type::Text { .. } | Type::Enumeration { .. }, _)
            | (Type::Boolean | Type::Integer { .. } | Type::DateTime, Location::Query) => {
                if parameter.style.is_some() || parameter.explode.is_some() {
                    return fail(place, "style and explode are for lists");
                }
            }
            _ => return fail(place, "a parameter cannot be of this type"),
        }
        if location == Location::Path && !parameter.required {
            return fail(place, "a path parameter is always required");
        }
        Ok(Parameter { name: parameter.name.clone(), location, required: parameter.required, facts, kind })
    }

    fn body(&self, body: &document::Body, flat: bool, place: &Place) -> Result<Body> {
        if !body.required {
            return fail(place, "a body that may be left out is not supported");
        }
        let (encoding, media) = match body.content.0.get_index(0) {
            Some((name, media)) if body.content.0.len() == 1 && name == JSON => (Encoding::Json, media),
            Some((name, media)) if body.content.0.len() == 1 && name == FORM => (Encoding::Form, media),
            _ => return fail(place.at("content"), format_args!("must be {JSON} or {FORM}, one of them")),
        };
        let schema = self.written.object_name(&media.schema, &place.at("schema"))?;
        Ok(Body { encoding, schema, flat })
    }

    fn answer(&self, operation: &document::Operation, place: &Place) -> Result<Answer> {
        let Some(response) = operation.responses.0.get("200") else { return fail(place, "200 is missing") };
        let place = place.at("200");
        let Some(media) = only_json(&response.content, &place)? else {
            return match &operation.result_key {
                Some(_) => fail(place, "x-result-key needs an answer with a body"),
                None => Ok(Answer::Empty),
            };
        };
        if media.schema.reference.is_some() {
            let schema = self.written.object_name(&media.schema, &place)?;
            if let Some(key) = &operation.result_key {
                self.property(&schema, key, &place.at("x-result-key"))?;
            }
            return Ok(Answer::Object { schema, key: operation.result_key.clone() });
        }
        match self.written.kind(&media.schema, &["x-unverified"], &place)? {
            Type::List { items, min_items: None, max_items: None } if operation.result_key.is_none() => {
                match *items {
                    Type::Object(schema) => Ok(Answer::Array { schema }),
                    _ => fail(place, "the items of an answer must be objects"),
                }
            }
            _ => fail(place, "an answer is an object or an array of objects"),
        }
    }

    fn errors(&self, operation: &document::Operation, place: &Place) -> Result<Vec<String>> {
        let mut errors = Vec::new();
        for (status, response) in operation.responses.0.iter().filter(|(status, _)| *status != "200") {
            let place = place.at(status);
            if !matches!(status.as_str(), "default" | "4XX" | "5XX") {
                return fail(place, "a response is 200, default, 4XX or 5XX");
            }
            let Some(media) = only_json(&response.content, &place)? else {
                return fail(place, "an error needs a body");
            };
            let name = self.written.object_name(&media.schema, &place)?;
            if !errors.contains(&name) {
                errors.push(name);
            }
        }
        Ok(errors)
    }

    fn page(
        &self,
        page: &document::Page,
        parameters: &[Parameter],
        body: Option<&Body>,
        answer: &Answer,
        place: &Place,
    ) -> Result<Page> {
        let Answer::Object { schema, .. } = answer else {
            return fail(place, "only an answer that is an object pages");
        };
        if !matches!(self.property(schema, &page.items, &place.at("items"))?, Type::List { .. }) {
            return fail(place.at("items"), format_args!("`{}` is not an array", page.items));
        }
        if !matches!(self.property(schema, &page.next, &place.at("next"))?, Type::Text { .. }) {
            return fail(place.at("next"), format_args!("`{}` is not a string", page.next));
        }
        let in_query = parameters
            .iter()
            .any(|parameter| parameter.location == Location::Query && parameter.name == page.token);
        let in_body = body.is_some_and(|body| self.property(&body.schema, &page.token, place).is_ok());
        if in_query == in_body {
            let problem =
                format!("`{}` must be a query parameter or a property of the body, one of them", page.token);
            return fail(place.at("token"), problem);
        }
        Ok(Page { items: page.items.clone(), token: page.token.clone(), next: page.next.clone(), in_body })
    }

    fn property(&self, schema: &str, name: &str, place: &Place) -> Result<&Type> {
        match &self.schemas[schema].shape {
            Shape::Object(object) => object.property(name).map(|property| &property.kind),
            _ => None,
        }
        .ok_or_else(|| Error::new(place, format_args!("`{name}` is no property of `{schema}`")))
    }

    /// All callbacks, in the order of the contract.
    pub(crate) fn callbacks(&self, documents: &[(&str, Document)]) -> Result<Vec<Callback>> {
        let mut callbacks: Vec<Callback> = Vec::new();
        for (file, document) in documents {
            for (trigger, document::Webhook { post }) in &document.webhooks.0 {
                let place = Place::root(file).at("webhooks").at(trigger);
                let area = checks::one_tag(&post.tags, &place)?.to_owned();
                let body = self.body(&post.body, false, &place.at("requestBody"))?;
                self.property(&body.schema, &post.body_key, &place.at("x-body-key"))?;
                if callbacks.iter().any(|other| other.trigger == *trigger || other.body_key == post.body_key)
                {
                    return fail(
                        place,
                        format_args!("the trigger or the key `{}` is there twice", post.body_key),
                    );
                }
                callbacks.push(Callback {
                    trigger: trigger.clone(),
                    area,
                    body_key: post.body_key.clone(),
                    summary: post.summary.trim().to_owned(),
                    description: post.description.trim().to_owned(),
                    unverified: post.unverified,
                    schema: body.schema,
                });
            }
        }
        Ok(callbacks)
    }
}

impl Verb {
    /// Its name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

fn only_json<'c>(
    content: &'c Unique<String, document::MediaType>,
    place: &Place,
) -> Result<Option<&'c document::MediaType>> {
    match content.0.get_index(0) {
        None => Ok(None),
        Some((name, media)) if content.0.len() == 1 && name == JSON => Ok(Some(media)),
        Some(_) => fail(place.at("content"), format_args!("an answer is {JSON} and nothing else")),
    }
}
