//! The bytes of the index.

use crate::block::BLOCK_RECORD_LEN;
use crate::checksum::checksum_of_two;
use crate::digest::{Digest, Metadata, RootHasher};
use crate::encode::content::Content;
use crate::encode::error::WriteError;
use crate::encode::layout::{Entry, Layout, Object};
use crate::encode::names::Names;
use crate::extent::{EXTENT_LEN, ExtentRecord};
use crate::inode::{FLAG_EXECUTABLE, FLAG_ONE_RUN, INODE_LEN, InodeRecord, Kind};
use crate::limits::{MAX_EXTENT_COUNT, MAX_INDEX_LEN};
use crate::mount::{MOUNT_LEN, MountRecord};
use crate::superblock::{MAGIC, SUPERBLOCK_LEN, Superblock, Table, VERSION};
use crate::writer::Options;
use crate::writer::compression::payload::Payload;
use core::mem::offset_of;
use std::vec::Vec;
use zerocopy::{FromZeros, Immutable, IntoBytes};

/// The root digest of the image.
pub(crate) fn root_digest(layout: &Layout<'_>, content: &Content) -> Digest {
    let (mounts, inodes) = (layout.mounts.len() as u32, layout.inodes.len() as u32);
    let mut root = RootHasher::new(mounts, inodes);
    for mount in &layout.mounts {
        root.mount(mount.path.as_bytes(), mount.inode);
    }
    for (number, entry) in (0..).zip(&layout.inodes) {
        let metadata = Metadata {
            parent: entry.parent,
            mtime_ns: entry.object.mtime_ns(),
            name: entry.name.as_bytes(),
        };
        match entry.object {
            Object::Directory(node) => root.directory(metadata, node.children.len() as u32),
            Object::Symlink(node) => root.symlink(metadata, node.target.as_bytes()),
            Object::File(node) => {
                let chunks = content.chunks_of(number);
                root.file(metadata, node.executable, node.len, chunks.len() as u32);
                let chunks = chunks.iter().filter_map(|&chunk| content.chunk(chunk));
                chunks.for_each(|chunk| root.chunk(&chunk.digest));
            }
        }
    }
    root.finish()
}

/// The bytes of the index. Each table notes where it lies at the moment it is
/// appended, so the superblock cannot disagree with what follows it.
pub(crate) fn index(
    records: Records<'_>,
    content: &Content,
    payload: &Payload,
    options: &Options,
    digest: &Digest,
    cold_len: usize,
) -> Result<Vec<u8>, WriteError> {
    let names = records.names.into_bytes();
    let mut index = IndexBytes::new();
    let mut superblock = Superblock {
        magic: MAGIC,
        version: VERSION.into(),
        block_shift: options.block_shift.into(),
        digest: digest.0,
        payload_len: (payload.bytes.len() as u32).into(),
        cold_len: (cold_len as u32).into(),
        raw_len: content.raw_len().into(),
        mounts: index.append(&records.mounts)?,
        inodes: index.append(&records.inodes)?,
        extents: index.append(&records.extents)?,
        blocks: index.append(&payload.blocks)?,
        names: index.append(&names)?,
        ..Superblock::new_zeroed()
    };
    superblock.index_len = (index.0.len() as u32).into();
    Ok(index.finish(superblock))
}

/// An index under construction: room for the superblock, then tables.
struct IndexBytes(Vec<u8>);

impl IndexBytes {
    fn new() -> Self {
        Self(std::vec![0; SUPERBLOCK_LEN])
    }

    fn append<T: IntoBytes + Immutable>(&mut self, records: &[T]) -> Result<Table, WriteError> {
        let offset = self.0.len() as u32;
        let found = (self.0.len() + size_of_val(records)) as u64;
        if found > MAX_INDEX_LEN {
            let max = MAX_INDEX_LEN;
            return Err(WriteError::IndexLen { max, found });
        }
        self.0.extend_from_slice(records.as_bytes());
        Ok(Table {
            offset: offset.into(),
            count: (records.len() as u32).into(),
        })
    }

    fn finish(self, mut superblock: Superblock) -> Vec<u8> {
        let Self(mut bytes) = self;
        let (head, tables) = bytes.split_at_mut(SUPERBLOCK_LEN);
        let hashed = superblock
            .as_bytes()
            .get(..offset_of!(Superblock, index_checksum));
        superblock.index_checksum = checksum_of_two(hashed.unwrap_or_default(), tables).into();
        head.copy_from_slice(superblock.as_bytes());
        bytes
    }
}

/// The names of the tree in the order in which the records name them.
///
/// Fails where they, the mounts and the inodes alone are too much for an index.
pub(crate) fn names<'t>(layout: &Layout<'t>) -> Result<Names<'t>, WriteError> {
    let mut names = Names::default();
    for mount in &layout.mounts {
        names.intern(mount.path)?;
    }
    for entry in &layout.inodes {
        names.intern(entry.name)?;
        if let Object::Symlink(node) = entry.object {
            names.intern(&node.target)?;
        }
    }
    let counts = Counts {
        mounts: layout.mounts.len() as u64,
        inodes: layout.inodes.len() as u64,
        names: names.len() as u64,
        ..Counts::default()
    };
    counts.require_room()?;
    Ok(names)
}

/// How many records of each table an index has, and how many bytes of names.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    mounts: u64,
    inodes: u64,
    extents: u64,
    blocks: u64,
    names: u64,
}

impl Counts {
    /// Fails where the largest index is too small for all of it.
    fn require_room(self) -> Result<(), WriteError> {
        let tables = [
            (self.mounts, MOUNT_LEN),
            (self.inodes, INODE_LEN),
            (self.extents, EXTENT_LEN),
            (self.blocks, BLOCK_RECORD_LEN),
            (self.names, 1),
        ];
        let found = tables
            .into_iter()
            .map(|(count, len)| count.saturating_mul(len as u64))
            .fold(SUPERBLOCK_LEN as u64, u64::saturating_add);
        if found > MAX_INDEX_LEN {
            let max = MAX_INDEX_LEN;
            return Err(WriteError::IndexLen { max, found });
        }
        Ok(())
    }
}

/// The records that come from the tree.
#[derive(Default)]
pub(crate) struct Records<'t> {
    mounts: Vec<MountRecord>,
    inodes: Vec<InodeRecord>,
    extents: Vec<ExtentRecord>,
    names: Names<'t>,
}

impl<'t> Records<'t> {
    /// Takes the names that [`names`] gave. Fails where the index would be too long,
    /// with the blocks that the content will have.
    pub(crate) fn new(
        layout: &Layout<'t>,
        names: Names<'t>,
        content: &Content,
        block_shift: u32,
    ) -> Result<Self, WriteError> {
        let mut records = Self {
            names,
            ..Self::default()
        };
        for mount in &layout.mounts {
            let record = MountRecord {
                path_offset: records.names.intern(mount.path)?.into(),
                path_len: (mount.path.len() as u32).into(),
                inode: mount.inode.into(),
                reserved: 0.into(),
            };
            records.mounts.push(record);
        }
        for (number, entry) in (0..).zip(&layout.inodes) {
            let runs = runs(content.chunks_of(number), content);
            require_extents(layout, number, runs.len())?;
            let record = records.inode(entry, &runs)?;
            records.inodes.push(record);
        }
        let counts = Counts {
            mounts: records.mounts.len() as u64,
            inodes: records.inodes.len() as u64,
            extents: records.extents.len() as u64,
            blocks: content.raw_len().div_ceil(1 << block_shift),
            names: records.names.len() as u64,
        };
        counts.require_room()?;
        Ok(records)
    }

    /// The record of an inode; `runs` are those of its bytes, none unless it
    /// is a file.
    fn inode(&mut self, entry: &Entry<'t>, runs: &[Run]) -> Result<InodeRecord, WriteError> {
        let mut record = InodeRecord {
            mtime_ns: entry.object.mtime_ns().into(),
            name_offset: self.names.intern(entry.name)?.into(),
            parent: entry.parent.into(),
            name_len: entry.name.len() as u8,
            ..InodeRecord::new_zeroed()
        };
        match entry.object {
            Object::Directory(node) => {
                record.kind_and_flags = Kind::Directory as u8;
                record.set_size(node.children.len() as u64);
                record.content = entry.first_child.into();
            }
            Object::Symlink(node) => {
                record.kind_and_flags = Kind::Symlink as u8;
                record.set_size(node.target.len() as u64);
                record.content = self.names.intern(&node.target)?.into();
            }
            Object::File(node) => {
                record.kind_and_flags = Kind::File as u8;
                record.set_size(node.len);
                if node.executable {
                    record.kind_and_flags |= FLAG_EXECUTABLE;
                }
                self.file_content(&mut record, runs)?;
            }
        }
        Ok(record)
    }

    fn file_content(&mut self, record: &mut InodeRecord, runs: &[Run]) -> Result<(), WriteError> {
        match *runs {
            [] => {}
            [run] => {
                record.kind_and_flags |= FLAG_ONE_RUN;
                record.set_content(run.raw_offset);
            }
            _ => {
                record.content = self.room_for_extents(runs.len())?.into();
                self.add_extents(runs);
            }
        }
        Ok(())
    }

    /// The number of the next extent, if `count` more fit the index. Numbers
    /// therefore fit 32 bits.
    fn room_for_extents(&self, count: usize) -> Result<u32, WriteError> {
        let found = (self.extents.len() as u64 + count as u64) * EXTENT_LEN as u64;
        if found > MAX_INDEX_LEN {
            let max = MAX_INDEX_LEN;
            return Err(WriteError::IndexLen { max, found });
        }
        Ok(self.extents.len() as u32)
    }

    fn add_extents(&mut self, runs: &[Run]) {
        for (run, following) in runs.iter().zip((0..runs.len()).rev()) {
            // The caller has held the count against its limit.
            let following = following as u32;
            let record = ExtentRecord::new(run.file_offset, run.raw_offset, following);
            self.extents.push(record);
        }
    }
}

/// Where a run starts in its file and in the content.
#[derive(Clone, Copy)]
struct Run {
    file_offset: u64,
    raw_offset: u64,
}

/// The chunks of a file as runs that are as long as can be.
fn runs(chunks: &[u32], content: &Content) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut file_offset = 0;
    let mut end_of_run = None;
    for chunk in chunks.iter().filter_map(|&chunk| content.chunk(chunk)) {
        let raw_offset = chunk.raw_offset;
        if end_of_run != Some(raw_offset) {
            runs.push(Run {
                file_offset,
                raw_offset,
            });
        }
        end_of_run = Some(chunk.raw_end());
        file_offset += u64::from(chunk.len);
    }
    runs
}

/// Fails if a file has more runs than can be counted.
fn require_extents(layout: &Layout<'_>, inode: u32, count: usize) -> Result<(), WriteError> {
    let (max, found) = (MAX_EXTENT_COUNT, count as u64);
    if found > max {
        let path = layout.path(inode);
        return Err(WriteError::ExtentCount { path, max, found });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn more_extents_than_can_be_counted_are_refused() {
        let tree = Tree::default();
        let layout = Layout::new(&tree);
        let with = |count| require_extents(layout.as_ref().ok()?, 0, count).err();
        assert!(with(1 << 24).is_none());
        assert!(matches!(
            with((1 << 24) + 1),
            Some(WriteError::ExtentCount { .. })
        ));
    }

    #[test]
    fn extents_that_the_largest_index_cannot_hold_are_refused() {
        let records = Records::default();
        let most = MAX_INDEX_LEN as usize / EXTENT_LEN;
        assert!(records.room_for_extents(most).is_ok());
        let above = records.room_for_extents(most + 1);
        assert!(matches!(above, Err(WriteError::IndexLen { .. })));
    }

    #[test]
    fn tables_that_fit_alone_are_refused_together() {
        let most = Counts {
            inodes: 20_000_000,
            names: 20_000_000 * 22,
            extents: 4_000_000,
            blocks: 200_000,
            mounts: 1,
        };
        assert!(most.require_room().is_ok());
        for above in [
            Counts {
                names: 20_000_000 * 30,
                ..most
            },
            Counts {
                extents: 12_000_000,
                ..most
            },
            Counts {
                blocks: 10_000_000,
                ..most
            },
        ] {
            let refused = above.require_room();
            assert!(matches!(refused, Err(WriteError::IndexLen { .. })));
        }
    }

    #[test]
    fn an_index_beyond_its_limit_is_refused() {
        // Zeros that nobody writes to are not memory yet.
        let mut index = IndexBytes(std::vec![0; MAX_INDEX_LEN as usize - 16]);
        assert!(index.append(&[0_u8; 16]).is_ok());
        let above = index.append(&[0_u8]).map(|_| ());
        assert!(matches!(above, Err(WriteError::IndexLen { .. })));
    }
}
