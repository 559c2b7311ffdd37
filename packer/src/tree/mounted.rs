//! Directories and files with their mounts, before they form one tree.

use crate::path::GuestPath;
use std::path::PathBuf;
use wasi_vfs_format::tree::{DirectoryNode, FileNode, MountPoint};

/// A directory and its mount.
#[derive(Clone, Debug)]
pub(crate) struct MountedTree {
    pub(super) mount: MountPoint,
    pub(super) directory: DirectoryNode,
    /// The times of the directories above the mount, the root first. Empty if they are
    /// unknown.
    pub(super) parent_mtimes: Vec<i64>,
    pub(super) origin: Origin,
}

/// The input that a mounted tree comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The image of an earlier pack in the module. Packing again may replace it without a
    /// warning.
    Module,
    /// An added image.
    Image,
    /// A mapped directory, file or archive.
    Mapped,
}

/// A mapped file.
pub(crate) struct MountedFile {
    /// Its path on the host.
    pub(crate) host: PathBuf,
    pub(crate) guest: GuestPath,
    pub(crate) file: FileNode,
}

impl MountedTree {
    /// Mounts the mapped `directory` at `guest`.
    pub(crate) fn new(guest: &GuestPath, directory: DirectoryNode) -> Self {
        Self {
            mount: MountPoint {
                guest_path: guest.spelling().to_owned(),
                components: guest.components().to_vec(),
            },
            directory,
            parent_mtimes: Vec::new(),
            origin: Origin::Mapped,
        }
    }

    /// The same tree with another origin.
    pub(crate) fn with_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The names in the guest path of the mount.
    pub(crate) fn components(&self) -> &[String] {
        &self.mount.components
    }

    /// Whether the directory has no entries.
    pub(crate) fn is_empty(&self) -> bool {
        self.directory.children.is_empty()
    }
}

/// The absolute path with these names. Empty for the root.
pub(crate) fn path_of(components: &[String]) -> String {
    components.iter().map(|name| format!("/{name}")).collect()
}
