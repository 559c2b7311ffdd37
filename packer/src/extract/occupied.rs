//! The objects in the target that this extraction created or opened.
//!
//! Two names of an image may be one object in a file system that ignores case.

use cap_std::fs::Metadata;
use std::collections::HashSet;

/// The objects so far.
#[derive(Debug, Default)]
pub(super) struct Occupied(HashSet<Identity>);

/// Distinguishes objects that exist at the same time.
#[cfg(unix)]
type Identity = (u64, u64);

/// Distinguishes paths as Windows does by default.
#[cfg(not(unix))]
type Identity = String;

impl Occupied {
    /// Notes the object at `path`. Returns false if it was noted before.
    pub(super) fn take(&mut self, path: &str, metadata: &Metadata) -> bool {
        self.0.insert(identity(path, metadata))
    }

    pub(super) fn is_taken(&self, path: &str, metadata: &Metadata) -> bool {
        self.0.contains(&identity(path, metadata))
    }
}

#[cfg(unix)]
fn identity(_path: &str, metadata: &Metadata) -> Identity {
    use cap_std::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(path: &str, _metadata: &Metadata) -> Identity {
    path.to_lowercase()
}
