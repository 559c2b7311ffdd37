//! Loads and copies of fixed lengths without bounds checks: all unsafe code of
//! the decoder. What is safe checks what its copies rely on, whatever it is
//! given.
//!
//! A copy of variable length is a call out of the module in some engines, and
//! most copies of a frame are of a few bytes. So these copy 8 or 32 bytes at a
//! time and write beyond the end, into room that is overwritten next.

#![allow(
    unsafe_code,
    reason = "bounds checks took a sixth of the decoder's time"
)]

use core::hint::select_unpredictable;
use core::marker::PhantomData;

/// Bytes beyond its end that a copy may read and write.
pub(super) const SLACK: usize = 32;

/// Bytes, to be loaded as words of eight that begin anywhere.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    start: *const u8,
    /// Where the first one would begin that does not lie in the bytes.
    end: usize,
    bytes: PhantomData<&'a [u8]>,
}

impl<'a> Words<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            start: bytes.as_ptr(),
            end: bytes.len().saturating_sub(7),
            bytes: PhantomData,
        }
    }

    /// Where the last word begins.
    pub(super) fn last(self) -> Option<usize> {
        self.end.checked_sub(1)
    }

    /// The word at `at`, its first byte lowest.
    #[inline(always)]
    pub(super) fn load(self, at: usize) -> Option<u64> {
        if at >= self.end {
            return None;
        }
        // SAFETY: eight bytes follow `at`; an array of bytes has no alignment.
        let word = unsafe { self.start.add(at).cast::<[u8; 8]>().read() };
        Some(u64::from_le_bytes(word))
    }
}

/// A number of literals, and a match that follows them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sequence {
    pub(super) literal_len: u32,
    pub(super) match_len: u32,
    /// How far before its copy the match begins.
    pub(super) offset: u32,
}

/// How far a run of sequences was copied.
pub(super) struct Copied {
    pub(super) sequence_count: usize,
    pub(super) literal_count: usize,
    /// Where the last one ends in the output.
    pub(super) end: usize,
}

/// Writes `sequences` to `output` from `at` on, with literals from the start of
/// `literals`, up to the first one that does not refer to what there is, or that
/// has no [`SLACK`]: bytes that follow it in `output`, its literals, and a match
/// that begins in `prefix`.
///
/// Where a match begins is hard to predict, and so is not a branch.
#[inline(never)]
pub(super) fn copy_sequences(
    prefix: &[u8],
    output: &mut [u8],
    at: usize,
    literals: &[u8],
    sequences: &[Sequence],
) -> Copied {
    let (Some(output_end), Some(literals_end)) = (
        output.len().checked_sub(SLACK),
        literals.len().checked_sub(SLACK),
    ) else {
        return Copied::none(at);
    };
    let start = output.as_mut_ptr();
    let prefix_end = prefix.as_ptr_range().end;
    // Apart, they stay in registers.
    let Copied {
        mut sequence_count,
        mut literal_count,
        end: mut written,
    } = Copied::none(at);
    for sequence in sequences {
        let literal_len = sequence.literal_len as usize;
        if !sequence.ends_by(output_end, written) || literal_count + literal_len > literals_end {
            break;
        }
        let match_at = written + literal_len;
        let Some(from) = sequence.source(match_at, prefix.len()) else {
            break;
        };
        let origin = select_unpredictable(from < 0, prefix_end, start.cast_const());
        // SAFETY: `SLACK` bytes follow the sequence in `output`, and its literals
        // in `literals`. What `source` says is in `output` before the match, or
        // in `prefix` with `SLACK` bytes after it.
        unsafe {
            let literals = literals.as_ptr().add(literal_count);
            copy_literals(literals, start.add(written), literal_len);
            let (from, to) = (origin.offset(from), start.add(match_at));
            copy_match(
                from,
                to,
                sequence.offset as usize,
                sequence.match_len as usize,
            );
        }
        sequence_count += 1;
        literal_count += literal_len;
        written = match_at + sequence.match_len as usize;
    }
    Copied {
        sequence_count,
        literal_count,
        end: written,
    }
}

impl Copied {
    fn none(end: usize) -> Self {
        Self {
            sequence_count: 0,
            literal_count: 0,
            end,
        }
    }
}

impl Sequence {
    /// Whether it ends at `end` or before if it begins at `start`.
    #[inline(always)]
    fn ends_by(self, end: usize, start: usize) -> bool {
        // Of 64 bits, which do not overflow.
        start as u64 + u64::from(self.literal_len) + u64::from(self.match_len) <= end as u64
    }

    /// From where its match, which goes to `match_at`, is copied: counted from the
    /// start of the output, and below zero from the end of the prefix. `None` if
    /// it begins in neither, or in the prefix with fewer than [`SLACK`] bytes
    /// after it. The match ends within the output.
    #[inline(always)]
    fn source(self, match_at: usize, prefix_len: usize) -> Option<isize> {
        let offset = self.offset as usize;
        // Nothing overflows: these are lengths of memory, or two of them added.
        if offset.wrapping_sub(1) >= match_at + prefix_len {
            return None;
        }
        let from = match_at.wrapping_sub(offset);
        let needed = self.match_len as usize + SLACK;
        // Between -`needed` and zero, in one comparison.
        let is_short = from.wrapping_add(needed).wrapping_sub(1) < needed - 1;
        (!is_short).then_some(from.cast_signed())
    }
}

/// Copies `len` bytes and up to 15 more.
#[inline(always)]
unsafe fn copy_literals(mut from: *const u8, mut to: *mut u8, len: usize) {
    // SAFETY: the caller has as many bytes on both sides.
    unsafe {
        // Of a hundred runs of literals one is longer, and most are empty.
        copy_8(from, to);
        if len <= 8 {
            return;
        }
        let end = to.add(len);
        loop {
            copy_8(from, to);
            copy_8(from.add(8), to.add(8));
            from = from.add(16);
            to = to.add(16);
            if to >= end {
                return;
            }
        }
    }
}

/// Copies `len` bytes and up to 32 more, from `offset` bytes before where they
/// go, or from another place that is not among those.
#[inline(always)]
unsafe fn copy_match(mut from: *const u8, mut to: *mut u8, offset: usize, len: usize) {
    // SAFETY: the caller has as many bytes on both sides.
    unsafe {
        let end = to.add(len);
        if offset < 32 {
            return copy_near(from, to, offset, end);
        }
        // Of ten matches nine are not longer than the first round.
        loop {
            copy_32(from, to);
            from = from.add(32);
            to = to.add(32);
            if to >= end {
                return;
            }
        }
    }
}

/// Copies from `distance` bytes before `to`, which is 31 at most, up to `end` and
/// less than [`SLACK`] bytes more. Bytes repeat: what is copied is copied again.
#[inline(always)]
unsafe fn copy_near(mut from: *const u8, mut to: *mut u8, mut distance: usize, end: *mut u8) {
    // SAFETY: the caller has `SLACK` bytes after `end` on both sides, and each copy
    // reads eight bytes from behind `to` or from the prefix. The rounds of the first
    // loop begin 0, `distance` and 3 * `distance` bytes after the first `to`, as far as
    // the doubled distance is below 8. That is 3 at most, or 0 for distances from 4 on,
    // so it writes 11 bytes. A round of the second loop begins before `end` and writes
    // up to 7 bytes after it.
    unsafe {
        // Each copy doubles the distance, until eight bytes can be copied at once.
        while distance < 8 {
            copy_8(from, to);
            to = to.add(distance);
            distance *= 2;
        }
        while to < end {
            copy_8(from, to);
            from = from.add(8);
            to = to.add(8);
        }
    }
}

/// Copies 32 bytes, all of which are read before any is written.
#[inline(always)]
unsafe fn copy_32(from: *const u8, to: *mut u8) {
    // SAFETY: the caller has 32 bytes on both sides.
    unsafe {
        to.cast::<[u64; 4]>()
            .write_unaligned(from.cast::<[u64; 4]>().read_unaligned())
    }
}

#[inline(always)]
unsafe fn copy_8(from: *const u8, to: *mut u8) {
    // SAFETY: the caller has eight bytes on both sides.
    unsafe {
        to.cast::<u64>()
            .write_unaligned(from.cast::<u64>().read_unaligned())
    }
}
