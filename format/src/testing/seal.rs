//! Right checksums for changed bytes.

use crate::block::BLOCK_RECORD_LEN;
use crate::checksum::{checksum, checksum_of_two};
use crate::index::Index;
use crate::metadata::METADATA_HEADER_LEN;
use crate::superblock::SUPERBLOCK_LEN;
use std::vec::Vec;

/// Computes the checksum of a changed index again.
pub fn seal(index: &mut [u8]) {
    let Some((superblock, tables)) = index.split_at_mut_checked(SUPERBLOCK_LEN) else {
        return;
    };
    let (hashed, checksum) = superblock.split_at_mut(SUPERBLOCK_LEN - 8);
    checksum.copy_from_slice(&checksum_of_two(hashed, tables).to_le_bytes());
}

/// Computes all checksums of a changed image again: of the index, its blocks and the
/// metadata section. The root digest stays.
pub fn seal_all(index: &mut [u8], payload: &[u8], metadata: Option<&mut [u8]>) {
    let records = Index::parse(index).map(|index| {
        let start = index.superblock().blocks.offset.get() as usize;
        let blocks = (0..index.block_count()).map_while(|number| index.block(number).ok());
        let checksums = blocks.map(|block| {
            let stored = block.stored_offset as usize..;
            let stored = payload.get(stored).unwrap_or_default();
            checksum(stored.get(..block.stored_len as usize).unwrap_or_default())
        });
        (start, checksums.collect::<Vec<u64>>())
    });
    if let Ok((start, checksums)) = records {
        let places = (start..).step_by(BLOCK_RECORD_LEN);
        for (at, checksum) in places.zip(checksums) {
            if let Some(place) = index.get_mut(at..at + 8) {
                place.copy_from_slice(&checksum.to_le_bytes());
            }
        }
    }
    seal(index);
    if let Some((header, rest)) =
        metadata.and_then(|metadata| metadata.split_at_mut_checked(METADATA_HEADER_LEN))
    {
        let (hashed, checksum) = header.split_at_mut(METADATA_HEADER_LEN - 8);
        checksum.copy_from_slice(&checksum_of_two(hashed, rest).to_le_bytes());
    }
}
