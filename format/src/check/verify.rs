//! The strong digests: is this the content that the image's name stands for?

use super::{check, check_blocks};
use crate::chunk::{Chunk, Chunks};
use crate::digest::{Digest, Metadata, RootHasher};
use crate::reader::ImageReader;
use crate::{Content, Corrupt, File, Index, Inode, InodeNumber};
use rayon::prelude::*;
use std::vec::Vec;

/// Reads every block, holds the runs of the files against the chunks, and the
/// tree and the digests of its chunks against the root digest.
///
/// Gives what does not agree, at most [`MAX_REPORTED`](super::MAX_REPORTED); `None` if the image has
/// no cold part, without which there is nothing to hold it against. An index
/// that breaks a rule of the format is not gone into: the broken rules are the
/// answer.
pub fn verify(image: &ImageReader<'_>) -> Option<Vec<Corrupt>> {
    let chunks = Chunks::new(image.cold()?);
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
    let chunks = chunks.as_slice().par_iter();
    chunks.map(|chunk| digest(image, chunk)).collect()
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
        let metadata = Metadata {
            parent: inode.parent.0,
            mtime_ns: inode.mtime_ns,
            name: self.index.name(inode.number)?,
        };
        match inode.content {
            Content::Directory(directory) => {
                self.root.directory(metadata, directory.child_count());
            }
            Content::Symlink(link) => self.root.symlink(metadata, self.index.target(&link)?),
            Content::File(file) => self.file(inode, metadata, &file)?,
        }
        Ok(())
    }

    fn file(&mut self, inode: &Inode, metadata: Metadata<'_>, file: &File) -> Result<(), Corrupt> {
        let runs = self.index.extents(inode.number, file)?;
        let runs = runs.map(|extent| self.chunks.of(inode.number, &extent?));
        let runs: Vec<_> = runs.collect::<Result<_, _>>()?;
        let count: usize = runs.iter().map(|run| run.len()).sum();
        self.root
            .file(metadata, file.executable, file.len, count as u32);
        for digest in runs
            .into_iter()
            .flat_map(|run| self.digests.get(run).unwrap_or_default())
        {
            self.root.chunk(digest);
        }
        Ok(())
    }
}
