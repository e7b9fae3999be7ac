//! Rust: the engine, the sandbox, the typed client, and everything that is written in Rust.

use super::{Language, Step};
use crate::{cargo, codegen, run};

/// Whoever runs this has the toolchain.
pub(super) const LANGUAGE: Language = Language { name: "rust", set_up: || Ok(()), steps: STEPS };

const STEPS: &[Step] = &[
    Step { name: "rust: formatting", run: || run(&mut cargo(&["fmt", "--all", "--check"])) },
    Step { name: "rust: generated code is that of the contract", run: codegen::check_contract },
    Step {
        name: "rust: lints",
        run: || {
            let arguments =
                ["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
            run(&mut cargo(&arguments))
        },
    },
    Step { name: "rust: tests", run: || run(&mut cargo(&["test", "--workspace", "--locked"])) },
    Step {
        name: "rust: documentation",
        run: || {
            let arguments = ["doc", "--quiet", "--workspace", "--no-deps", "--locked"];
            run(cargo(&arguments).env("RUSTDOCFLAGS", "-D warnings"))
        },
    },
    Step { name: "rust: demo", run: || crate::demo(false) },
];
