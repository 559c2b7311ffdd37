//! The bodies of the fuzz targets in `fuzz/`. Each panics if a property does not hold.

mod arguments;
mod behaviour;
mod components;
mod image;
mod modules;
mod packed;

pub use arguments::arguments;
pub use components::components;
pub use modules::modules;
pub use packed::packed;

#[cfg(test)]
mod tests {
    use super::{arguments, components, modules, packed};
    use std::cell::Cell;
    use wasi_vfs_format::fuzz::smoke;

    #[test]
    fn modules_behave_as_before_packing() {
        let packed = Cell::new(0);
        smoke("modules", 60, 2000, |data| {
            packed.set(packed.get() + u32::from(modules(data)));
        });
        // Only some of the modules can be packed.
        assert!(packed.get() > 10, "{}", packed.get());
    }

    #[test]
    fn packed_components_have_the_same_world() {
        let packed = Cell::new(0);
        smoke("components", 150, 600, |data| {
            packed.set(packed.get() + u32::from(components(data)));
        });
        // Only some of the components open files and stay valid.
        assert!(packed.get() > 30, "{}", packed.get());
    }

    #[test]
    fn changed_packed_modules_never_panic() {
        smoke("packed", 400, 60, packed);
    }

    #[test]
    fn arguments_keep_the_rules() {
        smoke("arguments", 4000, 200, arguments);
    }
}
