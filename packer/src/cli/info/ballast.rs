//! Probable ballast, with the option that drops it.

use super::table::Look;
use crate::cli::text::{escape, percentage};
use anyhow::Result;
use serde::Serialize;
use std::io::{self, Write};
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

pub(super) fn print(
    ballast: &[Ballast],
    stored: u64,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    if ballast.is_empty() {
        return Ok(());
    }
    let (kind, part) = ("probable ballast", "");
    let heading = ("stored", "raw", "files");
    writeln!(
        out,
        "\n{kind:<24}{:>14}  {part:>8}  {:>14}  {:>7}",
        heading.0, heading.1, heading.2
    )?;
    for row in ballast {
        let part = percentage(row.stored, stored);
        let kind = format!("  {}", escape(row.kind.as_bytes()));
        let exclude = escape(row.exclude.as_bytes());
        let (stored, raw, files) = (look.len(row.stored), look.len(row.raw), row.files);
        writeln!(
            out,
            "{kind:<24}{stored:>14}  {part:>8}  {raw:>14}  {files:>7}"
        )?;
        writeln!(out, "    drop with --exclude '{exclude}'")?;
    }
    Ok(())
}
