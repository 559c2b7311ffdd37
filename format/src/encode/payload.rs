//! The payload under construction: stored blocks back to back, and their records.

use crate::block::{BlockRecord, Codec};
use crate::checksum::checksum;
use crate::encode::error::WriteError;
use crate::limits::MAX_PAYLOAD_LEN;
use crate::manifest::Statistics;
use alloc::vec::Vec;
use zerocopy::little_endian::U32;

/// The stored blocks, in the order of the content.
#[derive(Clone, Debug, Default)]
pub struct Payload {
    pub(crate) bytes: Vec<u8>,
    pub(crate) blocks: Vec<BlockRecord>,
    /// The numbers of the bases, ascending; empty if block 0 is the only one.
    pub(crate) bases: Vec<U32>,
    stored_block_count: u32,
}

/// A block that is ready for the payload.
#[derive(Clone, Debug)]
pub struct StoredBlock {
    bytes: Vec<u8>,
    codec: Codec,
    checksum: u64,
}

impl StoredBlock {
    /// A block from its stored bytes.
    pub fn new(bytes: Vec<u8>, codec: Codec) -> Self {
        Self {
            checksum: checksum(&bytes),
            bytes,
            codec,
        }
    }
}

impl Payload {
    /// Stores the whole content uncompressed, in blocks of `1 << block_shift` bytes.
    ///
    /// # Errors
    ///
    /// The payload would be too long.
    pub fn stored(content: Vec<u8>, block_shift: u32) -> Result<Self, WriteError> {
        let checksums = content.chunks(1 << block_shift).map(checksum);
        let checksums = checksums.collect();
        Self::stored_with(content, block_shift, checksums)
    }

    /// Like [`Payload::stored`], with the checksums of the blocks.
    pub(crate) fn stored_with(
        content: Vec<u8>,
        block_shift: u32,
        checksums: Vec<u64>,
    ) -> Result<Self, WriteError> {
        if content.len() as u64 > MAX_PAYLOAD_LEN {
            let max = MAX_PAYLOAD_LEN;
            return Err(WriteError::PayloadLen { max });
        }
        let blocks = content.chunks(1 << block_shift).zip(checksums);
        let blocks: Vec<_> = (0..)
            .zip(blocks)
            .map(|(number, (block, checksum))| {
                // The payload has at most 31 bits, so offsets fit.
                let (offset, len): (u32, _) = (number << block_shift, block.len() as u32);
                BlockRecord::new(checksum, offset, len, Codec::Stored)
            })
            .collect();
        Ok(Self {
            stored_block_count: blocks.len() as u32,
            blocks,
            bytes: content,
            ..Self::default()
        })
    }

    /// An empty payload whose blocks name these bases by position. The numbers must
    /// ascend. Block 0 alone needs no table.
    pub(crate) fn with_bases(bases: &[u32]) -> Self {
        let bases = if bases == [0] { &[] } else { bases };
        Self {
            bases: bases.iter().map(|&base| base.into()).collect(),
            ..Self::default()
        }
    }

    /// Appends the next block.
    ///
    /// # Errors
    ///
    /// The payload would be too long.
    pub fn push(&mut self, block: &StoredBlock) -> Result<(), WriteError> {
        let end = (self.bytes.len() + block.bytes.len()) as u64;
        if end > MAX_PAYLOAD_LEN {
            let max = MAX_PAYLOAD_LEN;
            return Err(WriteError::PayloadLen { max });
        }
        // Both fit 32 bits: the offset by the check above, and the length because no
        // block is longer than the largest block.
        let (offset, len) = (self.bytes.len() as u32, block.bytes.len() as u32);
        let record = BlockRecord::new(block.checksum, offset, len, block.codec);
        self.blocks.push(record);
        self.stored_block_count += u32::from(block.codec == Codec::Stored);
        self.bytes.extend_from_slice(&block.bytes);
        Ok(())
    }

    pub(crate) fn count(&self, statistics: &mut Statistics) {
        statistics.stored_len = self.bytes.len() as u64;
        statistics.block_count = self.blocks.len() as u32;
        statistics.stored_block_count = self.stored_block_count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use zerocopy::IntoBytes;

    #[test]
    fn payload_beyond_its_limit_is_rejected() {
        // Zeros that nobody writes to are not memory yet.
        let mut payload = Payload {
            bytes: vec![0; MAX_PAYLOAD_LEN as usize - 16],
            ..Payload::default()
        };
        let block = |len| StoredBlock::new(vec![7; len], Codec::Stored);
        assert!(payload.push(&block(16)).is_ok());
        let above = payload.push(&block(1));
        assert!(matches!(above, Err(WriteError::PayloadLen { .. })));
    }

    #[test]
    fn stored_content_equals_its_pushed_blocks() {
        let content: Vec<u8> = (0..10_000_u32).map(|n| n as u8).collect();
        let mut pushed = Payload::default();
        for block in content.chunks(1 << 12) {
            let block = StoredBlock::new(block.to_vec(), Codec::Stored);
            pushed.push(&block).expect("small");
        }
        let stored = Payload::stored(content, 12).expect("small");
        assert_eq!(stored.bytes, pushed.bytes);
        assert_eq!(stored.blocks.as_bytes(), pushed.blocks.as_bytes());
    }
}
