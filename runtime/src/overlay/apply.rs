//! Applying an image of changes, before the program has changed anything.
//!
//! [`Overlay::apply`] walks the inodes of the image in the order of their numbers, and makes the
//! same changes as a program would. `docs/FORMAT.md` has the steps. For example, the image has
//! the directory `lib` and in it the removed name `a` and the file `b`. The layer then hides `a`
//! of the packed `lib` and has a new file `b`.
//!
//! The image may be any bytes. All its checksums are compared first. An error changes nothing.

use super::clock::Clock;
use super::content;
use super::id::Id;
use super::layer::Overlay;
use super::node::Body;
use crate::fs::{Filesystem, FsError, Kind, Time, Times, Tree};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use wasi_vfs_format::changes::{BLOCK_SHIFT, Mark};
use wasi_vfs_format::limits::{MAX_PATH_LEN, MAX_SYMLINK_LEN};
use wasi_vfs_format::{Codec, Content, Corrupt, Error, File, Index, Inode, InodeNumber};

/// An image of changes that cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyError {
    /// Memory ran out.
    NoMemory,
    /// The changes need more memory than they may take.
    NoSpace,
    /// The bytes are no image of changes, or a damaged one.
    Damaged,
    /// The image changes a path outside of the writable directories, or removes a preopened
    /// directory.
    ReadOnly,
    /// The program has changed files already.
    Changed,
    /// The packed files are damaged or cannot be read.
    Io,
}

impl From<FsError> for ApplyError {
    fn from(error: FsError) -> Self {
        match error {
            FsError::NoMemory => Self::NoMemory,
            FsError::NoSpace => Self::NoSpace,
            FsError::ReadOnly | FsError::Busy => Self::ReadOnly,
            FsError::Io => Self::Io,
            _ => Self::Damaged,
        }
    }
}

impl From<Corrupt> for ApplyError {
    fn from(_: Corrupt) -> Self {
        Self::Damaged
    }
}

impl From<Error> for ApplyError {
    fn from(_: Error) -> Self {
        Self::Damaged
    }
}

type Result<T = ()> = core::result::Result<T, ApplyError>;

impl<L: Filesystem, C: Clock> Overlay<L, C>
where
    L::Id: Into<u32>,
{
    /// Makes the changes of an image that [`save`](Self::save) made.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`]. After an error nothing is changed.
    pub fn apply(&mut self, image: &[u8]) -> Result {
        if !self.nodes.is_empty() {
            return Err(ApplyError::Changed);
        }
        let (index, payload) = parse(image)?;
        // Each node gets its time from the image.
        self.clock.pause(0);
        let result = Apply::new(self, index, payload).run();
        self.clock.resume();
        if result.is_err() {
            self.nodes.clear(&mut self.space);
        }
        result
    }
}

/// The index and the payload of an image of changes, after a comparison of all checksums.
fn parse(image: &[u8]) -> Result<(Index<'_>, &[u8])> {
    let index = Index::parse(image)?;
    index.verify_checksum()?;
    let superblock = index.superblock();
    let payload = image.get(index.bytes().len()..).unwrap_or_default();
    let payload_len = superblock.payload_len.get();
    let is_whole = payload.len() == payload_len as usize
        && superblock.is_changes()
        && superblock.raw_len.get() == payload_len.into()
        && superblock.block_shift.get() == BLOCK_SHIFT;
    if !is_whole {
        return Err(ApplyError::Damaged);
    }
    let stored = (0..).zip(payload.chunks(1 << BLOCK_SHIFT));
    for (number, bytes) in stored {
        let block = index.block(number)?;
        let is_here = u64::from(block.stored_offset) == block.raw_offset;
        if block.codec != Codec::Stored || !is_here {
            return Err(ApplyError::Damaged);
        }
        block.verify(bytes)?;
    }
    Ok((index, payload))
}

/// A directory whose entries are still to apply.
struct Pending<I> {
    inode: Inode,
    id: Id<I>,
    path_len: usize,
}

/// The state of the walk through the image.
struct Apply<'o, 'i, L: Filesystem, C> {
    overlay: &'o mut Overlay<L, C>,
    index: Index<'i>,
    /// The content: all blocks are stored, one behind the other.
    content: &'i [u8],
    pending: VecDeque<Pending<L::Id>>,
    /// The files and links by ascending inodes.
    made: Vec<(InodeNumber, Id<L::Id>)>,
    /// The times of the directories, which get them last: a new entry changes the time.
    times: Vec<(Id<L::Id>, i64)>,
}

impl<'o, 'i, L: Filesystem, C: Clock> Apply<'o, 'i, L, C>
where
    L::Id: Into<u32>,
{
    fn new(overlay: &'o mut Overlay<L, C>, index: Index<'i>, content: &'i [u8]) -> Self {
        Self {
            overlay,
            index,
            content,
            pending: VecDeque::new(),
            made: Vec::new(),
            times: Vec::new(),
        }
    }

    fn run(mut self) -> Result {
        let root = self.index.inode(InodeNumber::ROOT)?;
        self.push(root, self.overlay.root(), 0)?;
        while let Some(directory) = self.pending.pop_front() {
            let mut previous: &[u8] = b"";
            for child in self.index.children(&directory.inode) {
                let child = child?;
                let name = self.index.name(child.number)?;
                if name <= previous || !is_name(name) {
                    return Err(ApplyError::Damaged);
                }
                previous = name;
                self.apply(&directory, name, &child)?;
            }
        }
        for (id, time_ns) in core::mem::take(&mut self.times) {
            self.set_time(id, time_ns)?;
        }
        Ok(())
    }

    fn apply(&mut self, directory: &Pending<L::Id>, name: &[u8], inode: &Inode) -> Result {
        let here = self.overlay.node(directory.id)?;
        let found = self.overlay.lookup(&here, name)?;
        let mark = self.index.mark(inode.number)?;
        let is_directory = |found: &_| Overlay::<L, C>::kind(found) == Kind::Directory;
        let path_len = directory.path_len + 1 + name.len();
        if let (Content::Directory(_), None, Some(found)) = (&inode.content, mark, &found)
            && is_directory(found)
        {
            return self.push(*inode, Overlay::<L, C>::id(found), path_len);
        }
        if found.is_some() {
            self.overlay.discard(directory.id, name)?;
        }
        match (mark, &inode.content) {
            (Some(Mark::Removed), _) => Ok(()),
            (Some(Mark::Link(target)), _) => self.link(directory.id, name, target),
            (None, Content::Directory(_)) => {
                self.overlay.create_directory(directory.id, name)?;
                let id = self.id_of(directory.id, name)?;
                self.push(*inode, id, path_len)
            }
            (None, Content::File(file)) => self.file(directory.id, name, inode, file),
            (None, Content::Symlink(link)) => {
                let target = self.index.target(link)?;
                self.symlink(directory.id, name, inode, target)
            }
        }
    }

    fn link(&mut self, directory: Id<L::Id>, name: &[u8], target: InodeNumber) -> Result {
        let found = self
            .made
            .binary_search_by_key(&target.0, |(number, _)| number.0);
        let (_, id) = found.map_or(Err(ApplyError::Damaged), |at| Ok(self.made[at]))?;
        Ok(self.overlay.link(id, directory, name)?)
    }

    fn file(&mut self, directory: Id<L::Id>, name: &[u8], inode: &Inode, file: &File) -> Result {
        let body = Body::File(content::Content::default());
        let made = self.overlay.make(directory, name, body)?;
        let id = Overlay::<L, C>::id(&made);
        for extent in self.index.extents(inode.number, file)? {
            let extent = extent?;
            // Within the content, which is in memory.
            let start = extent.raw_offset as usize;
            let bytes = self.content.get(start..start + extent.len as usize);
            let mut bytes = bytes.ok_or(ApplyError::Damaged)?;
            self.overlay.write(id, extent.file_offset, &mut bytes)?;
            if !bytes.is_empty() {
                return Err(ApplyError::NoSpace);
            }
        }
        if self.overlay.stat(&made)?.len != file.len {
            return Err(ApplyError::Damaged);
        }
        self.overlay.changed(id)?.is_executable = file.executable;
        self.finish(inode, id)
    }

    fn symlink(
        &mut self,
        directory: Id<L::Id>,
        name: &[u8],
        inode: &Inode,
        target: &[u8],
    ) -> Result {
        if !is_text(target) || target.len() > MAX_SYMLINK_LEN {
            return Err(ApplyError::Damaged);
        }
        self.overlay.symlink(target, directory, name)?;
        let id = self.id_of(directory, name)?;
        self.finish(inode, id)
    }

    /// Sets the time of a new file or link, and notes it for further names.
    fn finish(&mut self, inode: &Inode, id: Id<L::Id>) -> Result {
        // An image whose inodes are in another order has no usable links.
        if self
            .made
            .last()
            .is_some_and(|(last, _)| *last >= inode.number)
        {
            return Err(ApplyError::Damaged);
        }
        let reserved = self.made.try_reserve(1);
        reserved.map_err(|_| ApplyError::NoMemory)?;
        self.made.push((inode.number, id));
        self.set_time(id, inode.mtime_ns)
    }

    fn id_of(&self, directory: Id<L::Id>, name: &[u8]) -> Result<Id<L::Id>> {
        let found = self.overlay.lookup(&self.overlay.node(directory)?, name)?;
        let found = found.ok_or(ApplyError::Io)?;
        Ok(Overlay::<L, C>::id(&found))
    }

    /// Notes a directory, whose entries follow. The directories above the writable ones keep
    /// their times.
    fn push(&mut self, inode: Inode, id: Id<L::Id>, path_len: usize) -> Result {
        // Counts the leading slash, unlike the limit.
        if path_len > MAX_PATH_LEN + 1 {
            return Err(ApplyError::Damaged);
        }
        let pending = self.pending.try_reserve(1);
        let times = self.times.try_reserve(1);
        pending.and(times).map_err(|_| ApplyError::NoMemory)?;
        if self.overlay.check_writable(id).is_ok() {
            self.times.push((id, inode.mtime_ns));
        }
        self.pending.push_back(Pending {
            inode,
            id,
            path_len,
        });
        Ok(())
    }

    fn set_time(&mut self, id: Id<L::Id>, time_ns: i64) -> Result {
        self.overlay.clock.pause(time_ns);
        let time = Some(Time::At(time_ns));
        let times = Times {
            accessed: time,
            modified: time,
        };
        Ok(self.overlay.stamp(id, times)?)
    }
}

fn is_name(name: &[u8]) -> bool {
    is_text(name) && !name.contains(&b'/') && name != b"." && name != b".."
}

fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty() && !bytes.contains(&0) && core::str::from_utf8(bytes).is_ok()
}
