//! The order in which the files are read.

use super::layout::{FileEntry, Layout};
use std::collections::HashMap;
use std::string::String;
use std::vec::Vec;

/// The files in the order of a walk through the tree, after those that have a
/// rank: what a program reads when it starts then lies in few blocks.
pub(super) struct Order<'t> {
    pub(super) files: Vec<FileEntry<'t>>,
    /// How many of them have a rank.
    pub(super) ranked_count: usize,
}

impl<'t> Order<'t> {
    pub(super) fn new(layout: &Layout<'t>, ranks: &HashMap<String, usize>) -> Self {
        let mut files = layout.files();
        if ranks.is_empty() {
            return Self {
                files,
                ranked_count: 0,
            };
        }
        let rank = |file: &FileEntry<'_>| ranks.get(&layout.path(file.inode)).copied();
        files.sort_by_cached_key(|file| rank(file).unwrap_or(usize::MAX));
        let ranked_count = files.partition_point(|file| rank(file).is_some());
        Self {
            files,
            ranked_count,
        }
    }
}
