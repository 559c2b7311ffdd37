//! Streams of a directory's entries.

use crate::component::Allocator;
use crate::component::answers::DirectoryEntry;
use crate::component::errors::Result;
use crate::component::handles::{Listing, Resource};
use crate::component::server::Server;
use crate::fs::Filesystem;
use crate::guest::Memory;

impl<M: Memory, H: Allocator, F: Filesystem> Server<M, H, F> {
    pub(super) fn read_directory(&self, descriptor: u32) -> Result<u32> {
        self.with_files(|files| {
            let id = files.handles.directory(descriptor)?.id;
            let opening = files.handles.next_opening();
            files.insert(Resource::Listing(Listing {
                opening,
                id,
                cookie: 0,
            }))
        })
    }

    /// The next entry. An error leaves the stream where it is.
    pub(super) fn next_entry(&self, stream: u32, lowering: u32) -> Result<Option<DirectoryEntry>> {
        let listing = self.with_files(|files| files.handles.listing(stream).copied())?;
        let Some(found) = self.entry(listing.id, listing.cookie)? else {
            return Ok(None);
        };
        let name = self.program.list(lowering, &found.name)?;
        self.with_files(|files| match files.handles.listing(stream) {
            Ok(now) if now.opening == listing.opening => now.cookie = found.next,
            // The program's allocator dropped the stream.
            _ => {}
        });
        let kind = found.kind;
        Ok(Some(DirectoryEntry { kind, name }))
    }
}
