//! The directories of the host that are open: the last one that was entered
//! and some of those it is in.
//!
//! To enter each from the top would take a thousand steps for each of the
//! directories at the bottom of a deep tree.

use super::plan::At;
use cap_fs_ext::DirExt;
use cap_std::fs::Dir;
use std::collections::VecDeque;
use std::io;

/// Directories that are kept open; well below the 1024 descriptors that a
/// process may have by default, and a path of a tree that is not made up.
const MAX_OPEN: usize = 64;

pub(super) struct OpenDirectories {
    root: Dir,
    /// Each is in the one before it; with its position in the plan. The
    /// outermost may be missing.
    open: VecDeque<(usize, Dir)>,
}

impl OpenDirectories {
    /// Starts at `root`, where the first directory of a plan is.
    pub(super) fn new(root: Dir) -> Self {
        let open = VecDeque::new();
        Self { root, open }
    }

    /// The directory to extract into.
    pub(super) fn root(&self) -> &Dir {
        &self.root
    }

    /// Opens a directory, entered one name at a time and never through a link.
    pub(super) fn open(&mut self, at: At<'_>) -> io::Result<Dir> {
        let mut missing = Vec::new();
        for outer in at.with_ancestors() {
            // Those that come after it in the plan are not what it is in.
            let is_after = |(position, _): &(usize, Dir)| *position > outer.position;
            while self.open.back().is_some_and(is_after) {
                self.open.pop_back();
            }
            let found = self.open.back().map(|(position, _)| *position);
            if found == Some(outer.position) || outer.parent().is_none() {
                break;
            }
            missing.push(outer);
        }
        for inner in missing.into_iter().rev() {
            let directory = self.innermost().open_dir_nofollow(&inner.folder.name)?;
            self.open.push_back((inner.position, directory));
            if self.open.len() > MAX_OPEN {
                self.open.pop_front();
            }
        }
        self.innermost().try_clone()
    }

    fn innermost(&self) -> &Dir {
        self.open
            .back()
            .map_or(&self.root, |(_, directory)| directory)
    }
}
