//! Probable ballast, with the pattern of `--exclude` that drops it.

use anyhow::Result;
use serde::Serialize;
use wasi_vfs::ImageReader;
use wasi_vfs::accounting::Accounting;

/// Files that a program probably does not need.
#[derive(Debug, Serialize)]
pub(super) struct Ballast {
    pub(super) kind: String,
    /// The pattern of `--exclude`.
    pub(super) exclude: String,
    pub(super) files: u64,
    pub(super) raw: u64,
    pub(super) stored: u64,
}

pub(super) fn find(image: &ImageReader<'_>, accounting: &Accounting) -> Result<Vec<Ballast>> {
    let found = wasi_vfs::ballast(image, accounting)?.into_iter();
    let found = found.map(|ballast| Ballast {
        stored: ballast.share.stored_len(),
        kind: ballast.kind,
        exclude: ballast.pattern,
        files: ballast.file_count,
        raw: ballast.len,
    });
    Ok(found.collect())
}
