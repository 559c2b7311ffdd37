//! The three functions of a runtime that `pack` calls, by name.

/// The name of the function that returns the address of the anchor.
#[macro_export]
macro_rules! anchor_fn {
    () => {
        "wasi_vfs_anchor"
    };
}

/// The name of the function that allocates memory for an image.
#[macro_export]
macro_rules! alloc_fn {
    () => {
        "wasi_vfs_alloc"
    };
}

/// The name of the function that Wizer calls last.
#[macro_export]
macro_rules! mount_fn {
    () => {
        "wasi_vfs_mount"
    };
}

/// `() -> i32`: returns the address of the anchor.
pub const ANCHOR_FN: &str = anchor_fn!();
/// `(len: i32) -> i32`: returns the address of zeroed memory, or 0 if memory runs out. In
/// a linked module it resets all state of an earlier image.
pub const ALLOC_FN: &str = alloc_fn!();
/// `() -> ()`: traps if the runtime cannot serve the image that the anchor names.
pub const MOUNT_FN: &str = mount_fn!();
