//! The task runner of Tidings. `cargo xtask help` lists the tasks.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task runner talks to its user")]

mod bench;
mod codegen;
mod test;
mod uniffi_bindings;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::LazyLock;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The task runner of Tidings")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Send an SMS and a flash SMS through the local sandbox and watch them arrive
    Demo {
        /// Against the real API, with the credentials of the environment; asks before it sends
        #[arg(long)]
        live: bool,
    },
    /// Run every check and test, of all languages or of those named
    Test {
        /// Languages to test: rust, python, node, kotlin, swift
        languages: Vec<String>,
        /// Pass although a language could not be tested
        #[arg(long)]
        allow_missing: bool,
    },
    /// Write every generated folder
    Codegen {
        /// Only say whether anything would change
        #[arg(long)]
        check: bool,
    },
    /// Measure what a send costs in each language beside HTTP clients by hand, and how large the libraries are
    Bench {
        /// How many times each client sends its share
        #[arg(long, default_value_t = 5)]
        rounds: u32,
    },
}

/// A task that failed: what to print, or nothing if it was printed.
type TaskResult = Result<(), String>;

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Demo { live } => demo(live),
        Task::Test { languages, allow_missing } => test::run(&languages, allow_missing),
        Task::Codegen { check: true } => codegen::check(),
        Task::Codegen { check: false } => codegen::write(),
        Task::Bench { rounds } => bench::run(rounds),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            if !message.is_empty() {
                eprintln!("{message}");
            }
            ExitCode::FAILURE
        }
    }
}

fn demo(live: bool) -> TaskResult {
    let mut command = cargo(&["run", "--quiet", "--locked", "--package", "tidings-demo"]);
    if live {
        command.args(["--", "--live"]);
    }
    // The demo has said itself what went wrong.
    run(&mut command).map_err(|_| String::new())
}

/// The root of the workspace: of the clone that is worked in, as cargo tells it. Two clones may share a target folder, so this
/// program may have been built in the other one.
fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let package =
            std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Path::new(&package).parent().unwrap_or(Path::new(".")).to_owned()
    });
    &ROOT
}

/// Where toolchains and caches are kept: outside of the clone, so that the next clone finds them.
pub(crate) fn cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    base.unwrap_or_else(std::env::temp_dir).join("tidings")
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command. Where nobody watches, an error ends with the last lines that the command printed: of a long log, CI may
/// show its end only.
fn run(command: &mut Command) -> TaskResult {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut tail = VecDeque::new();
    let status =
        if std::io::stdout().is_terminal() { command.status() } else { run_and_keep(command, &mut tail) };
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            tail.push_front(format!("{name} ended with {status}"));
            Err(Vec::from(tail).join("\n    "))
        }
        Err(error) => Err(format!("{name} could not be started: {error}")),
    }
}

/// Runs a command, prints what it prints and keeps the last lines of it.
fn run_and_keep(command: &mut Command, tail: &mut VecDeque<String>) -> std::io::Result<ExitStatus> {
    const LINES: usize = 60;
    let (reader, writer) = std::io::pipe()?;
    let mut child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
    // The command has copies of the pipe's other end, which would keep it open.
    command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        if tail.len() == LINES {
            tail.pop_front();
        }
        tail.push_back(line);
    }
    child.wait()
}

/// Runs a command for what it prints.
fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{name} could not be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name} ended with {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{name} printed no text"))
}
