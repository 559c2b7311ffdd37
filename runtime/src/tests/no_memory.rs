//! A host that refuses memory gets an errno to its guest, not a trap.

#![allow(unsafe_code, reason = "an allocator that can refuse")]

use super::big;
use super::guest::Guest;
use super::{mount, sample_tree};
use crate::{Errno, Preview1};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// How many more large allocations succeed until one is refused.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };

    /// Shorter allocations are neither counted nor refused.
    static SMALLEST: Cell<usize> = const { Cell::new(LARGE) };
}

/// The harness allocates too, but nothing as long as this.
const LARGE: usize = 512;

struct Refusing;

impl Refusing {
    fn refuses(len: usize) -> bool {
        let left = LEFT.get();
        let is_counted = len >= SMALLEST.get();
        if is_counted {
            LEFT.set(left.and_then(|left| left.checked_sub(1)));
        }
        is_counted && left == Some(0)
    }
}

// SAFETY: the system's allocator, or null, which is always allowed.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match Self::refuses(layout.size()) {
            true => std::ptr::null_mut(),
            // SAFETY: the caller's promise.
            false => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise; it is the system's memory.
        unsafe { System.dealloc(address, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Refusing = Refusing;

/// Refuses one allocation of any length after `count` others. Also returns whether there was
/// one to refuse.
pub(super) fn refuse<R>(count: usize, body: impl FnOnce() -> R) -> (R, bool) {
    SMALLEST.set(1);
    LEFT.set(Some(count));
    let result = body();
    let is_refused = LEFT.take().is_none();
    SMALLEST.set(LARGE);
    (result, is_refused)
}

#[test]
fn whichever_allocation_of_a_read_fails_it_is_an_errno() {
    let mut refusals = 0;
    loop {
        let mut guest = Guest::new(&sample_tree(), Some(3));
        let fd = guest.open(4, "big").unwrap();
        LEFT.set(Some(refusals));
        let result = guest.read(fd, &[100]);
        if LEFT.take().is_some() {
            // Fewer allocations than that: none was refused.
            assert_eq!(result.unwrap(), big()[..100]);
            break;
        }
        assert_eq!(result, Err(Errno::NOMEM), "allocation {refusals}");
        assert_eq!(guest.read(fd, &[100]).unwrap(), big()[..100], "afterwards");
        refusals += 1;
    }
    // A block, the list of blocks, and the decoder's four tables.
    assert_eq!(refusals, 6);
}

#[test]
fn whichever_allocation_of_a_poll_fails_it_is_an_errno() {
    let mut refusals = 0;
    loop {
        let mut guest = super::guest();
        let fd = guest.open(3, "hello").unwrap();
        // One of ours, and of the host's as many as take some memory.
        let at = |number: u32| 0x6000 + 48 * number;
        for number in 0..30 {
            guest.put(at(number), &[0; 48]);
        }
        guest.put(at(0) + 8, &[1]);
        guest.put(at(0) + 16, &fd.to_le_bytes());
        LEFT.set(Some(refusals));
        let code = Preview1::poll_oneoff(&mut guest.vfs, at(0), 0x3000, 30, 0x2000);
        if LEFT.take().is_some() {
            assert_eq!((code, guest.u32_at(0x2000)), (0, 30));
            break;
        }
        assert_eq!(code, Errno::NOMEM.0.into(), "allocation {refusals}");
        refusals += 1;
    }
    // What was asked, what the host is asked, and the events of both; positions are
    // few.
    assert_eq!(refusals, 4);
}

/// Bytes of each block in turn, to and fro.
#[test]
fn blocks_that_are_there_give_way_where_there_is_no_memory_for_more() {
    let mut guest = Guest::new(&sample_tree(), Some(3));
    let fd = guest.open(4, "big").unwrap();
    assert_eq!(guest.pread(fd, 4, 0).unwrap(), big()[..4]);
    assert_eq!(guest.pread(fd, 4, 20_000).unwrap(), big()[20_000..20_004]);
    for offset in (40_000_usize..400_000).step_by(10_000).rev() {
        LEFT.set(Some(0));
        let read = guest.pread(fd, 4, offset as u64);
        LEFT.take();
        assert_eq!(read.unwrap(), big()[offset..offset + 4]);
    }
}

#[test]
fn a_start_that_was_refused_memory_begins_anew() {
    let mut tree = sample_tree();
    tree.mounts = (0..70).map(|n| mount(&format!("/{n}"), &[])).collect();
    let mut guest = Guest::new(&tree, None);
    // The table grows by 64 descriptors: the first time it may, and not again.
    LEFT.set(Some(1));
    assert_eq!(guest.open(3, "big"), Err(Errno::NOMEM));
    assert_eq!(LEFT.take(), None, "nothing was refused");
    for (fd, path) in [(3, "/0"), (64, "/61"), (72, "/69")] {
        let len = path.len() as u32;
        let code = Preview1::fd_prestat_dir_name(&mut guest.vfs, fd, 0x3000, len);
        assert_eq!(code, 0, "{path}");
        assert_eq!(guest.bytes(0x3000, path.len()), path.as_bytes());
    }
}
