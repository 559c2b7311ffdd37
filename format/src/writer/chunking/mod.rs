//! Step 2: reads the files and cuts them into chunks.

pub(crate) mod files;
pub(crate) mod order;
pub(crate) mod reading;
pub(crate) mod sample;
pub(crate) mod zeros;
