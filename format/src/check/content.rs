//! The rules of files, extents, content and blocks.

use super::checker::Checker;
use crate::error::Corrupt;
use crate::extent::ExtentRecord;
use crate::inode::Data;
use crate::inode::{File, InodeNumber};
use crate::limits::MAX_BASE_COUNT;

impl Checker<'_, '_> {
    pub(super) fn file(&mut self, number: u32, file: &File) {
        match (file.data, file.len) {
            // An empty file must not name any content.
            (Data::Extents(0), 0) => {}
            (Data::OneRun(_), 1..) => self.runs(number, file),
            (Data::Extents(first), 1..) => self.extents(number, file, first),
            (_, len) => self.report(Corrupt::FileContent { inode: number, len }),
        }
    }

    /// Every run must lie within the content. Notes the range as used.
    fn runs(&mut self, number: u32, file: &File) {
        let extents = self.index.extents(InodeNumber(number), file);
        for extent in self.whole(extents).into_iter().flatten() {
            if let Some(extent) = self.whole(extent) {
                let start = extent.raw_offset;
                self.used.push((start, start + extent.len));
            }
        }
    }

    /// The files use the extents in the order of their numbers. Skips extents
    /// elsewhere, so each extent is read once and the time stays linear.
    fn extents(&mut self, number: u32, file: &File, first: u32) {
        let corrupt = Corrupt::ExtentOrder { inode: number };
        if u64::from(first) != self.next_extent {
            return self.report(corrupt);
        }
        let records = self.index.extent_records(InodeNumber(number), first);
        let Some(records) = self.whole(records) else {
            return;
        };
        self.next_extent += records.len() as u64;
        self.require(are_in_order(records), corrupt);
        self.runs(number, file);
    }

    /// Every byte of the content must be in a run. An image has no unreachable bytes.
    pub(super) fn content(&mut self) {
        let raw_len = self.index.superblock().raw_len.get();
        let mut used = core::mem::take(&mut self.used);
        used.sort_unstable();
        let mut end_of_used = 0;
        // An empty run at the end of the content closes the last gap.
        for (start, end) in used.into_iter().chain([(raw_len, raw_len)]) {
            let unused = Corrupt::UnusedContent {
                start: end_of_used,
                end: start,
            };
            self.require(start <= end_of_used, unused);
            end_of_used = end_of_used.max(end);
        }
    }

    /// The bases are in the order of their numbers, and none has a base.
    pub(super) fn bases(&mut self) {
        let count = self.index.superblock().bases().count.get();
        let mut previous = None;
        // A larger count is reported with the superblock.
        for position in 0..count.min(MAX_BASE_COUNT) as u8 {
            let base = self.index.base(position);
            let rule = base.is_some() && base > previous;
            self.require(rule, Corrupt::Base { position });
            previous = base.or(previous);
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

/// Whether a file has at least two extents, the first starts at offset 0, and each
/// counts the following ones. Their order needs no check: an extent that does not end
/// behind its start is an empty run.
fn are_in_order(records: &[ExtentRecord]) -> bool {
    let starts = records.first().map(|record| record.file_offset.get());
    let counts = records.iter().map(ExtentRecord::following_count);
    records.len() >= 2 && starts == Some(0) && counts.rev().eq(0..records.len() as u32)
}
