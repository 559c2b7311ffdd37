//! Questions about open descriptors and paths.

use super::allocator::Allocator;
use super::answers::{DescriptorStat, MetadataHash};
use super::errors::{ErrorCode, Result};
use super::layout::{LAST_ADVICE, descriptor_flags, path_flags};
use super::server::{Files, Server};
use crate::fs::{Filesystem, Flush, Kind};
use crate::guest::Memory;
use crate::open::Handle;

impl<M: Memory, H: Allocator, F: Filesystem> Server<M, H, F> {
    pub(crate) fn advise(&self, descriptor: u32, advice: u32) -> Result {
        self.with_files(|files| files.handles.file(descriptor))?;
        match advice > LAST_ADVICE {
            true => Err(ErrorCode::INVALID),
            false => Ok(()),
        }
    }

    pub(crate) fn sync(&self, descriptor: u32, flush: Flush) -> Result {
        self.with_files(|files| {
            let id = files.handles.descriptor(descriptor)?.id();
            Ok(files.fs.sync(id, flush)?)
        })
    }

    pub(crate) fn get_flags(&self, descriptor: u32) -> Result<u8> {
        let flags = self.with_files(|files| {
            Ok(match files.handles.descriptor(descriptor)? {
                Handle::File(file) => file.flags.into(),
                Handle::Directory(directory) => match files.fs.check_writable(directory.id) {
                    Ok(()) => descriptor_flags::READ | descriptor_flags::MUTATE_DIRECTORY,
                    Err(_) => descriptor_flags::READ,
                },
            })
        });
        // The highest flag is bit 5.
        flags.map(|flags| flags as u8)
    }

    pub(crate) fn get_type(&self, descriptor: u32) -> Result<Kind> {
        let handle = self.with_files(|files| files.handles.descriptor(descriptor))?;
        Ok(match handle {
            Handle::Directory(_) => Kind::Directory,
            Handle::File(_) => Kind::File,
        })
    }

    pub(crate) fn stat(&self, descriptor: u32) -> Result<DescriptorStat> {
        self.with_files(|files| {
            let id = files.handles.descriptor(descriptor)?.id();
            files.stat(id)
        })
    }

    pub(crate) fn stat_at(
        &self,
        descriptor: u32,
        path_flags: u32,
        path: (u32, u32),
    ) -> Result<DescriptorStat> {
        self.with_path(path, |files| {
            let id = files.existing(descriptor, follows(path_flags))?;
            files.stat(id)
        })
    }

    pub(crate) fn metadata_hash(&self, descriptor: u32) -> Result<MetadataHash> {
        self.with_files(|files| {
            let id = files.handles.descriptor(descriptor)?.id();
            files.metadata_hash(id)
        })
    }

    pub(crate) fn metadata_hash_at(
        &self,
        descriptor: u32,
        path_flags: u32,
        path: (u32, u32),
    ) -> Result<MetadataHash> {
        self.with_path(path, |files| {
            let id = files.existing(descriptor, follows(path_flags))?;
            files.metadata_hash(id)
        })
    }

    pub(crate) fn is_same_object(&self, descriptor: u32, other: u32) -> bool {
        self.with_files(|files| {
            let id = |handle| files.handles.descriptor(handle).map(|handle| handle.id());
            matches!((id(descriptor), id(other)), (Ok(one), Ok(other)) if one == other)
        })
    }
}

impl<F: Filesystem> Files<F> {
    fn stat(&self, id: F::Id) -> Result<DescriptorStat> {
        let node = self.fs.node(id)?;
        Ok(DescriptorStat(self.fs.stat(&node)?))
    }

    /// Programs take the lower half for the inode number, which is that of preview 1. The
    /// upper half tells the node from those of a host.
    fn metadata_hash(&self, id: F::Id) -> Result<MetadataHash> {
        let node = self.fs.node(id)?;
        Ok(MetadataHash {
            lower: self.fs.stat(&node)?.serial,
            upper: self.fs.device(&node)?,
        })
    }
}

/// Whether these `path-flags` ask to follow a link at the end. Other bits count for
/// nothing in the canonical ABI.
pub(crate) fn follows(flags: u32) -> bool {
    flags & path_flags::SYMLINK_FOLLOW != 0
}
