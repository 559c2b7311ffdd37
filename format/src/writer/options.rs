//! The options of the writer.

use crate::encode::WriteError;
use crate::limits::{DEFAULT_BLOCK_SHIFT, MAX_BLOCK_SHIFT, MIN_BLOCK_SHIFT};
use crate::manifest::{LeftOut, MAX_MANIFEST_LEN};
use std::collections::HashMap;
use std::string::{String, ToString};

/// Longest version of a tool, in bytes: what a manifest certainly has room for. The
/// numbers in it take less than the rest.
const MAX_TOOL_VERSION_LEN: usize = MAX_MANIFEST_LEN - 1024;

/// How to write an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// zstd level, 1 to 22 (0 is zstd's default, negative levels are faster
    /// still); `None` stores the content as it is.
    pub compression: Option<i32>,
    /// Logarithm of the block size, from [`MIN_BLOCK_SHIFT`] to
    /// [`MAX_BLOCK_SHIFT`]. Larger blocks compress better and make the first
    /// read of a byte slower.
    pub block_shift: u32,
    /// Version of the tool, for the manifest.
    pub tool_version: String,
    /// Paths of files, such as `/lib/a.rb`, whose content comes first, and the
    /// rank by which it is ordered. A directory with a slash at its end, such as
    /// `/lib/`, stands for all files below it; the least rank of a file counts.
    pub ranks: HashMap<String, usize>,
    /// What the caller left out of the tree, for the manifest.
    pub left_out: Option<LeftOut>,
}

impl Default for Options {
    /// Level 19, above which blocks of this size gain nothing.
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
    /// Refuses options with which no tree can be written.
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
