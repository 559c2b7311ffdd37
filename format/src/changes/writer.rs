//! The index of an image of changes under construction.

use crate::block::{BLOCK_RECORD_LEN, BlockRecord, Codec};
use crate::checksum::{checksum, checksum_of_two};
use crate::inode::{
    FLAG_EXECUTABLE, FLAG_ONE_RUN, INODE_LEN, InodeNumber, InodeRecord, Kind, LINK, REMOVED,
};
use crate::limits::{
    MAX_FILE_LEN, MAX_INDEX_LEN, MAX_NAME_LEN, MAX_PATH_LEN, MAX_PAYLOAD_LEN, MAX_SYMLINK_LEN,
};
use crate::superblock::{CHANGES, MAGIC, SUPERBLOCK_LEN, Superblock, Table, VERSION};
use alloc::vec::Vec;
use core::mem::offset_of;
use thiserror::Error;
use zerocopy::{FromZeros, IntoBytes};

/// Logarithm of the block size of an image of changes. A block is hashed as a whole, so a
/// longer block needs a longer buffer in the runtime.
pub const BLOCK_SHIFT: u32 = 16;

/// An image of changes that cannot be written.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum WriteError {
    /// Memory ran out.
    #[error("memory ran out")]
    NoMemory,
    /// A name, a path, a target, a file or all files together exceed a bound of the format.
    #[error("a name, a path, a link or a file exceeds a bound of the format")]
    Limit,
}

/// An inode to write.
#[derive(Clone, Copy, Debug)]
pub enum Described<'t> {
    /// A name that was removed.
    Removed,
    /// A further name of an earlier file or symbolic link.
    Link(InodeNumber),
    /// A directory.
    Directory,
    /// A regular file, whose bytes are the next ones of the content.
    File {
        /// Length in bytes.
        len: u64,
        /// May be executed.
        executable: bool,
    },
    /// A symbolic link.
    Symlink {
        /// The target as the program stored it.
        target: &'t [u8],
    },
}

/// The index of an image of changes under construction.
#[derive(Debug, Default)]
pub struct Writer {
    inodes: Vec<InodeRecord>,
    /// Lengths of the paths of the inodes.
    path_lens: Vec<u16>,
    blocks: Vec<BlockRecord>,
    names: Vec<u8>,
    raw_len: u64,
}

impl Writer {
    /// An image with the root directory only.
    ///
    /// # Errors
    ///
    /// [`WriteError::NoMemory`].
    pub fn new(mtime_ns: i64) -> Result<Self, WriteError> {
        let mut writer = Self::default();
        writer.push(InodeRecord {
            mtime_ns: mtime_ns.into(),
            kind_and_flags: Kind::Directory as u8,
            ..InodeRecord::new_zeroed()
        })?;
        writer.push_path_len(0)?;
        Ok(writer)
    }

    /// Adds the next inode and returns its number. The caller adds the entries of a directory
    /// one after the other by ascending names, and the directories in the order of their
    /// numbers.
    ///
    /// # Errors
    ///
    /// Memory runs out, or the inode exceeds a bound of the format.
    pub fn add(
        &mut self,
        parent: InodeNumber,
        name: &[u8],
        mtime_ns: i64,
        described: Described<'_>,
    ) -> Result<InodeNumber, WriteError> {
        self.add_path_len(parent, name.len())?;
        let mut record = InodeRecord {
            name_offset: self.text(name, MAX_NAME_LEN)?.into(),
            parent: parent.0.into(),
            // At most `MAX_NAME_LEN`.
            name_len: name.len() as u8,
            ..InodeRecord::new_zeroed()
        };
        self.describe(&mut record, mtime_ns, described)?;
        let number = InodeNumber(self.inodes.len() as u32);
        self.push(record)?;
        self.count_child(parent, number);
        Ok(number)
    }

    fn describe(
        &mut self,
        record: &mut InodeRecord,
        mtime_ns: i64,
        described: Described<'_>,
    ) -> Result<(), WriteError> {
        match described {
            Described::Removed => record.kind_and_flags = REMOVED,
            Described::Link(target) => {
                record.kind_and_flags = LINK;
                record.content = target.0.into();
            }
            Described::Directory => record.kind_and_flags = Kind::Directory as u8,
            Described::File { len, executable } => {
                record.kind_and_flags = Kind::File as u8;
                if executable {
                    record.kind_and_flags |= FLAG_EXECUTABLE;
                }
                self.add_content(record, len)?;
            }
            Described::Symlink { target } => {
                record.kind_and_flags = Kind::Symlink as u8;
                record.content = self.text(target, MAX_SYMLINK_LEN)?.into();
                record.set_size(target.len() as u64);
            }
        }
        if !matches!(described, Described::Removed | Described::Link(_)) {
            record.mtime_ns = mtime_ns.into();
        }
        Ok(())
    }

    fn add_content(&mut self, record: &mut InodeRecord, len: u64) -> Result<(), WriteError> {
        let end = self.raw_len.saturating_add(len);
        if len > MAX_FILE_LEN || end > MAX_PAYLOAD_LEN {
            return Err(WriteError::Limit);
        }
        if len > 0 {
            record.kind_and_flags |= FLAG_ONE_RUN;
            record.set_size(len);
            record.set_content(self.raw_len);
            self.raw_len = end;
        }
        Ok(())
    }

    /// Adds the record of an inode.
    fn push(&mut self, record: InodeRecord) -> Result<(), WriteError> {
        if (self.inodes.len() + 1) * INODE_LEN > MAX_INDEX_LEN as usize {
            return Err(WriteError::Limit);
        }
        push(&mut self.inodes, record)
    }

    fn add_path_len(&mut self, parent: InodeNumber, name_len: usize) -> Result<(), WriteError> {
        let parent_len = self.path_lens.get(parent.0 as usize);
        let parent_len = usize::from(parent_len.copied().unwrap_or_default());
        self.push_path_len(parent_len + usize::from(parent_len > 0) + name_len)
    }

    fn push_path_len(&mut self, len: usize) -> Result<(), WriteError> {
        match u16::try_from(len) {
            Ok(path_len) if len <= MAX_PATH_LEN => push(&mut self.path_lens, path_len),
            _ => Err(WriteError::Limit),
        }
    }

    fn count_child(&mut self, parent: InodeNumber, child: InodeNumber) {
        if let Some(record) = self.inodes.get_mut(parent.0 as usize) {
            if record.size.get() == 0 {
                record.content = child.0.into();
            }
            record.size += 1;
        }
    }

    /// Adds a name or a target. Returns its offset.
    fn text(&mut self, text: &[u8], max: usize) -> Result<u32, WriteError> {
        let is_text = !text.contains(&0) && core::str::from_utf8(text).is_ok();
        let end = self.names.len() + text.len();
        if text.is_empty() || text.len() > max || !is_text || end > MAX_INDEX_LEN as usize {
            return Err(WriteError::Limit);
        }
        let reserved = self.names.try_reserve(text.len());
        reserved.map_err(|_| WriteError::NoMemory)?;
        let offset = self.names.len() as u32;
        self.names.extend_from_slice(text);
        Ok(offset)
    }

    /// Length of the content, which is the payload.
    pub fn raw_len(&self) -> u64 {
        self.raw_len
    }

    /// Adds the next block of the content. All blocks except the last have
    /// 1 << [`BLOCK_SHIFT`] bytes.
    ///
    /// # Errors
    ///
    /// [`WriteError::NoMemory`].
    pub fn add_block(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        // The content has at most 31 bits, so offsets fit.
        let offset = (self.blocks.len() << BLOCK_SHIFT) as u32;
        let record = BlockRecord::new(checksum(bytes), offset, bytes.len() as u32, Codec::Stored);
        push(&mut self.blocks, record)
    }

    /// The bytes of the index.
    ///
    /// # Errors
    ///
    /// Memory runs out, or the index is too long.
    pub fn finish(self) -> Result<Vec<u8>, WriteError> {
        let tables_len = self.inodes.as_bytes().len() + self.blocks.as_bytes().len();
        let len = SUPERBLOCK_LEN + tables_len + self.names.len();
        if len > MAX_INDEX_LEN as usize {
            return Err(WriteError::Limit);
        }
        let mut bytes = Vec::new();
        let reserved = bytes.try_reserve_exact(len);
        reserved.map_err(|_| WriteError::NoMemory)?;
        bytes.resize(SUPERBLOCK_LEN, 0);
        bytes.extend_from_slice(self.inodes.as_bytes());
        bytes.extend_from_slice(self.blocks.as_bytes());
        bytes.extend_from_slice(&self.names);
        let (head, tables) = bytes.split_at_mut(SUPERBLOCK_LEN);
        let mut superblock = self.superblock(len);
        let hashed = superblock
            .as_bytes()
            .get(..offset_of!(Superblock, index_checksum));
        superblock.index_checksum = checksum_of_two(hashed.unwrap_or_default(), tables).into();
        head.copy_from_slice(superblock.as_bytes());
        Ok(bytes)
    }

    /// The superblock of an index of this length, without its checksum. All numbers are within
    /// [`MAX_INDEX_LEN`] or [`MAX_PAYLOAD_LEN`].
    fn superblock(&self, index_len: usize) -> Superblock {
        let table = |offset: usize, count: usize| Table {
            offset: (offset as u32).into(),
            count: (count as u32).into(),
        };
        let extents = SUPERBLOCK_LEN + self.inodes.len() * INODE_LEN;
        Superblock {
            magic: MAGIC,
            version: VERSION.into(),
            block_shift: BLOCK_SHIFT.into(),
            incompatible_features: CHANGES.into(),
            index_len: (index_len as u32).into(),
            payload_len: (self.raw_len as u32).into(),
            raw_len: self.raw_len.into(),
            mounts: table(SUPERBLOCK_LEN, 0),
            inodes: table(SUPERBLOCK_LEN, self.inodes.len()),
            extents: table(extents, 0),
            blocks: table(extents, self.blocks.len()),
            names: table(
                extents + self.blocks.len() * BLOCK_RECORD_LEN,
                self.names.len(),
            ),
            ..Superblock::new_zeroed()
        }
    }
}

fn push<T>(items: &mut Vec<T>, item: T) -> Result<(), WriteError> {
    let reserved = items.try_reserve(1);
    reserved.map_err(|_| WriteError::NoMemory)?;
    items.push(item);
    Ok(())
}
