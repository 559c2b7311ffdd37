//! Streams of a file's bytes.
//!
//! A read fills the program's buffer as far as the file has bytes before damage, and
//! returns at once. The next read meets the damage and ends the stream. A read of no bytes
//! asks whether the stream can be read, and succeeds until it has ended, as in wasmtime.

use super::calls::Host;
use super::status::{COMPLETED, DROPPED, ITEM_COUNT_MAX, completed};
use crate::component::errors::{ErrorCode, Result};
use crate::component::handles::Content;
use crate::component::server::Server;
use crate::fs::Filesystem;
use crate::guest::Memory;

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    pub(super) fn read_bytes(&self, stream: u32, (address, len): (u32, u32)) -> u32 {
        let Some(ends) = self.open_end(stream, Content::Bytes) else {
            return DROPPED;
        };
        if len == 0 {
            return COMPLETED;
        }
        match self.copy_bytes(ends.id, ends.position, (address, len)) {
            Ok(0) => self.end_stream(stream, &ends, Ok(())),
            Ok(count) => {
                let position = ends.position.saturating_add(count.into());
                self.move_stream(stream, &ends, position);
                completed(count)
            }
            Err(code) => self.end_stream(stream, &ends, Err(code)),
        }
    }

    /// Copies bytes to the program. Returns their number, which is 0 only at the end.
    fn copy_bytes(&self, id: F::Id, position: u64, (address, len): (u32, u32)) -> Result<u32> {
        if !self.program.has(address, len) {
            return Err(ErrorCode::INVALID);
        }
        match self.readable_up_to(id, (position, len.into()), ITEM_COUNT_MAX)? {
            0 => Ok(0),
            len => self.fill(id, position, (address, len)),
        }
    }

    /// Reads a file to its end, for its errors.
    pub(super) fn check_bytes(&self, id: F::Id, mut position: u64) -> Result {
        loop {
            let len = self.readable(id, (position, u64::MAX))?;
            match self.count(id, (position, len))? {
                0 => return Ok(()),
                count => position += u64::from(count),
            }
        }
    }
}
