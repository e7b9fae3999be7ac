//! The generated halves of the Kotlin and Swift packages: written by UniFFI from the shim's library, kept in the clone, and
//! checked for drift like all generated code.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::PathBuf;

use crate::{TaskResult, cargo, root, run, target};

/// Where the generator puts a file, and where the package has it.
const FILES: [(&str, &str); 3] = [
    (
        "kotlin/io/github/tidings/internal/tidings_uniffi.kt",
        "uniffi/kotlin/src/main/generated/io/github/tidings/internal/tidings_uniffi.kt",
    ),
    ("swift/TidingsNative.swift", "uniffi/swift/Sources/TidingsNative/generated/TidingsNative.swift"),
    ("swift/tidings_uniffiFFI.h", "uniffi/swift/Sources/tidings_uniffiFFI/generated/tidings_uniffiFFI.h"),
];

/// Writes them.
pub(crate) fn write() -> TaskResult {
    for (path, text) in generate()? {
        let path = root().join(path);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{} could not be written: {error}", path.display()))?;
    }
    Ok(())
}

/// Says which of them differ from what the shim is now.
pub(crate) fn check() -> TaskResult {
    let drifted: Vec<String> = generate()?
        .into_iter()
        .filter(|(path, text)| !fs::read(root().join(path)).is_ok_and(|kept| kept == *text))
        .map(|(path, _)| format!("  {path}"))
        .collect();
    if drifted.is_empty() {
        return Ok(());
    }
    Err(format!("generated code differs from the shim; run `cargo xtask codegen`:\n{}", drifted.join("\n")))
}

/// Builds the shim's library, which has to be there before its packages can be tested. Not stripped: what it exports is
/// described in its symbols.
pub(crate) fn build_library() -> Result<PathBuf, String> {
    run(&mut cargo(&["build", "--quiet", "--locked", "--package", "tidings-uniffi"]))?;
    Ok(target().join("debug").join(format!("{DLL_PREFIX}tidings_uniffi{DLL_SUFFIX}")))
}

/// What the packages must have, by its place in them.
fn generate() -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    let library = build_library()?;
    let folder = target().join("uniffi-generated");
    if folder.exists() {
        // What is no longer written must not be found.
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let bindgen = ["run", "--quiet", "--locked", "--package", "tidings-uniffi-bindgen", "--"];
    run(cargo(&bindgen).arg(library).arg(root().join("uniffi/uniffi.toml")).arg(&folder))?;
    FILES
        .into_iter()
        .map(|(made, kept)| {
            let made = folder.join(made);
            let text = fs::read(&made).map_err(|error| format!("{}: {error}", made.display()))?;
            Ok((kept, text))
        })
        .collect()
}
