//! The rules of files, extents, chunks and blocks.

use super::Checker;
use crate::inode::Data;
use crate::{Corrupt, Extent, File, InodeNumber};

impl Checker<'_, '_> {
    pub(super) fn file(&mut self, number: u32, file: &File) {
        match file.data {
            // Without content it must name none.
            Data::Extents(0) if file.len == 0 => {}
            Data::OneRun(chunk) if file.len > 0 => {
                let (file_offset, len) = (0, file.len);
                let run = Extent {
                    file_offset,
                    len,
                    chunk,
                };
                self.run(number, file, &run);
            }
            Data::Extents(first) if file.len > 0 => self.extents(number, file, first),
            _ => self.report(Corrupt::FileChunks {
                inode: number,
                len: file.len,
            }),
        }
    }

    /// A run must be some chunks, whole; they are then in use.
    fn run(&mut self, number: u32, file: &File, run: &Extent) {
        match self.index.chunks_of(InodeNumber(number), run) {
            Ok(chunks) => {
                self.count_use(chunks.start, 1);
                self.count_use(chunks.end, -1);
            }
            Err(_) => self.report(Corrupt::FileChunks {
                inode: number,
                len: file.len,
            }),
        }
    }

    fn count_use(&mut self, chunk: u32, change: i64) {
        if let Some(uses) = self.uses.get_mut(chunk as usize) {
            *uses += change;
        }
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
        // An extent ends where the next one starts, so only the first start is
        // left to be checked; an extent without bytes is no run of chunks.
        for (position, extent) in extents.enumerate() {
            self.require(position > 0 || extent.file_offset == 0, corrupt);
            self.run(number, file, &extent);
        }
    }

    /// Every extent says how many of its file follow it.
    fn is_counted_down(&self, first: u32, count: usize) -> bool {
        let extents = self.index.extents.iter().skip(first as usize).take(count);
        extents
            .zip((0..count).rev())
            .all(|(extent, following)| extent.following_count.get() as usize == following)
    }

    pub(super) fn chunks(&mut self) {
        let count = self.index.chunk_count();
        let raw_len = self.index.superblock().raw_len.get();
        let start = self.index.chunk(0).map_or(raw_len, |(start, _)| start);
        let starts = (count == 0 && raw_len == 0) || (count > 0 && start == 0);
        self.require(starts, Corrupt::ContentStart);
        let mut uses = 0;
        for chunk in 0..count {
            // Chunks cannot overlap: each ends where the next one starts.
            self.whole(self.index.chunk(chunk));
            uses += self.uses.get(chunk as usize).unwrap_or(&0);
            self.require(uses > 0, Corrupt::UnusedChunk { chunk });
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
