//! What was generated, and what lies in the generated folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path};

use crate::error::{Error, Result};

/// Lists every generated file, so that one that is no longer made is removed, and one that nobody made is found.
const MANIFEST: &str = "codegen/generated_files.txt";

/// Folders of this name hold generated files and nothing else.
const FOLDER: &str = "generated";

/// Every generated file: its path from the root of the workspace, with `/` between folders, and its text.
#[derive(Debug)]
pub struct Outputs {
    files: BTreeMap<String, String>,
}

impl Outputs {
    pub(crate) fn new(files: BTreeMap<String, String>) -> Self {
        Self { files }
    }

    /// The files, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Writes what differs and removes what is no longer made.
    pub fn write(&self, root: &Path) -> std::result::Result<Report, Error> {
        let mut report = Report { files: self.files.len(), written: 0, removed: 0 };
        for path in listed(root)?.iter().filter(|path| !self.files.contains_key(*path) && is_ours(path)) {
            match fs::remove_file(root.join(path)) {
                Ok(()) => report.removed += 1,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Error::new(path, error)),
            }
        }
        let manifest = self.manifest();
        let all = self.files().chain([(MANIFEST, &*manifest)]);
        for (path, text) in all {
            if read(root, path)?.as_deref() != Some(text) {
                let file = root.join(path);
                let folder = file.parent().unwrap_or(root);
                fs::create_dir_all(folder)
                    .and_then(|()| fs::write(&file, text))
                    .map_err(|error| Error::new(path, error))?;
                report.written += usize::from(path != MANIFEST);
            }
        }
        Ok(report)
    }

    /// Compares with what lies there; changes nothing.
    pub fn check(&self, root: &Path) -> std::result::Result<(), Vec<Drift>> {
        let drifts = self.drifts(root).unwrap_or_else(|error| vec![Drift::Unreadable(error.to_string())]);
        if drifts.is_empty() { Ok(()) } else { Err(drifts) }
    }

    fn drifts(&self, root: &Path) -> Result<Vec<Drift>> {
        let mut drifts = Vec::new();
        let manifest = self.manifest();
        for (path, text) in self.files().chain([(MANIFEST, &*manifest)]) {
            match read(root, path)? {
                None => drifts.push(Drift::Missing(path.to_owned())),
                Some(there) if there != text => drifts.push(Drift::Changed(path.to_owned())),
                Some(_) => {}
            }
        }
        let listed = listed(root)?;
        let folders: BTreeSet<String> =
            self.files.keys().chain(&listed).filter_map(|path| generated_folder(path)).collect();
        let mut there = Vec::new();
        for folder in folders {
            walk(root, &folder, &mut there)?;
        }
        for path in there.into_iter().filter(|path| !self.files.contains_key(path)) {
            drifts.push(if listed.contains(&path) { Drift::LeftOver(path) } else { Drift::Unlisted(path) });
        }
        Ok(drifts)
    }

    fn manifest(&self) -> String {
        self.files.keys().flat_map(|path| [path, "\n"]).collect()
    }
}

/// What [`Outputs::write`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many files are generated.
    pub files: usize,
    /// How many of them were not there yet or different.
    pub written: usize,
    /// How many are no longer made and were removed.
    pub removed: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, written, removed } = self;
        write!(formatter, "{files} generated files: {written} written, {removed} removed")
    }
}

/// A difference between what would be generated and what lies there. Each names the path from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drift {
    /// It is not there.
    Missing(String),
    /// It was edited, or the contract or a template was.
    Changed(String),
    /// It was generated once and is no longer.
    LeftOver(String),
    /// It lies in a generated folder, and nothing ever generated it.
    Unlisted(String),
    /// The folders could not be read; the reason.
    Unreadable(String),
}

impl fmt::Display for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(formatter, "{path} is missing"),
            Self::Changed(path) => write!(formatter, "{path} differs"),
            Self::LeftOver(path) => write!(formatter, "{path} is no longer generated"),
            Self::Unlisted(path) => write!(formatter, "{path} was never generated; it belongs elsewhere"),
            Self::Unreadable(reason) => formatter.write_str(reason),
        }
    }
}

fn read(root: &Path, path: &str) -> Result<Option<String>> {
    match fs::read(root.join(path)) {
        // Text that is no UTF-8 was not generated; it differs either way.
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::new(path, error)),
    }
}

fn listed(root: &Path) -> Result<BTreeSet<String>> {
    Ok(read(root, MANIFEST)?.unwrap_or_default().lines().map(str::to_owned).collect())
}

/// Whether a line of the manifest names a file that may be removed. The manifest is a file that a person can edit.
fn is_ours(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
        && generated_folder(path).is_some()
}

/// The generated folder that a path lies in.
fn generated_folder(path: &str) -> Option<String> {
    let parts: Vec<_> = path.split('/').collect();
    let at = parts.iter().take(parts.len() - 1).position(|part| *part == FOLDER)?;
    Some(parts[..=at].join("/"))
}

fn walk(root: &Path, folder: &str, files: &mut Vec<String>) -> Result<()> {
    let entries = match fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::new(folder, error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::new(folder, error))?;
        let is_folder = entry.file_type().map_err(|error| Error::new(folder, error))?.is_dir();
        paths.push((format!("{folder}/{}", entry.file_name().to_string_lossy()), is_folder));
    }
    paths.sort();
    for (path, is_folder) in paths {
        if is_folder { walk(root, &path, files)? } else { files.push(path) }
    }
    Ok(())
}
