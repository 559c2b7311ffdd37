//! Reads packed modules and images: contents, sizes, damage and differences.
//!
//! [`contents`] opens a packed module or an image. The other files read an opened image.

pub mod accounting;
pub(crate) mod ballast;
pub(crate) mod changed;
pub(crate) mod compare;
pub(crate) mod contents;
pub(crate) mod digests;
pub(crate) mod resolve;
pub(crate) mod runtime_parts;
pub(crate) mod verify;
pub(crate) mod walk;
