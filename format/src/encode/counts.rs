//! The size of an index before it is encoded.

use crate::block::BLOCK_RECORD_LEN;
use crate::encode::error::WriteError;
use crate::extent::EXTENT_LEN;
use crate::inode::INODE_LEN;
use crate::limits::MAX_INDEX_LEN;
use crate::mount::MOUNT_LEN;
use crate::superblock::SUPERBLOCK_LEN;

/// Numbers of records of each table, and bytes of names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) mounts: u64,
    pub(crate) inodes: u64,
    pub(crate) extents: u64,
    pub(crate) blocks: u64,
    pub(crate) names: u64,
}

impl Counts {
    /// Fails if the largest index is too small for all tables together.
    pub(crate) fn require_room(self) -> Result<(), WriteError> {
        let tables = [
            (self.mounts, MOUNT_LEN),
            (self.inodes, INODE_LEN),
            (self.extents, EXTENT_LEN),
            (self.blocks, BLOCK_RECORD_LEN),
            (self.names, 1),
        ];
        let found = tables
            .into_iter()
            .map(|(count, len)| count.saturating_mul(len as u64))
            .fold(SUPERBLOCK_LEN as u64, u64::saturating_add);
        if found > MAX_INDEX_LEN {
            let max = MAX_INDEX_LEN;
            return Err(WriteError::IndexLen { max, found });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_fit_alone_are_rejected_together() {
        let most = Counts {
            inodes: 20_000_000,
            names: 20_000_000 * 22,
            extents: 4_000_000,
            blocks: 200_000,
            mounts: 1,
        };
        assert!(most.require_room().is_ok());
        for above in [
            Counts {
                names: 20_000_000 * 30,
                ..most
            },
            Counts {
                extents: 12_000_000,
                ..most
            },
            Counts {
                blocks: 10_000_000,
                ..most
            },
        ] {
            let refused = above.require_room();
            assert!(matches!(refused, Err(WriteError::IndexLen { .. })));
        }
    }
}
