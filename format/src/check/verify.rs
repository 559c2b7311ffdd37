//! The strong digests: verifies that an image has the content that its root digest
//! identifies.

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

/// Reads every block, and compares the runs of the files with the chunks, and the tree
/// with the root digest.
///
/// Returns the differences, at most [`MAX_REPORTED`](super::MAX_REPORTED). Returns
/// `None` without a metadata section. If the index breaks a rule of the format, returns
/// only the broken rules.
pub fn verify(image: &ImageReader<'_>) -> Option<Vec<Corrupt>> {
    image.metadata()?;
    let mut broken = check(image.index());
    if broken.is_empty() {
        broken = check_blocks(image);
    }
    if broken.is_empty() {
        broken.extend(verify_digests(image).and_then(Result::err));
    }
    Some(broken)
}

/// Compares the runs of the files with the chunks, and the tree with the root digest.
///
/// The image must pass [`check`] and [`check_blocks`]. A caller that ran them reads
/// all blocks once less than with [`verify`]. Returns `None` without a metadata section.
///
/// # Errors
///
/// The first difference, or a block that became unreadable.
pub fn verify_digests(image: &ImageReader<'_>) -> Option<Result<(), Corrupt>> {
    let chunks: Chunks = image.metadata()?.chunks().collect();
    Some(verify_root(image, &chunks))
}

/// The digests of all chunks, computed from their bytes.
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

/// The positions of the chunks of a file, run by run.
fn runs<'i>(
    index: &'i Index<'_>,
    chunks: &'i Chunks,
    number: InodeNumber,
    file: &File,
) -> Result<impl Iterator<Item = Result<Range<usize>, Corrupt>> + 'i, Corrupt> {
    let extents = index.extents(number, file)?;
    Ok(extents.map(move |extent| chunks.of(number, &extent?)))
}

/// Limits the number of hashed digests: one for each byte of the image, or the number
/// that takes a second. Real files have a chunk for a thousand bytes, but a few MB can
/// hold a million files of a million chunks.
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
    /// The digests of the chunks.
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
