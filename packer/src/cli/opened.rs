//! An opened packed module, component or image.

use super::input;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::sync::Arc;
use wasi_vfs::accounting::Accounting;
use wasi_vfs::{Contents, ImageReader, ReadAt};
use wasi_vfs_format::check::check;

/// An opened packed module, component or image.
pub(super) struct Opened<'a> {
    /// The whole file.
    pub(super) source: &'a Arc<dyn ReadAt>,
    pub(super) contents: &'a Contents<'a>,
    pub(super) image: ImageReader<'a>,
}

/// Opens the packed module, component or image at `path` and passes it to `work`. `-` is
/// standard input.
pub(super) fn with<T>(path: &Path, work: impl FnOnce(&Opened<'_>) -> Result<T>) -> Result<T> {
    let source = input::open(path)?;
    let cannot = || format!("cannot open `{}`", path.display());
    let contents = Contents::read(&source).with_context(cannot)?;
    let image = contents.reader().with_context(cannot)?;
    work(&Opened {
        source: &source,
        contents: &contents,
        image,
    })
}

impl Opened<'_> {
    /// Rejects an index that breaks a rule of the format. In a valid index, all inodes can
    /// be visited in linear time.
    pub(super) fn require_whole(&self) -> Result<()> {
        match check(self.image.index()).first() {
            None => Ok(()),
            Some(broken) => bail!("corrupt image: {broken}; `wasi-vfs verify` says what else is"),
        }
    }

    pub(super) fn accounting(&self) -> Result<Accounting> {
        self.require_whole()?;
        Ok(Accounting::new(&self.image)?)
    }
}
