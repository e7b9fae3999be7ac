//! Node.js.

use std::path::PathBuf;
use std::process::Command;

use super::{Language, Step};
use crate::{TaskResult, cache, cargo, root, run};

pub(super) const LANGUAGE: Language = Language { name: "node", set_up, steps: STEPS };

/// The scripts are those of `bindings-node/package.json`.
const STEPS: &[Step] = &[
    Step { name: "node: formatting", run: || script("format") },
    Step { name: "node: build", run: || script("build") },
    Step { name: "node: types", run: || script("types") },
    Step { name: "node: lints", run: || script("lint") },
    Step { name: "node: native tests", run: native_tests },
    Step { name: "node: tests", run: || script("test") },
];

/// What the package runs on is older; its tools need this.
const NODE: (u32, u32) = (20, 19);

const MEND: &str =
    "install Node.js 20.19 or newer with npm, from https://nodejs.org or your system's packages";

/// What of the native half can be tested without Node.js.
fn native_tests() -> TaskResult {
    run(&mut cargo(&["test", "--quiet", "--package", "tidings-node", "--locked"]))
}

fn folder() -> PathBuf {
    root().join("bindings-node")
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).current_dir(folder());
    command
}

fn script(name: &str) -> TaskResult {
    run(&mut npm(&["run", "--silent", name]))
}

/// Finds Node.js, and installs the tools of the package if their list has changed.
fn set_up() -> TaskResult {
    let version = version().ok_or_else(|| format!("Node.js was not found: {MEND}"))?;
    if version < NODE {
        return Err(format!("Node.js {}.{} is too old: {MEND}", version.0, version.1));
    }
    let list = std::fs::read(folder().join("package-lock.json")).map_err(|error| error.to_string())?;
    let installed = folder().join("node_modules").join(".tidings-installed");
    if std::fs::read(&installed).is_ok_and(|installed| installed == list) {
        return Ok(());
    }
    let mut install = npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]);
    run(install.arg("--cache").arg(cache().join("npm")))
        .map_err(|error| format!("the tools of bindings-node could not be installed ({error})"))?;
    std::fs::write(&installed, list).map_err(|error| error.to_string())
}

/// The first two numbers of what `node --version` says, such as `v20.19.2`.
fn version() -> Option<(u32, u32)> {
    let output = Command::new("node").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}
