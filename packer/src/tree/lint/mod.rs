//! Warns about mapped files and links that the guest cannot use.
//!
//! Inspects the tree after selection, which has no hidden or excluded entries. Skips the
//! parts of images, which were inspected by an earlier pack. Reads only the first bytes of
//! a few files with certain names.

mod directory;
mod links;
mod native;
mod python;

use crate::tree::mounted::Origin;
use crate::warning::Warning;
use directory::for_each_directory;
use wasi_vfs_format::tree::{Node, Tree};

/// The warnings about `tree`. `origins` are those of its mounts.
pub(crate) fn warnings(tree: &Tree, origins: &[Origin]) -> Vec<Warning> {
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
