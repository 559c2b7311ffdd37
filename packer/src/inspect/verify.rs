//! Is an image whole? Every rule, checksum and digest, and the files that each
//! damage touches.

use super::accounting::files_in_blocks;
use super::contents::Contents;
use wasi_vfs_format::check::{self, MAX_REPORTED};
use wasi_vfs_format::digest::Digest;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::{Codec, Corrupt, InodeNumber};

/// What was found out about an image.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verification {
    /// What is damaged, the worst first.
    pub findings: Vec<Finding>,
    /// Whether there is more than `findings` says.
    pub has_more: bool,
    /// What could not be checked, and why.
    pub unchecked: Vec<(&'static str, &'static str)>,
    /// The name that the image gives itself.
    pub digest: Digest,
    /// Files, directories and links.
    pub inode_count: u32,
    /// Blocks.
    pub block_count: u32,
}

/// Something damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What is wrong.
    pub what: String,
    /// The block that is damaged, of an image whose index is whole.
    block: Option<u32>,
}

impl Finding {
    /// The files that cannot be read as a whole because of it, as far as that
    /// can be told; [`ImageReader::path`] has their paths. Looks at every file, and
    /// keeps nothing: a hundred findings may touch all files of an image.
    pub fn files(&self, image: &ImageReader<'_>) -> Result<Vec<InodeNumber>, Corrupt> {
        match self.block {
            Some(block) => files_in_blocks(image, &with_those_based_on(image, block)),
            None => Ok(Vec::new()),
        }
    }
}

impl Verification {
    /// Whether nothing that was checked is damaged.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }

    fn found(&mut self, what: impl ToString, block: Option<u32>) {
        let what = what.to_string();
        let finding = Finding { what, block };
        match self.findings.len() < MAX_REPORTED {
            true => self.findings.push(finding),
            false => self.has_more = true,
        }
    }
}

/// Checks everything that can be checked.
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
            verification.found(error, None);
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
        verification.found(corrupt, None);
    }
    let damaged = check::check_blocks(&image);
    for corrupt in &damaged {
        // What breaks the rules may take long to search, and lead anywhere.
        let block = block_of(corrupt).filter(|_| is_index_whole);
        verification.found(corrupt, block);
    }
    if is_index_whole {
        verify_cold(contents, &damaged, &mut verification);
    } else {
        let why = "the index is damaged";
        verification.unchecked.push(("the digests", why));
    }
    verification
}

/// What takes the metadata section, of an image whose index is whole.
fn verify_cold(contents: &Contents<'_>, damaged: &[Corrupt], verification: &mut Verification) {
    if contents.metadata.is_none() {
        let why = "the module has no custom section `wasi_vfs`, which something has stripped";
        verification.unchecked.push(("the digests", why));
        verification.unchecked.push(("the manifest", why));
        return;
    }
    let image = match contents.reader() {
        Ok(image) => image,
        Err(error) => return verification.found(error, None),
    };
    for corrupt in check::verify(&image).unwrap_or_default() {
        if !damaged.contains(&corrupt) {
            let block = block_of(&corrupt);
            verification.found(corrupt, block);
        }
    }
    if let Some(Err(corrupt)) = image.metadata().map(|metadata| metadata.manifest()) {
        verification.found(corrupt, None);
    }
}

fn block_of(corrupt: &Corrupt) -> Option<u32> {
    match *corrupt {
        Corrupt::Block { block } | Corrupt::BlockChecksum { block } => Some(block),
        Corrupt::BlockData { block, .. } => Some(block),
        _ => None,
    }
}

/// A block, and all that are compressed against it.
fn with_those_based_on(image: &ImageReader<'_>, block: u32) -> Vec<u32> {
    let index = image.index();
    let is_based = |number: &u32| {
        let other = index.block(*number);
        block == 0 && other.is_ok_and(|other| other.codec == Codec::Based)
    };
    let based = (0..index.block_count()).filter(is_based);
    core::iter::once(block).chain(based).collect()
}
