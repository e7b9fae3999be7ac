//! A file of models for each area.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;

use super::objects::{ChoiceView, ObjectView};
use super::types::{Types, type_name};
use crate::error::{Result, fail};
use crate::ir::{EnumerationValue, Schema, Shape, Type, Union};
use crate::targets::Draft;
use crate::targets::rust::{docs, literal, names};
use crate::usage::COMMON;

/// A schema as the template wants it.
#[derive(Serialize)]
struct ModelView {
    name: String,
    docs: String,
    #[serde(flatten)]
    shape: ShapeView,
}

#[derive(Serialize)]
#[serde(tag = "shape", rename_all = "lowercase")]
enum ShapeView {
    Object { object: ObjectView },
    Enumeration { values: Vec<ValueView> },
    Union { tag: String, variants: Vec<VariantView> },
}

#[derive(Serialize)]
struct ValueView {
    docs: String,
    variant: String,
    value: String,
}

#[derive(Serialize)]
struct VariantView {
    docs: String,
    variant: String,
    model: String,
    tag: String,
}

#[derive(Default)]
struct Area {
    models: Vec<ModelView>,
    choices: Vec<ChoiceView>,
    /// Models of other areas, and of this one.
    used: BTreeSet<String>,
    own: BTreeSet<String>,
    /// What comes from the module that reads and writes.
    wire: BTreeSet<&'static str>,
    imports: BTreeSet<&'static str>,
}

pub(super) fn drafts(types: &Types<'_>) -> Result<Vec<Draft>> {
    let mut areas: BTreeMap<String, Area> = BTreeMap::new();
    for schema in types.contract.schemas.values() {
        let area = areas.entry(names::value(&schema.name, &schema.usage.area)?).or_default();
        area.add(schema, types)?;
    }
    let mut all: Vec<(String, String)> = types
        .contract
        .schemas
        .keys()
        .map(|name| Ok((name.clone(), type_name(name)?)))
        .collect::<Result<_>>()?;
    all.extend(
        areas
            .values()
            .flat_map(|area| &area.choices)
            .map(|choice| (format!("the choice in {}", choice.model), choice.name.clone())),
    );
    names::distinct("components.schemas", all.iter().map(|(wire, rust)| (&**wire, &**rust)))?;

    let mut drafts = Vec::new();
    for (name, area) in &areas {
        let used: Vec<_> = area.used.difference(&area.own).collect();
        let context = json!({
            "title": docs::module_comment([title(name)]),
            "used": used,
            "wire": area.wire,
            "imports": area.imports,
            "models": area.models,
            "choices": area.choices,
        });
        drafts.push(super::draft(
            &format!("models/{}", file(name)?),
            "rust_client/models.rs.jinja",
            context,
        )?);
    }
    let areas: Vec<_> = areas.keys().collect();
    drafts.push(super::draft("models/mod", "rust_client/models_mod.rs.jinja", json!({ "areas": areas }))?);
    Ok(drafts)
}

fn title(area: &str) -> String {
    match area {
        COMMON => "Models that several resources use.".to_owned(),
        area => format!("The models of {}.", area.trim_start_matches("r#").replace('_', " ")),
    }
}

/// The file of a module.
pub(super) fn file(module: &str) -> Result<&str> {
    match module {
        "mod" | "r#mod" => fail("tags", "`mod` cannot be the name of a file of its own"),
        module => Ok(module.strip_prefix("r#").unwrap_or(module)),
    }
}

impl Area {
    fn add(&mut self, schema: &Schema, types: &Types<'_>) -> Result<()> {
        let name = type_name(&schema.name)?;
        self.own.insert(name.clone());
        let shape = match &schema.shape {
            Shape::Object(object) => {
                self.wire.insert("object");
                if types.is_text(&schema.name) {
                    self.wire.insert("from_text");
                }
                let kinds: Vec<_> = object.properties.iter().map(|property| &property.kind).collect();
                self.used.extend(Types::schema_types(&kinds)?);
                for kind in kinds {
                    self.import(kind);
                }
                if object.additional {
                    self.imports.insert("crate::JsonObject");
                }
                let (object, choice) = ObjectView::new(schema, object, types)?;
                self.choices.extend(choice);
                ShapeView::Object { object }
            }
            Shape::Enumeration(values) => {
                self.wire.insert("enumeration");
                self.wire.insert("Unrecognized");
                ShapeView::Enumeration { values: value_views(schema, values)? }
            }
            Shape::Union(union) => {
                self.wire.insert("tagged_union");
                self.wire.insert("UnrecognizedVariant");
                for variant in &union.variants {
                    self.used.insert(type_name(&variant.schema)?);
                }
                ShapeView::Union { tag: literal(&union.tag), variants: variant_views(schema, union, types)? }
            }
        };
        let docs = docs::comment([docs::schema(schema), choice_docs(schema)]);
        self.models.push(ModelView { name, docs, shape });
        Ok(())
    }

    fn import(&mut self, kind: &Type) {
        match kind {
            Type::DateTime => _ = self.imports.insert("jiff::Timestamp"),
            Type::Duration { .. } => _ = self.imports.insert("std::time::Duration"),
            Type::Constant(_) => _ = self.imports.insert("std::borrow::Cow"),
            Type::JsonObject => _ = self.imports.insert("crate::JsonObject"),
            Type::List { items, .. } => self.import(items),
            Type::Map { values, .. } => {
                self.imports.insert("std::collections::BTreeMap");
                self.import(values);
            }
            _ => {}
        }
    }
}

/// What a choice between properties means for whoever fills the object.
fn choice_docs(schema: &Schema) -> String {
    let Shape::Object(object) = &schema.shape else { return String::new() };
    let sentences = object.groups.iter().map(|group| {
        let members: Vec<_> = group.members.iter().map(|member| format!("`{member}`")).collect();
        let most = if group.exactly_one { "Exactly" } else { "At most" };
        format!("{most} one of these is set; [`kind`](Self::kind) tells which: {}.", members.join(", "))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

fn value_views(schema: &Schema, values: &[EnumerationValue]) -> Result<Vec<ValueView>> {
    let place = format!("components.schemas.{}.enum", schema.name);
    let views: Vec<_> = values
        .iter()
        .map(|value| {
            let note = value.note.as_deref().map(docs::markdown);
            let text = match note {
                Some(note) => format!("`{}`: {note}", value.value),
                None => format!("`{}`", value.value),
            };
            Ok(ValueView {
                docs: docs::comment([text]),
                variant: names::variant(&place, &value.value)?,
                value: literal(&value.value),
            })
        })
        .collect::<Result<_>>()?;
    names::distinct(
        place,
        values.iter().map(|value| &*value.value).zip(views.iter().map(|view| &*view.variant)),
    )?;
    Ok(views)
}

fn variant_views(schema: &Schema, union: &Union, types: &Types<'_>) -> Result<Vec<VariantView>> {
    let place = format!("components.schemas.{}.discriminator.mapping", schema.name);
    let views: Vec<_> = union
        .variants
        .iter()
        .map(|variant| {
            Ok(VariantView {
                docs: docs::comment([format!(
                    "{} The tag `{}`.",
                    docs::schema(types.contract.schema(&variant.schema)),
                    variant.tag
                )]),
                variant: names::variant(&place, &variant.tag)?,
                model: type_name(&variant.schema)?,
                tag: literal(&variant.tag),
            })
        })
        .collect::<Result<_>>()?;
    let wire = union.variants.iter().map(|variant| &*variant.tag);
    names::distinct(place, wire.zip(views.iter().map(|view| &*view.variant)))?;
    Ok(views)
}
