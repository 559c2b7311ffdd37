//! The rules of images of changes.

use super::checker::Checker;
use crate::block::Codec;
use crate::changes::Mark;
use crate::digest::DIGEST_LEN;
use crate::error::Corrupt;
use crate::inode::InodeNumber;

impl Checker<'_, '_> {
    /// The parts that an image of changes must not have.
    pub(super) fn changes(&mut self) {
        let superblock = self.index.superblock();
        if !superblock.is_changes() {
            return;
        }
        let compressed = (0..self.index.block_count())
            .filter_map(|number| self.index.block(number).ok())
            .any(|block| block.codec != Codec::Stored);
        for (is_there, part) in [
            (superblock.digest != [0; DIGEST_LEN], "a root digest"),
            (superblock.metadata_len.get() != 0, "a metadata section"),
            (superblock.mounts.count.get() != 0, "mounts"),
            (compressed, "compressed blocks"),
            (superblock.has_bases(), "a table of bases"),
        ] {
            self.require(!is_there, Corrupt::ChangesPart { part });
        }
    }

    /// Checks a removed name or a link. Returns whether the inode is one. The link's content
    /// is checked where the other inode is.
    pub(super) fn mark(&mut self, number: u32) -> bool {
        let mark = self.whole(self.index.mark(InodeNumber(number)));
        let (Some(Some(mark)), Some(record)) = (mark, self.index.inodes.get(number as usize))
        else {
            return false;
        };
        let content = match mark {
            Mark::Removed => 0,
            Mark::Link(target) => target.0,
        };
        let has_only_these = record.size() == 0
            && record.content() == content.into()
            && record.flags() == 0
            && record.mtime_ns.get() == 0;
        self.require(has_only_these, Corrupt::MarkFields { inode: number });
        true
    }
}
