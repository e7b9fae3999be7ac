//! Writes every folder called `generated/` from the contract.
//!
//! The road: `contract/*.yaml` is parsed strictly ([`generate`] stops at any keyword it does not know), understood and
//! checked, turned into a small intermediate form that no programming language shows in, and handed to the targets,
//! each of which fills its templates. Nothing is written before everything is made.
//!
//! ```no_run
//! let root = std::path::Path::new(".");
//! let outputs = tidings_codegen::generate(root)?;
//! println!("{}", outputs.write(root)?);
//! # Ok::<(), tidings_codegen::Error>(())
//! ```

#![forbid(unsafe_code)]

mod document;
mod error;
mod ir;
mod operations;
mod output;
mod schemas;
mod targets;
mod usage;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use indexmap::IndexMap;

use document::Document;
use error::{Place, Result, fail};
use schemas::Schemas;

pub use error::Error;
pub use output::{Drift, Outputs, Report};

/// The files of the contract, and whether each must be there.
const FILES: [(&str, bool); 2] = [("contract/conversation.yaml", true), ("contract/extensions.yaml", false)];

/// Makes every generated file of the workspace at `root`, in memory.
///
/// Needs `rustfmt` on the path.
pub fn generate(root: &Path) -> std::result::Result<Outputs, Error> {
    let mut documents = Vec::new();
    for (file, required) in FILES {
        match fs::read_to_string(root.join(file)) {
            Ok(text) => documents.push((file, Document::parse(file, &text)?)),
            Err(error) if !required && error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return fail(file, error),
        }
    }
    let contract = understand(&documents)?;
    targets::files(&contract, root).map(Outputs::new)
}

fn understand(documents: &[(&str, Document)]) -> Result<ir::Contract> {
    let mut written = IndexMap::new();
    for (file, document) in documents {
        for (name, schema) in &document.components.schemas.0 {
            let place = Place::root(file).at("components.schemas").at(name);
            if written.insert(name.as_str(), (schema, place.clone())).is_some() {
                return fail(place, "another file has a schema of this name");
            }
        }
    }
    let written = Schemas(written);
    let mut schemas = written.read()?;
    let reader = operations::Reader { written: &written, schemas: &schemas };
    let operations = reader.operations(documents)?;
    let callbacks = reader.callbacks(documents)?;
    usage::find(&mut schemas, &operations, &callbacks)?;
    let resources = resources(documents, &operations)?;
    Ok(ir::Contract { resources, operations, schemas, callbacks })
}

/// What each resource is for. A description of something that is none is a mistake.
fn resources(
    documents: &[(&str, Document)],
    operations: &[ir::Operation],
) -> Result<BTreeMap<String, String>> {
    let mut resources = BTreeMap::new();
    for (file, document) in documents {
        for tag in &document.tags {
            let place = Place::root(file).at("tags").at(&tag.name);
            if operations.iter().all(|operation| operation.resource() != tag.name) {
                return fail(place, "no operation belongs to this resource");
            }
            if resources.insert(tag.name.clone(), tag.description.clone()).is_some() {
                return fail(place, "is described twice");
            }
        }
    }
    Ok(resources)
}
