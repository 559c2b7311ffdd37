//! The index of an image as a tree: enough for paths, without any content.

use crate::fs::{FsError, Kind, Result, Tree};
use wasi_vfs_format::{Content, Corrupt, Index, Inode, InodeNumber};

/// Programs learn that an image is damaged, not where: tools report the place.
impl From<Corrupt> for FsError {
    fn from(_: Corrupt) -> Self {
        Self::Io
    }
}

impl Tree for Index<'_> {
    type Id = InodeNumber;
    type Node = Inode;

    fn root(&self) -> InodeNumber {
        InodeNumber::ROOT
    }

    fn node(&self, id: InodeNumber) -> Result<Inode> {
        Ok(self.inode(id)?)
    }

    fn id(node: &Inode) -> InodeNumber {
        node.number
    }

    fn kind(node: &Inode) -> Kind {
        node.kind()
    }

    fn parent(&self, node: &Inode) -> Result<Inode> {
        Ok(self.inode(node.parent)?)
    }

    fn lookup(&self, directory: &Inode, name: &[u8]) -> Result<Option<Inode>> {
        match directory.content {
            Content::Directory(directory) => Ok(Index::lookup(self, &directory, name)?),
            _ => Err(FsError::NotADirectory),
        }
    }

    fn read_link(&self, link: &Inode) -> Result<&[u8]> {
        match link.content {
            Content::Symlink(link) => Ok(self.target(&link)?),
            _ => Err(FsError::Invalid),
        }
    }
}
