//! The records of mounts, inodes and extents, and the names that they refer to.

use crate::encode::content::Content;
use crate::encode::counts::Counts;
use crate::encode::error::WriteError;
use crate::encode::layout::{Entry, Layout, Object};
use crate::encode::names::Names;
use crate::extent::{EXTENT_LEN, ExtentRecord};
use crate::inode::{FLAG_EXECUTABLE, FLAG_ONE_RUN, InodeRecord, Kind};
use crate::limits::{MAX_EXTENT_COUNT, MAX_INDEX_LEN};
use crate::mount::MountRecord;
use alloc::vec::Vec;
use zerocopy::FromZeros;

/// Collects the names of a tree in the order of its records.
///
/// # Errors
///
/// The index would be too long for names, mounts and inodes.
pub fn names<'t, S>(layout: &Layout<'t, S>) -> Result<Names<'t>, WriteError> {
    let mut names = Names::default();
    for mount in &layout.mounts {
        names.intern(mount.path)?;
    }
    for entry in &layout.inodes {
        names.intern(entry.name)?;
        if let Object::Symlink { target } = entry.object {
            names.intern(target)?;
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

/// The records of mounts, inodes and extents, and the names.
#[derive(Default)]
pub struct Records<'t> {
    pub(crate) mounts: Vec<MountRecord>,
    pub(crate) inodes: Vec<InodeRecord>,
    pub(crate) extents: Vec<ExtentRecord>,
    pub(crate) names: Names<'t>,
}

impl<'t> Records<'t> {
    /// Makes the records of a tree whose files have this content.
    ///
    /// # Errors
    ///
    /// The index would be too long, including the blocks that the content will have, or
    /// a file has too many runs.
    pub fn new<S>(
        layout: &Layout<'t, S>,
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

    /// Makes the record of an inode. `runs` are the runs of a file, and empty for all
    /// others.
    fn inode<S>(&mut self, entry: &Entry<'t, S>, runs: &[Run]) -> Result<InodeRecord, WriteError> {
        let mut record = InodeRecord {
            mtime_ns: entry.mtime_ns.into(),
            name_offset: self.names.intern(entry.name)?.into(),
            parent: entry.parent.into(),
            name_len: entry.name.len() as u8,
            ..InodeRecord::new_zeroed()
        };
        match entry.object {
            Object::Directory => {
                record.kind_and_flags = Kind::Directory as u8;
                record.set_size(entry.child_count.into());
                record.content = entry.first_child.into();
            }
            Object::Symlink { target } => {
                record.kind_and_flags = Kind::Symlink as u8;
                record.set_size(target.len() as u64);
                record.content = self.names.intern(target)?.into();
            }
            Object::File { len, executable } => {
                record.kind_and_flags = Kind::File as u8;
                record.set_size(len);
                if executable {
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
            // The caller has checked the count.
            let following = following as u32;
            let record = ExtentRecord::new(run.file_offset, run.raw_offset, following);
            self.extents.push(record);
        }
    }
}

/// The start of a run in its file and in the content.
#[derive(Clone, Copy)]
struct Run {
    file_offset: u64,
    raw_offset: u64,
}

/// The longest runs of the chunks of a file.
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

/// Fails if a file has more runs than an extent can count.
fn require_extents<S>(layout: &Layout<'_, S>, inode: u32, count: usize) -> Result<(), WriteError> {
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
    use crate::encode::layout::Source;

    #[derive(Clone, Copy)]
    struct Root;

    impl<'t> Source<'t> for Root {
        fn mtime_ns(self) -> i64 {
            0
        }

        fn object(self) -> Object<'t> {
            Object::Directory
        }

        fn children(self) -> impl Iterator<Item = (&'t str, Self)> {
            core::iter::empty()
        }
    }

    #[test]
    fn extents_beyond_their_count_are_rejected() {
        let layout = Layout::new(Root);
        let with = |count| require_extents(layout.as_ref().ok()?, 0, count).err();
        assert!(with(1 << 24).is_none());
        assert!(matches!(
            with((1 << 24) + 1),
            Some(WriteError::ExtentCount { .. })
        ));
    }

    #[test]
    fn extents_beyond_the_largest_index_are_rejected() {
        let records = Records::default();
        let most = MAX_INDEX_LEN as usize / EXTENT_LEN;
        assert!(records.room_for_extents(most).is_ok());
        let above = records.room_for_extents(most + 1);
        assert!(matches!(above, Err(WriteError::IndexLen { .. })));
    }
}
