//! The order in which the files are read.

use crate::writer::layout::{FileEntry, Layout};
use std::collections::HashMap;
use std::string::String;
use std::vec::Vec;

/// The files in the order of a walk through the tree, after those that have a
/// rank: what a program reads when it starts then lies in few blocks.
pub(crate) struct Order<'t> {
    pub(crate) files: Vec<FileEntry<'t>>,
    /// How many of them have a rank.
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
        // Stable: what is in one directory stays in the order of a walk.
        files.sort_by_key(|file| (rank(file).is_none(), rank(file)));
        let ranked_count = files.partition_point(|file| rank(file).is_some());
        Self {
            files,
            ranked_count,
        }
    }
}

/// The rank of each inode: the least of its own and of those that the directories
/// have that it is in.
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
