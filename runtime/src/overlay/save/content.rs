//! The content of an image of changes: its files, back to back.

use super::error::SaveError;
use crate::fs::{Filesystem, FsError, Tree};
use crate::overlay::clock::Clock;
use crate::overlay::id::Id;
use crate::overlay::layer::Overlay;
use crate::overlay::slice::Slice;
use alloc::vec::Vec;

/// The files in the order of their bytes. `I` names packed nodes.
#[derive(Debug)]
pub(super) struct Content<I> {
    /// Offset of the first byte behind a file, and the file. No file is empty.
    files: Vec<(u64, Id<I>)>,
}

impl<I: Copy + Eq> Content<I> {
    pub(super) fn new() -> Self {
        Self { files: Vec::new() }
    }

    /// Length in bytes.
    pub(super) fn len(&self) -> u64 {
        self.files.last().map_or(0, |&(end, _)| end)
    }

    /// Adds the next file.
    pub(super) fn push(&mut self, file: Id<I>, len: u64) -> Result<(), SaveError> {
        if len == 0 {
            return Ok(());
        }
        let reserved = self.files.try_reserve(1);
        reserved.map_err(|_| SaveError::NoMemory)?;
        self.files.push((self.len().saturating_add(len), file));
        Ok(())
    }

    /// Fills `buffer` with the bytes from `offset` on, all of which exist.
    pub(super) fn read<L, C: Clock>(
        &self,
        overlay: &mut Overlay<L, C>,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<(), FsError>
    where
        L: Filesystem<Id = I>,
        I: Into<u32>,
    {
        let first = self.files.partition_point(|&(end, _)| end <= offset);
        let (mut start, mut done) = (self.start(first), 0);
        for &(end, file) in self.files.get(first..).unwrap_or_default() {
            let at = offset + done as u64;
            let len = (end - at).min((buffer.len() - done) as u64) as usize;
            let mut part = Slice::new(&mut buffer[done..done + len]);
            overlay.read(&overlay.node(file)?, at - start, &mut part)?;
            if !part.is_full() {
                return Err(FsError::Io);
            }
            (start, done) = (end, done + len);
            if done == buffer.len() {
                break;
            }
        }
        Ok(())
    }

    fn start(&self, position: usize) -> u64 {
        let before = position.checked_sub(1);
        let before = before.and_then(|before| self.files.get(before));
        before.map_or(0, |&(end, _)| end)
    }
}
