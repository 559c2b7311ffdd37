//! Modules and files of unit tests.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use wasi_vfs_format::ReadAt;

/// The smallest module that can be packed.
pub(crate) fn app() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "path_open"
                (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (memory (export "memory") 1))"#,
    )
    .unwrap()
}

/// A file that notes which ranges of it were read.
#[derive(Debug)]
pub(crate) struct NotedFile {
    bytes: Vec<u8>,
    read: Mutex<Vec<Range<u64>>>,
}

impl NotedFile {
    pub(crate) fn new(bytes: Vec<u8>) -> Arc<Self> {
        let read = Mutex::default();
        Arc::new(Self { bytes, read })
    }

    pub(crate) fn read_count(&self) -> usize {
        self.read.lock().unwrap().len()
    }

    /// The total length of all reads of bytes in `wanted`.
    pub(crate) fn len_read_in(&self, wanted: &Range<u64>) -> u64 {
        let inside = |range: &Range<u64>| {
            let (start, end) = (range.start.max(wanted.start), range.end.min(wanted.end));
            end.saturating_sub(start)
        };
        self.read.lock().unwrap().iter().map(inside).sum()
    }
}

impl ReadAt for NotedFile {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let range = offset..offset + buffer.len() as u64;
        self.read.lock().unwrap().push(range);
        self.bytes.read_exact_at(buffer, offset)
    }
}
