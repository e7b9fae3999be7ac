//! rustfmt, through its standard input and output.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::error::{Error, Result, fail};
use crate::targets::Draft;

/// Formats every draft, a few at a time, by the `rustfmt.toml` of the workspace.
pub(in crate::targets) fn format(drafts: Vec<Draft>, root: &Path) -> Result<BTreeMap<String, String>> {
    let at_a_time = thread::available_parallelism().map_or(1, usize::from);
    let mut files = BTreeMap::new();
    for drafts in drafts.chunks(at_a_time) {
        let formatted: Vec<Result<String>> = thread::scope(|scope| {
            let running: Vec<_> = drafts.iter().map(|draft| scope.spawn(|| rustfmt(draft, root))).collect();
            running
                .into_iter()
                .map(|one| one.join().unwrap_or_else(|_| fail("rustfmt", "its thread panicked")))
                .collect()
        });
        for (draft, formatted) in drafts.iter().zip(formatted) {
            if files.insert(draft.path.clone(), formatted?).is_some() {
                return fail(&draft.path, "two targets make this file");
            }
        }
    }
    Ok(files)
}

fn rustfmt(draft: &Draft, root: &Path) -> Result<String> {
    let stopped = |error: std::io::Error| {
        Error::new(
            &draft.path,
            format_args!("rustfmt does not run ({error}); `rustup component add rustfmt` installs it"),
        )
    };
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(stopped)?;
    // rustfmt reads to the end before it writes, so neither side can wait for the other.
    if let Some(mut input) = child.stdin.take() {
        input.write_all(draft.text.as_bytes()).map_err(stopped)?;
    }
    let output = child.wait_with_output().map_err(stopped)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().next().unwrap_or_default();
        return fail(&draft.path, format_args!("rustfmt does not understand what was generated: {line}"));
    }
    String::from_utf8(output.stdout).map_err(|error| Error::new(&draft.path, error))
}
