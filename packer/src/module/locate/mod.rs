//! Finds the image of a packed module.

pub(crate) mod anchor;
pub(crate) mod claimed;
pub(crate) mod extract;
pub(crate) mod find;
pub(crate) mod found;
pub(crate) mod memory;
pub(crate) mod placed;
pub(crate) mod traces;
