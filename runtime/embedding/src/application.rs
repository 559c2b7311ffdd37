//! The counts of a module before the merge.

use core::mem::{offset_of, size_of};
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Bit of [`Application::memory_flags`]: the memory had a maximum.
pub const MEMORY_HAS_MAXIMUM: u32 = 1;
/// Bit of [`Application::memory_flags`]: the type stated the length of a page. Most types
/// omit it.
pub const MEMORY_HAS_PAGE_SIZE: u32 = 1 << 1;

/// How many items of each kind a module had before the runtime was merged into it. The
/// merge only appends, so a tool restores the module by removing all later items.
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
    /// Types. Each type of a recursion group counts.
    pub type_count: U32,
    /// Functions, imports included.
    pub function_count: U32,
    /// Memories, imports included.
    pub memory_count: U32,
    /// Globals, imports included.
    pub global_count: U32,
    /// Data segments.
    pub data_count: U32,
    /// 1 if the module had a data count section, otherwise 0.
    pub has_data_count: U32,
    /// The features that the merge added to the custom section `target_features`, one
    /// bit each.
    pub added_features: U32,
    /// Single memory: properties of the type of memory 0, such as
    /// [`MEMORY_HAS_MAXIMUM`].
    pub memory_flags: U32,
    /// Single memory: minimum of memory 0, in pages.
    pub memory_minimum: U32,
    /// Single memory: maximum of memory 0, in pages; 0 if it had none.
    pub memory_maximum: U32,
}

const _: () = {
    assert!(size_of::<Application>() == 40);
    assert!(offset_of!(Application, added_features) == 24);
    assert!(offset_of!(Application, memory_flags) == 28);
    assert!(offset_of!(Application, memory_maximum) == 36);
};

impl Application {
    /// The value for a linked module, and before a merge.
    pub(crate) const EMPTY: Self = {
        const ZERO: U32 = U32::ZERO;
        Self {
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
        }
    };
}
