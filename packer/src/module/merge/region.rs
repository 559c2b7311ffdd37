//! The runtime's memory as a region of the application's, above the pages that
//! the application knows of.
//!
//! ```text
//! 0                    pages          base                      end
//! | the application's  | slack, zeros | the region              |
//! ```
//!
//! If the memory is longer than `end`, somebody else has grown it: a host, or an adapter
//! that shares it. Moving the region would overwrite these foreign pages, so from then on
//! it stays, and both the application and the runtime grow behind them.
//!
//! Owns the numbers of what a region adds, and the type of the memory. The
//! functions that keep this picture are in [`crate::module::merge::growth`], and what becomes
//! of the runtime's own instructions is in [`crate::module::merge::relocate`].

use crate::module::edit::redirect::MemoryOf;
use crate::module::error::ModuleError;
use crate::module::parse::shape::{PAGE_SHIFT, Shape};
use wasi_vfs_embedding::{Application, MEMORY_HAS_MAXIMUM, MEMORY_HAS_PAGE_SIZE};
use wasm_encoder::{ConstExpr, GlobalSection, GlobalType, ValType};
use wasmparser::MemoryType;

/// Pages that 32-bit addresses reach.
const PAGES_MAX: u64 = 1 << 16;

/// What a declared maximum leaves for the region to grow by, in pages: 16 MiB
/// for the cache of 2 MiB, its blocks on the way there, descriptors, and the
/// holes that an allocator makes. The index comes on top.
const GROWTH_PAGES: u64 = 256;

/// Pages below 4 GiB that are never slack: for the region, and for a large index.
const LAST_PAGES: u64 = 1024;

/// Globals that a region adds, before those of the runtime.
pub(crate) const GLOBALS: u32 = 3;

/// Functions that a region adds, behind the entries.
pub(crate) const FUNCTIONS: u32 = 4;

/// Where the region's things are in the merged module, and how much the
/// application had.
#[derive(Clone, Copy)]
pub(crate) struct Region {
    first_global: u32,
    first_function: u32,
    application: MemoryType,
}

/// What the application's instructions become in a merged module, by the first
/// global of the region and its first function.
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
        })
    }

    /// The global that holds where the region starts, in bytes.
    pub(crate) fn base(&self) -> u32 {
        self.first_global
    }

    /// The global that holds the page where the region ends, as of when nobody else had
    /// grown the memory.
    pub(crate) fn end(&self) -> u32 {
        self.first_global + 2
    }

    /// What the application's instructions become.
    pub(crate) fn memory_of(&self) -> MemoryOf {
        memory_of(self.first_global, self.first_function)
    }

    /// The most that the application may have, in pages.
    pub(crate) fn application_maximum(&self) -> u32 {
        let maximum = self.application.maximum.unwrap_or(PAGES_MAX);
        maximum.min(PAGES_MAX) as u32
    }

    /// Where slack ends, in pages: what no application can have is no use to it, and
    /// below 4 GiB there is to be room for the runtime.
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

    /// Where the region starts before anything runs.
    pub(crate) fn address(&self) -> Result<u32, ModuleError> {
        let address = self.application.initial << PAGE_SHIFT;
        u32::try_from(address).map_err(|_| self.no_room(1))
    }

    fn no_room(&self, pages: u64) -> ModuleError {
        ModuleError::NoRoomForRegion {
            application: self.application.initial,
            region: pages,
        }
    }

    /// The type of the memory that holds both: the application's, and a region
    /// of `pages` pages with an index of `index_len` bytes, once that is
    /// decompressed.
    pub(crate) fn memory(&self, pages: u64, index_len: u64) -> Result<MemoryType, ModuleError> {
        let initial = self.application.initial.saturating_add(pages);
        if initial > PAGES_MAX {
            return Err(self.no_room(pages));
        }
        let room = pages + GROWTH_PAGES + index_len.div_ceil(1 << PAGE_SHIFT);
        let maximum = self.application.maximum;
        Ok(MemoryType {
            initial,
            maximum: maximum.map(|maximum| maximum.saturating_add(room).min(PAGES_MAX)),
            ..self.application
        })
    }

    /// Tells the anchor what the memory was.
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
        // Below `PAGES_MAX`, or there would be no address.
        let pages = self.application.initial as i32;
        // At most `PAGES_MAX`, or there would be no memory for both.
        let end = self.memory(len, 0)?.initial as i32;
        for start in [base, pages, end] {
            section.global(ty, &ConstExpr::i32_const(start));
        }
        Ok(())
    }
}
