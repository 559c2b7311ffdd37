//! The tree of files that a pack writes, from its inputs to the selection.
//!
//! [`source`] reads host directories and archives, [`combine`] puts them and the parts of
//! images into one tree, [`selection`] drops what no list keeps, and [`lint`] inspects
//! the result. Knows no image and no module.

pub(crate) mod combine;
pub(crate) mod lint;
mod resolve;
pub(crate) mod selection;
pub(crate) mod source;
