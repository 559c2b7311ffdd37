//! The functions that the packer calls, and the record that names three of them in a linked
//! program.

use super::state;
use wasi_vfs_embedding::Anchor;

extern "C" fn anchor() -> *const Anchor {
    state::anchor_address()
}

extern "C" fn alloc(len: usize) -> *mut u8 {
    state::allocate(len)
}

extern "C" fn mount() {
    if !state::can_mount() {
        core::arch::wasm32::unreachable();
    }
}

/// One of the three functions above that `pack` calls.
#[cfg(feature = "merged")]
macro_rules! entry_point {
    ($function:ident) => {
        $function
    };
}

/// By way of the table, so that no compiler or optimiser moves the function into the
/// export or takes it for unused: `pack` calls the function and not the export.
#[cfg(feature = "linked")]
macro_rules! entry_point {
    ($function:ident) => {
        record::entry_points().$function
    };
}

#[unsafe(export_name = wasi_vfs_embedding::anchor_fn!())]
extern "C" fn wasi_vfs_anchor() -> *const Anchor {
    entry_point!(anchor)()
}

#[unsafe(export_name = wasi_vfs_embedding::alloc_fn!())]
extern "C" fn wasi_vfs_alloc(len: usize) -> *mut u8 {
    entry_point!(alloc)(len)
}

#[unsafe(export_name = wasi_vfs_embedding::mount_fn!())]
extern "C" fn wasi_vfs_mount() {
    entry_point!(mount)();
}

#[cfg(all(feature = "merged", not(feature = "wired")))]
#[unsafe(export_name = wasi_vfs_embedding::rest_fn!())]
extern "C" fn wasi_vfs_rest() {
    state::rest();
}

/// The record by which `pack` finds the functions behind the exports, which wasm-ld may
/// replace by wrappers.
#[cfg(feature = "linked")]
mod record {
    use super::{alloc, anchor, mount};
    use core::mem::{offset_of, size_of};
    use wasi_vfs_embedding::{Anchor, ENTRY_POINTS_MAGIC, EntryPoints as Record};

    // Only an object file can request exports of a static library.
    macro_rules! request_export {
        ($name:expr) => {
            core::arch::global_asm!(concat!(".export_name ", $name, ", ", $name));
        };
    }
    request_export!(wasi_vfs_embedding::anchor_fn!());
    request_export!(wasi_vfs_embedding::alloc_fn!());
    request_export!(wasi_vfs_embedding::mount_fn!());

    /// [`Record`] as the linker fills it in: a function is a number in the table.
    #[derive(Clone, Copy)]
    #[repr(C)]
    pub(super) struct EntryPoints {
        magic: [u8; 16],
        address: &'static EntryPoints,
        pub(super) anchor: extern "C" fn() -> *const Anchor,
        pub(super) alloc: extern "C" fn(usize) -> *mut u8,
        pub(super) mount: extern "C" fn(),
    }

    const _: () = {
        assert!(size_of::<EntryPoints>() == size_of::<Record>());
        assert!(offset_of!(EntryPoints, address) == offset_of!(Record, address));
        assert!(offset_of!(EntryPoints, anchor) == offset_of!(Record, anchor_entry));
        assert!(offset_of!(EntryPoints, alloc) == offset_of!(Record, alloc_entry));
        assert!(offset_of!(EntryPoints, mount) == offset_of!(Record, mount_entry));
    };

    static ENTRY_POINTS: EntryPoints = EntryPoints {
        magic: ENTRY_POINTS_MAGIC,
        address: &ENTRY_POINTS,
        anchor,
        alloc,
        mount,
    };

    /// The record. `pack` reads it, too, and no compiler sees its values.
    pub(super) fn entry_points() -> EntryPoints {
        // SAFETY: it is a static, which nothing writes to.
        unsafe { (&raw const ENTRY_POINTS).read_volatile() }
    }
}
