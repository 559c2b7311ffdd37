//! What must hold for any module and any text: the bodies of the fuzz targets
//! in `fuzz/`. Each panics where it does not hold.

mod behaviour;
mod image;
mod modules;
mod packed;
mod arguments;

pub use modules::modules;
pub use packed::packed;
pub use arguments::arguments;

#[cfg(test)]
mod tests {
    use super::{modules, packed, arguments};
    use std::cell::Cell;
    use wasi_vfs_format::fuzz::smoke;

    #[test]
    fn any_modules() {
        let packed = Cell::new(0);
        smoke("modules", 60, 2000, |data| {
            packed.set(packed.get() + u32::from(modules(data)));
        });
        // Not all import what opens files, or are what can be packed.
        assert!(packed.get() > 10, "{}", packed.get());
    }

    #[test]
    fn any_packed_modules() {
        smoke("packed", 400, 60, packed);
    }

    #[test]
    fn any_arguments() {
        smoke("arguments", 4000, 200, arguments);
    }
}
