//! Removing the image from a packed module.

pub(crate) mod unmerge;
pub(crate) mod unmount;
