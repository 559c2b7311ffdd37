//! The strong digests: is this the content that the image's name stands for?

use super::rules::{check, check_blocks};
use crate::chunk::{Chunk, Chunks};
use crate::digest::{Digest, InodeFields, RootHasher};
use crate::error::Corrupt;
use crate::index::Index;
use crate::inode::{Content, File, Inode, InodeNumber};
use crate::reader::ImageReader;
use crate::threads::with_threads;
use core::ops::Range;
use rayon::prelude::*;
use std::vec::Vec;

/// Reads every block, holds the runs of the files against the chunks, and the
/// tree and the digests of its chunks against the root digest.
///
/// Gives what does not agree, at most [`MAX_REPORTED`](super::MAX_REPORTED); `None` if the image has
/// no metadata section, without which there is nothing to hold it against. An index
/// that breaks a rule of the format is not gone into: the broken rules are the
/// answer.
pub fn verify(image: &ImageReader<'_>) -> Option<Vec<Corrupt>> {
    let chunks: Chunks = image.metadata()?.chunks().collect();
    let mut broken = check(image.index());
    if broken.is_empty() {
        broken = check_blocks(image);
    }
    if broken.is_empty() {
        broken.extend(verify_root(image, &chunks).err());
    }
    Some(broken)
}

/// The digests of the bytes that are where the chunks must be.
fn digests(image: &ImageReader<'_>, chunks: &Chunks) -> Result<Vec<Digest>, Corrupt> {
    with_threads(|| {
        let chunks = chunks.as_slice().par_iter();
        chunks.map(|chunk| digest(image, chunk)).collect()
    })
}

fn digest(image: &ImageReader<'_>, chunk: &Chunk) -> Result<Digest, Corrupt> {
    let (mut offset, end) = (chunk.raw_offset, chunk.raw_end());
    let mut hasher = blake3::Hasher::new();
    while offset < end {
        let block = image.index().block_at(offset)?;
        let bytes = image.block_bytes(&block)?;
        let start = (offset - block.raw_offset) as usize;
        let len = (end - offset).min(u64::from(block.raw_len) - start as u64);
        let part = bytes.get(start..start + len as usize);
        hasher.update(part.ok_or(block.undecodable())?);
        offset += len;
    }
    Ok(Digest(*hasher.finalize().as_bytes()))
}

fn verify_root(image: &ImageReader<'_>, chunks: &Chunks) -> Result<(), Corrupt> {
    let index = image.index();
    count_references(image, chunks)?;
    let mut tree = TreeHasher {
        root: RootHasher::new(index.mount_count(), index.inode_count()),
        index,
        chunks,
        digests: digests(image, chunks)?,
    };
    for number in 0..index.mount_count() {
        let mount = index.mount(number)?;
        tree.root.mount(mount.path, mount.inode.0);
    }
    for number in 0..index.inode_count() {
        tree.inode(&index.inode(InodeNumber(number))?)?;
    }
    if tree.root.finish().0 == index.superblock().digest {
        Ok(())
    } else {
        Err(Corrupt::RootDigest)
    }
}

/// The chunks of the runs of a file, by their positions.
fn runs<'i>(
    index: &'i Index<'_>,
    chunks: &'i Chunks,
    number: InodeNumber,
    file: &File,
) -> Result<impl Iterator<Item = Result<Range<usize>, Corrupt>> + 'i, Corrupt> {
    let extents = index.extents(number, file)?;
    Ok(extents.map(move |extent| chunks.of(number, &extent?)))
}

/// Refuses to hash more digests than a reference to a chunk for each byte of the image
/// or, whatever its length, takes a second. Real files have a chunk for a thousand
/// bytes, while a few MB can hold a million files of a million chunks.
fn count_references(image: &ImageReader<'_>, chunks: &Chunks) -> Result<(), Corrupt> {
    const MAX_OF_ANY: u64 = 1 << 25;
    let index = image.index();
    let superblock = index.superblock();
    let len = u64::from(superblock.index_len.get()) + u64::from(superblock.payload_len.get());
    let mut left = len.max(MAX_OF_ANY);
    for number in (0..index.inode_count()).map(InodeNumber) {
        let Content::File(file) = index.inode(number)?.content else {
            continue;
        };
        for run in runs(index, chunks, number, &file)? {
            let count = run?.len() as u64;
            let too_many = Corrupt::References { inode: number.0 };
            left = left.checked_sub(count).ok_or(too_many)?;
        }
    }
    Ok(())
}

/// Hashes the tree of an image.
struct TreeHasher<'i, 'a> {
    root: RootHasher,
    index: &'i Index<'a>,
    chunks: &'i Chunks,
    /// Those of the chunks.
    digests: Vec<Digest>,
}

impl TreeHasher<'_, '_> {
    fn inode(&mut self, inode: &Inode) -> Result<(), Corrupt> {
        let fields = InodeFields {
            parent: inode.parent.0,
            mtime_ns: inode.mtime_ns,
            name: self.index.name(inode.number)?,
        };
        match inode.content {
            Content::Directory(directory) => {
                self.root.directory(fields, directory.child_count());
            }
            Content::Symlink(link) => self.root.symlink(fields, self.index.target(&link)?),
            Content::File(file) => self.file(inode, fields, &file)?,
        }
        Ok(())
    }

    fn file(&mut self, inode: &Inode, fields: InodeFields<'_>, file: &File) -> Result<(), Corrupt> {
        let runs = runs(self.index, self.chunks, inode.number, file)?;
        let runs: Vec<_> = runs.collect::<Result<_, _>>()?;
        let count: usize = runs.iter().map(ExactSizeIterator::len).sum();
        self.root
            .file(fields, file.executable, file.len, count as u32);
        for digest in runs
            .into_iter()
            .flat_map(|run| self.digests.get(run).unwrap_or_default())
        {
            self.root.chunk(digest);
        }
        Ok(())
    }
}
