//! The directories in the table of directories.
//!
//! The table shows the entries of each directory that contains nearly all bytes. If 98 %
//! of the bytes are below `/usr/lib`, it shows the directories in `/usr/lib`, `/usr` and
//! `/` instead of one row for `/usr`.

use anyhow::Result;
use wasi_vfs::ImageReader;
use wasi_vfs_format::{Content, InodeNumber, Kind};

/// The fraction of all bytes that makes a directory dominant. A row with nearly all bytes
/// is useless, so the table has the entries of a dominant directory.
const DOMINANT: f64 = 0.9;

/// The inodes of a tree by number. Parents precede their children, so a forward pass goes
/// down and a backward pass goes up, without recursion.
#[derive(Debug, Default)]
struct Inodes {
    parents: Vec<usize>,
    are_directories: Vec<bool>,
    /// Bytes of the files at and below each inode.
    lens: Vec<u64>,
}

/// The row of each inode: the nearest directory above it that is dominant or an entry of a
/// dominant directory.
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
    // Inode numbers have 32 bits.
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
        let mut is_dominant = vec![false; self.parents.len()];
        for directory in self.dominant() {
            if let Some(is_dominant) = is_dominant.get_mut(directory) {
                *is_dominant = true;
            }
        }
        let is_dominant = |inode: usize| is_dominant.get(inode).copied().unwrap_or_default();
        let mut tops: Vec<usize> = Vec::with_capacity(self.parents.len());
        for (inode, (&parent, &is_directory)) in
            self.parents.iter().zip(&self.are_directories).enumerate()
        {
            let above = tops.get(parent).copied().unwrap_or_default();
            let begins_here = is_dominant(inode) || (is_dominant(parent) && is_directory);
            tops.push(if begins_here { inode } else { above });
        }
        tops
    }

    /// Adds the bytes of each inode to its parent.
    fn add_up(&mut self) {
        for inode in (1..self.lens.len()).rev() {
            let len = self.lens.get(inode).copied().unwrap_or_default();
            let parent = self.parents.get(inode).copied().unwrap_or_default();
            if let Some(sum) = self.lens.get_mut(parent) {
                *sum = sum.saturating_add(len);
            }
        }
    }

    /// The dominant directories, from the root down.
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

    /// The row of each file.
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
    fn rows_are_entries_of_dominant_directories() {
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
    fn trees_without_bytes_have_rows() {
        assert_eq!(directories(&[("/a/b", 0), ("/c", 0)]), ["/a/", "/"]);
        assert!(directories(&[]).is_empty());
    }
}
