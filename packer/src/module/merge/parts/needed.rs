//! The parts of the runtime that an image needs.
//!
//! For example, an image of uncompressed files without links needs only
//! [`Part::StoredBlocks`].

use crate::module::parts::Parts as Image;
use std::borrow::Cow;
use wasi_vfs_embedding::{Part, Parts};
use wasi_vfs_format::{Codec, Content, Corrupt, Index, InodeNumber};

/// The parts for an image whose index is stored as `stored`. A damaged index needs all of
/// them: the runtime decides what to answer.
pub(crate) fn of_image(image: &Image<'_>, stored: &[u8]) -> Parts {
    let is_compressed = stored.len() < image.index.len();
    of_index(image.index, is_compressed, image.writable.is_some())
}

/// Bytes of the decoder in the runtime, without those that compressed blocks need beside it.
const DECODER_LEN: usize = 13_000;

/// The bytes to store as the index: `stored`, or the index itself if only the index would
/// need the decoder, and saves less than that.
pub(crate) fn worthwhile<'a>(image: &Image<'a>, stored: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
    let saved = image.index.len().saturating_sub(stored.len());
    let needed = of_index(image.index, false, false);
    match needed.contains(Part::CompressedBlocks) || saved > DECODER_LEN {
        true => stored,
        false => Cow::Borrowed(image.index),
    }
}

/// The parts for the image with this `index`.
pub(crate) fn of_index(index: &[u8], is_compressed: bool, is_writable: bool) -> Parts {
    let parsed = Index::parse(index).map_err(|_| ());
    let needed = parsed.and_then(|index| needed(&index).map_err(|_: Corrupt| ()));
    let Ok(mut parts) = needed else {
        return Parts::ALL;
    };
    if is_compressed {
        parts.insert(Part::CompressedIndex);
    }
    if is_writable {
        // The program may make links.
        parts.insert(Part::Links);
    }
    parts
}

fn needed(index: &Index<'_>) -> Result<Parts, Corrupt> {
    let mut parts = Parts::default();
    for number in 0..index.block_count() {
        match index.block(number)?.codec {
            Codec::Stored => parts.insert(Part::StoredBlocks),
            Codec::Zstd if !parts.contains(Part::CompressedBlocks) => {
                parts.insert(Part::CompressedBlocks);
            }
            Codec::Zstd | Codec::Based(_) => {
                parts.insert(Part::CompressedBlocks);
                parts.insert(Part::SeveralBlocks);
            }
        }
    }
    for number in 0..index.inode_count() {
        match index.inode(InodeNumber(number))?.content {
            Content::File(file) if file.has_extents() => parts.insert(Part::Extents),
            Content::Symlink(_) => parts.insert(Part::Links),
            Content::File(_) | Content::Directory(_) => {}
        }
    }
    Ok(parts)
}
