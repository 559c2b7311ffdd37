//! Step 4: orders the chunks so that they compress well.

pub(crate) mod arrangement;
pub(crate) mod base;
pub(crate) mod similarity;
