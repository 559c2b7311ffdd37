//! The linked form: runtime, application and image share one memory.

use super::exports::{alloc, anchor, mount};
use super::reentry::Reentry;
use super::state::own_memory_len;
use crate::blocks::{BlockError, BlockSource, Budget, StoredRange};
use crate::preview1::{Errno, Lent, Memory, Result, SCRATCH_LEN};
use alloc::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;
use core::mem::{offset_of, size_of};
use wasi_vfs_embedding::{Anchor, ENTRY_POINTS_MAGIC, EntryPoints as Record};

pub(super) const FORM: u32 = wasi_vfs_embedding::FORM_LINKED;

// A static library has no way to ask for exports but the object file itself.
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

/// The record, which also `pack` reads. No compiler sees what is in it.
pub(super) fn entry_points() -> EntryPoints {
    // SAFETY: it is a static, which nothing writes to.
    unsafe { (&raw const ENTRY_POINTS).read_volatile() }
}

/// The application's memory, which is also ours.
pub(super) struct GuestMemory;

impl Memory for GuestMemory {
    fn byte_len(&self) -> u64 {
        own_memory_len()
    }

    fn check(&self, address: u32, len: u64) -> Result {
        // Address 0 exists in wasm, but is no pointer that C or Rust may use.
        match u64::from(address).checked_add(len) {
            Some(end) if end <= self.byte_len() && (address != 0 || len == 0) => Ok(()),
            _ => Err(Errno::FAULT),
        }
    }

    fn with_scratch<R>(
        &mut self,
        _: &mut Lent,
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
