//! Listing directories, and the preopened ones.

use super::allocator::Allocator;
use super::errors::{ErrorCode, Result};
use super::handles::{Kind, Resource};
use super::layout::{list, preopen};
use super::memory::List;
use super::server::Server;
use crate::fs::{self, Filesystem};
use crate::guest::Memory;
use crate::open::{Handle, OpenDirectory};
use arrayvec::ArrayVec;
use wasi_vfs_format::limits::MAX_NAME_LEN;

/// The path of a preopen that a damaged image cannot name. Programs then meet the damage,
/// and not missing files.
const DAMAGED: &[u8] = b"/";

/// An entry, copied, since nothing is borrowed while the allocator runs.
pub(crate) struct Found {
    pub(crate) next: u64,
    pub(crate) kind: fs::Kind,
    pub(crate) name: ArrayVec<u8, MAX_NAME_LEN>,
}

impl<M: Memory, H: Allocator, F: Filesystem> Server<M, H, F> {
    /// The entry of a directory at a cookie.
    pub(crate) fn entry(&self, directory: F::Id, cookie: u64) -> Result<Option<Found>> {
        self.with_files(|files| {
            let directory = files.fs.node(directory)?;
            let Some(entry) = files.fs.entry(&directory, cookie)? else {
                return Ok(None);
            };
            let name = ArrayVec::try_from(entry.name);
            Ok(Some(Found {
                next: entry.next,
                kind: entry.kind,
                name: name.map_err(|_| ErrorCode::NAME_TOO_LONG)?,
            }))
        })
    }

    /// Adds our preopens to the list of the host's at `ret`. If memory runs out, the host's
    /// list stays, since `get-directories` cannot fail.
    pub(crate) fn add_preopens(&self, ret: u32, lowering: u32) {
        let Ok(joined) = self.join_preopens(ret, lowering) else {
            return;
        };
        self.put_list(ret, joined);
    }

    fn join_preopens(&self, ret: u32, lowering: u32) -> Result<List> {
        let hosts = List {
            address: self.program.read_u32(ret)?,
            count: self.program.read_u32(ret.saturating_add(list::COUNT))?,
        };
        let ours = self.with_files(|files| files.fs.mount_count());
        let count = hosts.count.saturating_add(ours);
        let len = count.checked_mul(preopen::LEN);
        let len = len.ok_or(ErrorCode::INSUFFICIENT_MEMORY)?;
        if ours == 0 {
            return Ok(hosts);
        }
        let address = self.program.allocate(lowering, 4, len)?;
        self.copy_records(hosts, address)?;
        for position in 0..ours {
            let record = address + (hosts.count + position) * preopen::LEN;
            if let Err(code) = self.put_preopen(position, record, lowering) {
                self.drop_preopens(address, hosts.count..hosts.count + position);
                return Err(code);
            }
        }
        Ok(List { address, count })
    }

    fn copy_records(&self, from: List, to: u32) -> Result {
        // Both ranges are below 2^32, as the length of the joined list is.
        for offset in (0..from.count * preopen::LEN).step_by(preopen::LEN as usize) {
            let mut record = [0; preopen::LEN as usize];
            let source = from.address.saturating_add(offset);
            self.program.read(source, &mut record)?;
            self.program.write(to + offset, &record)?;
        }
        Ok(())
    }

    /// Opens the mount at a position, and writes its record.
    fn put_preopen(&self, position: u32, record: u32, lowering: u32) -> Result {
        let path = self.mount_path(position, lowering)?;
        let descriptor = self.with_files(|files| {
            let mount = files.fs.mount(position);
            let id = mount.map_or(files.fs.root(), |mount| mount.id);
            let directory = Handle::Directory(OpenDirectory::preopen(id, position));
            files.insert(Resource::Descriptor(directory))
        })?;
        let program = &self.program;
        program.write_u32(record + preopen::DESCRIPTOR, descriptor)?;
        program.write_u32(record + preopen::PATH + list::POINTER, path.address)?;
        program.write_u32(record + preopen::PATH + list::COUNT, path.count)
    }

    /// A copy of a mount's path in the program's memory.
    fn mount_path(&self, position: u32, lowering: u32) -> Result<List> {
        let count = self.with_mount_path(position, |path| path.len() as u32);
        if count == 0 {
            return Ok(List::empty(1));
        }
        let address = self.program.allocate(lowering, 1, count)?;
        let copied = self.with_mount_path(position, |path| {
            // The path has its length again, since mounts do not change.
            self.program.write(address, path)
        });
        copied.map(|()| List { address, count })
    }

    fn with_mount_path<R>(&self, position: u32, use_it: impl FnOnce(&[u8]) -> R) -> R {
        self.with_files(|files| {
            let mount = files.fs.mount(position);
            use_it(mount.map_or(DAMAGED, |mount| mount.path))
        })
    }

    /// Drops the handles of the records at these positions, of which the program never
    /// learns.
    fn drop_preopens(&self, address: u32, positions: core::ops::Range<u32>) {
        for position in positions {
            let record = address + position * preopen::LEN;
            if let Ok(handle) = self.program.read_u32(record + preopen::DESCRIPTOR) {
                self.drop_handle(handle, Kind::Descriptor);
            }
        }
    }
}
