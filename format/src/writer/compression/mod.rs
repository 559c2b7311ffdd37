//! Step 5: compresses the content block by block.

pub(crate) mod blocks;
pub(crate) mod compressor;
