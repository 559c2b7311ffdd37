//! Writing a tree as an image.
//!
//! 1. `layout` numbers the inodes and holds names and mounts against the
//!    bounds of the format, `encode` the length of all names;
//! 2. `survey` reads every file once and cuts it into named chunks;
//! 3. `gathering` drops the chunks that occur again meanwhile, `content` orders
//!    the rest;
//! 4. `encode` makes the records of the tree;
//! 5. `payload` reads the files a second time and compresses the blocks;
//! 6. `encode` lays out the index.
//!
//! Without compression nothing is put in order, and `intake` reads the files
//! once, in place of 2, 3 and 5.
//!
//! Files are read, hashed and compressed in parallel, on the rayon pool of the
//! caller. The result depends on the tree and the options alone. Memory holds
//! the finished parts and a few blocks, never the content.

pub(crate) mod chunking;
pub(crate) mod compression;
pub(crate) mod deduplication;
pub(crate) mod placement;

pub use crate::encode::error::WriteError;
pub use chunking::files::{AVERAGE_CHUNK_LEN, MAX_CHUNK_LEN, MIN_CHUNK_LEN};

use crate::cold;
use crate::digest::Digest;
use crate::encode::content::Content;
use crate::encode::index::{self as encode, Records};
use crate::encode::layout::{FileEntry, Layout};
use crate::encode::names::Names;
use crate::image::Image;
use crate::limits::{DEFAULT_BLOCK_SHIFT, MAX_BLOCK_SHIFT, MIN_BLOCK_SHIFT};
use crate::manifest::{LeftOut, MAX_MANIFEST_LEN, Manifest};
use crate::threads::with_threads;
use crate::tree::Tree;
use chunking::files as survey;
use chunking::order::Order;
use chunking::sample::Sampling;
use compression::payload::Payload;
use deduplication::deduplicator::Gathering;
use deduplication::single_pass as intake;
use std::collections::HashMap;
use std::string::{String, ToString};

/// Longest version of a tool, in bytes: what a manifest certainly has room for. The
/// numbers in it take less than the rest.
const MAX_TOOL_VERSION_LEN: usize = MAX_MANIFEST_LEN - 1024;

/// How to write an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// zstd level, 1 to 22 (0 is zstd's default, negative levels are faster
    /// still); `None` stores the content as it is.
    pub compression: Option<i32>,
    /// Logarithm of the block size, from [`MIN_BLOCK_SHIFT`] to
    /// [`MAX_BLOCK_SHIFT`]. Larger blocks compress better and make the first
    /// read of a byte slower.
    pub block_shift: u32,
    /// Version of the tool, for the manifest.
    pub tool_version: String,
    /// Paths of files, such as `/lib/a.rb`, whose content comes first, and the
    /// rank by which it is ordered. A directory with a slash at its end, such as
    /// `/lib/`, stands for all files below it; the least rank of a file counts.
    pub ranks: HashMap<String, usize>,
    /// What the caller left out of the tree, for the manifest.
    pub left_out: Option<LeftOut>,
}

impl Default for Options {
    /// Level 19, above which blocks of this size gain nothing.
    fn default() -> Self {
        Self {
            compression: Some(19),
            block_shift: DEFAULT_BLOCK_SHIFT,
            tool_version: env!("CARGO_PKG_VERSION").to_string(),
            ranks: HashMap::new(),
            left_out: None,
        }
    }
}

impl Options {
    /// Refuses options with which no tree can be written.
    ///
    /// # Errors
    ///
    /// The block size or the level is out of range, or the version of the tool is too
    /// long for a manifest.
    pub fn validate(&self) -> Result<(), WriteError> {
        let max = MAX_TOOL_VERSION_LEN;
        if self.tool_version.len() > max {
            return Err(WriteError::ToolVersion { max });
        }
        let (min, max) = (MIN_BLOCK_SHIFT, MAX_BLOCK_SHIFT);
        let found = self.block_shift;
        if !(min..=max).contains(&found) {
            return Err(WriteError::BlockShift { min, max, found });
        }
        let levels = zstd::compression_level_range();
        match self.compression {
            Some(found) if !levels.contains(&found) => Err(WriteError::Level {
                min: *levels.start(),
                max: *levels.end(),
                found,
            }),
            _ => Ok(()),
        }
    }
}

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

/// Writes `tree` as an image.
///
/// The same tree and options give the same bytes, whatever the machine and the
/// number of threads.
///
/// # Errors
///
/// The tree exceeds a bound of the format, or a file cannot be read or changes
/// while it is read. See [`WriteError`].
pub fn write(tree: &Tree, options: &Options, progress: &dyn Progress) -> Result<Image, WriteError> {
    options.validate()?;
    let layout = Layout::new(tree)?;
    // Before any file is read, since a tree can have too many names.
    let names = encode::names(&layout)?;
    let order = Order::new(&layout, &options.ranks);
    with_threads(|| match options.compression {
        None => store(&layout, names, &order, options, progress),
        Some(level) => compress(&layout, names, &order, level, options, progress),
    })
}

/// Stores the content as it is, which gains nothing from another order.
fn store<'t>(
    layout: &Layout<'t>,
    names: Names<'t>,
    order: &Order<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Image, WriteError> {
    let (content, bytes) = intake::take_in(layout, &order.files, progress)?;
    progress.deduplicated(content.raw_len());
    let records = Records::new(layout, names, &content, options.block_shift)?;
    let payload = Payload::stored(bytes, 1 << options.block_shift, progress);
    finish(layout, &content, records, payload, options)
}

fn compress<'t>(
    layout: &Layout<'t>,
    names: Names<'t>,
    order: &Order<'_>,
    level: i32,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Image, WriteError> {
    let sampling = Sampling::of_len(layout.statistics().file_len);
    let survey = |files: &[FileEntry<'_>]| survey::survey(layout, files, sampling, progress);
    let mut content = Gathering::surveyed(layout, order, &survey)?;
    content.arrange(1 << options.block_shift);
    progress.deduplicated(content.raw_len());
    // Before hours of compression, since a tree can have too many records.
    let records = Records::new(layout, names, &content, options.block_shift)?;
    let payload = Payload::compressed(layout, &content, options, level, progress)?;
    finish(layout, &content, records, payload, options)
}

fn finish(
    layout: &Layout<'_>,
    content: &Content,
    records: Records<'_>,
    payload: Payload,
    options: &Options,
) -> Result<Image, WriteError> {
    let manifest = manifest(layout, content, &payload, options);
    // The manifest fits, since the options were validated.
    let cold = cold::encode(&content.chunk_lens(), &manifest).ok_or(WriteError::Manifest {
        max: MAX_MANIFEST_LEN,
    })?;
    let digest: Digest = encode::root_digest(layout, content);
    let index = encode::index(records, content, &payload, options, &digest, cold.len())?;
    Ok(Image {
        index,
        payload: payload.bytes,
        cold,
        digest,
        manifest,
    })
}

fn manifest(
    layout: &Layout<'_>,
    content: &Content,
    payload: &Payload,
    options: &Options,
) -> Manifest {
    let mut statistics = layout.statistics();
    content.count(&mut statistics);
    payload.count(&mut statistics);
    Manifest {
        tool_version: options.tool_version.clone(),
        compression: options.compression,
        block_shift: options.block_shift,
        chunk_lens: [MIN_CHUNK_LEN, AVERAGE_CHUNK_LEN, MAX_CHUNK_LEN],
        statistics,
        left_out: options.left_out,
    }
}
