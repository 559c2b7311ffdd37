//! Copies of fixed lengths without bounds checks: all unsafe code of the
//! decoder. Each safe function checks what its copies rely on, whatever it is
//! given.
//!
//! A copy of variable length is a call out of the module in some engines, and
//! most copies of a frame are of a few bytes. So these copy 16 bytes at a time
//! and write beyond the end, into room that is overwritten next.

#![allow(
    unsafe_code,
    reason = "bounds checks took a sixth of the decoder's time"
)]

/// Bytes beyond its end that a copy may read and write.
pub(super) const SLACK: usize = 32;

/// The eight bytes at `at`, the first lowest.
#[inline(always)]
pub(super) fn load(bytes: &[u8], at: usize) -> Option<u64> {
    if bytes.len() < 8 || at > bytes.len() - 8 {
        return None;
    }
    // SAFETY: `at + 8` is at most the length; an array of bytes has no alignment.
    let word = unsafe { bytes.as_ptr().add(at).cast::<[u8; 8]>().read() };
    Some(u64::from_le_bytes(word))
}

/// A number of literals, and a match that follows them.
#[derive(Clone, Copy, Default)]
pub(super) struct Sequence {
    pub(super) literal_len: u32,
    pub(super) match_len: u32,
    /// How far before its copy the match begins.
    pub(super) offset: u32,
}

/// Writes `sequence` to `output` from `at` on, takes its literals off the front
/// of `literals`, and gives where it ends.
///
/// `None`, and nothing is taken, unless [`SLACK`] bytes follow the sequence in
/// `output`, its literals, and, where that lies in `prefix`, the match.
#[inline(always)]
pub(super) fn copy_sequence(
    prefix: &[u8],
    output: &mut [u8],
    at: usize,
    literals: &mut &[u8],
    sequence: Sequence,
) -> Option<usize> {
    let literal_len = sequence.literal_len as usize;
    let match_len = sequence.match_len as usize;
    let offset = sequence.offset as usize;
    // Of 64 bits, which do not overflow: `at` is at most what an address is.
    let end = at as u64 + u64::from(sequence.literal_len) + u64::from(sequence.match_len);
    let has_room = at <= output.len() && end + SLACK as u64 <= output.len() as u64;
    if !has_room || literal_len + SLACK > literals.len() {
        return None;
    }
    let match_at = at + literal_len;
    let start = output.as_mut_ptr();
    let from = if offset.wrapping_sub(1) < match_at {
        // SAFETY: the offset is at most `match_at`, which lies in `output`.
        unsafe { start.cast_const().add(match_at - offset) }
    } else {
        let before = offset.checked_sub(match_at)?;
        if before > prefix.len() || before < match_len + SLACK {
            return None;
        }
        // SAFETY: `before` is at most the length.
        unsafe { prefix.as_ptr().add(prefix.len() - before) }
    };
    // SAFETY: `match_at`, and `SLACK` bytes after the match, lie in `output`;
    // the literals have as many after them. What `from` points to is in
    // `output` and at least one byte before its copy, or in `prefix` with
    // `SLACK` bytes after it, and then no offset is below `SLACK`.
    unsafe {
        copy_literals(literals.as_ptr(), start.add(at), literal_len);
        copy_match(from, start.add(match_at), offset, match_len);
        *literals = literals.get_unchecked(literal_len..);
    }
    Some(match_at + match_len)
}

/// Copies `len` bytes and up to 16 more.
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
            copy_16(from, to);
            from = from.add(16);
            to = to.add(16);
            if to >= end {
                return;
            }
        }
    }
}

/// Copies `len` bytes and up to 31 more, which may overlap what they are
/// copied from.
#[inline(always)]
unsafe fn copy_match(mut from: *const u8, mut to: *mut u8, offset: usize, len: usize) {
    // SAFETY: the caller has as many bytes on both sides. The first loop
    // advances by at most 9 bytes, the second ends at most 16 after the last of
    // the match or 16 after its first round.
    unsafe {
        let end = to.add(len);
        let mut distance = offset;
        // Bytes repeat: each copy doubles the distance, until eight bytes can
        // be copied at once.
        while distance < 8 {
            copy_8(from, to);
            to = to.add(distance);
            distance *= 2;
        }
        loop {
            copy_16(from, to);
            from = from.add(16);
            to = to.add(16);
            if to >= end {
                return;
            }
        }
    }
}

/// Copies eight bytes and then another eight: right where `to` is eight bytes
/// after `from` or more.
#[inline(always)]
unsafe fn copy_16(from: *const u8, to: *mut u8) {
    // SAFETY: the caller has 16 bytes on both sides.
    unsafe {
        copy_8(from, to);
        copy_8(from.add(8), to.add(8));
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
