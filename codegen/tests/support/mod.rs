//! The real workspace, and one of its own for a contract.
#![allow(dead_code, reason = "each test uses its part")]

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the real workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A fresh folder for the test of this name, with these contract files and the project's `rustfmt.toml`.
pub(crate) fn workspace(test: &str, contract: &str, extensions: Option<&str>) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(folder.join("contract")).unwrap();
    fs::write(folder.join("contract/conversation.yaml"), contract).unwrap();
    if let Some(extensions) = extensions {
        fs::write(folder.join("contract/extensions.yaml"), extensions).unwrap();
    }
    fs::copy(root().join("rustfmt.toml"), folder.join("rustfmt.toml")).unwrap();
    folder
}
