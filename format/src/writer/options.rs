//! The options of the writer.

use crate::encode::WriteError;
use crate::limits::{DEFAULT_BLOCK_SHIFT, MAX_BLOCK_SHIFT, MIN_BLOCK_SHIFT};
use crate::manifest::{LeftOut, MAX_MANIFEST_LEN};
use std::collections::HashMap;
use std::string::{String, ToString};

/// Longest version of a tool, in bytes. The rest of a manifest takes less than the
/// difference.
const MAX_TOOL_VERSION_LEN: usize = MAX_MANIFEST_LEN - 1024;

/// The options of the writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// zstd level, 1 to 22. Level 0 is the default of zstd, and negative levels are
    /// faster still. `None` stores the content uncompressed.
    pub compression: Option<i32>,
    /// Logarithm of the block size, from [`MIN_BLOCK_SHIFT`] to [`MAX_BLOCK_SHIFT`].
    /// Larger blocks compress better, but the first read of a byte takes longer.
    pub block_shift: u32,
    /// Version of the tool, for the manifest.
    pub tool_version: String,
    /// Paths of ranked files, such as `/lib/a.rb`, and their ranks. Their content comes
    /// first, by rank. A path with a slash at its end, such as `/lib/`, ranks all files
    /// below that directory. The lowest rank of a file counts.
    pub ranks: HashMap<String, usize>,
    /// Files that the caller omitted from the tree, for the manifest.
    pub left_out: Option<LeftOut>,
}

impl Default for Options {
    /// Level 19. Higher levels gain nothing for blocks of this size.
    fn default() -> Self {
        Self {
            compression: Some(19),
            block_shift: DEFAULT_BLOCK_SHIFT,
            tool_version: env!("CARGO_PKG_VERSION").to_string(),
            ranks: HashMap::new(),
            left_out: None,
        }
    }
}

impl Options {
    /// Rejects options that fit no tree.
    ///
    /// # Errors
    ///
    /// The block size or the level is out of range, or the version of the tool is too
    /// long for a manifest.
    pub fn validate(&self) -> Result<(), WriteError> {
        let max = MAX_TOOL_VERSION_LEN;
        if self.tool_version.len() > max {
            return Err(WriteError::ToolVersion { max });
        }
        let (min, max) = (MIN_BLOCK_SHIFT, MAX_BLOCK_SHIFT);
        let found = self.block_shift;
        if !(min..=max).contains(&found) {
            return Err(WriteError::BlockShift { min, max, found });
        }
        let levels = zstd::compression_level_range();
        match self.compression {
            Some(found) if !levels.contains(&found) => Err(WriteError::Level {
                min: *levels.start(),
                max: *levels.end(),
                found,
            }),
            _ => Ok(()),
        }
    }
}
