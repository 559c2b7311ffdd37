//! Which places of the target this extraction has used: two names of an image
//! may be one in a file system that does not tell upper from lower case.

use cap_std::fs::Metadata;
use std::collections::HashSet;

/// The objects that were made or entered so far.
#[derive(Debug, Default)]
pub(super) struct Occupied(HashSet<Place>);

/// Tells objects apart that exist at the same time.
#[cfg(unix)]
type Place = (u64, u64);

/// Tells paths apart as Windows does by default.
#[cfg(not(unix))]
type Place = String;

impl Occupied {
    /// Notes the object at `path`; false if it was noted before.
    pub(super) fn take(&mut self, path: &str, metadata: &Metadata) -> bool {
        self.0.insert(place(path, metadata))
    }

    pub(super) fn is_taken(&self, path: &str, metadata: &Metadata) -> bool {
        self.0.contains(&place(path, metadata))
    }
}

#[cfg(unix)]
fn place(_path: &str, metadata: &Metadata) -> Place {
    use cap_std::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn place(path: &str, _metadata: &Metadata) -> Place {
    path.to_lowercase()
}
