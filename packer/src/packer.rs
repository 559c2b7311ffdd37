//! The library's front door: directories and a module in, a packed module out.
//!
//! Strings the steps together (walk, join, write, embed) and owns none of
//! them.

use crate::join::{self, Part};
use crate::module::{self, Embedded, ModuleError};
use crate::source::{self, Exclude, ExcludeError, SourceError};
use crate::{GuestPathError, Mapping, runtime};
use std::path::{Path, PathBuf};
use thiserror::Error;
use wasi_vfs_format::limits::{DEFAULT_BLOCK_SHIFT, MAX_BLOCK_SHIFT, MIN_BLOCK_SHIFT};
use wasi_vfs_format::manifest::Statistics;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::writer::{self, Options, Progress, WriteError};

/// Compression level where compression is asked for without one: zstd's
/// highest that needs no more memory to decompress than the block itself.
pub const DEFAULT_LEVEL: i32 = 19;

/// Packs directories into a module.
///
/// ```no_run
/// use wasi_vfs::Packer;
///
/// let app = std::fs::read("app.wasm")?;
/// let packed = Packer::new(app)
///     .map_dir("./lib", "/usr/lib")
///     .map_dir("./etc", "/etc")
///     .exclude("*.pyc")
///     .compress(19)
///     .pack()?;
/// std::fs::write("packed.wasm", packed.module)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// All mappings together form one tree: `/usr` and `/usr/local` mapped apart
/// list as one. A mapping owns its directory: of two nested ones the deeper
/// one hides what the shallower one brings at the same place, whatever the
/// order. A guest directory mapped again is replaced by the later mapping,
/// which is also true for what an earlier pack put into the module.
///
/// The result depends on the module, the directories and the options alone:
/// packing twice gives the same bytes.
#[derive(Clone, Debug)]
#[must_use = "nothing happens until `pack` is called"]
pub struct Packer {
    module: Vec<u8>,
    mappings: Vec<(PathBuf, PathBuf)>,
    patterns: Vec<String>,
    level: Option<i32>,
    block_len: u32,
}

/// What [`Packer::pack`] gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Packed {
    /// The packed module.
    pub module: Vec<u8>,
    /// How the runtime was bound to the application.
    pub form: module::Form,
    /// Names of the custom sections that could not be kept.
    pub dropped: Vec<String>,
    /// What the image holds.
    pub statistics: Statistics,
}

/// Why a module could not be packed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackError {
    /// A guest path is none.
    #[error(transparent)]
    Guest(#[from] GuestPathError),
    /// A pattern of [`Packer::exclude`] is none.
    #[error(transparent)]
    Exclude(#[from] ExcludeError),
    /// Something in a host directory cannot be packed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No directory is mapped, and the module holds no image either.
    #[error(
        "nothing to pack: no directory is mapped and the module holds no image; map one with --dir HOST::GUEST"
    )]
    Nothing,
    /// The block size is impossible.
    #[error(
        "a block cannot have {len} bytes; expected a power of two from {} to {}",
        1_u32 << MIN_BLOCK_SHIFT,
        1_u32 << MAX_BLOCK_SHIFT
    )]
    BlockLen {
        /// The size that was asked for.
        len: u32,
    },
    /// The image that an earlier pack put into the module cannot be read.
    #[error("cannot read the image that is already in the module; pack the original module again")]
    Earlier(#[source] wasi_vfs_format::Error),
    /// The image cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The module cannot take an image.
    #[error(transparent)]
    Module(#[from] ModuleError),
}

impl Packer {
    /// Starts with a finished preview 1 module. One that is packed already
    /// keeps what it holds, joined with what is mapped here.
    pub fn new(module: impl Into<Vec<u8>>) -> Self {
        Self {
            module: module.into(),
            mappings: Vec::new(),
            patterns: Vec::new(),
            level: None,
            block_len: 1 << DEFAULT_BLOCK_SHIFT,
        }
    }

    /// Adds the host directory `host`, which the guest finds at `guest`.
    pub fn map_dir(mut self, host: impl Into<PathBuf>, guest: impl AsRef<Path>) -> Self {
        self.mappings.push((host.into(), guest.as_ref().to_owned()));
        self
    }

    /// Leaves out what matches `pattern`, in every mapped directory. Patterns
    /// read as in a `.gitignore`; see [`Exclude`].
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        self.patterns.push(pattern.into());
        self
    }

    /// Compresses with zstd at `level`, from 1 to 22. Without this call the
    /// content is stored as it is.
    pub fn compress(mut self, level: i32) -> Self {
        self.level = Some(level);
        self
    }

    /// Sets the size of a block in bytes, a power of two. Larger blocks
    /// compress better and make the first read of a byte slower. The default
    /// is 128 KiB.
    pub fn block_len(mut self, len: u32) -> Self {
        self.block_len = len;
        self
    }

    /// Packs.
    ///
    /// # Errors
    ///
    /// Anything that cannot be packed as it is ends it, with the path named:
    /// nothing is left out that was not excluded. See [`PackError`].
    pub fn pack(&self) -> Result<Packed, PackError> {
        self.pack_with_progress(&())
    }

    /// Packs, and tells `progress` how far it is.
    ///
    /// # Errors
    ///
    /// As [`Packer::pack`].
    pub fn pack_with_progress(&self, progress: &dyn Progress) -> Result<Packed, PackError> {
        let options = self.options()?;
        let mappings = self.mappings()?;
        // What can be refused is refused before the work, which may be long.
        module::form(&self.module)?;
        let mut parts = self.earlier()?;
        parts.extend(self.mapped(&mappings)?);
        if parts.is_empty() {
            return Err(PackError::Nothing);
        }
        let image = writer::write(&join::join(parts), &options, progress)?;
        let statistics = image.manifest.statistics;
        let embedded = self.embed(&image)?;
        Ok(Packed {
            module: embedded.module,
            form: embedded.form,
            dropped: embedded.dropped,
            statistics,
        })
    }

    fn options(&self) -> Result<Options, PackError> {
        let len = self.block_len;
        let block_shift = len.checked_ilog2().unwrap_or_default();
        let possible = MIN_BLOCK_SHIFT..=MAX_BLOCK_SHIFT;
        if !len.is_power_of_two() || !possible.contains(&block_shift) {
            return Err(PackError::BlockLen { len });
        }
        Ok(Options {
            compression: self.level,
            block_shift,
            ..Options::default()
        })
    }

    /// What an earlier pack put into the module.
    fn earlier(&self) -> Result<Vec<Part>, PackError> {
        let Some(found) = module::find(&self.module)? else {
            return Ok(Vec::new());
        };
        let cold = found.cold.as_deref();
        let image = ImageReader::new(&found.index, &found.payload, cold);
        let tree = image.and_then(|image| image.to_tree());
        tree.map(join::take_apart).map_err(PackError::Earlier)
    }

    fn mappings(&self) -> Result<Vec<Mapping>, GuestPathError> {
        let mappings = self.mappings.iter();
        mappings
            .map(|(host, guest)| Mapping::new(host, guest))
            .collect()
    }

    fn mapped(&self, mappings: &[Mapping]) -> Result<Vec<Part>, PackError> {
        let exclude = Exclude::new(&self.patterns)?;
        let parts = mappings.iter().map(|Mapping { host, guest }| {
            let directory = source::read_directory(host, guest, &exclude)?;
            Ok(Part::new(guest, directory))
        });
        parts.collect()
    }

    fn embed(&self, image: &wasi_vfs_format::Image) -> Result<Embedded, ModuleError> {
        let parts = module::Parts {
            index: &image.index,
            index_level: image.manifest.compression,
            payload: &image.payload,
            cold: &image.cold,
        };
        module::embed(&self.module, &parts, runtime::MERGED, runtime::VERSION)
    }
}

/// Packs `mappings`, pairs of guest path and host directory, into a module,
/// uncompressed. [`Packer`] does the same and more.
///
/// ```no_run
/// let app = std::fs::read("app.wasm")?;
/// let packed = wasi_vfs::pack(&app, vec![("/usr/lib", "./lib")])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As [`Packer::pack`].
pub fn pack<G, H>(module: &[u8], mappings: Vec<(G, H)>) -> Result<Vec<u8>, PackError>
where
    G: AsRef<Path>,
    H: AsRef<Path>,
{
    let packer = mappings
        .into_iter()
        .fold(Packer::new(module), |packer, (guest, host)| {
            packer.map_dir(host.as_ref(), guest)
        });
    Ok(packer.pack()?.module)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module that could take an image; nothing here gets so far.
    fn module() -> Vec<u8> {
        wat::parse_str(
            r#"(module
                (import "wasi_snapshot_preview1" "path_open"
                    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
                (memory (export "memory") 1))"#,
        )
        .unwrap()
    }

    #[test]
    fn without_mappings_there_is_nothing_to_pack() {
        let error = Packer::new(module()).pack().unwrap_err();
        assert!(matches!(error, PackError::Nothing), "{error}");
    }

    #[test]
    fn blocks_are_powers_of_two_within_the_bounds() {
        for len in [0, 1, 2048, 5000, 1 << 21, u32::MAX] {
            let error = Packer::new(module()).block_len(len).pack().unwrap_err();
            assert!(matches!(error, PackError::BlockLen { len: l } if l == len));
        }
        for shift in MIN_BLOCK_SHIFT..=MAX_BLOCK_SHIFT {
            let packer = Packer::new(module()).block_len(1 << shift);
            assert_eq!(packer.options().unwrap().block_shift, shift);
        }
    }

    #[test]
    fn guest_paths_are_looked_at_before_host_directories() {
        let packer = Packer::new(module())
            .map_dir("does/not/exist", "/a")
            .map_dir("does/not/exist", "/../b");
        let error = packer.pack().unwrap_err();
        assert!(matches!(error, PackError::Guest(_)), "{error}");
    }

    #[test]
    fn the_short_form_names_the_guest_first() {
        let error = pack(&module(), vec![("/lib", "does/not/exist")]).unwrap_err();
        let text = "directory `does/not/exist` does not exist";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn bytes_that_are_no_module_are_refused() {
        let error = Packer::new(*b"text").map_dir(".", "/").pack().unwrap_err();
        assert!(matches!(error, PackError::Module(_)), "{error}");
    }
}
