//! Writes the generated halves of the Kotlin and Swift packages, from the shim's library as cargo built it.
//!
//! `tidings-uniffi-bindgen LIBRARY CONFIGURATION FOLDER` writes `FOLDER/kotlin` and `FOLDER/swift`. The library must not be
//! stripped: what it exports is described in its symbols. `cargo xtask codegen` calls this.
#![allow(clippy::print_stderr, reason = "a tool talks to its user")]

use std::env;
use std::process::ExitCode;

use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [library, configuration, folder] = arguments.as_slice() else {
        eprintln!("usage: tidings-uniffi-bindgen LIBRARY CONFIGURATION FOLDER");
        return ExitCode::FAILURE;
    };
    for (language, name) in [(TargetLanguage::Kotlin, "kotlin"), (TargetLanguage::Swift, "swift")] {
        let written = generate(GenerateOptions {
            languages: vec![language],
            source: library.into(),
            out_dir: format!("{folder}/{name}").into(),
            config_override: Some(configuration.into()),
            ..GenerateOptions::default()
        });
        if let Err(error) = written {
            eprintln!("the code for {name} could not be generated from {library}: {error:#}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
