//! Release builds of everything that is measured, in folders of their own outside of the clone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{cache, cargo, output, root, run, target};

/// Where everything stands that was built.
pub(super) struct Builds {
    pub(super) rust: PathBuf,
    pub(super) wheel: PathBuf,
    pub(super) node_library: PathBuf,
    pub(super) phone_library: PathBuf,
    pub(super) server_library: PathBuf,
    python: PathBuf,
    node: PathBuf,
}

impl Builds {
    pub(super) fn make() -> Result<Self, String> {
        println!("== builds (release; the first takes some minutes)");
        let folder = cache().join("bench");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        run(&mut cargo(&["build", "--release", "--locked", "--package", "tidings-bench"]))?;
        let (python, wheel) = python(&folder.join("python"))?;
        let (node, node_library) = node(&folder.join("node"))?;
        let phone_library = uniffi(&folder.join("phone"), &["--no-default-features"])?;
        let server_library = uniffi(&folder.join("server"), &[])?;
        let rust = target().join("release").join(format!("tidings-bench{}", std::env::consts::EXE_SUFFIX));
        Ok(Self { rust, wheel, node_library, phone_library, server_library, python, node })
    }

    /// The program that sends, without its arguments.
    pub(super) fn client(&self, language: &str) -> Command {
        match language {
            "python" => {
                let mut command = Command::new(&self.python);
                command.arg(root().join("xtask/bench/python/sends.py"));
                command
            }
            "node" => {
                let mut command = Command::new("node");
                command.arg(self.node.join("sends.mjs"));
                command
            }
            _ => {
                let mut command = Command::new(&self.rust);
                command.arg("send");
                command
            }
        }
    }
}

/// An environment with the peers and the wheel in it.
fn python(folder: &Path) -> Result<(PathBuf, PathBuf), String> {
    let python = folder.join("venv/bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
    }
    let pip = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(arguments);
        command.current_dir(root());
        command
    };
    run(&mut pip(&["--requirement", "xtask/bench/python/requirements.txt"]))?;
    let wheels = folder.join("wheels");
    let _ = fs::remove_dir_all(&wheels);
    run(Command::new(folder.join("venv/bin/maturin"))
        .args(["build", "--quiet", "--release", "--locked", "--out"])
        .arg(&wheels)
        .current_dir(root().join("bindings-python")))?;
    let wheel = only_file(&wheels, "whl")?;
    run(pip(&["--force-reinstall", "--no-deps"]).arg(&wheel))?;
    Ok((python, wheel))
}

/// A folder with the peers and the packed package in it.
fn node(folder: &Path) -> Result<(PathBuf, PathBuf), String> {
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    for name in ["package.json", "package-lock.json", "sends.mjs"] {
        let from = root().join("xtask/bench/node").join(name);
        fs::copy(&from, folder.join(name)).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    let package = root().join("bindings-node");
    let quiet = ["--silent", "--no-audit", "--no-fund"];
    run(Command::new("npm").args(["run", "prepare"]).args(quiet).current_dir(&package))?;
    run(Command::new("npm").args(["ci", "--ignore-scripts"]).args(quiet).current_dir(folder))?;
    let packed = output(
        Command::new("npm")
            .args(["pack", "--ignore-scripts", "--silent", "--pack-destination"])
            .arg(folder)
            .current_dir(&package),
    )?;
    let tarball = folder.join(packed.trim());
    run(Command::new("npm")
        .args(["install", "--no-save", "--ignore-scripts"])
        .args(quiet)
        .arg(tarball)
        .current_dir(folder))?;
    let library = only_file(&folder.join("node_modules/tidings"), "node")?;
    Ok((folder.to_owned(), library))
}

/// The library of the packages for Kotlin and Swift, kept under another name before the next build replaces it.
fn uniffi(folder: &Path, features: &[&str]) -> Result<PathBuf, String> {
    let build = ["build", "--release", "--locked", "--package", "tidings-uniffi", "--lib"];
    run(cargo(&build).args(features))?;
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let name = format!("{prefix}tidings_uniffi{suffix}");
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let kept = folder.join(&name);
    fs::copy(target().join("release").join(name), &kept).map_err(|error| error.to_string())?;
    Ok(kept)
}

fn only_file(folder: &Path, extension: &str) -> Result<PathBuf, String> {
    fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|found| found == extension))
        .ok_or_else(|| format!("there is no .{extension} in {}", folder.display()))
}
