//! The state of the front end, and the steps that functions share.

use super::allocator::Allocator;
use super::errors::{ErrorCode, Result};
use super::handles::{Handles, Kind, Resource};
use super::memory::Program;
use super::pumps::Pumps;
use crate::fs::{Filesystem, FsError};
use crate::guest::{Memory, PathBuffer};
use crate::open::OpenFile;
use core::cell::RefCell;

/// Serves the functions of WASI 0.2 and 0.3 that deal with files from a file system.
///
/// The state is borrowed only between calls of the host and of the program's allocator.
/// So a function that the allocator calls is served as any other.
pub struct Server<M, H, F: Filesystem> {
    pub(crate) program: Program<M, H>,
    files: RefCell<Files<F>>,
    pumps: RefCell<Pumps>,
}

/// The file system, and what the program has open in it.
pub(crate) struct Files<F: Filesystem> {
    pub(crate) fs: F,
    pub(crate) handles: Handles<F::Id>,
    /// The paths of the current call; kept for their memory.
    pub(crate) path: PathBuffer,
    pub(crate) second_path: PathBuffer,
}

impl<M: Memory, H: Allocator, F: Filesystem> Server<M, H, F> {
    /// Serves the program that has this memory.
    pub fn new(fs: F, memory: M, host: H) -> Self {
        Self {
            program: Program::new(memory, host),
            files: RefCell::new(Files {
                fs,
                handles: Handles::default(),
                path: PathBuffer::default(),
                second_path: PathBuffer::default(),
            }),
            pumps: RefCell::default(),
        }
    }

    /// Changes the state. `use_it` must not call the host or the allocator. The clock of a
    /// layer is an exception: a host does not call the component while it tells the time.
    pub(crate) fn with_files<R>(&self, use_it: impl FnOnce(&mut Files<F>) -> R) -> R {
        use_it(&mut self.files.borrow_mut())
    }

    /// Changes the pumps. `use_it` must not call the host or the allocator.
    pub(crate) fn with_pumps<R>(&self, use_it: impl FnOnce(&mut Pumps) -> R) -> R {
        use_it(&mut self.pumps.borrow_mut())
    }

    /// Changes the state, after the path of the call was read.
    pub(crate) fn with_path<R>(
        &self,
        path: (u32, u32),
        use_it: impl FnOnce(&mut Files<F>) -> Result<R>,
    ) -> Result<R> {
        self.with_files(|files| {
            self.program.read_path(&mut files.path, path)?;
            use_it(files)
        })
    }

    /// Drops a handle of this kind. Other handles stay.
    pub(crate) fn drop_handle(&self, handle: u32, kind: Kind) {
        self.with_files(|files| files.remove(handle, kind));
    }
}

impl<F: Filesystem> Files<F> {
    /// Registers a resource and keeps its node alive. Returns its handle.
    pub(crate) fn insert(&mut self, resource: Resource<F::Id>) -> Result<u32> {
        self.fs.retain(resource.id())?;
        let handle = self.handles.insert(resource);
        handle.inspect_err(|_| self.fs.release(resource.id()))
    }

    /// Frees a handle of this kind, and releases its node.
    pub(crate) fn remove(&mut self, handle: u32, kind: Kind) {
        if let Some(resource) = self.handles.remove(handle, kind) {
            self.fs.release(resource.id());
        }
    }

    /// The node behind the path that was read, from the directory of a descriptor.
    pub(crate) fn existing(&self, descriptor: u32, follow: bool) -> Result<F::Id> {
        let directory = self.handles.directory(descriptor)?;
        Ok(directory.existing(&self.fs, self.path.bytes(), follow)?)
    }

    /// Checks that a handle may read. A handle to a file that cannot change is never open for
    /// writing only, so the compiler drops the check for an image.
    pub(crate) fn check_readable(&self, file: &OpenFile<F::Id>) -> Result {
        match file.is_readable() || self.fs.check_writable(file.id).is_err() {
            true => Ok(()),
            false => Err(ErrorCode::BAD_DESCRIPTOR),
        }
    }

    /// The length of a file.
    pub(crate) fn file_len(&self, id: F::Id) -> Result<u64, FsError> {
        let node = self.fs.node(id)?;
        Ok(self.fs.stat(&node)?.len)
    }

    /// Checks that two descriptors are ours, for a change that needs both. Host and image
    /// are different devices.
    pub(crate) fn check_one_device(old: u32, new: u32) -> Result {
        match super::handles::is_ours(old) && super::handles::is_ours(new) {
            true => Ok(()),
            false => Err(ErrorCode::CROSS_DEVICE),
        }
    }
}
