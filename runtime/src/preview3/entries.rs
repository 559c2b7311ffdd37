//! Streams of a directory's entries.
//!
//! A read fills as many records as the program asks for. Each name lies in new memory of
//! the program. If memory runs out behind an entry, the read returns the entries before,
//! and the next read tries again. An error before the first entry ends the stream.

use super::calls::Host;
use super::release::Wasi03;
use super::status::{COMPLETED, DROPPED, ITEM_COUNT_MAX, completed};
use crate::component::answers::{DirectoryEntry, Value};
use crate::component::errors::{ErrorCode, Result};
use crate::component::handles::{Content, Ends};
use crate::component::server::Server;
use crate::fs::Filesystem;
use crate::guest::Memory;

/// The length of a `directory-entry`.
const ENTRY_LEN: u32 = <DirectoryEntry as Value<Wasi03>>::LAYOUT.len;

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    pub(super) fn read_entries(&self, stream: u32, entries: (u32, u32), lowering: u32) -> u32 {
        let Some(ends) = self.open_end(stream, Content::Entries) else {
            return DROPPED;
        };
        if entries.1 == 0 {
            return COMPLETED;
        }
        match self.put_entries((stream, &ends), entries, lowering) {
            Ok(0) => self.end_stream(stream, &ends, Ok(())),
            Ok(count) => completed(count),
            Err(code) => self.end_stream(stream, &ends, Err(code)),
        }
    }

    /// Writes entries to their records. Returns their number, which is 0 only at the end.
    fn put_entries(
        &self,
        stream: (u32, &Ends<F::Id>),
        (address, count): (u32, u32),
        lowering: u32,
    ) -> Result<u32> {
        let len = count.checked_mul(ENTRY_LEN);
        if !len.is_some_and(|len| self.program.has(address, len)) {
            return Err(ErrorCode::INVALID);
        }
        for done in 0..count.min(ITEM_COUNT_MAX) {
            match self.next_record(stream, lowering) {
                Ok(Some(entry)) => {
                    let record = address + done * ENTRY_LEN;
                    self.answer_value::<Wasi03, _>(record, || entry);
                }
                Err(code) if done == 0 => return Err(code),
                Ok(None) | Err(_) => return Ok(done),
            }
        }
        Ok(count.min(ITEM_COUNT_MAX))
    }

    /// The next entry, and its name in memory of the program. Fails if the program's allocator
    /// dropped the stream at the entry before.
    fn next_record(
        &self,
        (stream, copy): (u32, &Ends<F::Id>),
        lowering: u32,
    ) -> Result<Option<DirectoryEntry>> {
        let ends = self.open_end(stream, Content::Entries);
        let ends = ends.filter(|ends| ends.opening == copy.opening);
        let ends = ends.ok_or(ErrorCode::BAD_DESCRIPTOR)?;
        let Some(found) = self.entry(ends.id, ends.position)? else {
            return Ok(None);
        };
        let name = self.program.list(lowering, &found.name)?;
        self.move_stream(stream, &ends, found.next);
        let kind = found.kind;
        Ok(Some(DirectoryEntry { kind, name }))
    }

    /// Reads a directory to its end, for its errors.
    pub(super) fn check_entries(&self, id: F::Id, mut cookie: u64) -> Result {
        while let Some(found) = self.entry(id, cookie)? {
            cookie = found.next;
        }
        Ok(())
    }
}
