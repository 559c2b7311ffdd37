//! Which bytes of its memory a guest gives to a call to write to.

use super::memory::MEMORY_LEN;
use std::ops::Range;
use std::vec::Vec;

/// The ranges for `call` with these arguments, given the memory before it.
/// They may lie outside of it: then the call must fail.
pub(super) fn writable(call: &str, arguments: &[u64], memory: &[u8]) -> Vec<Range<u64>> {
    let at = |position: usize, len: u64| {
        let start = arguments[position];
        start..start.saturating_add(len)
    };
    match call {
        "fd_fdstat_get" => [at(1, 24)].into(),
        "fd_filestat_get" => [at(1, 64)].into(),
        "path_filestat_get" => [at(4, 64)].into(),
        "fd_prestat_get" => [at(1, 8)].into(),
        "fd_prestat_dir_name" => [at(1, arguments[2])].into(),
        "fd_tell" => [at(1, 8)].into(),
        "fd_seek" => [at(3, 8)].into(),
        "fd_read" | "fd_write" => vectors(arguments, memory, at(3, 4)),
        "fd_pread" | "fd_pwrite" => vectors(arguments, memory, at(4, 4)),
        "sock_send" => [at(4, 4)].into(),
        "sock_recv" => {
            let mut ranges = vectors(arguments, memory, at(4, 4));
            ranges.push(at(5, 2));
            ranges
        }
        "fd_readdir" => [at(1, arguments[2]), at(4, 4)].into(),
        "path_open" => [at(8, 4)].into(),
        "path_readlink" => [at(3, arguments[4]), at(5, 4)].into(),
        "sock_accept" => [at(2, 4)].into(),
        "poll_oneoff" => [at(1, arguments[2] * 32), at(3, 4)].into(),
        _ => Vec::new(),
    }
}

/// What the vectors at the second argument name, and the result. They are read one
/// after the other: where one names the place of those that follow, what is read
/// there says where the next bytes go, and that may be anywhere.
fn vectors(arguments: &[u64], memory: &[u8], result: Range<u64>) -> Vec<Range<u64>> {
    let word = |at: u64| {
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let bytes = memory.get(start..start.saturating_add(4))?;
        Some(u64::from(u32::from_le_bytes(bytes.try_into().ok()?)))
    };
    let mut ranges = Vec::from([result]);
    let anywhere = 0..MEMORY_LEN as u64;
    let all = arguments[1]..arguments[1].saturating_add(8 * arguments[2]);
    // More do not fit the memory.
    for vector in 0..arguments[2].min(MEMORY_LEN as u64 / 8) {
        let at = arguments[1] + 8 * vector;
        if let (Some(start), Some(len)) = (word(at), word(at + 4)) {
            let buffer = start..start + len;
            if overlap(&buffer, &all) {
                return Vec::from([anywhere]);
            }
            ranges.push(buffer);
        }
    }
    ranges
}

fn overlap(one: &Range<u64>, other: &Range<u64>) -> bool {
    one.start.max(other.start) < one.end.min(other.end)
}
