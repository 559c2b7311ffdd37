//! The writer: a tree of files becomes an image.
//!
//! | step | module | what it does |
//! |---|---|---|
//! | 1 | `layout` | numbers the inodes, and checks names and mounts |
//! | 2 | `chunking` | reads every file once and cuts it into named chunks |
//! | 3 | `deduplication` | removes repeated chunks while step 2 reads the next files |
//! | 4 | `placement` | orders the distinct chunks so that they compress well, and chooses the bases |
//! | 5 | `compression` | reads the files a second time and compresses the blocks |
//! | 6 | `encode` | makes records, index, metadata section and root digest |
//!
//! Without compression the order gains nothing. Then
//! `deduplication::single_pass` replaces the steps 2 to 5, and files are
//! read once.
//!
//! For example, two equal files of 100 KB become some 25 chunks each. Step 3 keeps 25
//! chunks of them, in a few units of up to 16 KiB. Step 4 moves these units next to
//! similar ones, step 5 fills blocks of 128 KiB, and step 6 gives both files the same runs.
//!
//! Files are read, hashed and compressed in parallel, on the rayon pool of the caller. The
//! result depends only on the tree and the options. Memory holds the finished parts and a
//! few blocks, never the content.

mod chunking;
mod compression;
mod deduplication;
mod layout;
mod options;
mod placement;
mod progress;

pub use crate::encode::WriteError;
pub use chunking::chunker::{AVERAGE_CHUNK_LEN, MAX_CHUNK_LEN, MIN_CHUNK_LEN};
pub use options::Options;
pub use progress::Progress;

use crate::encode::{self, Content, Names, Payload, Records, Settings};
use crate::image::Image;
use crate::threads::with_threads;
use crate::tree::Tree;
use chunking::files::chunk_files;
use chunking::order::Order;
use chunking::sample::Sampling;
use compression::blocks;
use deduplication::batches::deduplicate;
use deduplication::single_pass;
use layout::{FileEntry, Layout};
use placement::place;

/// Writes `tree` as an image.
///
/// The same tree and options give the same bytes, on every machine and with any number of
/// threads.
///
/// # Errors
///
/// The tree exceeds a bound of the format, or a file cannot be read or changes
/// while it is read. See [`WriteError`].
pub fn write(tree: &Tree, options: &Options, progress: &dyn Progress) -> Result<Image, WriteError> {
    options.validate()?;
    let layout = layout::number(tree)?;
    // Before any file is read, because a tree can have too many names.
    let names = encode::names(&layout)?;
    let order = Order::new(&layout, &options.ranks);
    with_threads(|| match options.compression {
        None => store(&layout, names, &order, options, progress),
        Some(level) => compress(&layout, names, &order, level, options, progress),
    })
}

/// Writes an uncompressed image.
fn store<'t>(
    layout: &Layout<'t>,
    names: Names<'t>,
    order: &Order<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Image, WriteError> {
    let (content, bytes) = single_pass::read(layout, &order.files, progress)?;
    progress.deduplicated(content.raw_len());
    let records = Records::new(layout, names, &content, options.block_shift)?;
    let payload = blocks::store(bytes, options.block_shift, progress)?;
    encode(layout, &content, records, payload, options)
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
    let chunk = |files: &[FileEntry<'_>]| chunk_files(layout, files, sampling, progress);
    let distinct = deduplicate(layout, order, &chunk)?;
    let placed = place(distinct, 1 << options.block_shift, sampling);
    progress.deduplicated(placed.content.raw_len());
    // Before hours of compression, because a tree can have too many records.
    let records = Records::new(layout, names, &placed.content, options.block_shift)?;
    let payload = blocks::compress(layout, &placed, options.block_shift, level, progress)?;
    encode(layout, &placed.content, records, payload, options)
}

fn encode(
    layout: &Layout<'_>,
    content: &Content,
    records: Records<'_>,
    payload: Payload,
    options: &Options,
) -> Result<Image, WriteError> {
    let settings = Settings {
        block_shift: options.block_shift,
        compression: options.compression,
        chunk_lens: [MIN_CHUNK_LEN, AVERAGE_CHUNK_LEN, MAX_CHUNK_LEN],
        tool_version: &options.tool_version,
        left_out: options.left_out,
    };
    encode::encode(layout, content, records, payload, &settings)
}
