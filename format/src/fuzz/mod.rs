//! What must hold for any bytes: the bodies of the fuzz targets in `fuzz/`, and
//! what those of the other crates share. Each panics where it does not hold.

mod image;
mod input;
mod round_trip;
mod smoke;

pub use image::image;
pub use input::Input;
pub use round_trip::round_trip;
pub use smoke::smoke;

use crate::checksum::checksum_of_two;
use crate::superblock::SUPERBLOCK_LEN;

/// Makes the checksum of an index that was changed right again.
pub fn seal(index: &mut [u8]) {
    let Some((superblock, tables)) = index.split_at_mut_checked(SUPERBLOCK_LEN) else {
        return;
    };
    let (hashed, checksum) = superblock.split_at_mut(SUPERBLOCK_LEN - 8);
    checksum.copy_from_slice(&checksum_of_two(hashed, tables).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::{image, round_trip, smoke};

    #[test]
    fn images() {
        smoke("image", 4000, 900, image);
    }

    #[test]
    fn round_trips() {
        smoke("round_trip", 150, 400, round_trip);
    }
}
