//! The stored blocks of a packed program, read in place.

use std::io;
use std::sync::{Arc, OnceLock};
use wasi_vfs::ReadAt;
use wasi_vfs_runtime::blocks::{BlockError, StoredRange};
use wasi_vfs_runtime::{BlockSource, Budget};

/// The first failure to read the file. The program sees only an error code.
pub(super) type Failure = Arc<OnceLock<io::Error>>;

/// The payload in its file.
pub(super) struct PayloadFile {
    source: Arc<dyn ReadAt>,
    buffer: Vec<u8>,
    failure: Failure,
}

impl PayloadFile {
    pub(super) fn new(source: Arc<dyn ReadAt>, failure: Failure) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            failure,
        }
    }

    /// Reads a range into the buffer. A range outside of the payload allocates nothing:
    /// only a damaged image has one.
    fn read(&mut self, range: StoredRange) -> Result<&[u8], BlockError> {
        if range.end() > self.source.len() {
            return Err(BlockError::OutOfRange);
        }
        let len = range.len as usize;
        self.buffer.clear();
        let reserved = self.buffer.try_reserve_exact(len);
        reserved.map_err(|_| BlockError::NoMemory)?;
        self.buffer.resize(len, 0);
        let read = self.source.read_exact_at(&mut self.buffer, range.offset);
        read.map_err(|error| {
            // The first failure counts, so a later one is dropped.
            let _ = self.failure.set(error);
            BlockError::Unavailable
        })?;
        Ok(&self.buffer)
    }
}

impl BlockSource for PayloadFile {
    fn with_bytes<R>(
        &mut self,
        range: StoredRange,
        use_them: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, BlockError> {
        self.read(range).map(use_them)
    }
}

/// The cache gets all that the runtime's limit allows: beside it, this machine has
/// memory enough.
pub(super) struct Unmeasured;

impl Budget for Unmeasured {
    fn used_len(&self, _: usize) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_vfs_format::BlockNumber;

    /// A file that became shorter after it was opened.
    #[derive(Debug)]
    struct Shortened;

    impl ReadAt for Shortened {
        fn len(&self) -> u64 {
            100
        }

        fn read_exact_at(&self, _: &mut [u8], offset: u64) -> io::Result<()> {
            Err(io::Error::other(format!("no byte at {offset}")))
        }
    }

    #[test]
    fn the_first_failure_to_read_is_kept() {
        let failure = Failure::default();
        let mut blocks = PayloadFile::new(Arc::new(Shortened), failure.clone());
        let block = BlockNumber(0);
        let mut read = |offset, len| {
            let range = StoredRange { block, offset, len };
            blocks.read(range).map(<[u8]>::to_vec)
        };
        for (offset, len) in [(90, 11), (u64::from(u32::MAX), u32::MAX)] {
            assert_eq!(read(offset, len), Err(BlockError::OutOfRange));
        }
        assert!(failure.get().is_none());
        for offset in [7, 8] {
            assert_eq!(read(offset, 2), Err(BlockError::Unavailable));
        }
        assert_eq!(failure.get().unwrap().to_string(), "no byte at 7");
    }
}
