//! The order in which the files are read.

use crate::writer::layout::{FileEntry, Layout};
use std::collections::HashMap;
use std::string::String;
use std::vec::Vec;

/// The ranked files, then all others in depth-first order. So the files that a program
/// reads at its start lie in few blocks.
pub(crate) struct Order<'t> {
    pub(crate) files: Vec<FileEntry<'t>>,
    /// Number of ranked files.
    pub(crate) ranked_count: usize,
}

impl<'t> Order<'t> {
    pub(crate) fn new(layout: &Layout<'t>, ranks: &HashMap<String, usize>) -> Self {
        let mut files = layout.files();
        if ranks.is_empty() {
            return Self {
                files,
                ranked_count: 0,
            };
        }
        let ranks = ranks_of(layout, ranks);
        let rank = |file: &FileEntry<'_>| ranks.get(file.inode as usize).copied().flatten();
        // Stable, so files of equal rank stay in depth-first order.
        files.sort_by_key(|file| (rank(file).is_none(), rank(file)));
        let ranked_count = files.partition_point(|file| rank(file).is_some());
        Self {
            files,
            ranked_count,
        }
    }
}

/// The rank of each inode: the lowest of its own rank and the ranks of its directories.
fn ranks_of(layout: &Layout<'_>, ranks: &HashMap<String, usize>) -> Vec<Option<usize>> {
    let mut all: Vec<Option<usize>> = Vec::new();
    for (number, parent, is_directory) in layout.inodes_with_parents() {
        let mut path = layout.path(number);
        if is_directory && !path.ends_with('/') {
            path.push('/');
        }
        let inherited = all.get(parent as usize).copied().flatten();
        let own = ranks.get(&path).copied();
        all.push(inherited.into_iter().chain(own).min());
    }
    all
}
