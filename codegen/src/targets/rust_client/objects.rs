//! An object as a struct: fields, ways to make one, ways to fill it, and what is chosen where it offers a choice.

use serde::Serialize;

use super::types::{Argument, Types, is_filled_in, is_optional, type_name};
use crate::error::{Result, fail};
use crate::ir::{Group, Object, Property, Schema, Sensitivity, Type};
use crate::targets::rust::{docs, literal, names};

/// A struct as the template wants it.
#[derive(Serialize)]
pub(super) struct ObjectView {
    fields: Vec<FieldView>,
    additional: bool,
    has_constants: bool,
    /// The only field, where a string can stand for the whole.
    text: Option<String>,
    constructors: Vec<ConstructorView>,
    setters: Vec<SetterView>,
    getters: Vec<GetterView>,
    choice: Option<String>,
}

#[derive(Serialize)]
struct FieldView {
    wire: String,
    name: String,
    docs: String,
    kind: String,
    constant: Option<String>,
    presence: &'static str,
    sensitivity: &'static str,
}

/// `new`, or what makes an object with one of its choices.
#[derive(Serialize)]
struct ConstructorView {
    name: String,
    docs: String,
    arguments: Vec<String>,
    fields: Vec<String>,
    is_complete: bool,
}

#[derive(Serialize)]
struct SetterView {
    name: String,
    docs: String,
    field: String,
    argument: String,
    value: String,
}

#[derive(Serialize)]
struct GetterView {
    name: String,
    docs: String,
}

/// The enum that tells which member of a choice is set.
#[derive(Serialize)]
pub(super) struct ChoiceView {
    pub(super) name: String,
    pub(super) model: String,
    members: Vec<MemberView>,
    /// Whether `Debug` must be written by hand to keep a member from being seen.
    masks: bool,
}

#[derive(Serialize)]
struct MemberView {
    wire: String,
    docs: String,
    field: String,
    variant: String,
    kind: String,
    borrow: &'static str,
    is_option: bool,
    is_masked: bool,
}

impl ObjectView {
    pub(super) fn new(
        schema: &Schema,
        object: &Object,
        types: &Types<'_>,
    ) -> Result<(Self, Option<ChoiceView>)> {
        let place = format!("components.schemas.{}", schema.name);
        let mut fields = Vec::new();
        for property in &object.properties {
            fields.push(field(schema, property)?);
        }
        let wire_and_rust = object
            .properties
            .iter()
            .map(|property| &*property.name)
            .zip(fields.iter().map(|field| &*field.name));
        let additional = object.additional.then_some(("any other property", "additional"));
        names::distinct(format_args!("{place}.properties"), wire_and_rust.chain(additional))?;
        let group = match object.groups.as_slice() {
            [] => None,
            [group] => Some(group),
            _ => return fail(&place, "several choices in one object are not supported in models"),
        };
        let choice = group.map(|group| choice(schema, object, group)).transpose()?;
        let view = Self {
            additional: object.additional,
            has_constants: fields.iter().any(|field| field.constant.is_some()),
            text: types.is_text(&schema.name).then(|| fields[0].name.clone()),
            constructors: constructors(schema, object, group, types)?,
            setters: setters(schema, object, group, types)?,
            getters: getters(object)?,
            choice: choice.as_ref().map(|choice| choice.name.clone()),
            fields,
        };
        view.check_methods(&place)?;
        Ok((view, choice))
    }

    /// All of them are methods of one type.
    fn check_methods(&self, place: &str) -> Result<()> {
        let constructors = self.constructors.iter().map(|one| ("a constructor", &*one.name));
        let setters = self.setters.iter().map(|one| ("a setter", &*one.name));
        let getters = self.getters.iter().map(|one| ("a getter", &*one.name));
        let choice = self.choice.iter().map(|_| ("the accessor of the choice", "kind"));
        names::distinct(place, constructors.chain(setters).chain(getters).chain(choice))
    }
}

fn field(schema: &Schema, property: &Property) -> Result<FieldView> {
    let filled_in = if is_filled_in(schema, property) {
        "Filled in from the client's `app_id` when left out."
    } else if property.must_be_written() && schema.usage.written && is_optional(schema, property) {
        "Required."
    } else {
        ""
    };
    let text = format!("{} {filled_in}", docs::property(&property.facts, &property.kind, property.read_only));
    Ok(FieldView {
        wire: literal(&property.name),
        name: value_name(&property.name)?,
        docs: docs::comment([text]),
        kind: Types::field(schema, property)?,
        constant: match &property.kind {
            Type::Constant(value) => Some(literal(value)),
            _ => None,
        },
        presence: match &property.kind {
            Type::Constant(_) => "Constant",
            _ if property.required => "Required",
            _ => "Optional",
        },
        sensitivity: match property.facts.sensitivity {
            Sensitivity::Open => "Open",
            Sensitivity::Personal => "Personal",
            Sensitivity::Secret => "Secret",
        },
    })
}

fn value_name(name: &str) -> Result<String> {
    names::value(format_args!("the property {name}"), name)
}

/// Whether whoever makes an object must say what the property is.
fn is_argument(schema: &Schema, property: &Property) -> bool {
    property.must_be_written()
        && !is_filled_in(schema, property)
        && !matches!(property.kind, Type::Constant(_))
}

fn constructors(
    schema: &Schema,
    object: &Object,
    group: Option<&Group>,
    types: &Types<'_>,
) -> Result<Vec<ConstructorView>> {
    let mut constructors = Vec::new();
    if !schema.usage.written {
        return Ok(constructors);
    }
    let required: Vec<_> =
        object.properties.iter().filter(|property| is_argument(schema, property)).collect();
    // Without a choice an object that needs one would never be right.
    if !group.is_some_and(|group| group.exactly_one) {
        let text = match required.as_slice() {
            [] => "Makes one in which nothing is set.",
            _ => "Makes one with what it must have.",
        };
        constructors.push(constructor("new", text.to_owned(), &required, schema, object, types)?);
    }
    if let Some(group) = group {
        for (member, name) in group.members.iter().zip(short_names(group)) {
            let Some(property) = object.property(member) else { continue };
            let mut given = required.clone();
            given.push(property);
            let text = docs::property(&property.facts, &property.kind, false);
            constructors.push(constructor(&value_name(&name)?, text, &given, schema, object, types)?);
        }
    }
    Ok(constructors)
}

fn constructor(
    name: &str,
    text: String,
    given: &[&Property],
    schema: &Schema,
    object: &Object,
    types: &Types<'_>,
) -> Result<ConstructorView> {
    let mut arguments = Vec::new();
    let mut fields = Vec::new();
    for property in given {
        let name = value_name(&property.name)?;
        let Argument { kind, value } = types.argument(schema, property, &name)?;
        arguments.push(format!("{name}: {kind}"));
        fields.push(if value == name { name } else { format!("{name}: {value}") });
    }
    Ok(ConstructorView {
        name: name.to_owned(),
        docs: docs::comment([text]),
        arguments,
        fields,
        is_complete: given.len() == object.properties.len() && !object.additional,
    })
}

fn setters(
    schema: &Schema,
    object: &Object,
    group: Option<&Group>,
    types: &Types<'_>,
) -> Result<Vec<SetterView>> {
    if !schema.usage.written {
        return Ok(Vec::new());
    }
    let is_member = |property: &Property| group.is_some_and(|group| group.members.contains(&property.name));
    let settable = object.properties.iter().filter(|property| {
        !is_argument(schema, property)
            && !is_member(property)
            && !property.read_only
            && !matches!(property.kind, Type::Constant(_))
    });
    settable
        .map(|property| {
            let field = value_name(&property.name)?;
            let Argument { kind, value } = types.argument(schema, property, &field)?;
            Ok(SetterView {
                name: field.clone(),
                docs: docs::comment([docs::property(&property.facts, &property.kind, false)]),
                argument: format!("{field}: {kind}"),
                field,
                value,
            })
        })
        .collect()
}

fn getters(object: &Object) -> Result<Vec<GetterView>> {
    let constants = object.properties.iter().filter(|property| matches!(property.kind, Type::Constant(_)));
    constants
        .map(|property| {
            let text = docs::property(&property.facts, &property.kind, false);
            let Type::Constant(value) = &property.kind else { return fail(&property.name, "is no constant") };
            Ok(GetterView {
                name: value_name(&property.name)?,
                docs: docs::comment([format!("{text} `{value}`, unless something else was read.")]),
            })
        })
        .collect()
}

fn choice(schema: &Schema, object: &Object, group: &Group) -> Result<ChoiceView> {
    let place = format!("components.schemas.{}", schema.name);
    let model = type_name(&schema.name)?;
    let mut members = Vec::new();
    for (member, short_name) in group.members.iter().zip(short_names(group)) {
        let Some(property) = object.property(member) else { continue };
        let (kind, borrow) = Types::borrowed(&property.kind)?;
        members.push(MemberView {
            wire: member.clone(),
            docs: docs::comment([docs::property(&property.facts, &property.kind, false)]),
            field: value_name(member)?,
            variant: names::variant(&place, &short_name)?,
            kind,
            borrow,
            is_option: is_optional(schema, property),
            is_masked: property.facts.sensitivity != Sensitivity::Open,
        });
    }
    names::distinct(&place, members.iter().map(|member| (&*member.wire, &*member.variant)))?;
    Ok(ChoiceView {
        name: names::type_name(&place, &format!("{model}Kind"))?,
        masks: members.iter().any(|member| member.is_masked),
        model,
        members,
    })
}

/// The members' names without the word that all members of such a choice end with, where they stay unique.
fn short_names(group: &Group) -> Vec<String> {
    const ENDINGS: [&str; 3] = ["_message", "_event", "_credentials"];
    let short = |member: &String| {
        let ending =
            ENDINGS.iter().find_map(|ending| member.strip_suffix(ending)).filter(|short| !short.is_empty());
        ending.unwrap_or(member).to_owned()
    };
    let names: Vec<_> = group.members.iter().map(short).collect();
    let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    names
        .iter()
        .zip(&group.members)
        .map(|(name, member)| if is_unique(name) { name.clone() } else { member.clone() })
        .collect()
}
