//! The numbered tree: which inode gets which number, and the bounds of its metadata.
//!
//! Inodes are numbered breadth first, the children of a directory by name. So the
//! children of a directory are consecutive, and parents precede their children. For
//! example, the tree `/a/x`, `/b`, `/c/y` has the inodes 0 `/`, 1 `a`, 2 `b`, 3 `c`, 4
//! `x` and 5 `y`.
//!
//! The tree itself belongs to the caller. Any tree can be numbered whose nodes implement
//! [`Source`].

use crate::encode::error::WriteError;
use crate::inode::INODE_LEN;
use crate::limits::{
    MAX_FILE_LEN, MAX_INDEX_LEN, MAX_MOUNT_COUNT, MAX_NAME_LEN, MAX_PATH_LEN, MAX_SYMLINK_LEN,
};
use crate::manifest::Statistics;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// A node of the caller's tree, such as a reference or a number.
pub trait Source<'t>: Copy {
    /// Time of the last modification, nanoseconds since 1970-01-01 UTC.
    fn mtime_ns(self) -> i64;

    /// The kind of the node and the properties of that kind.
    fn object(self) -> Object<'t>;

    /// The entries of a directory by ascending bytes of their names. Empty for all other
    /// nodes.
    fn children(self) -> impl Iterator<Item = (&'t str, Self)>;
}

/// The kind of a node.
#[derive(Clone, Copy, Debug)]
pub enum Object<'t> {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Length in bytes.
        len: u64,
        /// May be executed.
        executable: bool,
    },
    /// A symbolic link.
    Symlink {
        /// The target as stored, not resolved.
        target: &'t str,
    },
}

/// A tree as a table of inodes.
#[derive(Debug)]
pub struct Layout<'t, S> {
    pub(crate) inodes: Vec<Entry<'t, S>>,
    pub(crate) mounts: Vec<MountEntry<'t>>,
    /// The mounts again, to find the same path twice.
    mount_paths: BTreeSet<&'t str>,
}

/// An inode and its place in the tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'t, S> {
    pub(crate) name: &'t str,
    pub(crate) parent: u32,
    /// Number of the first child; 0 if there is none.
    pub(crate) first_child: u32,
    pub(crate) child_count: u32,
    /// Length of the path from the root, without a leading slash.
    path_len: usize,
    pub(crate) mtime_ns: i64,
    pub(crate) object: Object<'t>,
    /// The node of the caller.
    pub(crate) source: S,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct MountEntry<'t> {
    pub(crate) path: &'t str,
    pub(crate) inode: u32,
}

impl<'t, S: Source<'t>> Entry<'t, S> {
    fn new(name: &'t str, parent: u32, path_len: usize, source: S) -> Self {
        Self {
            name,
            parent,
            first_child: 0,
            child_count: 0,
            path_len,
            mtime_ns: source.mtime_ns(),
            object: source.object(),
            source,
        }
    }
}

impl<'t, S: Source<'t>> Layout<'t, S> {
    /// Numbers the tree below `root`, which must be a directory.
    ///
    /// # Errors
    ///
    /// A name, a path, a target or a length exceeds a bound of the format.
    pub fn new(root: S) -> Result<Self, WriteError> {
        let mut layout = Self {
            inodes: vec![Entry::new("", 0, 0, root)],
            mounts: Vec::new(),
            mount_paths: BTreeSet::new(),
        };
        let mut parent = 0;
        while let Some(entry) = layout.inodes.get(parent as usize) {
            if let Object::Directory = entry.object {
                layout.add_children(parent, entry.path_len, entry.source)?;
            }
            parent += 1;
        }
        Ok(layout)
    }

    fn add_children(
        &mut self,
        parent: u32,
        parent_path_len: usize,
        directory: S,
    ) -> Result<(), WriteError> {
        let first_child = self.inodes.len() as u32;
        let separator_len = usize::from(parent_path_len > 0);
        for (name, source) in directory.children() {
            let number = self.next_number()?;
            let path_len = parent_path_len + separator_len + name.len();
            self.inodes.push(Entry::new(name, parent, path_len, source));
            self.validate(number)?;
        }
        let child_count = self.inodes.len() as u32 - first_child;
        if let Some(entry) = self
            .inodes
            .get_mut(parent as usize)
            .filter(|_| child_count > 0)
        {
            (entry.first_child, entry.child_count) = (first_child, child_count);
        }
        Ok(())
    }

    /// The number of the next inode, if its record fits the index. Numbers therefore fit
    /// 32 bits, with room to spare.
    fn next_number(&self) -> Result<u32, WriteError> {
        room_for(self.inodes.len())
    }

    /// Adds a mount: the guest path, and the names that lead from the root to its
    /// directory.
    ///
    /// # Errors
    ///
    /// The path breaks a rule of the format, another mount has it, or the names lead to no
    /// directory.
    pub fn mount<'n>(
        &mut self,
        path: &'t str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<(), WriteError> {
        let failure = |reason: &str| WriteError::Mount {
            guest_path: path.to_string(),
            reason: reason.to_string(),
        };
        if path.is_empty() || path.len() > MAX_PATH_LEN || path.contains('\0') {
            return Err(failure("its path must have 1 to 4095 bytes and no NUL"));
        }
        if self.mounts.len() == MAX_MOUNT_COUNT as usize {
            return Err(failure("there are 1024 mounts, the most that are possible"));
        }
        if !self.mount_paths.insert(path) {
            return Err(failure("there is another mount of this path"));
        }
        let inode = self
            .directory_at(names)
            .ok_or_else(|| failure("it does not name a directory of the tree"))?;
        self.mounts.push(MountEntry { path, inode });
        Ok(())
    }

    fn directory_at<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<u32> {
        let mut number = 0;
        for name in names {
            let first = self.inodes.get(number as usize)?.first_child;
            let children = self.children(number);
            let position = children.binary_search_by(|child| child.name.cmp(name));
            number = first + position.ok()? as u32;
        }
        let entry = self.inodes.get(number as usize)?;
        matches!(entry.object, Object::Directory).then_some(number)
    }

    fn children(&self, number: u32) -> &[Entry<'t, S>] {
        let entry = self.inodes.get(number as usize);
        let range = entry.map(|entry| {
            let first = entry.first_child as usize;
            first..first + entry.child_count as usize
        });
        let children = range.and_then(|range| self.inodes.get(range));
        children.unwrap_or_default()
    }
}

impl<S> Layout<'_, S> {
    /// The number of inodes.
    pub fn inode_count(&self) -> u32 {
        self.inodes.len() as u32
    }

    /// The node of the caller that an inode was made from.
    pub fn source(&self, inode: u32) -> Option<&S> {
        let entry = self.inodes.get(inode as usize)?;
        Some(&entry.source)
    }

    fn validate(&self, number: u32) -> Result<(), WriteError> {
        let Some(entry) = self.inodes.get(number as usize) else {
            return Ok(());
        };
        let name = entry.name;
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
            let path = self.path(number);
            let name = name.to_string();
            return Err(WriteError::Name { path, name });
        }
        if name.len() > MAX_NAME_LEN {
            return Err(WriteError::NameLen {
                path: self.path(number),
                max: MAX_NAME_LEN,
                found: name.len(),
            });
        }
        if entry.path_len > MAX_PATH_LEN {
            return Err(WriteError::PathLen {
                path: self.path(number),
                max: MAX_PATH_LEN,
                found: entry.path_len,
            });
        }
        match entry.object {
            Object::Directory => Ok(()),
            Object::File { len, .. } => self.validate_file(number, len),
            Object::Symlink { target } => self.validate_symlink(number, target),
        }
    }

    fn validate_file(&self, number: u32, len: u64) -> Result<(), WriteError> {
        if len > MAX_FILE_LEN {
            return Err(WriteError::FileLen {
                path: self.path(number),
                max: MAX_FILE_LEN,
                found: len,
            });
        }
        Ok(())
    }

    fn validate_symlink(&self, number: u32, target: &str) -> Result<(), WriteError> {
        if target.is_empty() || target.len() > MAX_SYMLINK_LEN || target.contains('\0') {
            return Err(WriteError::Target {
                path: self.path(number),
                max: MAX_SYMLINK_LEN,
                target: target.to_string(),
            });
        }
        Ok(())
    }

    /// The path of an inode within the image, such as `/usr/lib`.
    pub fn path(&self, number: u32) -> String {
        let mut names = Vec::new();
        let mut number = number;
        // Only the root is its own parent.
        while number != 0 {
            let Some(entry) = self.inodes.get(number as usize) else {
                break;
            };
            names.push(entry.name);
            number = entry.parent;
        }
        names.reverse();
        "/".to_string() + &names.join("/")
    }

    /// Counts of the kinds of inodes.
    pub(crate) fn statistics(&self) -> Statistics {
        let mut statistics = Statistics::default();
        for entry in &self.inodes {
            match entry.object {
                Object::Directory => statistics.directory_count += 1,
                Object::Symlink { .. } => statistics.symlink_count += 1,
                Object::File { len, .. } => {
                    statistics.file_count += 1;
                    statistics.file_len = statistics.file_len.saturating_add(len);
                }
            }
        }
        statistics
    }
}

/// The number of the inode that follows `count` others.
fn room_for(count: usize) -> Result<u32, WriteError> {
    let found = (count as u64).saturating_add(1) * INODE_LEN as u64;
    if found > MAX_INDEX_LEN {
        let max = MAX_INDEX_LEN;
        return Err(WriteError::IndexLen { max, found });
    }
    Ok(count as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inodes_beyond_the_largest_index_are_rejected() {
        let most = MAX_INDEX_LEN as usize / INODE_LEN;
        assert!(room_for(most - 1).is_ok());
        let above = room_for(most);
        assert!(matches!(above, Err(WriteError::IndexLen { .. })));
    }
}
