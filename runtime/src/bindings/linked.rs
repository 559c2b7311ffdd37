//! The linked form: runtime, application and image share one memory.

use super::own_memory::own_memory_len;
use super::reentry::Reentry;
use crate::blocks::{BlockError, BlockSource, Budget, StoredRange};
use crate::guest::{Access, Fault, Lent, Memory, SCRATCH_LEN};
use alloc::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;

pub(super) const FORM: u32 = wasi_vfs_embedding::FORM_LINKED;

/// The application's memory, which is also ours.
pub(super) struct GuestMemory;

impl Memory for GuestMemory {
    fn byte_len(&self) -> u64 {
        own_memory_len()
    }

    fn check(&self, address: u32, len: u64) -> Access {
        // Address 0 exists in wasm, but is no pointer that C or Rust may use.
        match u64::from(address).checked_add(len) {
            Some(end) if end <= self.byte_len() && (address != 0 || len == 0) => Ok(()),
            _ => Err(Fault),
        }
    }

    fn with_scratch<R, const ADDRESS: u32>(
        &mut self,
        _: &mut Lent<ADDRESS>,
        use_it: impl FnOnce(&mut Self, u32) -> R,
    ) -> Option<R> {
        /// Some hosts trap at an address that is not aligned for what they write.
        #[repr(align(8))]
        struct Scratch([u8; SCRATCH_LEN]);
        let mut scratch = Scratch([0; SCRATCH_LEN]);
        let address = (&raw mut scratch.0).expose_provenance();
        Some(use_it(self, address as u32))
    }

    fn copy_out(&self, address: u32, into: &mut [u8]) {
        // SAFETY: the caller has checked that the range exists. It may belong
        // to the application, which does not run meanwhile, or, if the guest
        // lies, overlap `into`: hence `copy`.
        unsafe { core::ptr::copy(address as *const u8, into.as_mut_ptr(), into.len()) }
    }

    fn copy_in(&mut self, address: u32, from: &[u8]) {
        // SAFETY: as above. A guest that passes an address of the runtime's
        // own data destroys that as any wild pointer of its would.
        unsafe { core::ptr::copy(from.as_ptr(), address as *mut u8, from.len()) }
    }
}

/// The payload, in the same memory.
pub(super) struct StoredBlocks {
    address: u32,
    len: u32,
}

impl StoredBlocks {
    pub(super) fn new(address: u32, len: u32) -> Self {
        let end = u64::from(address) + u64::from(len);
        let exists = address != 0 && end <= own_memory_len();
        Self {
            address,
            len: if exists { len } else { 0 },
        }
    }

    fn bytes(&self, range: StoredRange) -> Result<&'static [u8], BlockError> {
        if range.end() > self.len.into() {
            return Err(BlockError::OutOfRange);
        }
        // The payload may end where memory does, which no address names.
        if range.len == 0 {
            return Ok(&[]);
        }
        // The offset is below `self.len`, so it has 32 bits.
        let address = (self.address + range.offset as u32) as *const u8;
        // SAFETY: the range lies within the payload. The payload lies within the memory,
        // and nothing writes to it while the program runs.
        Ok(unsafe { core::slice::from_raw_parts(address, range.len as usize) })
    }
}

impl BlockSource for StoredBlocks {
    fn with_bytes<R>(
        &mut self,
        range: StoredRange,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, BlockError> {
        self.bytes(range).map(use_them)
    }
}

/// The application's heap cannot tell how much of it the image uses.
pub(super) struct MemoryUse;

impl Budget for MemoryUse {
    fn used_len(&self, _: usize) -> usize {
        0
    }
}

/// Whether the application's allocator makes a call.
pub(super) static REENTRY: Reentry = Reentry::new();

/// The application's allocator, so that there is one heap.
struct Malloc;

/// What `malloc` of wasi-libc guarantees.
const MALLOC_ALIGNMENT: usize = 16;

unsafe extern "C" {
    fn malloc(len: usize) -> *mut c_void;
    fn calloc(count: usize, len: usize) -> *mut c_void;
    fn realloc(address: *mut c_void, len: usize) -> *mut c_void;
    fn aligned_alloc(alignment: usize, len: usize) -> *mut c_void;
    fn free(address: *mut c_void);
}

// SAFETY: the functions are those of the C library, whose contract is that of
// this trait for alignments up to `MALLOC_ALIGNMENT`; above it `aligned_alloc`
// serves, with a length rounded up to the alignment as C11 wants it.
unsafe impl GlobalAlloc for Malloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see the `impl`.
        REENTRY.allocate(|| unsafe {
            if layout.align() <= MALLOC_ALIGNMENT {
                malloc(layout.size()).cast()
            } else {
                aligned_alloc(layout.align(), layout.pad_to_align().size()).cast()
            }
        })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= MALLOC_ALIGNMENT {
            // SAFETY: see the `impl`.
            return REENTRY.allocate(|| unsafe { calloc(1, layout.size()).cast() });
        }
        // SAFETY: see the `impl`; the memory is as long as was asked for.
        unsafe {
            let address = self.alloc(layout);
            if !address.is_null() {
                address.write_bytes(0, layout.size());
            }
            address
        }
    }

    unsafe fn dealloc(&self, address: *mut u8, _: Layout) {
        // SAFETY: see the `impl`.
        REENTRY.allocate(|| unsafe { free(address.cast()) })
    }

    unsafe fn realloc(&self, address: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        // SAFETY: see the `impl`; in the second case both layouts are valid and
        // the shorter length is copied.
        unsafe {
            if layout.align() <= MALLOC_ALIGNMENT {
                return REENTRY.allocate(|| realloc(address.cast(), len).cast());
            }
            let moved = self.alloc(Layout::from_size_align_unchecked(len, layout.align()));
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(address, layout.size().min(len));
                self.dealloc(address, layout);
            }
            moved
        }
    }
}

#[global_allocator]
static ALLOCATOR: Malloc = Malloc;
