//! Each folder in `golden/` is a contract and the files that come of it, under `rust/` with their paths in the
//! workspace. `UPDATE_GOLDEN=1 cargo test -p tidings-codegen --test golden` writes them anew; the difference is for a
//! person to judge.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[test]
fn the_smallest_contract_becomes_what_it_should() {
    check("smallest");
}

/// What comes of it also compiles and behaves: `bindings-rust/src/wire/tests.rs`.
#[test]
fn the_obstacle_course_becomes_what_it_should() {
    check("obstacles");
}

fn check(case: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(case);
    let contract = fs::read_to_string(folder.join("contract.yaml")).unwrap();
    let extensions = fs::read_to_string(folder.join("extensions.yaml")).ok();
    let workspace = support::workspace(&format!("golden_{case}"), &contract, extensions.as_deref());
    let outputs = tidings_codegen::generate(&workspace).unwrap();
    let made: BTreeMap<String, String> =
        outputs.files().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    let expected = folder.join("rust");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        update(&expected, &made);
    }
    let mut there = BTreeMap::new();
    read(&expected, "", &mut there);
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&made), names(&there), "the files of {case}");
    for (path, text) in &made {
        assert!(*text == there[path], "{case}/rust/{path} differs; see the head of this file");
    }
}

fn update(folder: &Path, files: &BTreeMap<String, String>) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    for (path, text) in files {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

fn read(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            read(&entry.path(), &format!("{path}/"), files);
        } else {
            files.insert(path, fs::read_to_string(entry.path()).unwrap());
        }
    }
}
