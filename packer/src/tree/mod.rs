//! The tree of a pack, from its inputs to the written files.
//!
//! [`source`] reads host directories and archives. [`split`] splits the trees of images.
//! [`combine`] forms one tree, [`selection`] drops unselected files, [`writable`] makes
//! writable directories, and [`lint`] warns of files that the guest cannot use. Nothing here
//! knows an image or a module.

pub(crate) mod combine;
pub(crate) mod lint;
pub(crate) mod mounted;
mod resolve;
pub(crate) mod selection;
pub(crate) mod source;
pub(crate) mod split;
pub(crate) mod writable;
