//! Which inode gets which number, and whether its metadata fits the format.
//!
//! Inodes are numbered breadth first, the children of a directory in the order
//! of their names. So the children of a directory are consecutive, parents
//! come before children, and siblings of a directory lie close together.

use crate::encode::error::WriteError;
use crate::inode::INODE_LEN;
use crate::limits::{
    MAX_FILE_LEN, MAX_INDEX_LEN, MAX_MOUNT_COUNT, MAX_NAME_LEN, MAX_PATH_LEN, MAX_SYMLINK_LEN,
};
use crate::manifest::Statistics;
use crate::tree::{DirectoryNode, FileNode, MountPoint, Node, SymlinkNode, Tree};
use std::collections::HashSet;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

/// The tree as a table of inodes.
#[derive(Debug)]
pub(crate) struct Layout<'t> {
    pub(crate) inodes: Vec<Entry<'t>>,
    pub(crate) mounts: Vec<MountEntry<'t>>,
}

/// An inode and where it stands in the tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'t> {
    pub(crate) name: &'t str,
    pub(crate) parent: u32,
    /// Number of the first child; 0 where there is none.
    pub(crate) first_child: u32,
    /// Length of the path from the root, without a leading slash.
    path_len: usize,
    pub(crate) object: Object<'t>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Object<'t> {
    Directory(&'t DirectoryNode),
    File(&'t FileNode),
    Symlink(&'t SymlinkNode),
}

/// A regular file and its inode number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileEntry<'t> {
    pub(crate) inode: u32,
    pub(crate) node: &'t FileNode,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct MountEntry<'t> {
    pub(crate) path: &'t str,
    pub(crate) inode: u32,
}

impl Object<'_> {
    pub(crate) fn mtime_ns(&self) -> i64 {
        match self {
            Object::Directory(directory) => directory.mtime_ns,
            Object::File(file) => file.mtime_ns,
            Object::Symlink(symlink) => symlink.mtime_ns,
        }
    }
}

impl<'t> From<&'t Node> for Object<'t> {
    fn from(node: &'t Node) -> Self {
        match node {
            Node::Directory(directory) => Object::Directory(directory),
            Node::File(file) => Object::File(file),
            Node::Symlink(symlink) => Object::Symlink(symlink),
        }
    }
}

impl<'t> Layout<'t> {
    pub(crate) fn new(tree: &'t Tree) -> Result<Self, WriteError> {
        let mut layout = Self {
            inodes: vec![Entry {
                name: "",
                parent: 0,
                first_child: 0,
                path_len: 0,
                object: Object::Directory(&tree.root),
            }],
            mounts: Vec::new(),
        };
        layout.number()?;
        layout.resolve_mounts(&tree.mounts)?;
        Ok(layout)
    }

    fn number(&mut self) -> Result<(), WriteError> {
        let mut parent = 0;
        while let Some(entry) = self.inodes.get(parent as usize) {
            if let Object::Directory(directory) = entry.object
                && !directory.children.is_empty()
            {
                self.add_children(parent, directory)?;
            }
            parent += 1;
        }
        Ok(())
    }

    fn add_children(
        &mut self,
        parent: u32,
        directory: &'t DirectoryNode,
    ) -> Result<(), WriteError> {
        let first_child = self.room_for(directory.children.len())?;
        let mut parent_path_len = 0;
        if let Some(entry) = self.inodes.get_mut(parent as usize) {
            entry.first_child = first_child;
            parent_path_len = entry.path_len;
        }
        let separator_len = usize::from(parent_path_len > 0);
        for (name, node) in &directory.children {
            let number = self.inodes.len() as u32;
            self.inodes.push(Entry {
                name,
                parent,
                first_child: 0,
                path_len: parent_path_len + separator_len + name.len(),
                object: node.into(),
            });
            self.validate(number)?;
        }
        Ok(())
    }

    /// The number of the next inode, if `count` more fit the index. Numbers
    /// therefore fit 32 bits, with room to spare.
    fn room_for(&self, count: usize) -> Result<u32, WriteError> {
        let found = (self.inodes.len() as u64).saturating_add(count as u64) * INODE_LEN as u64;
        if found > MAX_INDEX_LEN {
            let max = MAX_INDEX_LEN;
            return Err(WriteError::IndexLen { max, found });
        }
        Ok(self.inodes.len() as u32)
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
            Object::Directory(_) => Ok(()),
            Object::File(file) => self.validate_file(number, file),
            Object::Symlink(symlink) => self.validate_symlink(number, symlink),
        }
    }

    fn validate_file(&self, number: u32, file: &FileNode) -> Result<(), WriteError> {
        if file.len > MAX_FILE_LEN {
            return Err(WriteError::FileLen {
                path: self.path(number),
                max: MAX_FILE_LEN,
                found: file.len,
            });
        }
        Ok(())
    }

    fn validate_symlink(&self, number: u32, symlink: &SymlinkNode) -> Result<(), WriteError> {
        let target = &symlink.target;
        if target.is_empty() || target.len() > MAX_SYMLINK_LEN || target.contains('\0') {
            return Err(WriteError::Target {
                path: self.path(number),
                max: MAX_SYMLINK_LEN,
                target: target.clone(),
            });
        }
        Ok(())
    }

    fn resolve_mounts(&mut self, mounts: &'t [MountPoint]) -> Result<(), WriteError> {
        let mut paths = HashSet::new();
        for mount in mounts {
            let path = &*mount.guest_path;
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
            if !paths.insert(path) {
                return Err(failure("there is another mount of this path"));
            }
            let inode = self
                .directory_at(&mount.components)
                .ok_or_else(|| failure("it does not name a directory of the tree"))?;
            self.mounts.push(MountEntry { path, inode });
        }
        Ok(())
    }

    fn directory_at(&self, components: &[String]) -> Option<u32> {
        let mut number = 0;
        for name in components {
            let entry = self.inodes.get(number as usize)?;
            let Object::Directory(directory) = entry.object else {
                return None;
            };
            let children = self.inodes.get(entry.first_child as usize..)?;
            let children = children.get(..directory.children.len())?;
            let position = children.binary_search_by(|child| child.name.cmp(name));
            number = entry.first_child + position.ok()? as u32;
        }
        let entry = self.inodes.get(number as usize)?;
        matches!(entry.object, Object::Directory(_)).then_some(number)
    }

    /// The path of an inode within the image, such as `/usr/lib`.
    pub(crate) fn path(&self, number: u32) -> String {
        let mut names = Vec::new();
        let mut number = number;
        // The root alone is its own parent.
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

    /// All regular files as a walk through the tree meets them, which goes into
    /// a directory before it goes on to what follows it.
    pub(crate) fn files(&self) -> Vec<FileEntry<'t>> {
        let mut files = Vec::new();
        let mut pending = vec![0];
        while let Some(inode) = pending.pop() {
            match self
                .inodes
                .get(inode as usize)
                .map(|entry| (entry, entry.object))
            {
                Some((entry, Object::Directory(directory))) => {
                    let end = entry.first_child + directory.children.len() as u32;
                    pending.extend((entry.first_child..end).rev());
                }
                Some((_, Object::File(node))) => files.push(FileEntry { inode, node }),
                _ => {}
            }
        }
        files
    }

    /// The number of each inode, that of the directory it is in, and whether it is one
    /// itself, in the order of the numbers: parents precede their children.
    pub(crate) fn inodes_with_parents(&self) -> impl Iterator<Item = (u32, u32, bool)> + '_ {
        (0..).zip(&self.inodes).map(|(number, entry)| {
            let is_directory = matches!(entry.object, Object::Directory(_));
            (number, entry.parent, is_directory)
        })
    }

    /// The regular file with this number.
    pub(crate) fn file(&self, inode: u32) -> Option<FileEntry<'t>> {
        match self.inodes.get(inode as usize)?.object {
            Object::File(node) => Some(FileEntry { inode, node }),
            _ => None,
        }
    }

    /// Counts of the kinds of inodes.
    pub(crate) fn statistics(&self) -> Statistics {
        let mut statistics = Statistics::default();
        for entry in &self.inodes {
            match entry.object {
                Object::Directory(_) => statistics.directory_count += 1,
                Object::Symlink(_) => statistics.symlink_count += 1,
                Object::File(file) => {
                    statistics.file_count += 1;
                    statistics.file_len = statistics.file_len.saturating_add(file.len);
                }
            }
        }
        statistics
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::FileContent;
    use std::io::{self, Read};

    #[test]
    fn inodes_that_the_largest_index_cannot_hold_are_refused() {
        let layout = Layout {
            inodes: Vec::new(),
            mounts: Vec::new(),
        };
        let most = MAX_INDEX_LEN as usize / INODE_LEN;
        assert!(layout.room_for(most).is_ok());
        let above = layout.room_for(most + 1);
        assert!(matches!(above, Err(WriteError::IndexLen { .. })));
    }

    /// Never read: the length is all that counts.
    #[derive(Debug)]
    struct Unread;

    impl FileContent for Unread {
        fn open(&self, _: u64) -> io::Result<std::boxed::Box<dyn Read + Send + '_>> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn describe(&self) -> String {
            String::new()
        }
    }

    #[test]
    fn a_file_beyond_its_limit_is_refused() {
        let of_len = |len| {
            let file = Node::File(FileNode {
                mtime_ns: 0,
                executable: false,
                len,
                content: std::sync::Arc::new(Unread),
            });
            let mut tree = Tree::default();
            tree.root.children.insert("f".into(), file);
            Layout::new(&tree).map(|_| ())
        };
        assert!(of_len(MAX_FILE_LEN).is_ok());
        let above = of_len(MAX_FILE_LEN + 1);
        assert!(matches!(above, Err(WriteError::FileLen { .. })));
    }
}
