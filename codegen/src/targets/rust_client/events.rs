//! Callbacks as one enum.

use serde::Serialize;
use serde_json::json;

use super::types::{Types, type_name};
use crate::error::Result;
use crate::targets::Draft;
use crate::targets::rust::{docs, literal, names};

#[derive(Serialize)]
struct VariantView {
    docs: String,
    variant: String,
    model: String,
    trigger: String,
}

pub(super) fn draft(types: &Types<'_>) -> Result<Draft> {
    let callbacks = &types.contract.callbacks;
    let variants: Vec<_> = callbacks
        .iter()
        .map(|callback| {
            let marks: Vec<_> = docs::marks(false, callback.unverified).collect();
            let text = format!("{} {}", docs::markdown(&callback.description), marks.join(" "));
            Ok(VariantView {
                docs: docs::comment([
                    format!("{}.", docs::markdown(&callback.summary)),
                    text,
                    format!("The trigger `{}`.", callback.trigger),
                ]),
                variant: names::variant("webhooks", &callback.trigger)?,
                model: type_name(&callback.schema)?,
                trigger: literal(&callback.trigger),
            })
        })
        .collect::<Result<_>>()?;
    names::distinct(
        "webhooks",
        callbacks
            .iter()
            .map(|callback| &*callback.trigger)
            .zip(variants.iter().map(|variant| &*variant.variant)),
    )?;
    super::draft("events", "rust_client/events.rs.jinja", json!({ "variants": variants }))
}
