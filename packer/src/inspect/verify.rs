//! Checks every rule, checksum and digest of an image, and lists the damaged files.
//!
//! The checks go from the index to the blocks to the digests. A damaged index ends them,
//! because a block may then belong to any file. For example, a flipped bit in block 3 is a
//! finding, and [`Finding::files`] returns the files with bytes in block 3.

use super::accounting::files_in_blocks;
use super::contents::Contents;
use wasi_vfs_format::check::{self, MAX_REPORTED};
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::{BlockNumber, Corrupt, Index, InodeNumber};

/// The result of [`verify`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verification {
    /// The damaged parts, the worst first.
    pub findings: Vec<Finding>,
    /// Whether there are more findings than listed.
    pub has_more: bool,
    /// The parts that could not be checked, with the reasons.
    pub unchecked: Vec<(&'static str, &'static str)>,
    /// The digest of the image in its superblock.
    pub digest: Digest,
    /// Files, directories and links.
    pub inode_count: u32,
    /// Stored blocks.
    pub block_count: u32,
}

/// A damaged part.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// A description of the damage.
    pub what: String,
    /// The damaged block, if the index is undamaged.
    block: Option<u32>,
}

impl Finding {
    /// The files that this damage makes unreadable, if they are known.
    /// [`ImageReader::path`] returns their paths. Visits all files at each call, because a
    /// hundred findings may concern all files of an image.
    pub fn files(&self, image: &ImageReader<'_>) -> Result<Vec<InodeNumber>, Corrupt> {
        match self.block {
            Some(block) => files_in_blocks(image, &with_dependent_blocks(image, block)),
            None => Ok(Vec::new()),
        }
    }
}

impl Verification {
    /// Whether no checked part is damaged.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }

    fn add(&mut self, what: impl ToString, block: Option<u32>) {
        let what = what.to_string();
        let finding = Finding { what, block };
        match self.findings.len() < MAX_REPORTED {
            true => self.findings.push(finding),
            false => self.has_more = true,
        }
    }
}

/// Checks the whole image.
///
/// ```
/// use wasi_vfs::{Contents, verify};
///
/// # let app = wat::parse_str(r#"(module
/// #     (import "wasi_snapshot_preview1" "path_open"
/// #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
/// #     (memory (export "memory") 1))"#)?;
/// # let packed = wasi_vfs::Packer::new(app).map_dir("src", "/usr/lib").pack()?.module;
/// let verification = verify(&Contents::find(&packed)?);
/// assert!(verification.is_whole(), "{:?}", verification.findings);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify(contents: &Contents<'_>) -> Verification {
    let mut verification = Verification::default();
    let image = match ImageReader::new_unverified(&contents.index, &contents.payload) {
        Ok(image) => image,
        Err(error) => {
            verification.add(error, None);
            return verification;
        }
    };
    let index = image.index();
    verification.digest = Digest(index.superblock().digest);
    verification.inode_count = index.inode_count();
    verification.block_count = index.block_count();
    let broken = check::check(index);
    let is_index_whole = broken.is_empty();
    for corrupt in broken {
        verification.add(corrupt, None);
    }
    let damaged = check::check_blocks(&image);
    for corrupt in &damaged {
        // A search in an index that breaks the rules may take long.
        let block = block_of(corrupt).filter(|_| is_index_whole);
        verification.add(corrupt, block);
    }
    if is_index_whole {
        verify_metadata(contents, damaged.is_empty(), &mut verification);
    } else {
        let why = "the index is damaged";
        verification.unchecked.push(("the digests", why));
    }
    verification
}

/// Checks the manifest, and the digests if all blocks are undamaged. Requires an undamaged
/// index.
fn verify_metadata(
    contents: &Contents<'_>,
    are_blocks_whole: bool,
    verification: &mut Verification,
) {
    let is_changes = Index::parse(&contents.index).map(|index| index.superblock().is_changes());
    if is_changes == Ok(true) {
        let why = "an image of changes has none";
        verification.unchecked.push(("the digests", why));
        return;
    }
    if contents.metadata.is_none() {
        let why = "the module has no custom section `wasi_vfs`, which something has stripped";
        verification.unchecked.push(("the digests", why));
        verification.unchecked.push(("the manifest", why));
        return;
    }
    let image = match contents.reader() {
        Ok(image) => image,
        Err(error) => return verification.add(error, None),
    };
    if are_blocks_whole && let Some(Err(corrupt)) = check::verify_digests(&image) {
        let block = block_of(&corrupt);
        verification.add(corrupt, block);
    }
    if let Some(Err(corrupt)) = image.metadata().map(|metadata| metadata.manifest()) {
        verification.add(corrupt, None);
    }
}

fn block_of(corrupt: &Corrupt) -> Option<u32> {
    match *corrupt {
        Corrupt::Block { block } | Corrupt::BlockChecksum { block } => Some(block),
        Corrupt::BlockData { block, .. } => Some(block),
        _ => None,
    }
}

/// A block and all blocks whose compression depends on it.
fn with_dependent_blocks(image: &ImageReader<'_>, block: u32) -> Vec<u32> {
    let index = image.index();
    let is_based = |number: &u32| {
        let other = index.block(*number);
        other.is_ok_and(|other| other.base == Some(BlockNumber(block)))
    };
    let based = (0..index.block_count()).filter(is_based);
    core::iter::once(block).chain(based).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Packer;
    use crate::testing::NotedFile;
    use rayon::ThreadPoolBuilder;
    use std::sync::Arc;
    use wasi_vfs_format::testing::Random;
    use wasi_vfs_format::{Places, ReadAt};

    /// Once for the checksums of the blocks, and once for the digests of the chunks.
    #[test]
    fn blocks_are_read_at_most_twice() {
        let directory = tempfile::tempdir().unwrap();
        // Longer than the cache of the reader.
        let noise = Random::new(1).bytes(12 << 20);
        std::fs::write(directory.path().join("noise"), noise).unwrap();
        let packer = Packer::without_module().map_dir(directory.path(), "/noise");
        let bytes = packer.image().unwrap().bytes;
        let payload = Places::of(&bytes, bytes.len() as u64).unwrap().payload;
        let file = NotedFile::new(bytes);
        let source: Arc<dyn ReadAt> = file.clone();
        let contents = Contents::read(&source).unwrap();
        // Several threads may read the same block at the same time.
        let alone = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert!(alone.install(|| verify(&contents)).is_whole());
        let (read, len) = (file.len_read_in(&payload), payload.end - payload.start);
        assert!(read <= 2 * len, "{read} of {len} bytes");
    }
}
