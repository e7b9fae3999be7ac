//! Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Language, Step};
use crate::{TaskResult, cache, root, run, target};

pub(super) const LANGUAGE: Language = Language { name: "python", set_up, steps: STEPS };

const STEPS: &[Step] = &[
    Step {
        name: "python: formatting",
        run: || run(tool("ruff").args(["format", "--quiet", "--check", "--diff", "."])),
    },
    Step { name: "python: lints", run: || run(tool("ruff").args(["check", "--quiet", "."])) },
    Step { name: "python: build", run: build },
    Step { name: "python: types, mypy", run: || run(tool("mypy").arg("--no-error-summary")) },
    Step { name: "python: types, pyright", run: pyright },
    Step {
        name: "python: types of the native half",
        run: || {
            let arguments = ["-m", "mypy.stubtest", "--concise", "tidings._native"];
            run(python().env("MYPYPATH", "python").args(arguments))
        },
    },
    Step {
        name: "python: tests",
        run: || run(python().args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"])),
    },
];

/// The oldest one that the package runs on.
const OLDEST: (u32, u32) = (3, 10);

/// What an interpreter may be called, the likeliest name first.
const NAMES: [&str; 8] =
    ["python3", "python", "python3.11", "python3.12", "python3.13", "python3.14", "python3.15", "python3.10"];

/// Finds Python, and installs the tools where they are kept if their list has changed.
fn set_up() -> TaskResult {
    let (interpreter, version) = interpreter().ok_or_else(|| {
        "Python 3.10 or newer was not found: install it from https://www.python.org or your system's packages \
         (on Debian: apt install python3 python3-venv)"
            .to_owned()
    })?;
    let list = std::fs::read_to_string(folder().join("requirements-test.txt")).map_err(said)?;
    let wanted = format!("{interpreter} {version}\n{list}");
    let installed = environment().join("tidings-installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(Command::new(interpreter).args(["-m", "venv", "--clear"]).arg(environment())).map_err(|error| {
        format!("no environment for the tools could be made ({error}); on Debian: apt install python3-venv")
    })?;
    run(pip_install().args(["--requirement", "requirements-test.txt"]))
        .map_err(|error| format!("the tools of bindings-python could not be installed ({error})"))?;
    std::fs::write(&installed, wanted).map_err(said)
}

/// The first interpreter that is new enough, and its version.
fn interpreter() -> Option<(&'static str, String)> {
    NAMES.into_iter().find_map(|name| {
        let version = Command::new(name).arg("--version").output().ok().filter(|out| out.status.success())?;
        let version = String::from_utf8(version.stdout).ok()?.trim().strip_prefix("Python ")?.to_owned();
        let mut numbers = version.split('.').map(|number| number.parse().ok());
        let is_new_enough = (numbers.next()??, numbers.next()??) >= OLDEST;
        is_new_enough.then_some((name, version))
    })
}

fn folder() -> PathBuf {
    root().join("bindings-python")
}

fn environment() -> PathBuf {
    cache().join("python")
}

/// What belongs to this clone: the package as it is installed, and caches.
fn built() -> PathBuf {
    target().join("python")
}

/// A program of the environment. It sees the installed package, and writes nothing into the clone.
fn tool(name: &str) -> Command {
    let programs = environment().join(if cfg!(windows) { "Scripts" } else { "bin" });
    let mut command = Command::new(programs.join(name));
    command
        .current_dir(folder())
        .env("PYTHONPATH", built().join("installed"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("MYPY_CACHE_DIR", built().join("mypy"))
        .env("RUFF_CACHE_DIR", built().join("ruff"));
    command
}

fn python() -> Command {
    tool("python")
}

/// Installs what is named, and nothing that it asks for.
fn pip_install() -> Command {
    let mut pip = python();
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip
}

fn pyright() -> TaskResult {
    let interpreter = python();
    run(tool("pyright").arg("--pythonpath").arg(interpreter.get_program()))
}

/// Builds the wheel as users get it, but without optimization, and installs it.
fn build() -> TaskResult {
    let (wheels, installed) = (built().join("wheels"), built().join("installed"));
    for folder in [&wheels, &installed] {
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(said)?;
        }
    }
    let mut maturin = tool("maturin");
    maturin.args(["build", "--quiet", "--locked", "--profile", "dev", "--target-dir"]).arg(target());
    maturin.arg("--interpreter").arg(python().get_program()).arg("--out").arg(&wheels);
    run(&mut maturin)?;
    run(pip_install().arg("--no-index").arg("--target").arg(&installed).arg(only_file(&wheels)?))
}

fn only_file(folder: &Path) -> Result<PathBuf, String> {
    let files = std::fs::read_dir(folder).map_err(said)?;
    let mut files = files.filter_map(Result::ok).map(|entry| entry.path());
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file),
        _ => Err(format!("there should be one file in {}", folder.display())),
    }
}

fn said(error: std::io::Error) -> String {
    error.to_string()
}
