//! The strong digests: is this the content that the image's name stands for?

use super::{MAX_REPORTED, check};
use crate::cold::Cold;
use crate::digest::{Digest, Metadata, RootHasher};
use crate::reader::ImageReader;
use crate::{Content, Corrupt, Extent, File, Index, Inode, InodeNumber};
use rayon::prelude::*;
use std::vec::Vec;

/// Holds every chunk against its digest, and the tree against the root digest.
///
/// Gives what does not agree, at most [`MAX_REPORTED`]; `None` if the image has
/// no cold part, without which there is nothing to hold it against. An index
/// that breaks a rule of the format is not gone into: the broken rules are the
/// answer.
pub fn verify(image: &ImageReader<'_>) -> Option<Vec<Corrupt>> {
    let cold = image.cold()?;
    let mut broken = check(image.index());
    if broken.is_empty() {
        broken = verify_chunks(image, cold);
        broken.extend(verify_root(image.index(), cold).err());
        broken.truncate(MAX_REPORTED);
    }
    Some(broken)
}

fn verify_chunks(image: &ImageReader<'_>, cold: &Cold<'_>) -> Vec<Corrupt> {
    (0..image.index().chunk_count())
        .into_par_iter()
        .filter_map(|chunk| verify_chunk(image, cold, chunk).err())
        .collect()
}

fn verify_chunk(image: &ImageReader<'_>, cold: &Cold<'_>, chunk: u32) -> Result<(), Corrupt> {
    let (mut offset, end) = image.index().chunk(chunk)?;
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
    if cold.digest(chunk) == Some(Digest(*hasher.finalize().as_bytes())) {
        Ok(())
    } else {
        Err(Corrupt::ChunkDigest { chunk })
    }
}

fn verify_root(index: &Index<'_>, cold: &Cold<'_>) -> Result<(), Corrupt> {
    let mut root = RootHasher::new(index.mount_count(), index.inode_count());
    for number in 0..index.mount_count() {
        let mount = index.mount(number)?;
        root.mount(mount.path, mount.inode.0);
    }
    for number in 0..index.inode_count() {
        let inode = index.inode(InodeNumber(number))?;
        hash_inode(&mut root, index, cold, &inode)?;
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
    cold: &Cold<'_>,
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
        Content::File(file) => hash_file(root, index, cold, inode, metadata, &file)?,
    }
    Ok(())
}

fn hash_file(
    root: &mut RootHasher,
    index: &Index<'_>,
    cold: &Cold<'_>,
    inode: &Inode,
    metadata: Metadata<'_>,
    file: &File,
) -> Result<(), Corrupt> {
    let extents = index.extents(inode.number, file)?;
    root.file(metadata, file.executable, file.len, extents.len() as u32);
    for Extent { chunk, .. } in extents {
        root.chunk(&cold.digest(chunk).ok_or(Corrupt::Chunk { chunk })?);
    }
    Ok(())
}
