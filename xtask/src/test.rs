//! `cargo xtask test [language...]`: every check and test, one language after the other.

use std::time::{Duration, Instant};

use crate::{TaskResult, cargo, codegen, run as run_command};

/// A check or a test run, with the name it is listed under.
struct Step {
    name: &'static str,
    run: fn() -> TaskResult,
}

const RUST: &[Step] = &[
    Step { name: "rust: formatting", run: || run_command(&mut cargo(&["fmt", "--all", "--check"])) },
    Step { name: "rust: generated code is that of the contract", run: codegen::check },
    Step {
        name: "rust: lints",
        run: || {
            let arguments =
                ["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
            run_command(&mut cargo(&arguments))
        },
    },
    Step { name: "rust: tests", run: || run_command(&mut cargo(&["test", "--workspace", "--locked"])) },
    Step {
        name: "rust: documentation",
        run: || {
            let arguments = ["doc", "--quiet", "--workspace", "--no-deps", "--locked"];
            run_command(cargo(&arguments).env("RUSTDOCFLAGS", "-D warnings"))
        },
    },
    Step { name: "rust: demo", run: || crate::demo(false) },
];

/// Languages of the design that are not built yet, so that asking for one says so.
const TO_COME: [&str; 4] = ["python", "node", "kotlin", "swift"];

/// Runs every step, also after one has failed, so that one run shows all that is wrong.
fn run_steps(steps: &[Step]) -> (Vec<(&'static str, Duration)>, Vec<&'static str>) {
    let mut passed = Vec::new();
    let mut failed = Vec::new();
    for step in steps {
        println!("== {}", step.name);
        let started = Instant::now();
        match (step.run)() {
            Ok(()) => passed.push((step.name, started.elapsed())),
            Err(message) => {
                eprintln!("{message}");
                failed.push(step.name);
            }
        }
    }
    (passed, failed)
}

pub(crate) fn run(languages: &[String], allow_missing: bool) -> TaskResult {
    let mut missing = Vec::new();
    for language in languages.iter().map(String::as_str) {
        match language {
            "rust" => {}
            known if TO_COME.contains(&known) => missing.push(known),
            other => return Err(format!("no language is called {other}; there is: rust")),
        }
    }
    let rust = languages.is_empty() || languages.iter().any(|language| language == "rust");
    let (passed, failed) = if rust { run_steps(RUST) } else { (Vec::new(), Vec::new()) };
    println!();
    for (name, took) in &passed {
        println!("passed  {name} ({:.0} s)", took.as_secs_f64());
    }
    for name in &failed {
        println!("FAILED  {name}");
    }
    for language in &missing {
        println!("NOT RUN {language}: Tidings has no package for it yet");
    }
    if !failed.is_empty() {
        return Err(format!("{} of {} steps failed", failed.len(), failed.len() + passed.len()));
    }
    if !missing.is_empty() && !allow_missing {
        return Err("something was not run; --allow-missing lets that pass".to_owned());
    }
    Ok(())
}
