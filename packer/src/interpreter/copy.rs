//! Copies of the memory of a program.

/// Bytes that are compared at once: a page of the machine.
const PAGE_LEN: usize = 4096;

/// A copy that takes memory only for pages with content. A program may reserve far more
/// memory than it writes.
#[must_use]
pub fn sparse_copy(memory: &[u8]) -> Vec<u8> {
    let mut copy = vec![0; memory.len()];
    let pages = copy.chunks_mut(PAGE_LEN).zip(memory.chunks(PAGE_LEN));
    for (to, from) in pages.filter(|(zeros, from)| zeros != from) {
        to.copy_from_slice(from);
    }
    copy
}
