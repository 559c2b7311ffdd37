//! Finds files and links of mapped directories that the guest cannot use as the host
//! does.
//!
//! Inspects the finished tree, which has no hidden or excluded entries. Skips the parts
//! of images, which were inspected when they were packed. Reads the first bytes of few
//! files, chosen by their names.

mod directory;
mod links;
mod native;
mod python;

use crate::tree::mounted::Origin;
use crate::warning::Warning;
use directory::for_each_directory;
use wasi_vfs_format::tree::{Node, Tree};

/// The warnings about `tree`, whose mounts have these `origins`.
pub(crate) fn inspect(tree: &Tree, origins: &[Origin]) -> Vec<Warning> {
    let mut links = links::Broken::default();
    let mut native = native::Libraries::default();
    let mut python = python::Stale::default();
    for_each_directory(tree, origins, |directory| {
        for (name, node) in &directory.node.children {
            match node {
                Node::Symlink(link) => links.note(tree, directory, name, &link.target),
                Node::File(file) => {
                    native.note(directory, name, file);
                    python.note(directory, name, file);
                }
                Node::Directory(_) => {}
            }
        }
    });
    let warnings = [links.warning(), python.warning(), native.warning()];
    warnings.into_iter().flatten().collect()
}
