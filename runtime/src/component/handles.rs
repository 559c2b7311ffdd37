//! The handles of the runtime, and what each denotes.
//!
//! A handle is [`FIRST_HANDLE`] and a slot. A future of 0.3 has the slot of its stream, and
//! a handle behind all others. The last 256 handles need no slot: each error has one, one
//! stream has ended, and one pollable stands for all, since every file is always ready. So
//! none can fail or leak, and dropping them does nothing.

use super::errors::{ErrorCode, FIRST_ERROR, Result};
#[cfg(any(test, feature = "writable"))]
use crate::fs::Flush;
use crate::open::{Handle, OpenDirectory, OpenFile, Slots};
pub(crate) use wasi_vfs_embedding::preview2::{FIRST_HANDLE, LAST_HANDLE};

/// The pollable of every stream: files are always ready.
pub(crate) const POLLABLE: u32 = LAST_HANDLE;

/// A stream of 0.3 that has ended, for functions that fail. It contains no code.
pub(crate) const ENDED: u32 = LAST_HANDLE - 1;

/// The first future. The slots before reach further than any memory.
const FIRST_FUTURE: u32 = FIRST_HANDLE + (1 << 29);

/// The number of an opening. The program's allocator may drop a stream during a call, and open
/// another one, which gets the same handle but another opening. 2^32 openings reuse a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Opening(u32);

/// An open stream of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputStream<I> {
    pub(crate) opening: Opening,
    pub(crate) id: I,
    pub(crate) position: u64,
    /// The end was reached, or a read failed.
    pub(crate) is_closed: bool,
}

/// Where the next bytes of a write go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    At(u64),
    /// The end of the file, wherever it is by then.
    End,
}

/// An open stream that writes to a file.
#[cfg(any(test, feature = "writable"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutputStream<I> {
    pub(crate) id: I,
    pub(crate) start: Start,
    /// What each write flushes.
    pub(crate) flush: Option<Flush>,
    /// A write failed.
    pub(crate) is_closed: bool,
}

/// An open stream of a directory's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listing<I> {
    pub(crate) opening: Opening,
    pub(crate) id: I,
    /// The cookie of the next entry.
    pub(crate) cookie: u64,
}

/// The items of a stream of 0.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Bytes,
    Entries,
}

/// A stream of 0.3 and its future, of which at least one is not dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends<I> {
    pub(crate) opening: Opening,
    pub(crate) content: Content,
    pub(crate) id: I,
    /// The offset of the next byte, or the cookie of the next entry.
    pub(crate) position: u64,
    /// How the stream ended, if it did.
    pub(crate) outcome: Option<Result>,
    pub(crate) has_stream: bool,
    pub(crate) has_future: bool,
}

impl<I> Ends<I> {
    /// Whether a stream of this content can be read.
    pub(crate) fn is_open(&self, content: Content) -> bool {
        self.content == content && self.has_stream && self.outcome.is_none()
    }
}

/// An open resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource<I> {
    Descriptor(Handle<I>),
    Stream(InputStream<I>),
    #[cfg(any(test, feature = "writable"))]
    Output(OutputStream<I>),
    Listing(Listing<I>),
    Ends(Ends<I>),
}

/// The kinds of [`Resource`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Descriptor,
    Stream,
    #[cfg(any(test, feature = "writable"))]
    Output,
    Listing,
    Ends,
}

impl<I: Copy> Resource<I> {
    /// The node, which stays retained while the resource is open.
    pub(crate) fn id(&self) -> I {
        match self {
            Self::Descriptor(handle) => handle.id(),
            Self::Stream(stream) => stream.id,
            #[cfg(any(test, feature = "writable"))]
            Self::Output(stream) => stream.id,
            Self::Listing(listing) => listing.id,
            Self::Ends(ends) => ends.id,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Descriptor(_) => Kind::Descriptor,
            Self::Stream(_) => Kind::Stream,
            #[cfg(any(test, feature = "writable"))]
            Self::Output(_) => Kind::Output,
            Self::Listing(_) => Kind::Listing,
            Self::Ends(_) => Kind::Ends,
        }
    }
}

/// Whether a handle is the runtime's, open or not.
pub(crate) fn is_ours(handle: u32) -> bool {
    (FIRST_HANDLE..=LAST_HANDLE).contains(&handle)
}

/// The open resources by handle.
#[derive(Debug)]
pub(crate) struct Handles<I> {
    slots: Slots<Resource<I>>,
    next_opening: Opening,
}

impl<I> Default for Handles<I> {
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            next_opening: Opening::default(),
        }
    }
}

impl<I: Copy + Eq> Handles<I> {
    /// The number of a new stream.
    pub(crate) fn next_opening(&mut self) -> Opening {
        let opening = self.next_opening;
        self.next_opening.0 = opening.0.wrapping_add(1);
        opening
    }

    /// The resource behind a handle. A stale handle is a bad descriptor, and so is one of
    /// another kind: a host traps there.
    fn get(&self, handle: u32) -> Result<&Resource<I>> {
        let resource = self.slots.get(slot(handle));
        resource.ok_or(ErrorCode::BAD_DESCRIPTOR)
    }

    pub(crate) fn descriptor(&self, handle: u32) -> Result<Handle<I>> {
        match self.get(handle)? {
            Resource::Descriptor(handle) => Ok(*handle),
            _ => Err(ErrorCode::BAD_DESCRIPTOR),
        }
    }

    /// The directory of a descriptor, for functions that take a path.
    pub(crate) fn directory(&self, handle: u32) -> Result<OpenDirectory<I>> {
        match self.descriptor(handle)? {
            Handle::Directory(directory) => Ok(directory),
            Handle::File(_) => Err(ErrorCode::NOT_DIRECTORY),
        }
    }

    /// The file of a descriptor, for functions that take only files.
    pub(crate) fn file(&self, handle: u32) -> Result<OpenFile<I>> {
        match self.descriptor(handle)? {
            Handle::File(file) => Ok(file),
            Handle::Directory(_) => Err(ErrorCode::BAD_DESCRIPTOR),
        }
    }

    pub(crate) fn stream(&mut self, handle: u32) -> Result<&mut InputStream<I>> {
        match self.slots.get_mut(slot(handle)) {
            Some(Resource::Stream(stream)) => Ok(stream),
            _ => Err(ErrorCode::BAD_DESCRIPTOR),
        }
    }

    #[cfg(any(test, feature = "writable"))]
    pub(crate) fn output(&mut self, handle: u32) -> Result<&mut OutputStream<I>> {
        match self.slots.get_mut(slot(handle)) {
            Some(Resource::Output(stream)) => Ok(stream),
            _ => Err(ErrorCode::BAD_DESCRIPTOR),
        }
    }

    pub(crate) fn listing(&mut self, handle: u32) -> Result<&mut Listing<I>> {
        match self.slots.get_mut(slot(handle)) {
            Some(Resource::Listing(listing)) => Ok(listing),
            _ => Err(ErrorCode::BAD_DESCRIPTOR),
        }
    }

    pub(crate) fn ends(&mut self, stream: u32) -> Result<&mut Ends<I>> {
        match self.slots.get_mut(slot(stream)) {
            Some(Resource::Ends(ends)) => Ok(ends),
            _ => Err(ErrorCode::BAD_DESCRIPTOR),
        }
    }

    /// The stream of a future that is not dropped.
    pub(crate) fn stream_of(&mut self, future: u32) -> Option<u32> {
        let stream = future.checked_sub(FIRST_FUTURE)? + FIRST_HANDLE;
        self.ends(stream).ok()?.has_future.then_some(stream)
    }

    /// Makes room for one [`insert`](Self::insert).
    pub(crate) fn reserve_one(&mut self) -> Result {
        Ok(self.slots.reserve_one()?)
    }

    /// Registers a resource. Returns its handle.
    pub(crate) fn insert(&mut self, resource: Resource<I>) -> Result<u32> {
        let slot = self.slots.insert(resource)?;
        match FIRST_HANDLE.checked_add(slot) {
            Some(handle) if handle - FIRST_HANDLE < FIRST_ERROR - FIRST_FUTURE => Ok(handle),
            // Slots of a full memory are fewer.
            _ => {
                self.slots.remove(slot);
                Err(ErrorCode::INSUFFICIENT_MEMORY)
            }
        }
    }

    /// Frees the handle of a resource of this kind. Returns the resource.
    pub(crate) fn remove(&mut self, handle: u32, kind: Kind) -> Option<Resource<I>> {
        let found = self.get(handle).ok()?;
        if found.kind() != kind {
            return None;
        }
        self.slots.remove(slot(handle))
    }
}

/// The future of a stream.
pub(crate) fn future_of(stream: u32) -> u32 {
    stream - FIRST_HANDLE + FIRST_FUTURE
}

/// The slot of a handle. A handle of the host has none.
fn slot(handle: u32) -> u32 {
    handle.checked_sub(FIRST_HANDLE).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: Resource<u32> = Resource::Stream(InputStream {
        opening: Opening(0),
        id: 0,
        position: 0,
        is_closed: false,
    });

    #[test]
    fn the_first_handle_is_above_the_host() {
        let mut handles = Handles::default();
        assert_eq!(handles.insert(STREAM), Ok(FIRST_HANDLE));
        assert_eq!(handles.insert(STREAM), Ok(FIRST_HANDLE + 1));
        assert!(is_ours(FIRST_HANDLE) && !is_ours(FIRST_HANDLE - 1));
    }

    #[test]
    fn a_resource_of_another_kind_stays() {
        let mut handles = Handles::default();
        let handle = handles.insert(STREAM).expect("memory");
        assert_eq!(handles.remove(handle, Kind::Descriptor), None);
        assert_eq!(handles.remove(handle, Kind::Stream), Some(STREAM));
        assert_eq!(handles.remove(handle, Kind::Stream), None);
    }

    #[test]
    fn handles_without_a_slot_are_no_descriptors() {
        let handles = Handles::<u32>::default();
        for handle in [0, FIRST_ERROR, POLLABLE, u32::MAX] {
            let descriptor = handles.descriptor(handle);
            assert_eq!(descriptor, Err(ErrorCode::BAD_DESCRIPTOR));
        }
    }
}
