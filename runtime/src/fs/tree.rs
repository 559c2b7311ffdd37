//! The part of a file system that paths need: directories, names and links.

use super::{Kind, Result};

/// A tree of nodes. `&self`, since looking up changes nothing.
///
/// A [`Node`](Self::Node) is a node as the last look-up found it. An
/// [`Id`](Self::Id) names the same node for longer, is small, and is stored in open
/// handles. For an image they are the parsed inode and its number.
pub trait Tree {
    /// Names a node.
    type Id: Copy + Eq;
    /// A node that was looked up.
    type Node: Copy;

    /// The directory that all paths start from.
    fn root(&self) -> Self::Id;

    /// The node behind an id.
    fn node(&self, id: Self::Id) -> Result<Self::Node>;

    /// The id of a node.
    fn id(node: &Self::Node) -> Self::Id;

    /// The kind of a node.
    fn kind(node: &Self::Node) -> Kind;

    /// The directory above; the root's is the root.
    fn parent(&self, node: &Self::Node) -> Result<Self::Node>;

    /// The child of a directory by name, `None` if it has no such child.
    fn lookup(&self, directory: &Self::Node, name: &[u8]) -> Result<Option<Self::Node>>;

    /// The target of a symbolic link.
    fn read_link(&self, link: &Self::Node) -> Result<&[u8]>;
}
