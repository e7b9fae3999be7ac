//! Writes the generated halves of the Kotlin and Swift packages.

fn main() {}
