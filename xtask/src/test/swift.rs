//! Swift: the package over the native library, with the system's toolchain or one in a tree of its own.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use super::{Language, Step};
use crate::{TaskResult, cache, root, run, target, uniffi_bindings};

pub(super) const LANGUAGE: Language = Language { name: "swift", set_up, steps: STEPS };

const STEPS: &[Step] = &[
    Step {
        name: "swift: formatting and lints",
        run: || {
            let by_hand = ["Package.swift", "Sources/Tidings", "Sources/TidingsSandbox", "Snippets", "Tests"];
            run(swift(["format", "lint", "--strict", "--recursive"]).args(by_hand))
        },
    },
    Step { name: "swift: generated code is that of the shim", run: uniffi_bindings::check },
    Step { name: "swift: build without warnings", run: || run(&mut package("build", &["--build-tests"])?) },
    // There are no tests of the older kind, and what their runner says about that reads as if nothing was tested.
    Step { name: "swift: tests", run: || run(&mut package("test", &["--disable-xctest"])?) },
    Step { name: "swift: first example", run: || run(&mut package("run", &["FirstText"])?) },
];

const MISSING: &str = "\
Swift 6.0 or newer is missing. How to install it: https://www.swift.org/install (on macOS it comes with Xcode 16), then `swift`
must be on the PATH. As root on Debian it is set up here by itself, in a tree of its own.";

fn set_up() -> TaskResult {
    let scratch = scratch();
    fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    if is_on_the_path() {
        return Ok(());
    }
    // With no command it only makes the tree, and only if there is none.
    run(&mut in_the_tree()).map_err(|failed| format!("{MISSING}\n{failed}"))
}

/// Whether the system has a Swift that is new enough. It then counts more than a tree.
fn is_on_the_path() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let output = Command::new("swift").arg("--version").output();
        output.is_ok_and(|output| major_version(&String::from_utf8_lossy(&output.stdout)) >= Some(6))
    })
}

/// The first number of what `swift --version` prints, such as `Apple Swift version 6.1.2 (...)`.
fn major_version(printed: &str) -> Option<u32> {
    let (_, version) = printed.split_once("Swift version ")?;
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// The `swift` command in the package's folder.
fn swift<Argument: AsRef<OsStr>>(arguments: impl IntoIterator<Item = Argument>) -> Command {
    let mut command = if is_on_the_path() {
        Command::new("swift")
    } else {
        let mut command = in_the_tree();
        for folder in [target(), scratch()] {
            command.arg("--bind").arg(folder);
        }
        command.args(["--", "swift"]);
        command
    };
    command.args(arguments).current_dir(root().join("uniffi/swift"));
    command
}

/// The script that keeps the tree.
fn in_the_tree() -> Command {
    let mut command = Command::new(root().join("xtask/swift-chroot.sh"));
    command.arg("--tree").arg(cache().join("swift"));
    command
}

/// A command of the package manager: with the native library, with nothing written into the clone, and with warnings as
/// errors in what is written by hand.
fn package(task: &str, arguments: &[&str]) -> Result<Command, String> {
    let library = uniffi_bindings::build_library()?;
    let folder = library.parent().unwrap_or(&library);
    let mut command = swift([task]);
    command.env("TIDINGS_STRICT", "1").arg("--scratch-path").arg(scratch());
    let search_path = format!("-L{}", folder.display());
    for flag in [OsStr::new(&search_path), OsStr::new("-rpath"), folder.as_os_str()] {
        command.arg("-Xlinker").arg(flag);
    }
    command.args(arguments);
    Ok(command)
}

/// Where the package manager puts what it builds.
fn scratch() -> PathBuf {
    cache().join("swift-build")
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn the_version_is_read_as_linux_and_as_apple_print_it() {
        assert_eq!(major_version("Swift version 6.0.3 (swift-6.0.3-RELEASE)\nTarget: x86_64"), Some(6));
        assert_eq!(
            major_version("swift-driver version: 1.1 Apple Swift version 5.10 (swiftlang-5.10)"),
            Some(5)
        );
        assert_eq!(major_version("OpenStack's swift, version 4"), None);
    }
}
