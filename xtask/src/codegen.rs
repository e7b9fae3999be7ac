//! `cargo xtask codegen [--check]`: what is generated from the contract, and from the shim of Kotlin and Swift.

use crate::{TaskResult, root, uniffi_bindings};

pub(crate) fn write() -> TaskResult {
    let outputs = tidings_codegen::generate(root()).map_err(|error| error.to_string())?;
    let report = outputs.write(root()).map_err(|error| error.to_string())?;
    println!("{report}");
    uniffi_bindings::write()
}

pub(crate) fn check() -> TaskResult {
    check_contract()?;
    uniffi_bindings::check()
}

/// The share that follows from the contract alone.
pub(crate) fn check_contract() -> TaskResult {
    let outputs = tidings_codegen::generate(root()).map_err(|error| error.to_string())?;
    outputs.check(root()).map_err(|drifts| {
        let lines: Vec<String> = drifts.iter().map(|drift| format!("  {drift}")).collect();
        format!("generated code differs from the contract; run `cargo xtask codegen`:\n{}", lines.join("\n"))
    })
}
