//! Step 2: reads every file and cuts it into named chunks.
//!
//! A file of at most 32 KiB is one chunk. FastCDC cuts larger files where their bytes say
//! so. If a byte is inserted, only the chunks around it change. A chunk is named by its
//! digest, and carries a sample of its strings for step 4.

pub(crate) mod chunker;
pub(crate) mod chunks;
pub(crate) mod files;
pub(crate) mod order;
pub(crate) mod reading;
pub(crate) mod sample;
pub(crate) mod zeros;
