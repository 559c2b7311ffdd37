//! Runs a runtime at pack time, and takes a snapshot with the image.

pub(crate) mod entry_points;
pub(crate) mod linked;
pub(crate) mod piece;
pub(crate) mod rest;
pub(crate) mod snapshot;
