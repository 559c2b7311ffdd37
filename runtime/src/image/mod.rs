//! An image as a file system: the index answers everything except content, and the
//! blocks hold the content.
//!
//! Reading 100 KiB of a file at offset 0, for example, asks the index for the run that
//! holds offset 0, copies the part of the run within one block, and goes on behind it.
//! Most files are one run within one block, so one copy serves the read.

mod tree;

use crate::blocks::{BlockError, BlockSource, Blocks, Budget, Sink};
#[cfg(any(test, feature = "writable"))]
use crate::fs::Origin;
use crate::fs::{Entry, Filesystem, FsError, Kind, Mount, Result, Stat, Tree};
use wasi_vfs_format::{Content, File, Index, Inode, InodeNumber};

impl From<BlockError> for FsError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::NoMemory => Self::NoMemory,
            BlockError::Corrupt | BlockError::OutOfRange | BlockError::Unavailable => Self::Io,
        }
    }
}

/// An image that is being served.
pub struct ImageFs<'i, S, B> {
    /// Without an index, each operation fails with this error: [`FsError::Io`] if the
    /// index is damaged, [`FsError::NoMemory`] if it is not in memory yet.
    index: Result<Index<'i>>,
    blocks: Blocks<S, B>,
}

impl<'i, S: BlockSource, B: Budget> ImageFs<'i, S, B> {
    /// Serves the image with this index, if its checksum is right. `None` stands for an
    /// index that cannot be parsed.
    pub fn new(index: Option<Index<'i>>, blocks: Blocks<S, B>) -> Self {
        let mut image = Self::without_index(blocks);
        image.set_index(index);
        image
    }

    /// Serves an image for whose index memory ran out. Each operation fails with
    /// [`FsError::NoMemory`] until [`set_index`](Self::set_index).
    pub fn without_index(blocks: Blocks<S, B>) -> Self {
        Self {
            index: Err(FsError::NoMemory),
            blocks,
        }
    }

    /// Whether the index is not in memory yet.
    pub fn needs_index(&self) -> bool {
        matches!(self.index, Err(FsError::NoMemory))
    }

    /// Sets the index, as [`new`](Self::new) does.
    pub fn set_index(&mut self, index: Option<Index<'i>>) {
        let index = index.filter(|index| index.verify_checksum().is_ok());
        // Changes are no image to serve. Without the layer, the reader rejects them earlier.
        let index = index.filter(|index| !index.superblock().is_changes());
        self.index = index.ok_or(FsError::Io);
    }

    fn index(&self) -> Result<&Index<'i>> {
        self.index.as_ref().map_err(|error| *error)
    }

    /// Copies bytes of a file from `offset` on: those of one run within one block.
    /// Returns false at the end of the file.
    fn copy_part(
        &mut self,
        (number, file): (InodeNumber, &File),
        offset: u64,
        sink: &mut impl Sink,
    ) -> Result<bool> {
        let index = self.index.as_ref().map_err(|error| *error)?;
        let Some(run) = index.run(number, file, offset)? else {
            return Ok(false);
        };
        let len = u64::from(sink.room()).min(run.len) as u32;
        self.blocks.read(index, (run.raw_offset, len), sink)?;
        Ok(true)
    }

    /// Frees the memory of all decompressed blocks. Open files stay open.
    pub fn empty_cache(&mut self) {
        self.blocks.empty_cache();
    }

    #[cfg(test)]
    pub(crate) fn blocks(&self) -> &Blocks<S, B> {
        &self.blocks
    }
}

impl<S: BlockSource, B: Budget> Tree for ImageFs<'_, S, B> {
    type Id = InodeNumber;
    type Node = Inode;

    fn root(&self) -> InodeNumber {
        InodeNumber::ROOT
    }

    fn node(&self, id: InodeNumber) -> Result<Inode> {
        self.index()?.node(id)
    }

    fn id(node: &Inode) -> InodeNumber {
        node.number
    }

    fn kind(node: &Inode) -> Kind {
        node.kind()
    }

    fn parent(&self, node: &Inode) -> Result<Inode> {
        self.index()?.parent(node)
    }

    fn lookup(&self, directory: &Inode, name: &[u8]) -> Result<Option<Inode>> {
        let Content::Directory(directory) = &directory.content else {
            return Err(FsError::NotADirectory);
        };
        let index = self.index()?;
        match index.find(directory, name)? {
            Some(number) => Ok(Some(index.inode(number)?)),
            None => Ok(None),
        }
    }

    fn read_link(&self, link: &Inode) -> Result<&[u8]> {
        self.index()?.read_link(link)
    }
}

impl<S: BlockSource, B: Budget> Filesystem for ImageFs<'_, S, B> {
    /// Without an index there is one mount, so that a program meets the error when it looks
    /// for its preopens, and not as missing files.
    fn mount_count(&self) -> u32 {
        self.index().map_or(1, |index| index.mount_count())
    }

    fn mount(&self, position: u32) -> Result<Mount<'_, InodeNumber>> {
        let mount = self.index()?.mount(position)?;
        Ok(Mount {
            path: mount.path,
            id: mount.inode,
        })
    }

    fn stat(&self, inode: &Inode) -> Result<Stat> {
        Ok(Stat {
            serial: serial(inode.number),
            kind: inode.kind(),
            // Images have no hard links. For directories 1 is the answer of file systems
            // that do not count subdirectories, which tree walkers know.
            link_count: 1,
            len: match inode.content {
                Content::File(file) => file.len,
                Content::Symlink(link) => link.target_len.into(),
                Content::Directory(_) => 0,
            },
            accessed_ns: inode.mtime_ns,
            modified_ns: inode.mtime_ns,
            changed_ns: inode.mtime_ns,
        })
    }

    /// The cookie of a child is its position.
    fn entry(&self, directory: &Inode, cookie: u64) -> Result<Option<Entry<'_>>> {
        let Content::Directory(directory) = directory.content else {
            return Err(FsError::NotADirectory);
        };
        let position = u32::try_from(cookie).unwrap_or(u32::MAX);
        let Some(number) = directory.child(position) else {
            return Ok(None);
        };
        let index = self.index()?;
        Ok(Some(Entry {
            next: cookie + 1,
            serial: serial(number),
            kind: index.inode(number)?.kind(),
            name: index.name(number)?,
        }))
    }

    fn read_at(&mut self, inode: &Inode, offset: u64, sink: &mut impl Sink) -> Result {
        let Content::File(file) = inode.content else {
            return Err(FsError::Io);
        };
        let room = sink.room();
        while sink.room() > 0 {
            let done = room - sink.room();
            let at = offset.saturating_add(done.into());
            match self.copy_part((inode.number, &file), at, sink) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }
}

#[cfg(any(test, feature = "writable"))]
impl<S: BlockSource, B: Budget> Origin for ImageFs<'_, S, B> {
    fn name(&self, inode: &Inode) -> Result<&[u8]> {
        Ok(self.index()?.name(inode.number)?)
    }

    fn is_executable(&self, inode: &Inode) -> bool {
        matches!(inode.content, Content::File(file) if file.executable)
    }
}

/// [`Stat::serial`] of an inode, never 0.
fn serial(number: InodeNumber) -> u64 {
    u64::from(number.0) + 1
}
