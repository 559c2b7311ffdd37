//! The index: the superblock and the tables behind it.

use crate::checksum::checksum_of_two;
use crate::digest::Digest;
use crate::encode::error::WriteError;
use crate::encode::payload::Payload;
use crate::encode::records::Records;
use crate::limits::MAX_INDEX_LEN;
use crate::superblock::{BASES, MAGIC, SUPERBLOCK_LEN, Superblock, Table, VERSION};
use alloc::vec::Vec;
use core::mem::offset_of;
use zerocopy::{FromZeros, Immutable, IntoBytes};

/// The fields of the superblock that follow from other parts of the image.
pub(crate) struct Facts<'a> {
    pub(crate) block_shift: u32,
    pub(crate) digest: &'a Digest,
    pub(crate) raw_len: u64,
    pub(crate) metadata_len: usize,
}

/// Returns the bytes of the index. Each table notes its offset when it is appended, so
/// the superblock always agrees with the tables.
pub(crate) fn index(
    records: Records<'_>,
    payload: &Payload,
    facts: &Facts<'_>,
) -> Result<Vec<u8>, WriteError> {
    let names = records.names.into_bytes();
    let mut index = IndexBytes::new();
    let mut superblock = Superblock {
        magic: MAGIC,
        version: VERSION.into(),
        block_shift: facts.block_shift.into(),
        digest: facts.digest.0,
        payload_len: (payload.bytes.len() as u32).into(),
        metadata_len: (facts.metadata_len as u32).into(),
        raw_len: facts.raw_len.into(),
        incompatible_features: features(payload).into(),
        mounts: index.append(&records.mounts)?,
        inodes: index.append(&records.inodes)?,
        extents: index.append(&records.extents)?,
        blocks: index.append(&payload.blocks)?,
        base_count: index.append(&payload.bases)?.count,
        names: index.append(&names)?,
        ..Superblock::new_zeroed()
    };
    superblock.index_len = (index.0.len() as u32).into();
    Ok(index.finish(superblock))
}

fn features(payload: &Payload) -> u64 {
    match payload.bases.is_empty() {
        true => 0,
        false => BASES,
    }
}

/// An index under construction: room for the superblock, then tables.
struct IndexBytes(Vec<u8>);

impl IndexBytes {
    fn new() -> Self {
        Self(alloc::vec![0; SUPERBLOCK_LEN])
    }

    fn append<T: IntoBytes + Immutable>(&mut self, records: &[T]) -> Result<Table, WriteError> {
        let offset = self.0.len() as u32;
        let found = (self.0.len() + size_of_val(records)) as u64;
        if found > MAX_INDEX_LEN {
            let max = MAX_INDEX_LEN;
            return Err(WriteError::IndexLen { max, found });
        }
        self.0.extend_from_slice(records.as_bytes());
        Ok(Table {
            offset: offset.into(),
            count: (records.len() as u32).into(),
        })
    }

    fn finish(self, mut superblock: Superblock) -> Vec<u8> {
        let Self(mut bytes) = self;
        let (head, tables) = bytes.split_at_mut(SUPERBLOCK_LEN);
        let hashed = superblock
            .as_bytes()
            .get(..offset_of!(Superblock, index_checksum));
        superblock.index_checksum = checksum_of_two(hashed.unwrap_or_default(), tables).into();
        head.copy_from_slice(superblock.as_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_beyond_its_limit_is_rejected() {
        // Zeros that nobody writes to are not memory yet.
        let mut index = IndexBytes(alloc::vec![0; MAX_INDEX_LEN as usize - 16]);
        assert!(index.append(&[0_u8; 16]).is_ok());
        let above = index.append(&[0_u8]).map(|_| ());
        assert!(matches!(above, Err(WriteError::IndexLen { .. })));
    }
}
