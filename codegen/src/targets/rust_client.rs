//! The typed Rust client: models, methods and callbacks.

mod events;
mod method_docs;
mod models;
mod objects;
mod resources;
mod types;

use serde_json::json;

use super::rust::HEADER;
use super::{Draft, templates};
use crate::error::Result;
use crate::ir::Contract;

const FOLDER: &str = "bindings-rust/src/generated";

pub(super) fn drafts(contract: &Contract) -> Result<Vec<Draft>> {
    let types = types::Types::new(contract)?;
    let mut drafts = vec![draft("mod", "rust_client/mod.rs.jinja", json!({}))?];
    drafts.extend(models::drafts(&types)?);
    drafts.extend(resources::drafts(&types)?);
    drafts.push(events::draft(&types)?);
    Ok(drafts)
}

/// The file `name` of the generated folder, from a template.
fn draft(name: &str, template: &str, context: serde_json::Value) -> Result<Draft> {
    let text = templates::render(template, HEADER, context)?;
    Ok(Draft { path: format!("{FOLDER}/{name}.rs"), text })
}
