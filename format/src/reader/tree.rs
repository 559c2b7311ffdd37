//! The tree of an image, for packing it again.

use super::blocks::BlockCache;
use super::file::FileReader;
use super::image_reader::ImageReader;
use super::payload::Payload;
use crate::error::{Corrupt, Error, Incompatible};
use crate::index::Index;
use crate::inode::{Content, Directory, Inode, InodeNumber, Symlink};
use crate::limits::MAX_PATH_LEN;
use crate::tree::{DirectoryNode, FileContent, FileNode, MountPoint, Node, SymlinkNode, Tree};
use std::boxed::Box;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec::Vec;

impl ImageReader<'_> {
    /// Returns the tree of this image. The tree keeps a copy of the index, and of a
    /// borrowed payload. It reads and decompresses the bytes of its files on demand.
    ///
    /// # Errors
    ///
    /// The image is damaged, or describes changes of another one. Names that the format
    /// forbids are errors too.
    pub fn to_tree(&self) -> Result<Tree, Error> {
        if self.index.superblock().is_changes() {
            return Err(Incompatible::Changes.into());
        }
        Ok(Tree {
            root: self.builder().root()?,
            mounts: self.mount_points()?,
        })
    }

    pub(super) fn builder(&self) -> Builder<'_, '_> {
        let image = Arc::new(OwnedImage {
            index: self.index.bytes().to_vec(),
            payload: self.payload.clone().into_owned(),
            cache: self.cache.clone(),
        });
        Builder {
            index: &self.index,
            image,
        }
    }

    fn mount_points(&self) -> Result<Vec<MountPoint>, Corrupt> {
        let mounts = 0..self.index.mount_count();
        mounts.map(|mount| self.mount_point(mount)).collect()
    }

    fn mount_point(&self, number: u32) -> Result<MountPoint, Corrupt> {
        let mount = self.index.mount(number)?;
        let path = core::str::from_utf8(mount.path);
        let path = path.map_err(|_| Corrupt::MountPath { mount: number })?;
        let mut components = Vec::new();
        let mut inode = mount.inode;
        // Ends: parents precede their children.
        while inode != InodeNumber::ROOT {
            components.push(name(&self.index, inode)?);
            inode = self.index.inode(inode)?.parent;
        }
        components.reverse();
        Ok(MountPoint {
            guest_path: path.to_string(),
            components,
        })
    }
}

pub(super) fn name(index: &Index<'_>, number: InodeNumber) -> Result<String, Corrupt> {
    let name = core::str::from_utf8(index.name(number)?);
    let name = name.map_err(|_| Corrupt::NameRule { inode: number.0 })?;
    Ok(name.to_string())
}

pub(super) struct Builder<'i, 'a> {
    index: &'i Index<'a>,
    image: Arc<OwnedImage>,
}

impl Builder<'_, '_> {
    /// Makes the nodes from the last inode to the first, so the children of a directory
    /// exist before it. This needs no recursion, and linear time for any image.
    fn root(&self) -> Result<DirectoryNode, Corrupt> {
        let count = self.index.inode_count();
        let mut nodes: Vec<_> = (0..count).map(|_| None).collect();
        self.validate_path_lens()?;
        for number in (0..count).rev() {
            let inode = self.index.inode(InodeNumber(number))?;
            let node = self.node(&inode, &mut nodes)?;
            if let Some(slot) = nodes.get_mut(number as usize) {
                *slot = Some(node);
            }
        }
        match nodes.into_iter().next() {
            Some(Some(Node::Directory(root))) => Ok(root),
            _ => Err(Corrupt::Root),
        }
    }

    /// A walk through a tree may recurse, so the depth of a tree must have the bound of
    /// a path.
    pub(super) fn validate_path_lens(&self) -> Result<(), Corrupt> {
        let mut path_lens: Vec<usize> = Vec::new();
        for inode in 0..self.index.inode_count() {
            let number = InodeNumber(inode);
            let parent = self.index.inode(number)?.parent.0;
            let parent_len = path_lens.get(parent as usize).copied();
            let path_len = parent_len.map_or(0, |len| len + 1) + self.index.name(number)?.len();
            // Counts the leading slash, unlike the limit.
            if path_len > MAX_PATH_LEN + 1 {
                return Err(Corrupt::PathLen { inode });
            }
            path_lens.push(path_len);
        }
        Ok(())
    }

    /// The node of an inode. A directory takes its children out of `nodes`.
    pub(super) fn node(&self, inode: &Inode, nodes: &mut [Option<Node>]) -> Result<Node, Corrupt> {
        let mtime_ns = inode.mtime_ns;
        Ok(match inode.content {
            Content::Directory(directory) => Node::Directory(DirectoryNode {
                mtime_ns,
                children: self.children(inode, &directory, nodes)?,
            }),
            Content::File(file) => Node::File(FileNode {
                mtime_ns,
                executable: file.executable,
                len: file.len,
                content: Arc::new(ImageFile {
                    image: self.image.clone(),
                    inode: inode.number,
                }),
            }),
            Content::Symlink(link) => Node::Symlink(SymlinkNode {
                mtime_ns,
                target: self.target(inode, &link)?,
            }),
        })
    }

    fn children(
        &self,
        inode: &Inode,
        directory: &Directory,
        nodes: &mut [Option<Node>],
    ) -> Result<BTreeMap<String, Node>, Corrupt> {
        let mut children = BTreeMap::new();
        for number in directory.children() {
            let parent = self.index.inode(number)?.parent;
            let child = nodes.get_mut(number.0 as usize).and_then(Option::take);
            let Some(child) = child.filter(|_| parent == inode.number) else {
                return Err(Corrupt::ChildParent {
                    inode: number.0,
                    expected: inode.number.0,
                    found: parent.0,
                });
            };
            let name = name(self.index, number)?;
            if children.insert(name, child).is_some() {
                return Err(Corrupt::NameOrder { inode: number.0 });
            }
        }
        Ok(children)
    }

    fn target(&self, inode: &Inode, link: &Symlink) -> Result<String, Corrupt> {
        let target = core::str::from_utf8(self.index.target(link)?);
        let target = target.map_err(|_| Corrupt::Target {
            inode: inode.number.0,
        })?;
        Ok(target.to_string())
    }
}

/// The bytes of an image, shared by the files of a tree.
#[derive(Debug)]
struct OwnedImage {
    index: Vec<u8>,
    payload: Payload<'static>,
    cache: Arc<BlockCache>,
}

/// A file of an image as the content of a file of a tree.
#[derive(Debug)]
struct ImageFile {
    image: Arc<OwnedImage>,
    inode: InodeNumber,
}

impl ImageFile {
    fn reader(&self) -> Result<Option<FileReader<'_>>, Error> {
        let OwnedImage {
            index,
            payload,
            cache,
        } = &*self.image;
        let reader = ImageReader {
            cache: cache.clone(),
            ..ImageReader::new_unverified(index, payload)?
        };
        let inode = reader.index.inode(self.inode)?;
        Ok(reader.open(&inode))
    }
}

impl FileContent for ImageFile {
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        match self.reader() {
            Ok(Some(mut file)) => {
                file.seek(SeekFrom::Start(offset))?;
                Ok(Box::new(file))
            }
            Ok(None) => Err(io::Error::new(ErrorKind::InvalidData, "not a regular file")),
            Err(error) => Err(io::Error::new(ErrorKind::InvalidData, error)),
        }
    }

    fn describe(&self) -> String {
        std::format!("inode {} of the packed image", self.inode.0)
    }
}
