//! The writable directories in the report of `info`.

use crate::cli::lazy_path::LazyPath;
use crate::cli::opened::Opened;
use serde::Serialize;
use wasi_vfs_format::InodeNumber;

/// The directories that the program may change.
#[derive(Debug, Serialize)]
pub(super) struct Writable<'i> {
    pub(super) directories: Vec<LazyPath<'i>>,
    /// The most bytes of memory that all changes together may take.
    limit: u64,
}

impl<'i> Writable<'i> {
    /// `None` if all directories are read-only.
    pub(super) fn of(opened: &'i Opened<'_>) -> Option<Self> {
        let writable = opened.contents.writable.as_ref()?;
        let numbers = writable.directories.iter().copied().map(InodeNumber);
        let image = &opened.image;
        Some(Self {
            directories: numbers.map(|number| LazyPath { image, number }).collect(),
            limit: writable.limit_len,
        })
    }

    /// The limit as an argument has it, such as `256 MiB`.
    pub(super) fn limit_in_words(&self) -> String {
        match self.limit {
            len if len.is_multiple_of(1 << 20) => format!("{} MiB", len >> 20),
            len if len.is_multiple_of(1 << 10) => format!("{} KiB", len >> 10),
            len => format!("{len} B"),
        }
    }
}
