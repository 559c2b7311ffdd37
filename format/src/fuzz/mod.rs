//! The bodies of the fuzz targets in `fuzz/`, and what the targets of other crates
//! share. Each body panics if a property does not hold.

mod image;
mod input;
mod round_trip;
mod smoke;

pub use image::image;
pub use input::Input;
pub use round_trip::round_trip;
pub use smoke::smoke;

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
