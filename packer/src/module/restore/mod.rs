//! Removes the image from a packed module.

pub(crate) mod at_rest;
pub(crate) mod counts;
pub(crate) mod forward;
pub(crate) mod original;
pub(crate) mod unmerge;
pub(crate) mod unmount;
