//! Input files, read as a whole or in parts.

use anyhow::{Context, Result, bail};
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasi_vfs::{ReadAt, open_source};

/// Reads the file at `path`. `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    if path == Path::new("-") {
        return read_stdin();
    }
    std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Opens the file at `path` to read parts of it. `-` is standard input, which is read as a
/// whole.
pub(super) fn open(path: &Path) -> Result<Arc<dyn ReadAt>> {
    if path == Path::new("-") {
        return Ok(Arc::new(read_stdin()?));
    }
    open_source(path).with_context(|| format!("cannot read `{}`", path.display()))
}

fn read_stdin() -> Result<Vec<u8>> {
    static IS_READ: AtomicBool = AtomicBool::new(false);
    if IS_READ.swap(true, Ordering::Relaxed) {
        bail!("standard input can be read once, so only one file can be `-`");
    }
    let mut stdin = std::io::stdin().lock();
    if stdin.is_terminal() {
        bail!("standard input is a terminal; expected a module, such as from `< app.wasm`");
    }
    let mut bytes = Vec::new();
    stdin
        .read_to_end(&mut bytes)
        .context("cannot read standard input")?;
    Ok(bytes)
}
