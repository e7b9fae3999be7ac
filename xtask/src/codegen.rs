//! `cargo xtask codegen [--check]`

use crate::{TaskResult, root};

pub(crate) fn write() -> TaskResult {
    let outputs = tidings_codegen::generate(root()).map_err(|error| error.to_string())?;
    let report = outputs.write(root()).map_err(|error| error.to_string())?;
    println!("{report}");
    Ok(())
}

pub(crate) fn check() -> TaskResult {
    let outputs = tidings_codegen::generate(root()).map_err(|error| error.to_string())?;
    outputs.check(root()).map_err(|drifts| {
        let lines: Vec<String> = drifts.iter().map(|drift| format!("  {drift}")).collect();
        format!("generated code differs from the contract; run `cargo xtask codegen`:\n{}", lines.join("\n"))
    })
}
