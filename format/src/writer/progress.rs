//! Reports of the writer on its progress.

/// Receives the progress of the writer. Many threads may call the methods at once. By
/// default they do nothing.
pub trait Progress: Sync {
    /// `bytes` more of the files were read and cut into chunks. The sum over
    /// all calls is the length of all files.
    fn chunked(&self, bytes: u64) {
        let _ = bytes;
    }

    /// All files are cut, and `bytes` remain after deduplication. Called once.
    fn deduplicated(&self, bytes: u64) {
        let _ = bytes;
    }

    /// `bytes` more were compressed or stored. The sum over all calls is what
    /// [`Progress::deduplicated`] announced.
    fn compressed(&self, bytes: u64) {
        let _ = bytes;
    }
}

/// Ignores the progress.
impl Progress for () {}
