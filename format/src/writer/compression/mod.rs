//! Step 5: compresses the content block by block.

pub(crate) mod compressor;
pub(crate) mod payload;
