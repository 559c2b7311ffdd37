//! The rules of files, extents, chunks and blocks.

use super::Checker;
use crate::inode::Data;
use crate::{Corrupt, File, InodeNumber};

impl Checker<'_, '_> {
    pub(super) fn file(&mut self, number: u32, file: &File) {
        match file.data {
            // Without content it must name none.
            Data::Extents(0) if file.len == 0 => {}
            Data::OneChunk(chunk) if file.len > 0 => {
                let chunk_len = self.use_chunk(chunk);
                self.require_len(number, file, chunk_len);
            }
            Data::Extents(first) if file.len > 0 => self.extents(number, file, first),
            _ => self.require_len(number, file, None),
        }
    }

    fn require_len(&mut self, inode: u32, file: &File, found: Option<u64>) {
        let len = file.len;
        self.require(found == Some(len), Corrupt::FileChunks { inode, len });
    }

    /// The files, in the order of their numbers, use the extents in the order
    /// of theirs. Extents elsewhere are not looked at, so that every extent is
    /// used once and the time stays linear.
    fn extents(&mut self, number: u32, file: &File, first: u32) {
        let corrupt = Corrupt::ExtentOrder { inode: number };
        if u64::from(first) != self.next_extent {
            return self.report(corrupt);
        }
        let extents = self.index.extents(InodeNumber(number), file);
        let Some(extents) = self.whole(extents) else {
            return;
        };
        let count = extents.len();
        self.next_extent += count as u64;
        self.require(count >= 2 && self.is_counted_down(first, count), corrupt);
        let mut file_offset = Some(0_u64);
        for extent in extents {
            self.require(file_offset == Some(extent.file_offset), corrupt);
            let chunk_len = self.use_chunk(extent.chunk);
            file_offset = chunk_len.and_then(|len| extent.file_offset.checked_add(len));
        }
        self.require_len(number, file, file_offset);
    }

    /// Every extent says how many of its file follow it.
    fn is_counted_down(&self, first: u32, count: usize) -> bool {
        let extents = self.index.extents.iter().skip(first as usize).take(count);
        extents
            .zip((0..count).rev())
            .all(|(extent, following)| extent.following_count.get() as usize == following)
    }

    /// Marks a chunk as used and gives its length; `None` if it does not exist.
    fn use_chunk(&mut self, chunk: u32) -> Option<u64> {
        if let Some(used) = self.used.get_mut(chunk as usize) {
            *used = true;
        }
        let (start, end) = self.whole(self.index.chunk(chunk))?;
        Some(end - start)
    }

    pub(super) fn chunks(&mut self) {
        let count = self.index.chunk_count();
        let raw_len = self.index.superblock().raw_len.get();
        let start = self.index.chunk(0).map_or(raw_len, |(start, _)| start);
        let starts = (count == 0 && raw_len == 0) || (count > 0 && start == 0);
        self.require(starts, Corrupt::ContentStart);
        for chunk in 0..count {
            // Chunks cannot overlap: each ends where the next one starts.
            self.whole(self.index.chunk(chunk));
            let is_used = self.used.get(chunk as usize) == Some(&true);
            self.require(is_used, Corrupt::UnusedChunk { chunk });
        }
    }

    pub(super) fn blocks(&mut self) {
        let mut expected = 0;
        for number in 0..self.index.block_count() {
            let Some(block) = self.whole(self.index.block(number)) else {
                continue;
            };
            let found = block.stored_offset;
            self.require(
                expected == u64::from(found),
                Corrupt::BlockOrder {
                    block: number,
                    expected,
                    found,
                },
            );
            expected = u64::from(found) + u64::from(block.stored_len);
        }
        let payload_len = self.index.superblock().payload_len.get();
        self.require(
            expected == payload_len.into(),
            Corrupt::PayloadLen {
                expected: u32::try_from(expected).unwrap_or(u32::MAX),
                found: payload_len as usize,
            },
        );
    }
}
