//! `run --commit`: packs the changes of a program into a new module.
//!
//! The runtime saves the changes as an image, which `pack --from` applies to the module. So a
//! committed module equals one that was packed from a save of any other host.

use super::instance::Outcome;
use crate::cli::message::warn;
use crate::cli::{output, text};
use anyhow::{Context, Result, anyhow};
use std::path::Path;
use std::sync::Arc;
use wasi_vfs::{Packer, ReadAt};
use wasi_vfs_format::Payload;
use wasi_vfs_runtime::overlay::SaveError;

/// Writes the module in `source` with the changes to the file `out`.
pub(super) fn commit(source: &Arc<dyn ReadAt>, outcome: &mut Outcome, out: &Path) -> Result<()> {
    let changes = outcome
        .runtimes
        .save()
        .context("the program has no files")?;
    let changes = changes.map_err(|error| anyhow!(reason(error)))?;
    let module = Payload::Source(source.clone()).bytes();
    let packer = Packer::new(module.context("cannot read the module again")?).add_image(changes);
    // The program itself has read and written these files.
    let packed = packer.no_size_limit(true).pack()?;
    for warning in &packed.warnings {
        warn(&text::escape(warning.to_string().as_bytes()));
    }
    output::write(out, &packed.module)
}

fn reason(error: SaveError) -> &'static str {
    match error {
        SaveError::NoMemory => "memory ran out; commit on a machine with more",
        SaveError::Limit => {
            "all changed files together have more than 2 GiB, or a path or a file exceeds a \
             limit of images; let the program remove its longest files"
        }
        SaveError::Io => "packed files cannot be read; `wasi-vfs verify` tells which",
        SaveError::Changed => "the files changed during the save; run the program again",
    }
}
