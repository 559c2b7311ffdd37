//! Open directories of the host: the last one and some of those above it.
//!
//! Opening each directory from the top would need a thousand calls for each directory at
//! the bottom of a deep tree.

use super::plan::At;
use cap_fs_ext::DirExt;
use cap_std::fs::Dir;
use std::collections::VecDeque;
use std::io;

/// The number of open directories. A process has 1024 descriptors by default, and real
/// trees are less deep.
const MAX_OPEN: usize = 64;

/// The open directories.
pub(super) struct OpenDirectories {
    root: Dir,
    /// Directories with their positions in the plan. Each is below the one before it. The
    /// outermost may be closed.
    open: VecDeque<(usize, Dir)>,
}

impl OpenDirectories {
    /// Starts at `root`, the first directory of a plan.
    pub(super) fn new(root: Dir) -> Self {
        let open = VecDeque::new();
        Self { root, open }
    }

    /// The target directory.
    pub(super) fn root(&self) -> &Dir {
        &self.root
    }

    /// Opens a directory, one name at a time. Follows no link.
    pub(super) fn open(&mut self, at: At<'_>) -> io::Result<Dir> {
        let mut missing = Vec::new();
        for outer in at.with_ancestors() {
            // A directory behind it in the plan is not above it.
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
