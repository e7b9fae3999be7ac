//! `cargo xtask test [language...]`: every check and test, one language after the other.

mod kotlin;
mod node;
mod python;
mod rust;
mod swift;

use std::time::{Duration, Instant};

use crate::TaskResult;

/// A check or a test run, with the name it is listed under.
struct Step {
    name: &'static str,
    run: fn() -> TaskResult,
}

/// A language: what it is called on the command line, what must be there before its steps can run, and the steps.
struct Language {
    name: &'static str,
    /// Finds or installs the toolchain. An error says what is missing and how it is installed.
    set_up: fn() -> TaskResult,
    steps: &'static [Step],
}

/// In the order they run: what is quick to fail comes first.
const LANGUAGES: [Language; 5] =
    [rust::LANGUAGE, python::LANGUAGE, node::LANGUAGE, kotlin::LANGUAGE, swift::LANGUAGE];

/// What became of a run.
#[derive(Default)]
struct Outcome {
    passed: Vec<(&'static str, Duration)>,
    /// With what was wrong.
    failed: Vec<(&'static str, String)>,
    /// Languages that could not be set up, and why.
    not_run: Vec<(&'static str, String)>,
}

impl Outcome {
    /// Runs a language: every step, also after one has failed, so that one run shows all that is wrong.
    fn run(&mut self, language: &Language) {
        println!("== {}: set-up", language.name);
        if let Err(missing) = (language.set_up)() {
            eprintln!("{missing}");
            self.not_run.push((language.name, missing));
            return;
        }
        for step in language.steps {
            println!("== {}", step.name);
            let started = Instant::now();
            match (step.run)() {
                Ok(()) => self.passed.push((step.name, started.elapsed())),
                Err(message) => {
                    eprintln!("{message}");
                    self.failed.push((step.name, message));
                }
            }
        }
    }
}

pub(crate) fn run(names: &[String], allow_missing: bool) -> TaskResult {
    for name in names {
        if LANGUAGES.iter().all(|language| language.name != name) {
            let known: Vec<&str> = LANGUAGES.iter().map(|language| language.name).collect();
            return Err(format!("no language is called {name}; there are: {}", known.join(", ")));
        }
    }
    let mut outcome = Outcome::default();
    for language in &LANGUAGES {
        if names.is_empty() || names.iter().any(|name| name == language.name) {
            outcome.run(language);
        }
    }
    println!();
    for (name, took) in &outcome.passed {
        println!("passed  {name} ({:.0} s)", took.as_secs_f64());
    }
    for (name, message) in &outcome.failed {
        println!("FAILED  {name}: {message}");
    }
    for (language, missing) in &outcome.not_run {
        println!("NOT RUN {language}: {missing}");
    }
    if !outcome.failed.is_empty() {
        return Err(format!(
            "{} of {} steps failed",
            outcome.failed.len(),
            outcome.failed.len() + outcome.passed.len()
        ));
    }
    if !outcome.not_run.is_empty() && !allow_missing {
        return Err("something was not run; --allow-missing lets that pass".to_owned());
    }
    Ok(())
}
