//! The languages that code is generated for. A target turns the contract into files; nothing that one target decides
//! is seen by another.

mod rust;
mod rust_client;
mod rust_core;
mod templates;

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::Result;
use crate::ir::Contract;

/// A file that is not formatted yet.
struct Draft {
    /// From the root of the workspace.
    path: String,
    text: String,
}

/// Every file of every target, formatted.
pub(crate) fn files(contract: &Contract, root: &Path) -> Result<BTreeMap<String, String>> {
    let mut drafts = rust_core::drafts(contract)?;
    drafts.extend(rust_client::drafts(contract)?);
    rust::format::format(drafts, root)
}
