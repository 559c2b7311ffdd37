//! The merged form: the runtime has a memory of its own, or pages of its own
//! above the application's, and touches the application's through functions that
//! `pack` supplies, since no compiler emits code for a second memory.

use super::heap::Heap;
use super::pages::PAGE_LEN;
#[cfg(not(feature = "writable"))]
use super::pages::PAGES;
use crate::blocks::{BlockError, BlockSource, Budget, Sink, StoredRange};
use crate::guest::Memory;
use alloc::vec::Vec;

pub(super) const FORM: u32 = wasi_vfs_embedding::FORM_MERGED;

#[global_allocator]
pub(super) static ALLOCATOR: Heap = Heap::new();

macro_rules! declare_imports {
    ($($variant:ident $module:literal $name:literal
        $function:ident($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {$(
        #[link(wasm_import_module = $module)]
        unsafe extern "C" {
            #[link_name = $name]
            fn $function($($parameter: $type),*) -> $result;
        }
    )*};
}
wasi_vfs_embedding::for_each_import!(declare_imports);

/// The application's memory.
pub(super) struct GuestMemory;

/// Up to this many bytes, single loads and stores are cheaper than a bulk
/// copy, which engines make a call out of the guest.
const SMALL: usize = 8;

impl Memory for GuestMemory {
    fn byte_len(&self) -> u64 {
        // SAFETY: takes nothing, cannot fail.
        u64::from(unsafe { application_size() }) << 16
    }

    fn copy_out(&self, address: u32, into: &mut [u8]) {
        // SAFETY: the caller has checked that the range exists in the
        // application's memory; `into` exists in ours.
        unsafe {
            match into.len() {
                1 => into[0] = application_load8(address) as u8,
                4 => into.copy_from_slice(&application_load32(address).to_le_bytes()),
                SMALL => into.copy_from_slice(&application_load64(address).to_le_bytes()),
                len => application_read(into.as_mut_ptr(), address, len),
            }
        }
    }

    fn copy_in(&mut self, address: u32, from: &[u8]) {
        // SAFETY: as above.
        unsafe {
            match *from {
                [byte] => application_store8(address, byte.into()),
                [a, b, c, d] => application_store32(address, u32::from_le_bytes([a, b, c, d])),
                [a, b, c, d, e, f, g, h] => {
                    application_store64(address, u64::from_le_bytes([a, b, c, d, e, f, g, h]));
                }
                _ => application_write(address, from.as_ptr(), from.len()),
            }
        }
    }
}

/// The payload, in a passive data segment.
pub(super) struct StoredBlocks {
    len: u32,
    /// One stored block, copied here to be checked and decompressed.
    buffer: Vec<u8>,
}

impl StoredBlocks {
    /// The segment is known to the functions that `pack` supplies.
    pub(super) fn new(_segment: u32, len: u32) -> Self {
        Self {
            len,
            buffer: Vec::new(),
        }
    }

    /// The offset of a range that lies within the segment.
    fn offset(&self, range: StoredRange) -> Result<u32, BlockError> {
        match range.end() <= self.len.into() {
            // Below `self.len`, so it has 32 bits.
            true => Ok(range.offset as u32),
            false => Err(BlockError::OutOfRange),
        }
    }

    /// Makes the buffer empty, with room for `len` bytes.
    fn make_room(&mut self, len: usize) -> Result<(), BlockError> {
        self.buffer.clear();
        let reserved = self.buffer.try_reserve_exact(len);
        reserved.map_err(|_| BlockError::NoMemory)
    }
}

impl BlockSource for StoredBlocks {
    fn with_bytes<R>(
        &mut self,
        range: StoredRange,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, BlockError> {
        let offset = self.offset(range)?;
        let len = range.len as usize;
        self.make_room(len)?;
        // SAFETY: the range lies within the segment, the buffer has room for
        // `len` bytes, and all of them are written before they are counted.
        unsafe {
            payload_read(self.buffer.as_mut_ptr(), offset, len);
            self.buffer.set_len(len);
        }
        Ok(use_them(&self.buffer))
    }

    fn reserve(&mut self, len: u32) -> Result<(), BlockError> {
        self.make_room(len as usize)
    }

    fn copy_to(&mut self, range: StoredRange, sink: &mut impl Sink) -> Result<(), BlockError> {
        let offset = self.offset(range)?;
        let Some(target) = sink.range(range.len) else {
            return self.with_bytes(range, |bytes| sink.put(bytes));
        };
        // SAFETY: the range lies within the segment. Only this crate makes a `SinkRange`,
        // out of a range of the application's memory that exists.
        unsafe { payload_write(target.address(), offset, target.byte_len()) }
        sink.advance(range.len);
        Ok(())
    }
}

/// Measures the runtime's own memory.
pub(super) struct MemoryUse;

/// What the image uses before its first block, of the default length, is decompressed.
#[cfg(feature = "writable")]
const USED_LEN: usize = crate::zstd::Decoder::LEN + 2 * PAGE_LEN;

impl Budget for MemoryUse {
    /// The pages in use hold the changes of the program, too.
    #[cfg(feature = "writable")]
    fn used_len(&self, _: usize) -> usize {
        USED_LEN
    }

    #[cfg(not(feature = "writable"))]
    fn used_len(&self, index_len: usize) -> usize {
        // Blocks can use the pages that a call has freed. The memory itself may be longer,
        // because a program that shares it has pages, too. It has at most 65,535 pages.
        (PAGES.used_count() * PAGE_LEN).saturating_sub(index_len)
    }
}
