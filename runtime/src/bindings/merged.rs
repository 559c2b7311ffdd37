//! The merged form: the runtime has a memory of its own, or pages of its own
//! above the application's, and touches the application's through functions that
//! `pack` supplies, since no compiler emits code for a second memory.

use super::pages::{PAGE_LEN, Pages};
use super::state::own_memory_len;
use crate::{Memory, Payload};
use alloc::alloc::{GlobalAlloc, Layout};
use alloc::vec::Vec;
use dlmalloc::GlobalDlmalloc;

pub(super) const FORM: u32 = wasi_vfs_format::anchor::FORM_MERGED;

#[global_allocator]
static ALLOCATOR: Heap = Heap(Pages::new());

/// dlmalloc, but for what is whole pages, as blocks are: dlmalloc would want room
/// for its own records besides, so a page more, and leave most of what it has.
struct Heap(Pages);

fn whole_pages(len: usize) -> Option<usize> {
    (len > 0 && len.is_multiple_of(PAGE_LEN)).then_some(len / PAGE_LEN)
}

// SAFETY: dlmalloc's own memory grows by pages that nobody else has, and so do
// whole pages, which are aligned to a page, more than this crate asks for. Which of
// the two an allocation is from, its length says.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match whole_pages(layout.size()) {
            Some(count) => self.0.take(count),
            // SAFETY: the caller's promise is the same.
            None => unsafe { GlobalDlmalloc.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        match whole_pages(layout.size()) {
            // SAFETY: they were taken, by their length, and are free now.
            Some(count) => unsafe { self.0.give_back(address, count) },
            // SAFETY: it is from there, by its length.
            None => unsafe { GlobalDlmalloc.dealloc(address, layout) },
        }
    }
}

#[link(wasm_import_module = "application")]
unsafe extern "C" {
    /// Length of the application's memory in pages.
    #[link_name = "size"]
    fn application_size() -> u32;
    #[link_name = "load8"]
    fn application_load8(address: u32) -> u32;
    #[link_name = "load32"]
    fn application_load32(address: u32) -> u32;
    #[link_name = "load64"]
    fn application_load64(address: u32) -> u64;
    #[link_name = "store8"]
    fn application_store8(address: u32, value: u32);
    #[link_name = "store32"]
    fn application_store32(address: u32, value: u32);
    #[link_name = "store64"]
    fn application_store64(address: u32, value: u64);
    #[link_name = "read"]
    fn application_read(into: *mut u8, address: u32, len: usize);
    #[link_name = "write"]
    fn application_write(address: u32, from: *const u8, len: usize);
}

unsafe extern "C" {
    /// Where the linker's part of memory ends: data and stack.
    static __heap_base: u8;
}

#[link(wasm_import_module = "payload")]
unsafe extern "C" {
    #[link_name = "read"]
    fn payload_read(into: *mut u8, offset: u32, len: usize);
    #[link_name = "write"]
    fn payload_write(address: u32, offset: u32, len: u32);
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

    fn contains(&self, offset: u32, len: u32) -> bool {
        offset.checked_add(len).is_some_and(|end| end <= self.len)
    }
}

impl Payload for StoredBlocks {
    fn with_bytes<R>(
        &mut self,
        offset: u32,
        len: u32,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Option<R> {
        if !self.contains(offset, len) {
            return None;
        }
        let len = len as usize;
        self.buffer.clear();
        self.buffer.try_reserve_exact(len).ok()?;
        // SAFETY: the range lies within the segment, the buffer has room for
        // `len` bytes, and all of them are written before they are counted.
        unsafe {
            payload_read(self.buffer.as_mut_ptr(), offset, len);
            self.buffer.set_len(len);
        }
        Some(use_them(&self.buffer))
    }

    fn reserve(&mut self, len: u32) -> Option<usize> {
        self.buffer.clear();
        self.buffer.try_reserve_exact(len as usize).ok()?;
        // All memory behind the pages that the runtime has without an image. There
        // is one at least, so the length of the others fits.
        let without_image = (&raw const __heap_base).addr().next_multiple_of(PAGE_LEN) as u64;
        Some(own_memory_len().saturating_sub(without_image) as usize)
    }

    fn copy_to_guest(&mut self, _: &mut impl Memory, address: u32, offset: u32, len: u32) {
        if self.contains(offset, len) {
            // SAFETY: the range lies within the segment, and the caller has
            // checked the one in the application's memory.
            unsafe { payload_write(address, offset, len) }
        }
    }
}
