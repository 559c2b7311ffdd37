//! The merged form: the runtime has a memory of its own, or pages of its own
//! above the application's, and touches the application's through functions that
//! `pack` supplies, since no compiler emits code for a second memory.

use super::heap::{Heap, PAGE_LEN, PAGES};
use super::state::own_memory_len;
use crate::errno::{Errno, Result};
use crate::{Memory, Payload};
use alloc::vec::Vec;

pub(super) const FORM: u32 = wasi_vfs_embedding::FORM_MERGED;

#[global_allocator]
static ALLOCATOR: Heap = Heap::new();

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

unsafe extern "C" {
    /// Where the linker's part of memory ends: data and stack.
    static __heap_base: u8;
}

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

    fn check(&self, offset: u32, len: u32) -> Result {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(()),
            _ => Err(Errno::IO),
        }
    }

    /// Makes the buffer empty, with room for `len` bytes.
    fn make_room(&mut self, len: usize) -> Result {
        self.buffer.clear();
        let reserved = self.buffer.try_reserve_exact(len);
        reserved.map_err(|_| Errno::NOMEM)
    }
}

impl Payload for StoredBlocks {
    fn with_bytes<R>(
        &mut self,
        offset: u32,
        len: u32,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Result<R> {
        self.check(offset, len)?;
        let len = len as usize;
        self.make_room(len)?;
        // SAFETY: the range lies within the segment, the buffer has room for
        // `len` bytes, and all of them are written before they are counted.
        unsafe {
            payload_read(self.buffer.as_mut_ptr(), offset, len);
            self.buffer.set_len(len);
        }
        Ok(use_them(&self.buffer))
    }

    fn reserve(&mut self, len: u32) -> Result<usize> {
        self.make_room(len as usize)?;
        // All memory behind the pages that the runtime has without an image. There
        // is one at least, so the length of the others fits.
        let without_image = (&raw const __heap_base).addr().next_multiple_of(PAGE_LEN) as u64;
        let taken = own_memory_len().saturating_sub(without_image) as usize;
        // Pages that a call gave back are room for blocks.
        Ok(taken.saturating_sub(PAGES.free_count() * PAGE_LEN))
    }

    fn copy_to_guest(
        &mut self,
        _: &mut impl Memory,
        address: u32,
        offset: u32,
        len: u32,
    ) -> Result {
        self.check(offset, len)?;
        // SAFETY: the range lies within the segment, and the caller has
        // checked the one in the application's memory.
        unsafe { payload_write(address, offset, len) }
        Ok(())
    }
}
