//! Which directories the table of directories has.

use anyhow::Result;
use wasi_vfs::ImageReader;
use wasi_vfs_format::{Content, InodeNumber, Kind};

/// What a directory must hold of all bytes to be looked into: one that holds
/// nearly everything says nothing as a row of a table.
const DOMINANT: f64 = 0.9;

/// The inodes of a tree by their numbers. Parents precede their children, so a
/// pass forwards goes down and one backwards goes up, however deep it is.
#[derive(Debug, Default)]
struct Inodes {
    parents: Vec<usize>,
    are_directories: Vec<bool>,
    /// Bytes of the files at and below each.
    lens: Vec<u64>,
}

/// For each inode, the directory that stands for it: of those in the deepest
/// directory that holds nearly everything, and of those beside its parents.
pub(super) fn tops(image: &ImageReader<'_>) -> Result<Vec<InodeNumber>> {
    let mut inodes = Inodes::default();
    for number in (0..image.index().inode_count()).map(InodeNumber) {
        let inode = image.index().inode(number)?;
        let len = match &inode.content {
            Content::File(file) => file.len,
            _ => 0,
        };
        let is_directory = inode.kind() == Kind::Directory;
        inodes.push(inode.parent.0 as usize, is_directory, len);
    }
    let tops = inodes.tops().into_iter();
    // They are numbers of inodes, which have 32 bits.
    Ok(tops.map(|top| InodeNumber(top as u32)).collect())
}

impl Inodes {
    fn push(&mut self, parent: usize, is_directory: bool, len: u64) {
        self.parents.push(parent);
        self.are_directories.push(is_directory);
        self.lens.push(len);
    }

    fn tops(mut self) -> Vec<usize> {
        self.add_up();
        let mut is_base = vec![false; self.parents.len()];
        for directory in self.dominant() {
            if let Some(is_base) = is_base.get_mut(directory) {
                *is_base = true;
            }
        }
        let is_base = |inode: usize| is_base.get(inode).copied().unwrap_or_default();
        let mut tops: Vec<usize> = Vec::with_capacity(self.parents.len());
        for (inode, (&parent, &is_directory)) in
            self.parents.iter().zip(&self.are_directories).enumerate()
        {
            let above = tops.get(parent).copied().unwrap_or_default();
            let begins_here = is_base(inode) || (is_base(parent) && is_directory);
            tops.push(if begins_here { inode } else { above });
        }
        tops
    }

    /// Gives each directory the bytes of what it holds.
    fn add_up(&mut self) {
        for inode in (1..self.lens.len()).rev() {
            let len = self.lens.get(inode).copied().unwrap_or_default();
            let parent = self.parents.get(inode).copied().unwrap_or_default();
            if let Some(sum) = self.lens.get_mut(parent) {
                *sum = sum.saturating_add(len);
            }
        }
    }

    /// The deepest directory with nearly all bytes, and those it is in.
    fn dominant(&self) -> Vec<usize> {
        let total = self.lens.first().copied().unwrap_or_default() as f64;
        let mut dominant = vec![0];
        let all = self
            .parents
            .iter()
            .zip(&self.are_directories)
            .zip(&self.lens);
        for (inode, ((parent, &is_directory), &len)) in all.enumerate().skip(1) {
            let is_below = is_directory && dominant.last() == Some(parent);
            if is_below && len as f64 > total * DOMINANT {
                dominant.push(inode);
            }
        }
        dominant
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The directory of each file, with a slash at its end.
    fn directories(files: &[(&str, u64)]) -> Vec<String> {
        let mut inodes = Inodes::default();
        inodes.push(0, true, 0);
        let mut paths = vec!["/".to_owned()];
        let mut numbers = BTreeMap::from([("/".to_owned(), 0)]);
        let mut places = Vec::new();
        for (path, len) in files {
            let mut at = 0;
            for (slash, _) in path.match_indices('/').skip(1) {
                let directory = path[..=slash].to_owned();
                at = *numbers.entry(directory.clone()).or_insert_with(|| {
                    inodes.push(at, true, 0);
                    paths.push(directory);
                    paths.len() - 1
                });
            }
            places.push(paths.len());
            inodes.push(at, false, *len);
            paths.push((*path).to_owned());
        }
        let tops = inodes.tops();
        places
            .into_iter()
            .map(|at| paths[tops[at]].clone())
            .collect()
    }

    #[test]
    fn directories_are_those_within_what_holds_nearly_everything() {
        let files = [
            ("/usr/lib/a/x/1", 50),
            ("/usr/lib/b/2", 45),
            ("/usr/lib/3", 1),
            ("/usr/share/4", 1),
            ("/etc/5", 1),
            ("/é", 1),
        ];
        let expected = [
            "/usr/lib/a/",
            "/usr/lib/b/",
            "/usr/lib/",
            "/usr/share/",
            "/etc/",
            "/",
        ];
        assert_eq!(directories(&files), expected);
    }

    #[test]
    fn a_tree_without_bytes_has_directories_too() {
        assert_eq!(directories(&[("/a/b", 0), ("/c", 0)]), ["/a/", "/"]);
        assert!(directories(&[]).is_empty());
    }
}
