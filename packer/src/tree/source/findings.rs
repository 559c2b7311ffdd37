//! Findings of reading inputs, which become warnings.

use crate::path::Exclude;
use crate::warning::{OwnFile, Warning};
use globset::escape;
use std::fs;
use std::path::{Path, PathBuf};

/// The findings of one pack.
#[derive(Debug)]
pub(crate) struct Findings {
    own: Vec<Own>,
    own_files: Vec<OwnFile>,
    /// Positions of the patterns without a match so far.
    pub(super) unused: Vec<usize>,
    empty: Vec<String>,
    layers: Vec<String>,
}

/// A file that the pack itself reads or writes.
#[derive(Debug)]
struct Own {
    path: PathBuf,
    /// Only files of this length are compared, which saves system calls.
    len: u64,
}

impl Findings {
    /// No findings yet. `own` are the files that the pack itself reads or writes.
    pub(crate) fn new(exclude: &Exclude, own: &[PathBuf]) -> Self {
        Self {
            own: own.iter().filter_map(|path| Own::new(path)).collect(),
            own_files: Vec::new(),
            unused: (0..exclude.pattern_count()).collect(),
            empty: Vec::new(),
            layers: Vec::new(),
        }
    }

    /// Notes the file at `host`, packed at `guest`.
    pub(super) fn note_file(&mut self, host: &Path, guest: &Path, len: u64) {
        if self.own.iter().any(|own| own.is_at(host, len)) {
            // Other names than UTF-8 are errors.
            let guest = escape(&guest.to_string_lossy());
            self.own_files.push(OwnFile {
                path: host.to_owned(),
                pattern: format!("/{guest}"),
            });
        }
    }

    /// Notes a mapped directory without packed entries.
    pub(super) fn note_empty(&mut self, host: &Path) {
        self.empty.push(host.display().to_string());
    }

    /// Notes an archive with the layers of a container image.
    pub(super) fn note_layers(&mut self, host: &Path) {
        self.layers.push(host.display().to_string());
    }

    pub(crate) fn warnings(self, exclude: &Exclude) -> Vec<Warning> {
        let unused = exclude.at(&self.unused);
        let warnings = [
            (!unused.is_empty()).then_some(Warning::UnusedPatterns(unused)),
            (!self.empty.is_empty()).then_some(Warning::EmptyDirectories(self.empty)),
            (!self.layers.is_empty()).then_some(Warning::Layers(self.layers)),
            (!self.own_files.is_empty()).then_some(Warning::OwnFiles(self.own_files)),
        ];
        warnings.into_iter().flatten().collect()
    }
}

impl Own {
    /// `None` for a missing file, a pipe or an empty file.
    fn new(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let has_content = metadata.is_file() && metadata.len() > 0;
        has_content.then(|| Self {
            path: path.to_owned(),
            len: metadata.len(),
        })
    }

    /// Whether it is the file at `host`, also under another name.
    fn is_at(&self, host: &Path, len: u64) -> bool {
        len == self.len && same_file::is_same_file(&self.path, host).unwrap_or(false)
    }
}
