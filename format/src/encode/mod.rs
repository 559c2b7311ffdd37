//! Encoding: the bytes of an image from a numbered tree, its content and its blocks.
//!
//! This module needs only an allocator: no files, no threads and no compressor. A runtime
//! that keeps changed files in memory can encode them as an image. The
//! [`writer`](crate::writer) prepares its larger trees in parallel and encodes them here,
//! too, so there is one encoding.
//!
//! # How it works
//!
//! | step | type | result |
//! |---|---|---|
//! | number the tree | [`Layout`] | inode numbers, checked names and paths |
//! | add the chunks of each file | [`ContentBuilder`] | the [`Content`]: distinct chunks, and those of each file |
//! | make the records | [`Records`] | inodes, extents, mounts and names; fails early if the index is too long |
//! | store the blocks | [`Payload`] | the payload and its block records |
//! | encode | [`encode`] | the [`Image`] |
//!
//! The caller keeps the bytes of the content, because only the caller knows where they
//! come from. [`ContentBuilder::add`] tells which chunks belong to them. The tests of
//! this module encode a small tree.

pub(crate) mod content;
pub(crate) mod counts;
pub(crate) mod error;
pub(crate) mod index;
pub(crate) mod layout;
mod map;
pub(crate) mod names;
pub(crate) mod payload;
pub(crate) mod records;
pub(crate) mod root;

#[cfg(test)]
mod tests;

pub use content::{Content, ContentBuilder};
pub use error::WriteError;
pub use layout::{Layout, Object, Source};
pub use names::Names;
pub use payload::{Payload, StoredBlock};
pub use records::{Records, names};

use crate::image::Image;
use crate::manifest::{LeftOut, MAX_MANIFEST_LEN, Manifest};
use crate::metadata;
use alloc::string::ToString;
use index::Facts;

/// The properties of an image that its tree does not determine.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// Logarithm of the block size, from
    /// [`MIN_BLOCK_SHIFT`](crate::limits::MIN_BLOCK_SHIFT) to
    /// [`MAX_BLOCK_SHIFT`](crate::limits::MAX_BLOCK_SHIFT).
    pub block_shift: u32,
    /// zstd level of the blocks, for the manifest; `None` if they are stored.
    pub compression: Option<i32>,
    /// Smallest, average and largest chunk of large files, for the manifest.
    pub chunk_lens: [u32; 3],
    /// Version of the tool, for the manifest.
    pub tool_version: &'a str,
    /// Files that the caller omitted from the tree, for the manifest.
    pub left_out: Option<LeftOut>,
}

/// Encodes an image. `records` must come from this layout and content, and `payload` must
/// hold the content in blocks of the block size.
///
/// # Errors
///
/// The index or the manifest exceeds a bound of the format.
pub fn encode<S>(
    layout: &Layout<'_, S>,
    content: &Content,
    records: Records<'_>,
    payload: Payload,
    settings: &Settings<'_>,
) -> Result<Image, WriteError> {
    let manifest = manifest(layout, content, &payload, settings);
    let max = MAX_MANIFEST_LEN;
    let metadata = metadata::encode(&content.chunk_lens(), &manifest);
    let metadata = metadata.ok_or(WriteError::Manifest { max })?;
    let digest = root::root_digest(layout, content);
    let facts = Facts {
        block_shift: settings.block_shift,
        digest: &digest,
        raw_len: content.raw_len(),
        metadata_len: metadata.len(),
    };
    Ok(Image {
        index: index::index(records, &payload, &facts)?,
        payload: payload.bytes,
        metadata,
        digest,
        manifest,
    })
}

fn manifest<S>(
    layout: &Layout<'_, S>,
    content: &Content,
    payload: &Payload,
    settings: &Settings<'_>,
) -> Manifest {
    let mut statistics = layout.statistics();
    content.count(&mut statistics);
    payload.count(&mut statistics);
    Manifest {
        tool_version: settings.tool_version.to_string(),
        compression: settings.compression,
        block_shift: settings.block_shift,
        chunk_lens: settings.chunk_lens,
        statistics,
        left_out: settings.left_out,
    }
}
