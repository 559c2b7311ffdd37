//! Step 1: numbers the tree of the caller, and finds its files again.

use crate::encode::error::WriteError;
use crate::encode::layout::{self, Object, Source};
use crate::tree::{DirectoryNode, FileNode, Node, SymlinkNode, Tree};
use std::vec;
use std::vec::Vec;

/// The numbered tree.
pub(crate) type Layout<'t> = layout::Layout<'t, TreeNode<'t>>;

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum TreeNode<'t> {
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

impl<'t> From<&'t Node> for TreeNode<'t> {
    fn from(node: &'t Node) -> Self {
        match node {
            Node::Directory(directory) => Self::Directory(directory),
            Node::File(file) => Self::File(file),
            Node::Symlink(symlink) => Self::Symlink(symlink),
        }
    }
}

impl<'t> Source<'t> for TreeNode<'t> {
    fn mtime_ns(self) -> i64 {
        match self {
            Self::Directory(directory) => directory.mtime_ns,
            Self::File(file) => file.mtime_ns,
            Self::Symlink(symlink) => symlink.mtime_ns,
        }
    }

    fn object(self) -> Object<'t> {
        match self {
            Self::Directory(_) => Object::Directory,
            Self::File(&FileNode {
                len, executable, ..
            }) => Object::File { len, executable },
            Self::Symlink(symlink) => Object::Symlink {
                target: &symlink.target,
            },
        }
    }

    fn children(self) -> impl Iterator<Item = (&'t str, Self)> {
        let children = match self {
            Self::Directory(directory) => Some(&directory.children),
            _ => None,
        };
        let children = children.into_iter().flatten();
        children.map(|(name, node)| (name.as_str(), node.into()))
    }
}

/// Numbers the tree and resolves its mounts.
pub(crate) fn number(tree: &Tree) -> Result<Layout<'_>, WriteError> {
    let mut layout = Layout::new(TreeNode::Directory(&tree.root))?;
    for mount in &tree.mounts {
        let names = mount.components.iter().map(|name| name.as_str());
        layout.mount(&mount.guest_path, names)?;
    }
    Ok(layout)
}

impl<'t> Layout<'t> {
    /// All regular files in depth-first order, which enters a directory before it
    /// continues with the next name.
    pub(crate) fn files(&self) -> Vec<FileEntry<'t>> {
        let mut files = Vec::new();
        let mut pending = vec![0];
        while let Some(inode) = pending.pop() {
            let Some(entry) = self.inodes.get(inode as usize) else {
                continue;
            };
            match entry.source {
                TreeNode::Directory(_) => {
                    let end = entry.first_child + entry.child_count;
                    pending.extend((entry.first_child..end).rev());
                }
                TreeNode::File(node) => files.push(FileEntry { inode, node }),
                TreeNode::Symlink(_) => {}
            }
        }
        files
    }

    /// Each inode in the order of the numbers: its number, the number of its directory,
    /// and whether it is a directory itself. Parents precede their children.
    pub(crate) fn inodes_with_parents(&self) -> impl Iterator<Item = (u32, u32, bool)> + '_ {
        (0..).zip(&self.inodes).map(|(number, entry)| {
            let is_directory = matches!(entry.source, TreeNode::Directory(_));
            (number, entry.parent, is_directory)
        })
    }

    /// The regular file with this number.
    pub(crate) fn file(&self, inode: u32) -> Option<FileEntry<'t>> {
        match *self.source(inode)? {
            TreeNode::File(node) => Some(FileEntry { inode, node }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_FILE_LEN;
    use crate::tree::FileContent;
    use std::io::{self, Read};
    use std::string::String;

    /// Never read: only the length counts.
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
    fn file_beyond_its_limit_is_rejected() {
        let of_len = |len| {
            let file = Node::File(FileNode {
                mtime_ns: 0,
                executable: false,
                len,
                content: std::sync::Arc::new(Unread),
            });
            let mut tree = Tree::default();
            tree.root.children.insert("f".into(), file);
            number(&tree).map(|_| ())
        };
        assert!(of_len(MAX_FILE_LEN).is_ok());
        let above = of_len(MAX_FILE_LEN + 1);
        assert!(matches!(above, Err(WriteError::FileLen { .. })));
    }
}
