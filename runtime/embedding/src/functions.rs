//! The functions of a runtime that the packer calls, by name: three when it packs, and one
//! for the state of a started program.

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

/// The name of the function that empties the cache.
#[macro_export]
macro_rules! rest_fn {
    () => {
        "wasi_vfs_rest"
    };
}

/// `() -> i32`: returns the address of the anchor.
pub const ANCHOR_FN: &str = anchor_fn!();
/// `(len: i32) -> i32`: returns the address of zeroed memory, or 0 if memory runs out. In
/// a linked module it resets all state of an earlier image.
pub const ALLOC_FN: &str = alloc_fn!();
/// `() -> ()`: traps if the runtime cannot serve the image that the anchor names.
pub const MOUNT_FN: &str = mount_fn!();
/// `() -> ()`: frees all decompressed blocks, and clears all free pages. Only a merged
/// runtime has it, and no packed module.
pub const REST_FN: &str = rest_fn!();
