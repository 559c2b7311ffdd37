//! The root digest of the image that is being encoded.

use crate::digest::{Digest, InodeFields, RootHasher};
use crate::encode::content::Content;
use crate::encode::layout::{Layout, Object};

/// The root digest of the image.
pub(crate) fn root_digest<S>(layout: &Layout<'_, S>, content: &Content) -> Digest {
    let (mounts, inodes) = (layout.mounts.len() as u32, layout.inodes.len() as u32);
    let mut root = RootHasher::new(mounts, inodes);
    for mount in &layout.mounts {
        root.mount(mount.path.as_bytes(), mount.inode);
    }
    for (number, entry) in (0..).zip(&layout.inodes) {
        let fields = InodeFields {
            parent: entry.parent,
            mtime_ns: entry.mtime_ns,
            name: entry.name.as_bytes(),
        };
        match entry.object {
            Object::Directory => root.directory(fields, entry.child_count),
            Object::Symlink { target } => root.symlink(fields, target.as_bytes()),
            Object::File { len, executable } => {
                let chunks = content.chunks_of(number);
                root.file(fields, executable, len, chunks.len() as u32);
                let chunks = chunks.iter().filter_map(|&chunk| content.chunk(chunk));
                chunks.for_each(|chunk| root.chunk(&chunk.digest));
            }
        }
    }
    root.finish()
}
