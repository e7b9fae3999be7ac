//! How large the native libraries are, beside their budgets.

use std::fs;
use std::path::Path;

use super::builds::Builds;

pub(super) fn print(builds: &Builds) {
    println!("\n{:<44} {:>9}", "release build, stripped", "size");
    size("Python wheel, with the sandbox", &builds.wheel, Some(4.0));
    size("Node.js library, with the sandbox", &builds.node_library, Some(8.0));
    size("Kotlin and Swift library for phones", &builds.phone_library, Some(6.0));
    size("Kotlin and Swift library, with the sandbox", &builds.server_library, None);
}

/// Prints a size and what it may be, in megabytes.
fn size(name: &str, file: &Path, budget: Option<f64>) {
    #[allow(clippy::cast_precision_loss, reason = "no library has petabytes")]
    let megabytes = fs::metadata(file).map_or(f64::NAN, |file| file.len() as f64 / 1e6);
    print!("{name:<44} {megabytes:>6.2} MB");
    if let Some(budget) = budget {
        print!("  at most {budget} MB: {}", if megabytes <= budget { "kept" } else { "MISSED" });
    }
    println!();
}
