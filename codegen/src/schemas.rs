//! Understands schemas: which form each one has, and that it has what the form needs and nothing else.

mod facts;
mod kinds;

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::document::{self, Additional, Groups};
use crate::error::{Error, Place, Result, fail};
use crate::ir::{
    EnumerationValue, Group, Object, PhoneNumberWhen, Property, Schema, Sensitivity, Shape, Type, Union,
    Usage, Variant,
};
use facts::{FACTS, check_default, facts};

pub(crate) use facts::parameter_facts;

const PREFIX: &str = "#/components/schemas/";

/// All schemas of the contract as they are written, by name.
pub(crate) struct Schemas<'a>(pub(crate) IndexMap<&'a str, (&'a document::Schema, Place)>);

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Object,
    Enumeration,
    Union,
}

impl Schemas<'_> {
    pub(crate) fn read(&self) -> Result<IndexMap<String, Schema>> {
        let mut schemas = IndexMap::new();
        for (name, (schema, place)) in &self.0 {
            schemas.insert((*name).to_owned(), self.schema(name, schema, place)?);
        }
        for schema in schemas.values() {
            if let Shape::Union(union) = &schema.shape {
                check_variants(union, &schemas, &self.0[&*schema.name].1)?;
            }
        }
        Ok(schemas)
    }

    fn schema(&self, name: &str, schema: &document::Schema, place: &Place) -> Result<Schema> {
        let shape = match form(schema, place)? {
            Form::Object => Shape::Object(self.object(schema, place)?),
            Form::Enumeration => Shape::Enumeration(enumeration(schema, place)?),
            Form::Union => Shape::Union(self.union(schema, place)?),
        };
        let facts = facts(schema, place)?;
        if facts.sensitivity != Sensitivity::Open {
            return fail(place, "a property is secret or personal, not a schema");
        }
        if facts.description.is_empty() {
            return fail(place, "needs a description");
        }
        if let (Shape::Enumeration(values), Some(default)) = (&shape, &facts.default)
            && values.iter().all(|value| value.value != *default)
        {
            return fail(place.at("default"), format_args!("`{default}` is none of the values"));
        }
        Ok(Schema {
            name: name.to_owned(),
            description: facts.description,
            default: facts.default,
            deprecated: facts.deprecated,
            unverified: facts.unverified,
            shape,
            usage: Usage::default(),
        })
    }

    fn object(&self, schema: &document::Schema, place: &Place) -> Result<Object> {
        only(
            schema,
            place,
            "an object",
            &[
                "type",
                "description",
                "deprecated",
                "x-unverified",
                "properties",
                "required",
                "additionalProperties",
                "x-one-of",
                "x-at-most-one-of",
                "x-phone-number-when",
            ],
        )?;
        let required = schema.required.as_deref().unwrap_or_default();
        unique(required, &place.at("required"))?;
        let mut properties = Vec::new();
        for (name, property) in schema.properties.iter().flat_map(|properties| &properties.0) {
            let is_required = required.contains(name);
            properties.push(self.property(name, property, is_required, &place.at("properties").at(name))?);
        }
        let object = Object {
            properties,
            additional: match &schema.additional {
                None | Some(Additional::None) => false,
                Some(Additional::Any) => true,
                Some(Additional::Of(_)) => {
                    return fail(
                        place.at("additionalProperties"),
                        "a schema with properties may have any others or none; a map has a property of its own",
                    );
                }
            },
            groups: Vec::new(),
            phone_number_when: None,
        };
        for name in required {
            known(&object, name, &place.at("required"))?;
        }
        let groups =
            [("x-one-of", true, &schema.exactly_one_of), ("x-at-most-one-of", false, &schema.at_most_one_of)];
        let mut read = Vec::new();
        for (keyword, exactly_one, groups) in groups {
            for members in groups.iter().flat_map(|Groups(groups)| groups) {
                read.push(group(&object, members, exactly_one, &place.at(keyword))?);
            }
        }
        let phone_number_when = schema
            .phone_number_when
            .as_ref()
            .map(|when| phone_number_when(&object, when, &place.at("x-phone-number-when")))
            .transpose()?;
        Ok(Object { groups: read, phone_number_when, ..object })
    }

    fn property(
        &self,
        name: &str,
        schema: &document::Schema,
        required: bool,
        place: &Place,
    ) -> Result<Property> {
        let mut allowed = FACTS.to_vec();
        allowed.push("readOnly");
        let kind = self.kind(schema, &allowed, place)?;
        let facts = facts(schema, place)?;
        if facts.description.is_empty() {
            return fail(place, "needs a description");
        }
        if kind.is_free_form() && facts.sensitivity == Sensitivity::Open {
            return fail(place, "free-form JSON must be x-personal: nobody knows what is in it");
        }
        if matches!(kind, Type::Constant(_)) && (!required || facts.sensitivity != Sensitivity::Open) {
            return fail(place, "a constant must be required and open: it tells one form from another");
        }
        check_default(facts.default.as_deref(), schema, &kind, self, place)?;
        Ok(Property {
            name: name.to_owned(),
            required,
            read_only: schema.read_only == Some(true),
            facts,
            kind,
        })
    }

    fn union(&self, schema: &document::Schema, place: &Place) -> Result<Union> {
        only(
            schema,
            place,
            "a union",
            &["oneOf", "discriminator", "description", "deprecated", "x-unverified"],
        )?;
        let Some(discriminator) = &schema.discriminator else {
            return fail(place, "oneOf needs a discriminator: without a tag nobody can tell the forms apart");
        };
        let mut listed = Vec::new();
        for (index, form) in schema.one_of.iter().flatten().enumerate() {
            listed.push(self.object_name(form, &place.at("oneOf").at(index))?);
        }
        unique(&listed, &place.at("oneOf"))?;
        let place = place.at("discriminator").at("mapping");
        let mut variants = Vec::new();
        for (tag, reference) in &discriminator.mapping.0 {
            let name = self.resolve(reference, &place.at(tag))?;
            if !listed.iter().any(|listed| listed == name) {
                return fail(place.at(tag), format_args!("`{name}` is not in oneOf"));
            }
            variants.push(Variant { tag: tag.clone(), schema: name.to_owned() });
        }
        let mapped: Vec<_> = variants.iter().map(|variant| variant.schema.clone()).collect();
        unique(&mapped, &place)?;
        if let Some(missing) = listed.iter().find(|listed| !mapped.contains(listed)) {
            return fail(place, format_args!("`{missing}` has no tag"));
        }
        Ok(Union { tag: discriminator.property.clone(), variants })
    }
}

fn form(schema: &document::Schema, place: &Place) -> Result<Form> {
    match (schema.kind.as_deref(), schema.one_of.is_some(), schema.values.is_some()) {
        (Some("object"), false, false) => Ok(Form::Object),
        (Some("string"), false, true) => Ok(Form::Enumeration),
        (None, true, false) => Ok(Form::Union),
        _ => fail(place, "must be an object, an enum of strings, or a oneOf with a discriminator"),
    }
}

fn enumeration(schema: &document::Schema, place: &Place) -> Result<Vec<EnumerationValue>> {
    only(
        schema,
        place,
        "an enum",
        &["type", "enum", "description", "default", "deprecated", "x-values", "x-unverified"],
    )?;
    let values = schema.values.as_deref().unwrap_or_default();
    if values.is_empty() {
        return fail(place.at("enum"), "has no values");
    }
    unique(values, &place.at("enum"))?;
    let notes = schema.notes.as_ref().map(|notes| &notes.0);
    if let Some(unknown) = notes.into_iter().flat_map(IndexMap::keys).find(|noted| !values.contains(noted)) {
        return fail(place.at("x-values"), format_args!("`{unknown}` is none of the values"));
    }
    let note = |value: &str| notes.and_then(|notes| notes.get(value)).cloned();
    Ok(values.iter().map(|value| EnumerationValue { value: value.clone(), note: note(value) }).collect())
}

fn group(object: &Object, members: &[String], exactly_one: bool, place: &Place) -> Result<Group> {
    unique(members, place)?;
    if members.len() < 2 {
        return fail(place, "a choice needs two members at least");
    }
    for member in members {
        let property = known(object, member, place)?;
        if property.required || property.read_only {
            return fail(
                place,
                format_args!("`{member}` cannot be one of several: it is required or set by the API"),
            );
        }
    }
    Ok(Group { exactly_one, members: members.to_vec() })
}

fn phone_number_when(
    object: &Object,
    when: &document::PhoneNumberWhen,
    place: &Place,
) -> Result<PhoneNumberWhen> {
    if !matches!(known(object, &when.property, place)?.kind, Type::Text { format: None, .. }) {
        return fail(place, format_args!("`{}` is not a plain string", when.property));
    }
    if !matches!(known(object, &when.by, place)?.kind, Type::Enumeration { .. }) {
        return fail(place, format_args!("`{}` is not an enum", when.by));
    }
    Ok(PhoneNumberWhen { property: when.property.clone(), by: when.by.clone(), values: when.values.clone() })
}

fn check_variants(union: &Union, schemas: &IndexMap<String, Schema>, place: &Place) -> Result<()> {
    for Variant { tag, schema } in &union.variants {
        let Shape::Object(object) = &schemas[schema].shape else {
            return fail(place, format_args!("`{schema}` is not an object"));
        };
        let property = object.property(&union.tag);
        if !property.is_some_and(|property| matches!(&property.kind, Type::Constant(value) if value == tag)) {
            let problem =
                format_args!("`{schema}` needs the property `{}` with the const `{tag}`", union.tag)
                    .to_string();
            return fail(place.at("discriminator"), problem);
        }
    }
    Ok(())
}

fn known<'o>(object: &'o Object, name: &str, place: &Place) -> Result<&'o Property> {
    object.property(name).ok_or_else(|| Error::new(place, format_args!("`{name}` is no property")))
}

/// Stops where a schema has a keyword that its form does not take.
fn only(schema: &document::Schema, place: &Place, form: &str, allowed: &[&'static str]) -> Result<()> {
    match schema.keywords().iter().find(|keyword| !allowed.contains(keyword)) {
        Some(keyword) => fail(place, format_args!("{form} cannot have `{keyword}`")),
        None => Ok(()),
    }
}

fn unique(names: &[String], place: &Place) -> Result<()> {
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(*name)) {
        Some(name) => fail(place, format_args!("`{name}` stands here twice")),
        None => Ok(()),
    }
}
