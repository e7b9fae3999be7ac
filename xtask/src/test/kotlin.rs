//! Kotlin: the package over the native library, with the system's JDK and Maven.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Language, Step};
use crate::{TaskResult, root, run, target, uniffi_bindings};

pub(super) const LANGUAGE: Language = Language { name: "kotlin", set_up, steps: STEPS };

const STEPS: &[Step] = &[
    Step { name: "kotlin: formatting and lints", run: || run(maven().args(["-o", "antrun:run@ktlint"])) },
    Step { name: "kotlin: generated code is that of the shim", run: uniffi_bindings::check },
    Step { name: "kotlin: build without warnings, and tests", run: test },
];

const MISSING: &str = "\
a JDK 17 or newer and Maven are missing. On Debian and Ubuntu: `apt install maven openjdk-17-jdk-headless`; on macOS:
`brew install maven`; elsewhere: https://adoptium.net and https://maven.apache.org/install.html";

/// What the package is compiled for.
const JAVA: u32 = 17;

/// Finds Maven with its JDK, and gets what the package needs if its list has changed.
fn set_up() -> TaskResult {
    let printed = maven().arg("--version").output().map_err(|_| MISSING.to_owned())?;
    if java_version(&String::from_utf8_lossy(&printed.stdout)) < Some(JAVA) {
        return Err(MISSING.to_owned());
    }
    let pom = fs::read(folder().join("pom.xml")).map_err(|error| error.to_string())?;
    let stamp = target().join("kotlin/resolved-pom.xml");
    if fs::read(&stamp).is_ok_and(|resolved| resolved == pom) {
        return Ok(());
    }
    // The last two do nothing, but not without what they need.
    let goals = ["dependency:resolve", "dependency:resolve-plugins", "surefire:test", "antrun:run@ktlint"];
    run(maven().args(["-q", "-DskipTests", "-Dktlint.arguments=--version"]).args(goals)).map_err(
        |failed| format!("what the Kotlin package needs could not be got from Maven Central: {failed}"),
    )?;
    fs::create_dir_all(target().join("kotlin"))
        .and_then(|()| fs::write(&stamp, pom))
        .map_err(|error| format!("{}: {error}", stamp.display()))
}

/// The first number after `Java version:` in what `mvn --version` prints.
fn java_version(printed: &str) -> Option<u32> {
    let (_, version) = printed.split_once("Java version: ")?;
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

fn test() -> TaskResult {
    uniffi_bindings::build_library()?;
    run(maven().args(["-o", "verify"]))
}

/// Maven in the package's folder. It builds outside of the clone.
fn maven() -> Command {
    let mut command = Command::new(if cfg!(windows) { "mvn.cmd" } else { "mvn" });
    command
        .args(["-B", "-ntp"])
        .arg(format!("-Dtidings.build={}", target().join("kotlin").display()))
        .arg(format!("-Dtidings.native={}", target().join("debug").display()))
        .current_dir(folder());
    command
}

fn folder() -> PathBuf {
    root().join("uniffi/kotlin")
}
