//! The bytes of an image, from a numbered tree, its content and its stored blocks.

pub(crate) mod content;
pub(crate) mod error;
pub(crate) mod index;
pub(crate) mod layout;
pub(crate) mod names;
