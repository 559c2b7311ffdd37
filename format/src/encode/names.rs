//! The names table: every distinct name, link target and mount path once.

use crate::encode::error::WriteError;
use crate::encode::map::Map;
use crate::limits::MAX_INDEX_LEN;
use alloc::vec::Vec;

/// A names table under construction. Strings lie in the order of their first
/// occurrence. So the names of a directory lie together, as lookups read them.
#[derive(Debug, Default)]
pub struct Names<'t> {
    bytes: Vec<u8>,
    offsets: Map<&'t str, u32>,
}

impl<'t> Names<'t> {
    /// Returns the offset of `name`, and appends it if the table does not have it.
    pub(crate) fn intern(&mut self, name: &'t str) -> Result<u32, WriteError> {
        if name.is_empty() {
            return Ok(0);
        }
        if let Some(&offset) = self.offsets.get(name) {
            return Ok(offset);
        }
        let end = (self.bytes.len() + name.len()) as u64;
        let offset = u32::try_from(self.bytes.len())
            .ok()
            .filter(|_| end <= MAX_INDEX_LEN)
            .ok_or(WriteError::IndexLen {
                max: MAX_INDEX_LEN,
                found: end,
            })?;
        self.bytes.extend_from_slice(name.as_bytes());
        self.offsets.insert(name, offset);
        Ok(offset)
    }

    /// Length of the table in bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
