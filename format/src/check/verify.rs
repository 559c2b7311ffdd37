//! The strong digests: is this the content that the image's name stands for?

use super::{MAX_REPORTED, check};
use crate::chunk::{Chunk, Chunks};
use crate::digest::{Digest, Metadata, RootHasher};
use crate::reader::ImageReader;
use crate::{Content, Corrupt, File, Index, Inode, InodeNumber};
use rayon::prelude::*;
use std::vec::Vec;

/// Holds every chunk against its digest, the runs of the files against the
/// chunks, and the tree against the root digest.
///
/// Gives what does not agree, at most [`MAX_REPORTED`]; `None` if the image has
/// no cold part, without which there is nothing to hold it against. An index
/// that breaks a rule of the format is not gone into: the broken rules are the
/// answer.
pub fn verify(image: &ImageReader<'_>) -> Option<Vec<Corrupt>> {
    let chunks = Chunks::new(image.cold()?);
    let mut broken = check(image.index());
    if broken.is_empty() {
        broken = verify_chunks(image, &chunks);
        broken.extend(verify_root(image.index(), &chunks).err());
        broken.truncate(MAX_REPORTED);
    }
    Some(broken)
}

fn verify_chunks(image: &ImageReader<'_>, chunks: &Chunks) -> Vec<Corrupt> {
    let chunks = chunks.as_slice().par_iter().enumerate();
    chunks
        .filter_map(|(number, chunk)| match digest(image, chunk) {
            Ok(found) if found == chunk.digest => None,
            Ok(_) => Some(Corrupt::ChunkDigest {
                chunk: u32::try_from(number).unwrap_or(u32::MAX),
            }),
            Err(corrupt) => Some(corrupt),
        })
        .collect()
}

/// The digest of the bytes that are where a chunk must be.
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

fn verify_root(index: &Index<'_>, chunks: &Chunks) -> Result<(), Corrupt> {
    let mut root = RootHasher::new(index.mount_count(), index.inode_count());
    for number in 0..index.mount_count() {
        let mount = index.mount(number)?;
        root.mount(mount.path, mount.inode.0);
    }
    for number in 0..index.inode_count() {
        let inode = index.inode(InodeNumber(number))?;
        hash_inode(&mut root, index, chunks, &inode)?;
    }
    if root.finish().0 == index.superblock().digest {
        Ok(())
    } else {
        Err(Corrupt::RootDigest)
    }
}

fn hash_inode(
    root: &mut RootHasher,
    index: &Index<'_>,
    chunks: &Chunks,
    inode: &Inode,
) -> Result<(), Corrupt> {
    let metadata = Metadata {
        parent: inode.parent.0,
        mtime_ns: inode.mtime_ns,
        name: index.name(inode.number)?,
    };
    match inode.content {
        Content::Directory(directory) => root.directory(metadata, directory.child_count()),
        Content::Symlink(link) => root.symlink(metadata, index.target(&link)?),
        Content::File(file) => hash_file(root, index, chunks, inode, metadata, &file)?,
    }
    Ok(())
}

fn hash_file(
    root: &mut RootHasher,
    index: &Index<'_>,
    chunks: &Chunks,
    inode: &Inode,
    metadata: Metadata<'_>,
    file: &File,
) -> Result<(), Corrupt> {
    let runs = index.extents(inode.number, file)?;
    let runs = runs.map(|extent| chunks.of(inode.number, &extent?));
    let runs: Vec<_> = runs.collect::<Result<_, _>>()?;
    let count: usize = runs.iter().map(|run| run.len()).sum();
    root.file(metadata, file.executable, file.len, count as u32);
    for chunk in runs.into_iter().flatten() {
        root.chunk(&chunk.digest);
    }
    Ok(())
}
