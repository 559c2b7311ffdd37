//! How a tool finds an image inside a module without running it.
//!
//! The runtime keeps one [`Anchor`] in its data. `pack` fills it in before the
//! snapshot, so a packed module carries it in a data segment, where optimisers
//! and strippers leave it alone. A tool applies the active data segments to an
//! empty memory and looks for [`MAGIC`] there; [`Anchor::address`] tells the
//! anchor from a copy of it in somebody's data.

use core::mem::{offset_of, size_of};
use wasi_vfs_format::limits::{MAX_INDEX_LEN, MAX_INDEX_RATIO};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// First bytes of the anchor.
pub const MAGIC: [u8; 16] = *b"\x89wasi-vfs anchor";

/// Version of the anchor and of the functions by which `pack` and the runtime
/// talk. The two must agree.
pub const ABI_VERSION: u32 = 2;

/// The runtime shares the application's memory; it was linked in.
pub const FORM_LINKED: u32 = 1;
/// The runtime has a memory of its own; `pack` merged it in.
pub const FORM_MERGED: u32 = 2;
/// As [`FORM_MERGED`], but what was the runtime's memory is a region of the
/// application's, above the application's own pages.
pub const FORM_MERGED_SINGLE: u32 = 3;

/// Bit of [`Application::memory_flags`]: the memory had a maximum.
pub const MEMORY_HAS_MAXIMUM: u32 = 1;
/// Bit of [`Application::memory_flags`]: its type named the length of a page,
/// 65536, which most leave out.
pub const MEMORY_HAS_PAGE_SIZE: u32 = 1 << 1;

/// The anchor as it lies in the runtime's memory. Its addresses are the
/// runtime's, which count from the start of the region where it is one.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Anchor {
    /// [`MAGIC`].
    pub magic: [u8; 16],
    /// [`ABI_VERSION`].
    pub abi_version: U32,
    /// [`FORM_LINKED`], [`FORM_MERGED`] or [`FORM_MERGED_SINGLE`].
    pub form: U32,
    /// Version of the runtime, such as `0.1.0`, padded with zeros.
    pub runtime_version: [u8; 16],
    /// Where this anchor lies in its memory; 0 until `pack` fills it in.
    pub address: U32,
    /// Where the index lies in the same memory; 0 if there is no image.
    pub index_address: U32,
    /// Length of the index; 0 if there is no image.
    pub index_len: U32,
    /// How many bytes lie at `index_address`: as many as the index has, or
    /// fewer, which are a zstd frame of it.
    pub index_stored_len: U32,
    /// Linked: where the payload lies in the same memory. Merged: the number
    /// of the passive data segment that holds it.
    pub payload_address: U32,
    /// Length of the payload.
    pub payload_len: U32,
    /// Single: where the region starts in its memory, until that first grows.
    /// Else 0.
    pub region_address: U32,
    /// Merged: what the application had before the merge.
    pub application: Application,
    /// Merged: checksum of `application` and of the function bodies that the merge
    /// added.
    pub merged_checksum: U64,
}

/// How many of each thing a module had before the runtime was merged into it.
/// The merge only appends, so taking the rest away gives the module back.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Unaligned,
)]
#[repr(C)]
pub struct Application {
    /// Types, counted singly within recursion groups.
    pub type_count: U32,
    /// Functions, imported ones included.
    pub function_count: U32,
    /// Memories, imported ones included.
    pub memory_count: U32,
    /// Globals, imported ones included.
    pub global_count: U32,
    /// Data segments.
    pub data_count: U32,
    /// 1 if it had a data count section, else 0.
    pub has_data_count: U32,
    /// Which features the merge added to the list in the custom section
    /// `target_features`: bit 0 for the first it adds, and so on.
    pub added_features: U32,
    /// Single: what the type of memory 0 had, [`MEMORY_HAS_MAXIMUM`] and so on.
    pub memory_flags: U32,
    /// Single: minimum of memory 0, in pages.
    pub memory_minimum: U32,
    /// Single: maximum of memory 0, in pages; 0 if it had none.
    pub memory_maximum: U32,
}

/// Length of the anchor in bytes.
pub const ANCHOR_LEN: usize = 116;

const _: () = {
    assert!(size_of::<Application>() == 40);
    assert!(offset_of!(Application, added_features) == 24);
    assert!(offset_of!(Application, memory_flags) == 28);
    assert!(offset_of!(Application, memory_maximum) == 36);
    assert!(size_of::<Anchor>() == ANCHOR_LEN);
    assert!(offset_of!(Anchor, abi_version) == 16);
    assert!(offset_of!(Anchor, form) == 20);
    assert!(offset_of!(Anchor, runtime_version) == 24);
    assert!(offset_of!(Anchor, address) == 40);
    assert!(offset_of!(Anchor, index_address) == 44);
    assert!(offset_of!(Anchor, index_len) == 48);
    assert!(offset_of!(Anchor, index_stored_len) == 52);
    assert!(offset_of!(Anchor, payload_address) == 56);
    assert!(offset_of!(Anchor, payload_len) == 60);
    assert!(offset_of!(Anchor, region_address) == 64);
    assert!(offset_of!(Anchor, application) == 68);
    assert!(offset_of!(Anchor, merged_checksum) == 108);
};

impl Anchor {
    /// The anchor of a runtime that holds no image yet.
    pub const fn empty(form: u32, runtime_version: [u8; 16]) -> Self {
        const ZERO: U32 = U32::ZERO;
        Self {
            magic: MAGIC,
            abi_version: U32::new(ABI_VERSION),
            form: U32::new(form),
            runtime_version,
            address: ZERO,
            index_address: ZERO,
            index_len: ZERO,
            index_stored_len: ZERO,
            payload_address: ZERO,
            payload_len: ZERO,
            region_address: ZERO,
            application: Application {
                type_count: ZERO,
                function_count: ZERO,
                memory_count: ZERO,
                global_count: ZERO,
                data_count: ZERO,
                has_data_count: ZERO,
                added_features: ZERO,
                memory_flags: ZERO,
                memory_minimum: ZERO,
                memory_maximum: ZERO,
            },
            merged_checksum: U64::ZERO,
        }
    }

    /// Whether the lengths of the index may be true: it is stored as it is, or
    /// as a frame that is not too short for it. To be asked before memory is
    /// set aside for what a frame decodes to.
    pub fn has_possible_index(&self) -> bool {
        let (len, stored_len) = (self.index_len.get(), self.index_stored_len.get());
        u64::from(len) <= MAX_INDEX_LEN
            && stored_len <= len
            && u64::from(len) <= u64::from(stored_len) * MAX_INDEX_RATIO
    }

    /// The version of the runtime as text; empty if it is not text.
    pub fn runtime_version(&self) -> &str {
        let len = self.runtime_version.iter().position(|&byte| byte == 0);
        let text = self.runtime_version.get(..len.unwrap_or(16));
        core::str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
    }
}

/// First bytes of [`EntryPoints`].
pub const ENTRY_POINTS_MAGIC: [u8; 16] = *b"\x89wasi-vfs points";

/// Which functions do the work of the three exports of a linked runtime.
///
/// wasm-ld replaces each exported function of some commands by a wrapper that
/// runs the program's constructors and destructors around the call. `pack` must
/// not run them, so it calls the functions that this record names. The linker
/// writes the record, because only the linker knows the numbers.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct EntryPoints {
    /// [`ENTRY_POINTS_MAGIC`].
    pub magic: [u8; 16],
    /// Where this record lies in memory 0, which tells it from a copy.
    pub address: U32,
    /// Entry of table 0 with the function behind `wasi_vfs_anchor`.
    pub anchor_entry: U32,
    /// Entry of table 0 with the function behind `wasi_vfs_alloc`.
    pub alloc_entry: U32,
    /// Entry of table 0 with the function behind `wasi_vfs_mount`.
    pub mount_entry: U32,
}

/// Length of [`EntryPoints`] in bytes.
pub const ENTRY_POINTS_LEN: usize = 32;

const _: () = {
    assert!(size_of::<EntryPoints>() == ENTRY_POINTS_LEN);
    assert!(offset_of!(EntryPoints, address) == 16);
    assert!(offset_of!(EntryPoints, anchor_entry) == 20);
    assert!(offset_of!(EntryPoints, alloc_entry) == 24);
    assert!(offset_of!(EntryPoints, mount_entry) == 28);
};

/// Turns a version such as `0.1.0` into the bytes of
/// [`Anchor::runtime_version`]; what does not fit is cut off.
pub const fn version_bytes(version: &str) -> [u8; 16] {
    let bytes = version.as_bytes();
    let mut padded = [0; 16];
    let mut i = 0;
    while i < bytes.len() && i < 16 {
        padded[i] = bytes[i];
        i += 1;
    }
    padded
}
