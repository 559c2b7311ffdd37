//! The index, read in place. Lookups are arithmetic and binary searches on the stored
//! records, so opening parses nothing ahead and allocates nothing.

use crate::block::{Block, BlockNumber, BlockRecord, Codec};
#[cfg(feature = "changes")]
use crate::changes::Mark;
use crate::checksum::checksum_of_two;
use crate::error::{Corrupt, Error};
use crate::extent::ExtentRecord;
use crate::inode::{
    Content, Data, Directory, FLAG_EXECUTABLE, FLAG_ONE_RUN, File, Inode, InodeNumber, InodeRecord,
    Kind, LINK, REMOVED, Symlink,
};
use crate::mount::{Mount, MountRecord};
use crate::superblock::{SUPERBLOCK_LEN, Superblock};
use core::cmp::Ordering;
use core::mem::offset_of;
use zerocopy::little_endian::U32;

/// The index of an image, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Index<'a> {
    bytes: &'a [u8],
    superblock: &'a Superblock,
    pub(crate) mounts: &'a [MountRecord],
    pub(crate) inodes: &'a [InodeRecord],
    pub(crate) extents: &'a [ExtentRecord],
    blocks: &'a [BlockRecord],
    bases: &'a [U32],
    names: &'a [u8],
}

/// A range of a file that is also a range of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Offset of the run in the content.
    pub raw_offset: u64,
    /// Length in bytes; never zero.
    pub len: u64,
}

/// A whole run of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Offset of the run in the file.
    pub file_offset: u64,
    /// Length in bytes; never zero.
    pub len: u64,
    /// Offset of the run in the content.
    pub raw_offset: u64,
}

impl<'a> Index<'a> {
    /// Opens the index at the start of `bytes`. Ignores the bytes behind it.
    ///
    /// Takes constant time. It checks the superblock and the bounds of the tables, but
    /// not their records. Every record is validated when it is used.
    /// [`Index::verify_checksum`] compares the checksum.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let superblock = Superblock::parse(bytes)?;
        let bytes = bytes
            .get(..superblock.index_len.get() as usize)
            .ok_or(Corrupt::Truncated { len: bytes.len() })?;
        let index = Self {
            bytes,
            superblock,
            mounts: superblock.mounts.records(bytes, "mounts")?,
            inodes: superblock.inodes.records(bytes, "inodes")?,
            extents: superblock.extents.records(bytes, "extents")?,
            blocks: superblock.blocks.records(bytes, "blocks")?,
            bases: superblock.bases().records(bytes, "bases")?,
            names: superblock.names.records(bytes, "names")?,
        };
        match index.inode(InodeNumber::ROOT)?.kind() {
            Kind::Directory => Ok(index),
            _ => Err(Corrupt::Root.into()),
        }
    }

    /// Compares the checksum of the whole index, in linear time.
    pub fn verify_checksum(&self) -> Result<(), Corrupt> {
        let before = self.bytes.get(..offset_of!(Superblock, index_checksum));
        let after = self.bytes.get(SUPERBLOCK_LEN..);
        let found = checksum_of_two(before.unwrap_or_default(), after.unwrap_or_default());
        let expected = self.superblock.index_checksum.get();
        if found == expected {
            Ok(())
        } else {
            Err(Corrupt::IndexChecksum { expected, found })
        }
    }

    /// The superblock.
    pub fn superblock(&self) -> &'a Superblock {
        self.superblock
    }

    /// The bytes of the index.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Number of mounts.
    pub fn mount_count(&self) -> u32 {
        self.superblock.mounts.count.get()
    }

    /// The mount at `position`, in the order in which they were mapped.
    pub fn mount(&self, position: u32) -> Result<Mount<'a>, Corrupt> {
        let corrupt = Corrupt::Mount { mount: position };
        let record = self.mounts.get(position as usize).ok_or(corrupt)?;
        let inode = self.inode(InodeNumber(record.inode.get()))?;
        if inode.kind() != Kind::Directory {
            return Err(corrupt);
        }
        Ok(Mount {
            path: self.name_bytes(record.path_offset.get(), record.path_len.get())?,
            inode: inode.number,
        })
    }

    /// Number of inodes, the root included.
    pub fn inode_count(&self) -> u32 {
        self.superblock.inodes.count.get()
    }

    /// The inode with this number.
    pub fn inode(&self, number: InodeNumber) -> Result<Inode, Corrupt> {
        self.inode_inline(number)
    }

    /// As [`inode`](Self::inode), and compiled into its caller: a walk would spend a third of
    /// its time on copies of inodes.
    #[cfg_attr(feature = "changes", inline(always))]
    pub fn inode_inline(&self, number: InodeNumber) -> Result<Inode, Corrupt> {
        let record = self.inode_record(number)?;
        let parent = record.parent.get();
        if parent >= number.0 && number != InodeNumber::ROOT {
            let inode = number.0;
            return Err(Corrupt::Parent { inode, parent });
        }
        let record = self.without_link(number.0, record)?;
        Ok(Inode {
            number,
            parent: InodeNumber(parent.min(number.0)),
            mtime_ns: record.mtime_ns.get(),
            content: self.content(number.0, record)?,
        })
    }

    /// The name of an inode within its directory; empty for the root.
    pub fn name(&self, number: InodeNumber) -> Result<&'a [u8], Corrupt> {
        let record = self.inode_record(number)?;
        self.name_bytes(record.name_offset.get(), record.name_len.into())
    }

    /// The target of a symbolic link.
    pub fn target(&self, link: &Symlink) -> Result<&'a [u8], Corrupt> {
        self.name_bytes(link.target_offset, link.target_len)
    }

    /// The children of a directory in the order of their names; none if `inode` is no
    /// directory. A child with another parent is an error, for example a child that two
    /// directories list. So no walk down from the root visits an inode twice.
    pub fn children(
        &self,
        inode: &Inode,
    ) -> impl DoubleEndedIterator<Item = Result<Inode, Corrupt>> + use<'a> {
        let (index, parent) = (*self, inode.number);
        let directory = match inode.content {
            Content::Directory(directory) => Some(directory),
            _ => None,
        };
        let numbers = directory.map(|directory| directory.children());
        numbers.into_iter().flatten().map(move |number| {
            let child = index.inode(number)?;
            match child.parent == parent {
                true => Ok(child),
                false => Err(Corrupt::ChildParent {
                    inode: number.0,
                    expected: parent.0,
                    found: child.parent.0,
                }),
            }
        })
    }

    /// The child of `directory` called `name`.
    pub fn lookup(&self, directory: &Directory, name: &[u8]) -> Result<Option<Inode>, Corrupt> {
        let number = self.find(directory, name)?;
        number.map(|number| self.inode(number)).transpose()
    }

    /// The number of the child of `directory` called `name`, found by binary search.
    pub fn find(&self, directory: &Directory, name: &[u8]) -> Result<Option<InodeNumber>, Corrupt> {
        let (mut low, mut high) = (directory.first, directory.first + directory.count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.name(InodeNumber(middle))?.cmp(name) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(Some(InodeNumber(middle))),
            }
        }
        Ok(None)
    }

    /// The longest run that holds the bytes of `file` from `offset` on; `None` at or
    /// behind the end of the file.
    pub fn run(
        &self,
        inode: InodeNumber,
        file: &File,
        offset: u64,
    ) -> Result<Option<Run>, Corrupt> {
        if offset >= file.len {
            return Ok(None);
        }
        let extent = match file.data {
            Data::OneRun(raw_offset) => self.extent(inode, 0, file.len, raw_offset)?,
            Data::Extents(first) => self.extent_at(inode, first, file.len, offset)?,
        };
        let skipped = offset - extent.file_offset;
        Ok(Some(Run {
            raw_offset: extent.raw_offset + skipped,
            len: extent.len - skipped,
        }))
    }

    /// The runs of `file` in the order of its bytes. A file that shares no bytes with
    /// others has one.
    ///
    /// The iterator is total, like the whole reader. A damaged image yields errors, or
    /// runs that do not cover the file, and at most as many as there are extents.
    pub fn extents(
        &self,
        inode: InodeNumber,
        file: &File,
    ) -> Result<impl ExactSizeIterator<Item = Result<Extent, Corrupt>> + use<'a>, Corrupt> {
        let (records, one_run) = match file.data {
            _ if file.len == 0 => (&[][..], None),
            Data::OneRun(raw_offset) => (&[][..], Some(raw_offset)),
            Data::Extents(first) => (self.extent_records(inode, first)?, None),
        };
        let count = records.len() + usize::from(one_run.is_some());
        let (index, file_len) = (*self, file.len);
        Ok((0..count).map(move |position| {
            let record = records.get(position);
            let start = record.map_or(0, start_of);
            let end = records.get(position + 1).map_or(file_len, start_of);
            let raw_offset = record.map(ExtentRecord::raw_offset).or(one_run);
            index.extent(inode, start, end, raw_offset.unwrap_or_default())
        }))
    }

    /// Number of extents.
    pub fn extent_count(&self) -> u32 {
        self.superblock.extents.count.get()
    }

    /// Number of blocks.
    pub fn block_count(&self) -> u32 {
        self.superblock.blocks.count.get()
    }

    /// The block with this number.
    pub fn block(&self, number: u32) -> Result<Block, Corrupt> {
        let corrupt = Corrupt::Block { block: number };
        let record = self.blocks.get(number as usize).ok_or(corrupt)?;
        let shift = self.superblock.block_shift.get();
        let start = u64::from(number) << shift;
        let end = (start + (1 << shift)).min(self.superblock.raw_len.get());
        let payload_len = self.superblock.payload_len.get();
        let mut block = Block::validate(number, record, start..end, payload_len)?;
        if let Codec::Based(position) = block.codec {
            block.base = Some(self.base(position).ok_or(corrupt)?);
        }
        Ok(block)
    }

    /// Number of bases. An image without a table of bases has one, block 0, which other
    /// blocks need not use.
    pub fn base_count(&self) -> u32 {
        match self.superblock.has_bases() {
            true => self.superblock.base_count.get(),
            false => 1,
        }
    }

    /// The block that is the base at `position`. `None` if there is no such base or if its
    /// record needs a base, so that decoding ends.
    pub fn base(&self, position: u8) -> Option<BlockNumber> {
        let number = match self.superblock.has_bases() {
            true => self.bases.get(usize::from(position))?.get(),
            false if position == 0 => 0,
            false => return None,
        };
        let codec = self.blocks.get(number as usize)?.codec();
        matches!(codec, Some(Codec::Stored | Codec::Zstd)).then_some(BlockNumber(number))
    }

    /// The block that holds the byte of the content at `raw_offset`.
    pub fn block_at(&self, raw_offset: u64) -> Result<Block, Corrupt> {
        let number = raw_offset >> self.superblock.block_shift.get();
        self.block(u32::try_from(number).unwrap_or(u32::MAX))
    }

    fn inode_record(&self, number: InodeNumber) -> Result<&'a InodeRecord, Corrupt> {
        let inode = number.0;
        self.inodes
            .get(inode as usize)
            .ok_or(Corrupt::NoInode { inode })
    }

    fn name_bytes(&self, offset: u32, len: u32) -> Result<&'a [u8], Corrupt> {
        let start = offset as usize;
        start
            .checked_add(len as usize)
            .and_then(|end| self.names.get(start..end))
            .ok_or(Corrupt::Name { offset })
    }

    /// The record of the inode whose further name this record is, or the record itself.
    fn without_link(
        &self,
        inode: u32,
        record: &'a InodeRecord,
    ) -> Result<&'a InodeRecord, Corrupt> {
        let Some(target) = self.link_target(record) else {
            return Ok(record);
        };
        let corrupt = Corrupt::Link { inode };
        let record = self.inodes.get(target as usize).filter(|_| target < inode);
        match record.map(|record| (record.kind(), record)) {
            Some((kind, record)) if kind == Kind::File as u8 || kind == Kind::Symlink as u8 => {
                Ok(record)
            }
            _ => Err(corrupt),
        }
    }

    fn link_target(&self, record: &InodeRecord) -> Option<u32> {
        let is_link = self.superblock.is_changes() && record.kind() == LINK;
        is_link.then(|| record.content.get())
    }

    /// What an image of [changes](crate::changes) says about the name of this inode.
    ///
    /// [`Index::inode`] returns the other inode's content for a link, and a symbolic link
    /// without a target for a removed name.
    #[cfg(feature = "changes")]
    pub fn mark(&self, number: InodeNumber) -> Result<Option<Mark>, Corrupt> {
        let record = self.inode_record(number)?;
        if let Some(target) = self.link_target(record) {
            self.without_link(number.0, record)?;
            return Ok(Some(Mark::Link(InodeNumber(target))));
        }
        let is_removed = self.superblock.is_changes() && record.kind() == REMOVED;
        Ok(is_removed.then_some(Mark::Removed))
    }

    fn content(&self, inode: u32, record: &InodeRecord) -> Result<Content, Corrupt> {
        const DIRECTORY: u8 = Kind::Directory as u8;
        const FILE: u8 = Kind::File as u8;
        const SYMLINK: u8 = Kind::Symlink as u8;
        match (record.kind(), record.flags()) {
            (DIRECTORY, 0) => self.directory(inode, record).map(Content::Directory),
            (FILE, flags) if flags & !(FLAG_EXECUTABLE | FLAG_ONE_RUN) == 0 => {
                file(inode, record).map(Content::File)
            }
            (SYMLINK, 0) => symlink(inode, record).map(Content::Symlink),
            (REMOVED, 0) if self.superblock.is_changes() => Ok(Content::Symlink(Symlink {
                target_len: 0,
                target_offset: 0,
            })),
            (kind, flags) => Err(Corrupt::InodeKind { inode, kind, flags }),
        }
    }

    fn directory(&self, inode: u32, record: &InodeRecord) -> Result<Directory, Corrupt> {
        let corrupt = Corrupt::Children { inode };
        let first = u32::try_from(record.content()).map_err(|_| corrupt)?;
        let count = u32::try_from(record.size()).map_err(|_| corrupt)?;
        let end = first.checked_add(count).ok_or(corrupt)?;
        if count > 0 && (first <= inode || end > self.inode_count()) {
            return Err(corrupt);
        }
        Ok(Directory { first, count })
    }

    /// The extents of a file from its first extent on.
    pub(crate) fn extent_records(
        &self,
        inode: InodeNumber,
        first: u32,
    ) -> Result<&'a [ExtentRecord], Corrupt> {
        let rest = self.extents.get(first as usize..).unwrap_or_default();
        let following = rest.first().map(ExtentRecord::following_count);
        following
            .and_then(|following| rest.get(..following as usize + 1))
            .ok_or(uncovered(inode, 0))
    }

    /// The extent of a file that covers `offset`.
    fn extent_at(
        &self,
        inode: InodeNumber,
        first: u32,
        file_len: u64,
        offset: u64,
    ) -> Result<Extent, Corrupt> {
        let extents = self.extent_records(inode, first)?;
        let after = extents.partition_point(|extent| start_of(extent) <= offset);
        let record = after.checked_sub(1).and_then(|at| extents.get(at));
        let record = record.ok_or(uncovered(inode, offset))?;
        let (start, end) = (start_of(record), extents.get(after));
        let end = end.map_or(file_len, start_of);
        // In unsorted records of a damaged image the search may find nothing.
        if offset < start || end <= offset {
            return Err(uncovered(inode, offset));
        }
        self.extent(inode, start, end, record.raw_offset())
    }

    /// The run of a file from `start` to `end`, which must lie within the
    /// content.
    fn extent(
        &self,
        inode: InodeNumber,
        start: u64,
        end: u64,
        raw_offset: u64,
    ) -> Result<Extent, Corrupt> {
        let len = end.saturating_sub(start);
        let rest = self.superblock.raw_len.get().saturating_sub(raw_offset);
        if len == 0 || len > rest {
            let (inode, offset) = (inode.0, start);
            return Err(Corrupt::Run { inode, offset });
        }
        Ok(Extent {
            file_offset: start,
            len,
            raw_offset,
        })
    }
}

fn start_of(extent: &ExtentRecord) -> u64 {
    extent.file_offset.get()
}

fn uncovered(inode: InodeNumber, offset: u64) -> Corrupt {
    let inode = inode.0;
    Corrupt::Extent { inode, offset }
}

fn file(inode: u32, record: &InodeRecord) -> Result<File, Corrupt> {
    let content = record.content();
    Ok(File {
        len: record.size(),
        executable: record.flags() & FLAG_EXECUTABLE != 0,
        data: if record.flags() & FLAG_ONE_RUN != 0 {
            Data::OneRun(content)
        } else {
            let first = u32::try_from(content);
            Data::Extents(first.map_err(|_| Corrupt::Extent { inode, offset: 0 })?)
        },
    })
}

fn symlink(inode: u32, record: &InodeRecord) -> Result<Symlink, Corrupt> {
    let corrupt = Corrupt::Target { inode };
    Ok(Symlink {
        target_len: u32::try_from(record.size()).map_err(|_| corrupt)?,
        target_offset: u32::try_from(record.content()).map_err(|_| corrupt)?,
    })
}
