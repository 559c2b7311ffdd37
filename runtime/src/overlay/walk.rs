//! Paths that lead through unchanged directories.

use super::clock::Clock;
use super::id::{Found, Id};
use super::layer::Overlay;
use super::nodes::Nodes;
use crate::fs::{Filesystem, FsError, Guard, Guest, Resolution, Result, resolve, resolve_guarded};
use core::cell::Cell;

impl<L: Filesystem, C: Clock> Overlay<L, C>
where
    L::Id: Into<u32>,
{
    /// Walks through the file system below, which is faster. At the first changed directory the
    /// walk starts again with the changes.
    pub(super) fn walk_path<'p>(
        &'p self,
        (start, root): (Id<L::Id>, Id<L::Id>),
        path: &'p [u8],
        follow_last: bool,
    ) -> Result<Resolution<'p, Self>> {
        if let (Id::Packed(start), Id::Packed(root)) = (start, root) {
            let guard = ChangeGuard {
                nodes: &self.nodes,
                has_met: Cell::new(false),
            };
            let (lower, start) = (&self.lower, (start, root));
            let found = resolve_guarded::<Guest, L, _>(lower, start, path, follow_last, &guard);
            if !guard.has_met.get() {
                return found.map(from_below);
            }
        }
        resolve::<Guest, Self>(self, (start, root), path, follow_last)
    }
}

/// Ends a walk at a changed directory.
struct ChangeGuard<'o, I> {
    nodes: &'o Nodes<I>,
    has_met: Cell<bool>,
}

impl<I: Copy + Into<u32>> Guard<I> for ChangeGuard<'_, I> {
    fn check(&self, directory: I) -> Result {
        match self.nodes.get(Id::Packed(directory)) {
            None => Ok(()),
            Some(_) => {
                self.has_met.set(true);
                Err(FsError::NotFound)
            }
        }
    }
}

fn from_below<'p, L: Filesystem, C: Clock>(
    found: Resolution<'p, L>,
) -> Resolution<'p, Overlay<L, C>>
where
    L::Id: Into<u32>,
{
    Resolution {
        node: found.node.map(Found::Packed),
        directory: Id::Packed(found.directory),
        name: found.name,
        names_directory: found.names_directory,
        followed_for_slash: found.followed_for_slash,
        root: Id::Packed(found.root),
    }
}
