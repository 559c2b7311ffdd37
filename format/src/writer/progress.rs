//! Reports of the writer on its progress.

/// Hears how far the writer is. All methods may be called from many threads at
/// once and do nothing unless implemented.
pub trait Progress: Sync {
    /// `bytes` more of the files were read and cut into chunks. The sum over
    /// all calls is the length of all files.
    fn chunked(&self, bytes: u64) {
        let _ = bytes;
    }

    /// All files are cut; `bytes` are left without what occurs twice. Called
    /// once.
    fn deduplicated(&self, bytes: u64) {
        let _ = bytes;
    }

    /// `bytes` more were compressed or stored. The sum over all calls is what
    /// [`Progress::deduplicated`] announced.
    fn compressed(&self, bytes: u64) {
        let _ = bytes;
    }
}

/// No progress is wanted.
impl Progress for () {}
