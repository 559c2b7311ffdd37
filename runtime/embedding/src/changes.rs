//! The functions of a writable module by which a host saves and restores changes.
//!
//! A module without writable directories has none of them. All results below 0 are codes,
//! and [`ChangesCode`] has them. `docs/ABI.md` has the types.

/// The name of the function that makes the buffer for images of changes.
#[macro_export]
macro_rules! changes_buffer_fn {
    () => {
        "wasi_vfs_changes_buffer"
    };
}

/// The name of the function that begins a save.
#[macro_export]
macro_rules! changes_save_fn {
    () => {
        "wasi_vfs_changes_save"
    };
}

/// The name of the function that reads a piece of a save.
#[macro_export]
macro_rules! changes_read_fn {
    () => {
        "wasi_vfs_changes_read"
    };
}

/// The name of the function that applies the image in the buffer.
#[macro_export]
macro_rules! changes_apply_fn {
    () => {
        "wasi_vfs_changes_apply"
    };
}

/// `(len: i32) -> i32`: makes the buffer of `len` bytes, and returns its address in the
/// exported memory, or 0 if memory runs out. Frees the buffer before. Length 0 only frees.
pub const CHANGES_BUFFER_FN: &str = changes_buffer_fn!();
/// `() -> i32`: begins a save, and returns the length of its image.
pub const CHANGES_SAVE_FN: &str = changes_save_fn!();
/// `(offset: i32) -> i32`: fills the buffer with the bytes of the image from `offset` on, and
/// returns their number. 0 at the end, which ends the save.
pub const CHANGES_READ_FN: &str = changes_read_fn!();
/// `() -> i32`: applies the image that fills the buffer, and frees the buffer. Returns 0.
pub const CHANGES_APPLY_FN: &str = changes_apply_fn!();

/// The functions that a merged module exports if it is writable.
pub const CHANGES_FNS: [&str; 4] = [
    CHANGES_BUFFER_FN,
    CHANGES_SAVE_FN,
    CHANGES_READ_FN,
    CHANGES_APPLY_FN,
];

/// The name under which a writable merged module exports the memory with the buffer.
pub const CHANGES_MEMORY: &str = "wasi_vfs_memory";

/// A failure of a save or of an application, as a number below 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum ChangesCode {
    /// Memory ran out.
    NoMemory = -1,
    /// The changes need more memory than the limit of the module.
    NoSpace = -2,
    /// The buffer has no image of changes, or a damaged one.
    Damaged = -3,
    /// The image changes a path outside of the writable directories, or removes a preopened
    /// directory.
    ReadOnly = -4,
    /// The program has changed files: before an image is applied, or during a save.
    Changed = -5,
    /// The image would have more than 2 GiB, or a path or file exceeds a limit of images.
    Limit = -6,
    /// The packed files are damaged.
    Io = -7,
    /// There is no save to read, or the module has no writable directory.
    Nothing = -8,
}
