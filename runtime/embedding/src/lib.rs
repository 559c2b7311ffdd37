//! How an image gets into a module, and how a tool finds it there.
//!
//! Packer and runtime are built apart: the packer holds the runtime as finished
//! bytes. This crate is their agreement, and [`ABI_VERSION`] is its version. It is no
//! part of the image format, which `wasi-vfs-format` defines.
//!
//! | file | content |
//! |---|---|
//! | `anchor` | the record in the runtime's data that locates the image |
//! | `application` | the counts of a module before the merge |
//! | `form` | the ways to put the runtime into a module |
//! | `layer`, `table` | the record of the writable directories |
//! | `unsupported` | parts that a reader does not know |
//! | `source` | reserved record: blocks outside the payload |
//! | `functions`, `entry_points` | the functions that the packer calls |
//! | `changes` | the functions of a writable module by which a host saves changes |
//! | `imports` | the functions that the merge supplies to the runtime |
//! | `calls` | the preview 1 calls that the runtime serves |
//! | `preview2`, `preview3` | the functions of WASI 0.2 and 0.3 that a wired runtime serves, and those that it calls |
//!
//! # How it works
//!
//! `pack` instantiates the runtime and calls `wasi_vfs_anchor`, which returns the
//! address of an empty [`Anchor`], for example 1024. `wasi_vfs_alloc(771)` returns the
//! address 4096. `pack` writes an index of 771 bytes there, and sets `address` to 1024,
//! `index_address` to 4096 and `index_len` to 771. It calls `wasi_vfs_mount` and takes
//! the snapshot. A tool later finds [`ANCHOR_MAGIC`] at address 1024 of the initial
//! memory, sees that `address` is 1024, and reads the index at 4096.
//!
//! # Names that both sides need
//!
//! Attributes such as `export_name` need literals. So the names are macros, and the
//! constants here and the attributes in the runtime come from the same macro.

#![no_std]
#![forbid(unsafe_code)]

mod anchor;
mod application;
mod calls;
mod changes;
mod entry_points;
mod form;
mod functions;
mod imports;
mod layer;
pub mod preview2;
pub mod preview3;
mod source;
mod table;
mod unsupported;
mod version;

pub use anchor::{ANCHOR_LEN, ANCHOR_MAGIC, Anchor, FEATURE_LAYER};
pub use application::{Application, MEMORY_HAS_MAXIMUM, MEMORY_HAS_PAGE_SIZE};
pub use calls::{CALLS, Call, ValueType};
pub use changes::{
    CHANGES_APPLY_FN, CHANGES_BUFFER_FN, CHANGES_FNS, CHANGES_MEMORY, CHANGES_READ_FN,
    CHANGES_SAVE_FN, ChangesCode,
};
pub use entry_points::{ENTRY_POINTS_LEN, ENTRY_POINTS_MAGIC, EntryPoints};
pub use form::{FORM_LINKED, FORM_MERGED, FORM_MERGED_SINGLE, FORM_WIRED, FORM_WIRED_SINGLE};
pub use functions::{ALLOC_FN, ANCHOR_FN, MOUNT_FN, REST_FN};
pub use imports::{HOST_MODULE, Import};
pub use layer::{LAYER_CHANGES, LAYER_LEN, Layer, ROOT_LEN};
pub use source::{SOURCE_LEN, Source};
pub use table::Table;
pub use unsupported::Unsupported;
pub use version::{ABI_VERSION, version_bytes};
