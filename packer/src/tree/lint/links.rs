//! Broken symbolic links.

use super::directory::MappedDirectory;
use crate::tree::resolve::{Top, resolve};
use crate::warning::Warning;
use wasi_vfs_format::tree::Tree;

/// The number of broken links, and the path and target of the first.
#[derive(Default)]
pub(super) struct Broken {
    count: u64,
    first: Option<(String, String)>,
}

impl Broken {
    pub(super) fn note(
        &mut self,
        tree: &Tree,
        directory: &MappedDirectory<'_>,
        name: &str,
        target: &str,
    ) {
        let link = directory.path_of(name);
        let top = Top::Mount(directory.mount_depth);
        if resolve(&tree.root, &link, top, &mut |_| {}).is_none() {
            self.count += 1;
            self.first.get_or_insert_with(|| (link, target.to_owned()));
        }
    }

    pub(super) fn warning(self) -> Option<Warning> {
        let (link, target) = self.first?;
        let count = self.count;
        Some(Warning::BrokenLinks {
            count,
            link,
            target,
        })
    }
}
