//! The runtime's memory as a region of the application's memory, above the application's
//! own pages.
//!
//! ```text
//! 0                    pages          base                      end
//! | the application's  | slack, zeros | the region              |
//! ```
//!
//! For example, an application of 10 pages has a region of 4. Then `pages` is 10, `base` is
//! 655,360 bytes, and `end` is 14.
//!
//! If the memory is longer than `end`, a host or an adapter has grown it. Moving the region
//! would overwrite these foreign pages. So the region then stays, and both the application
//! and the runtime grow behind the foreign pages.
//!
//! In a component, the memory is that of another core module, and the start function of the
//! runtime [claims](crate::module::merge::claim) the region.
//!
//! Owns the numbers of a region's items, and the type of the memory.
//! [`crate::module::merge::growth`] has the functions that keep this picture, and
//! [`crate::module::merge::relocate`] changes the runtime's own instructions.

use crate::module::edit::redirect::MemoryOf;
use crate::module::error::ModuleError;
use crate::module::locate::claimed::SEGMENT_COUNT;
use crate::module::parse::shape::{PAGE_SHIFT, Shape};
use wasi_vfs_embedding::{Application, MEMORY_HAS_MAXIMUM, MEMORY_HAS_PAGE_SIZE};
use wasm_encoder::{ConstExpr, GlobalSection, GlobalType, ValType};
use wasmparser::MemoryType;

/// Pages that 32-bit addresses reach.
const PAGES_MAX: u64 = 1 << 16;

/// Pages by which a region may grow if the application declares a maximum: 16 MiB for the
/// cache of 2 MiB, growing buffers, descriptors, and fragmentation. The index and the changes
/// of the program are extra.
const GROWTH_PAGES: u64 = 256;

/// Pages below 4 GiB that are never slack. They are for the region with a large index.
const LAST_PAGES: u64 = 1024;

/// Globals that a region above the application adds, before those of the runtime.
pub(crate) const GLOBALS: u32 = 3;

/// Globals that a claimed region adds: `base`, the pages, and two for each data segment.
const CLAIMED_GLOBALS: u32 = 2 + 2 * SEGMENT_COUNT as u32;

/// Functions that a region adds, behind the entries.
pub(crate) const FUNCTIONS: u32 = 4;

/// The numbers of the region's items in the merged module, and the application's memory.
#[derive(Clone, Copy)]
pub(crate) struct Region {
    first_global: u32,
    first_function: u32,
    application: MemoryType,
    /// Whether the runtime claims the region when it starts, in a memory that it imports.
    is_claimed: bool,
}

/// The replacements of the application's instructions, from the numbers of the region's first
/// global and first function.
pub(crate) fn memory_of(first_global: u32, first_function: u32) -> MemoryOf {
    MemoryOf {
        pages: first_global + 1,
        grow: first_function,
    }
}

/// The type of memory 0 before the merge.
pub(crate) fn original(merged: MemoryType, application: &Application) -> MemoryType {
    let flags = application.memory_flags.get();
    let maximum = application.memory_maximum.get().into();
    MemoryType {
        initial: application.memory_minimum.get().into(),
        maximum: (flags & MEMORY_HAS_MAXIMUM != 0).then_some(maximum),
        page_size_log2: (flags & MEMORY_HAS_PAGE_SIZE != 0).then_some(PAGE_SHIFT as u32),
        ..merged
    }
}

fn own_memory(application: &Shape<'_>) -> Result<MemoryType, ModuleError> {
    application
        .memories
        .first()
        .copied()
        .ok_or(ModuleError::NoMemory)
}

impl Region {
    /// A region whose globals and functions are numbered from these on.
    pub(crate) fn new(
        application: &Shape<'_>,
        first_global: u32,
        first_function: u32,
    ) -> Result<Self, ModuleError> {
        Ok(Self {
            first_global,
            first_function,
            application: own_memory(application)?,
            is_claimed: application.imported.memories > 0,
        })
    }

    /// Whether the region is in an imported memory, and never moves.
    pub(crate) fn is_claimed(&self) -> bool {
        self.is_claimed
    }

    /// How many globals the region adds.
    pub(crate) fn global_count(&self) -> u32 {
        match self.is_claimed {
            true => CLAIMED_GLOBALS,
            false => GLOBALS,
        }
    }

    /// The function that claims the region.
    pub(crate) fn claim(&self) -> Option<u32> {
        self.is_claimed.then_some(self.first_function)
    }

    /// The global with the start of the region, in bytes.
    pub(crate) fn base(&self) -> u32 {
        self.first_global
    }

    /// The global with the end of the region, in pages. It does not change once there are
    /// foreign pages.
    pub(crate) fn end(&self) -> u32 {
        self.first_global + 2
    }

    /// The replacements of the application's instructions. The code of a program around a
    /// claimed region stays as it is.
    pub(crate) fn memory_of(&self) -> Option<MemoryOf> {
        (!self.is_claimed).then(|| memory_of(self.first_global, self.first_function))
    }

    /// The global with the number of pages of the application.
    pub(crate) fn pages(&self) -> u32 {
        memory_of(self.first_global, self.first_function).pages
    }

    /// The maximum of the application, in pages.
    pub(crate) fn application_maximum(&self) -> u32 {
        let maximum = self.application.maximum.unwrap_or(PAGES_MAX);
        maximum.min(PAGES_MAX) as u32
    }

    /// The end of slack, in pages. Pages above the application's maximum are useless to it,
    /// and the last ones below 4 GiB belong to the runtime.
    pub(crate) fn slack_end(&self) -> i32 {
        let shared = PAGES_MAX - LAST_PAGES;
        u64::from(self.application_maximum()).min(shared) as i32
    }

    /// The function that copies within the region.
    pub(crate) fn copy(&self) -> u32 {
        self.first_function + 1
    }

    /// The function that fills bytes of the region.
    pub(crate) fn fill(&self) -> u32 {
        self.first_function + 2
    }

    /// The function that grows the region.
    pub(crate) fn extend(&self) -> u32 {
        self.first_function + 3
    }

    /// The initial start of the region, in bytes. A claimed region has none before it is
    /// claimed.
    pub(crate) fn address(&self) -> Result<u32, ModuleError> {
        if self.is_claimed {
            return Ok(0);
        }
        let address = self.application.initial << PAGE_SHIFT;
        u32::try_from(address).map_err(|_| self.no_room(1))
    }

    fn no_room(&self, pages: u64) -> ModuleError {
        ModuleError::NoRoomForRegion {
            application: self.application.initial,
            region: pages,
        }
    }

    /// The type of the memory with the application's pages and a region of `pages` pages.
    /// `growth_len` is the length of the decompressed index and of the changes.
    pub(crate) fn memory(&self, pages: u64, growth_len: u64) -> Result<MemoryType, ModuleError> {
        let initial = self.application.initial.saturating_add(pages);
        if initial > PAGES_MAX {
            return Err(self.no_room(pages));
        }
        // At most 2^16 pages, 2^8, and 2^48.
        let room = pages + GROWTH_PAGES + growth_len.div_ceil(1 << PAGE_SHIFT);
        let maximum = self.application.maximum;
        Ok(MemoryType {
            initial,
            maximum: maximum.map(|maximum| maximum.saturating_add(room).min(PAGES_MAX)),
            ..self.application
        })
    }

    /// Records the original type of the memory.
    pub(crate) fn note(&self, application: &mut Application) {
        let MemoryType {
            initial,
            maximum,
            page_size_log2,
            ..
        } = self.application;
        let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
        let flags = flag(maximum.is_some(), MEMORY_HAS_MAXIMUM)
            | flag(page_size_log2.is_some(), MEMORY_HAS_PAGE_SIZE);
        application.memory_flags = flags.into();
        // Both are at most `PAGES_MAX` in a valid module.
        application.memory_minimum = (initial as u32).into();
        application.memory_maximum = (maximum.unwrap_or(0) as u32).into();
    }

    /// Adds the globals of a region that starts with `len` pages.
    pub(crate) fn encode_globals(
        &self,
        section: &mut GlobalSection,
        len: u64,
    ) -> Result<(), ModuleError> {
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        let base = self.address()?.cast_signed();
        // Below `PAGES_MAX`, or there is no 32-bit address.
        let pages = self.application.initial as i32;
        // At most `PAGES_MAX`, or `memory` fails.
        let end = self.memory(len, 0)?.initial as i32;
        for start in [base, pages, end] {
            section.global(ty, &ConstExpr::i32_const(start));
        }
        Ok(())
    }
}
