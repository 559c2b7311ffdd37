//! Finding the image of a packed module.

pub(crate) mod anchor;
pub(crate) mod memory;
pub(crate) mod traces;
