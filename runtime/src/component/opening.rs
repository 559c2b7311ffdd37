//! Opening paths and reading links.

use super::allocator::Allocator;
use super::descriptors::follows;
use super::errors::Result;
use super::handles::Resource;
use super::layout::{descriptor_flags, open_flags};
use super::memory::List;
use super::server::Server;
use crate::fs::Filesystem;
use crate::guest::Memory;
use crate::open::{OpenOptions, open};
use alloc::vec::Vec;

impl<M: Memory, H: Allocator, F: Filesystem> Server<M, H, F> {
    /// `flags`: `path-flags`, `open-flags` and `descriptor-flags`.
    pub(crate) fn open_at(
        &self,
        descriptor: u32,
        path: (u32, u32),
        flags: (u32, u32, u32),
    ) -> Result<u32> {
        self.with_path(path, |files| {
            let start = files.handles.directory(descriptor)?;
            let options = options(flags);
            if options.changes() {
                // Memory must not run out behind the change.
                files.handles.reserve_one()?;
            }
            let handle = open(&mut files.fs, &start, files.path.bytes(), options)?;
            files.insert(Resource::Descriptor(handle))
        })
    }

    pub(crate) fn read_link(
        &self,
        descriptor: u32,
        path: (u32, u32),
        lowering: u32,
    ) -> Result<List> {
        let target = self.with_path(path, |files| {
            let link = files.existing(descriptor, false)?;
            let link = files.fs.node(link)?;
            // A copy, since nothing is borrowed while the allocator runs.
            copy(files.fs.read_link(&link)?)
        })?;
        self.program.list(lowering, &target)
    }
}

fn copy(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copied = Vec::new();
    let reserved = copied.try_reserve_exact(bytes.len());
    reserved.map_err(|_| crate::fs::FsError::NoMemory)?;
    copied.extend_from_slice(bytes);
    Ok(copied)
}

fn options((path_flags, open_flags, flags): (u32, u32, u32)) -> OpenOptions {
    let flags = read_by_default(flags);
    OpenOptions {
        follow: follows(path_flags),
        read: flags & descriptor_flags::READ != 0,
        write: flags & descriptor_flags::WRITE != 0,
        create: open_flags & open_flags::CREATE != 0,
        exclusive: open_flags & open_flags::EXCLUSIVE != 0,
        truncate: open_flags & open_flags::TRUNCATE != 0,
        directory: open_flags & open_flags::DIRECTORY != 0,
        // Five bits.
        flags: (flags & descriptor_flags::OF_FILE) as u16,
    }
}

/// A file that is open for nothing is open for reading.
fn read_by_default(flags: u32) -> u32 {
    match flags & descriptor_flags::WRITE {
        0 => flags | descriptor_flags::READ,
        _ => flags,
    }
}
