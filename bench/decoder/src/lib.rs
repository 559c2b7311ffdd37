//! The runtime's decoder behind two exported functions. Only wasm builds have content.

#![cfg(target_family = "wasm")]
#![no_std]

extern crate alloc;

use alloc::vec::Vec;
use core::cell::OnceCell;
use wasi_vfs_runtime::zstd::Decoder;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

struct Global(core::cell::UnsafeCell<OnceCell<Decoder>>);

// SAFETY: a module without shared memory has one thread.
unsafe impl Sync for Global {}

static DECODER: Global = Global(core::cell::UnsafeCell::new(OnceCell::new()));

/// Allocates memory, which is never freed.
#[unsafe(no_mangle)]
extern "C" fn allocate(len: usize) -> *mut u8 {
    Vec::leak(Vec::with_capacity(len)).as_mut_ptr()
}

/// A frame to decode, as the programs in `engines/` lay it out.
#[repr(C)]
struct Job {
    frame: *const u8,
    frame_len: usize,
    prefix: *const u8,
    prefix_len: usize,
    output: *mut u8,
    output_len: usize,
}

/// Decodes `count` frames and returns how many of them filled their output. One call
/// decodes all frames, because a call costs the embedder of an engine microseconds.
///
/// # Safety
///
/// The ranges of all jobs come from [`allocate`] and do not overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn decode(jobs: *const Job, count: usize) -> usize {
    // SAFETY: the module has one thread and no call within another. The caller
    // promises the rest.
    let (cell, jobs) = unsafe {
        (
            &mut *DECODER.0.get(),
            core::slice::from_raw_parts(jobs, count),
        )
    };
    if cell.get().is_none() {
        let _ = cell.set(Decoder::new().expect("there is memory"));
    }
    let decoder = cell.get_mut().expect("it was made above");
    let decodes = |job: &&Job| {
        // SAFETY: the caller promises it.
        let (frame, prefix, output) = unsafe {
            (
                core::slice::from_raw_parts(job.frame, job.frame_len),
                core::slice::from_raw_parts(job.prefix, job.prefix_len),
                core::slice::from_raw_parts_mut(job.output, job.output_len),
            )
        };
        decoder.decode(frame, prefix, output).is_ok()
    };
    jobs.iter().filter(decodes).count()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
