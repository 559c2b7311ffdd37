//! The strong hash that identifies content: BLAKE3.
//!
//! The digest of its bytes identifies a chunk. The root digest identifies an image: it
//! covers the metadata of the tree and the digests of the chunks, but not blocks and
//! compression.

use crate::inode::Kind;
use core::fmt;

/// Length of a digest in bytes.
pub const DIGEST_LEN: usize = 32;

/// The context of key derivation, which separates root digests from all other uses of
/// BLAKE3.
pub const ROOT_CONTEXT: &str = "wasi-vfs image format 1, root digest";

/// A BLAKE3 digest. Shown as 64 hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; DIGEST_LEN]);

impl Digest {
    /// The digest of `bytes`, which identifies a chunk.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Computes a root digest. Writer and `verify` use the same hasher, so they agree on
/// the hashed bytes.
#[derive(Debug)]
pub(crate) struct RootHasher(blake3::Hasher);

/// The fields that the root digest covers for every kind of inode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InodeFields<'a> {
    pub(crate) parent: u32,
    pub(crate) mtime_ns: i64,
    pub(crate) name: &'a [u8],
}

impl RootHasher {
    pub(crate) fn new(mount_count: u32, inode_count: u32) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(ROOT_CONTEXT);
        hasher.update(&mount_count.to_le_bytes());
        hasher.update(&inode_count.to_le_bytes());
        Self(hasher)
    }

    pub(crate) fn mount(&mut self, path: &[u8], inode: u32) {
        self.0.update(&inode.to_le_bytes());
        self.bytes(path);
    }

    pub(crate) fn directory(&mut self, fields: InodeFields<'_>, child_count: u32) {
        self.inode(fields, Kind::Directory, false, child_count.into());
    }

    pub(crate) fn symlink(&mut self, fields: InodeFields<'_>, target: &[u8]) {
        self.inode(fields, Kind::Symlink, false, target.len() as u64);
        self.0.update(target);
    }

    /// Adds a file. Call [`RootHasher::chunk`] for each of its chunks next.
    pub(crate) fn file(
        &mut self,
        fields: InodeFields<'_>,
        executable: bool,
        len: u64,
        chunks: u32,
    ) {
        self.inode(fields, Kind::File, executable, len);
        self.0.update(&chunks.to_le_bytes());
    }

    pub(crate) fn chunk(&mut self, digest: &Digest) {
        self.0.update(&digest.0);
    }

    pub(crate) fn finish(self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }

    fn inode(&mut self, fields: InodeFields<'_>, kind: Kind, executable: bool, size: u64) {
        self.0.update(&[kind as u8, executable.into()]);
        self.0.update(&fields.parent.to_le_bytes());
        self.0.update(&fields.mtime_ns.to_le_bytes());
        self.0.update(&size.to_le_bytes());
        self.bytes(fields.name);
    }

    /// Adds bytes behind their length, so two different lists of fields never hash
    /// alike.
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn digest_equals_the_blake3_test_vector() {
        assert_eq!(
            Digest::of(b"").to_string(),
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        );
    }
}
