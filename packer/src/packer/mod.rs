//! The library's front door: directories and a module in, a packed module out.
//!
//! Strings the steps together (walk, join, write, embed) and owns none of
//! them.

mod error;
mod images;
mod inputs;
mod outcome;
mod storage;
mod stored;
#[cfg(test)]
mod tests;

pub use error::PackError;
pub use outcome::{Packed, PackedImage};
pub use storage::DEFAULT_LEVEL;

use crate::module::{MemoryKind, Target};
use crate::tree::combine::Overlap;
use crate::tree::lint;
use crate::tree::mounted::MountedTree;
use crate::tree::selection::{Selection, ranks};
use crate::tree::source::Mtime;
use crate::warning::Warning;
use images::{Images, contents_of};
use inputs::{InputKind, InputTree, Inputs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{Asked, Compression};
use stored::Stored;
use wasi_vfs_format::tree::Tree;
use wasi_vfs_format::writer::{self, Options, Progress};

/// The longest module that the WebAssembly JavaScript interface allows.
const MAX_LEN_IN_BROWSERS: usize = 1 << 30;

/// Packs directories into a module.
///
/// ```
/// use wasi_vfs::Packer;
///
/// // As `std::fs::read("app.wasm")?` gives it.
/// # let app = wat::parse_str(r#"(module
/// #     (import "wasi_snapshot_preview1" "path_open"
/// #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
/// #     (memory (export "memory") 1))"#)?;
/// let packed = Packer::new(app)
///     .map_dir("src", "/usr/src")
///     .map_dir("tests", "/usr/src/tests")
///     .exclude("golden/")
///     .compress(19)
///     .pack()?;
/// assert!(packed.statistics.file_count > 20);
/// assert!(packed.statistics.stored_len < packed.statistics.file_len / 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// All mappings together form one tree: `/usr` and `/usr/local` mapped apart
/// list as one. A mapping owns its directory: of two nested ones the deeper
/// one hides what the shallower one brings at the same place, whatever the
/// order. A mapping replaces the directory that an earlier pack put at the same guest
/// path of the module. Two mappings of one guest path are an error.
///
/// The result depends on the module, the directories and the options alone:
/// packing twice gives the same bytes.
#[derive(Clone, Debug)]
#[must_use = "nothing happens until `pack` is called"]
pub struct Packer {
    module: Option<Arc<Vec<u8>>>,
    images: Vec<Arc<Vec<u8>>>,
    inputs: Inputs,
    compression: Option<Compression>,
    block_len: Option<u32>,
    order: Vec<String>,
    only: Option<Vec<String>>,
    memory: Option<MemoryKind>,
    no_size_limit: bool,
}

impl Packer {
    /// Starts with a finished preview 1 module. A module that is packed already
    /// keeps its directories, its compression level, block size and kind of memory,
    /// unless methods of this packer replace them.
    pub fn new(module: impl Into<Vec<u8>>) -> Self {
        Self {
            module: Some(Arc::new(module.into())),
            ..Self::without_module()
        }
    }

    /// Starts without a module, to write an [image](Packer::image) by itself.
    pub fn without_module() -> Self {
        Self {
            module: None,
            images: Vec::new(),
            inputs: Inputs::default(),
            compression: None,
            block_len: None,
            order: Vec::new(),
            only: None,
            memory: None,
            no_size_limit: false,
        }
    }

    /// Adds all that is in `image`, an image by itself or a packed module, at
    /// the guest paths that it has there.
    ///
    /// If it is all there is to pack, and neither compression, block size, order nor
    /// choice is asked for, it is embedded as it is, to the byte. Else its files are
    /// stored anew, as the options say.
    ///
    /// ```
    /// use wasi_vfs::Packer;
    ///
    /// # let one = wat::parse_str(r#"(module
    /// #     (import "wasi_snapshot_preview1" "path_open"
    /// #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    /// #     (memory (export "memory") 1))"#)?;
    /// # let two = one.clone();
    /// let image = Packer::without_module().map_dir("src", "/usr/src").compress(3).image()?;
    /// for app in [one, two] {
    ///     let packed = Packer::new(app).add_image(&*image.bytes).pack()?;
    ///     assert_eq!(packed.statistics, image.statistics);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_image(mut self, image: impl Into<Vec<u8>>) -> Self {
        self.images.push(Arc::new(image.into()));
        self
    }

    /// Adds the host directory or file `host`, which the guest finds at `guest`.
    ///
    /// A file goes into the mapped directory that holds its guest path. If there is none,
    /// the directory that holds it is mapped, without other files of the host.
    pub fn map_dir(mut self, host: impl Into<PathBuf>, guest: impl AsRef<Path>) -> Self {
        let guest = guest.as_ref().to_owned();
        self.inputs
            .mappings
            .push((InputKind::Host, host.into(), guest));
        self
    }

    /// Adds the content of the tar archive `archive`, which the guest finds at `guest`.
    /// The archive may be compressed with gzip or zstd.
    ///
    /// Patterns of [`Packer::exclude`] apply to its entries. Whiteouts of container image
    /// layers, devices and entries that leave the archive are errors.
    pub fn map_tar(mut self, archive: impl Into<PathBuf>, guest: impl AsRef<Path>) -> Self {
        let guest = guest.as_ref().to_owned();
        self.inputs
            .mappings
            .push((InputKind::Archive, archive.into(), guest));
        self
    }

    /// Whether inputs with the same or nested guest paths form a union: at one path,
    /// the file of the later input hides that of the earlier one. Of nested inputs the
    /// inner one is the later. [`Packed::hidden_count`] counts the hidden files. By
    /// default, the same guest path twice is an error, and inner directories hide the
    /// whole content of outer ones.
    ///
    /// A union includes added images and the directories of a packed module.
    pub fn union(mut self, union: bool) -> Self {
        self.inputs.overlap = match union {
            true => Overlap::Union,
            false => Overlap::Hide,
        };
        self
    }

    /// Whether links that leave their mapped directory are replaced by the files and
    /// directories that they lead to. Absolute links leave it, because their targets are
    /// guest paths. By default, all links are kept.
    pub fn dereference(mut self, dereference: bool) -> Self {
        self.inputs.dereference = dereference;
        self
    }

    /// Chooses the modification times of mapped directories, files and archives.
    pub fn mtime(mut self, mtime: Mtime) -> Self {
        self.inputs.mtime = mtime;
        self
    }

    /// Excludes matching guest paths from the mapped directories. [`Exclude`] describes
    /// the patterns. Without a mapped directory they are an error.
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        self.inputs.patterns.push(pattern.into());
        self
    }

    /// Whether `.gitignore` files in mapped directories exclude their matches, and `.git`
    /// is excluded. By default, they do not. Patterns of [`Packer::exclude`] come first,
    /// so `!name` takes back what such a file excludes.
    pub fn gitignore(mut self, gitignore: bool) -> Self {
        self.inputs.gitignore = gitignore;
        self
    }

    /// Names a file that this pack reads or writes, such as the file of the module
    /// or of an earlier result. If a mapped directory holds it, by any name,
    /// [`Warning::OwnFiles`] reports it.
    pub fn own_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs.own_files.push(path.into());
        self
    }

    /// Compresses with zstd at `level`, from 1 to 22. By default, the level of the
    /// image in the module is kept, else that of the first added image. Without
    /// images, the content is stored uncompressed.
    pub fn compress(mut self, level: i32) -> Self {
        self.compression = Some(Compression::Level(level));
        self
    }

    /// Stores the content uncompressed, also if the module or an added image was
    /// compressed.
    pub fn no_compression(mut self) -> Self {
        self.compression = Some(Compression::None);
        self
    }

    /// Sets the size of a block in bytes, a power of two. Larger blocks
    /// compress better and make the first read of a byte slower. By default, the
    /// block size of the image in the module is kept, else that of the first added
    /// image. Without images, it is 128 KiB.
    pub fn block_len(mut self, len: u32) -> Self {
        self.block_len = Some(len);
        self
    }

    /// Says where the memory of a merged runtime is to be. Without this call, a
    /// module that is packed already keeps its kind, and any other gets the
    /// default, [`MemoryKind::Separate`].
    pub fn memory(mut self, memory: MemoryKind) -> Self {
        self.memory = Some(memory);
        self
    }

    /// Takes files of any length out of images, one in the module included.
    /// Otherwise they may have 1 GiB, or a thousand bytes for each of their image:
    /// of a few bytes an image can make terabytes.
    pub fn no_size_limit(mut self, no_size_limit: bool) -> Self {
        self.no_size_limit = no_size_limit;
        self
    }

    /// Stores the contents of the files at `paths` first, together and in this
    /// order, and all others after them. The files that a program reads when it starts
    /// then lie in few blocks. The paths are as those of [`Packer::only`].
    pub fn order_by<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.order.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Keeps the files, links and directories at `paths`, the links and directories on
    /// the way, and the mapped directories. Drops all others.
    ///
    /// Each path is a guest path or a [`Pattern`](crate::Pattern). Links are followed. A
    /// directory is kept with its content, unless its path ends with `/.`. Paths that
    /// are not in the tree are reported as [`Warning::Missing`].
    pub fn only<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        let only = self.only.get_or_insert_default();
        only.extend(paths.into_iter().map(Into::into));
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
        let module = self.module.as_ref().ok_or(PackError::NoModule)?;
        // What can be refused is refused before the work, which may be long.
        self.asked()?;
        self.inputs.mapped()?;
        let target = Target::new(module, self.memory)?;
        let mut image = self.store(progress)?;
        let embedded = image.embed(target)?;
        let mut warnings = embedded.warnings;
        warnings.append(&mut image.warnings);
        if embedded.module.len() > MAX_LEN_IN_BROWSERS {
            warnings.push(Warning::TooLongForBrowsers);
        }
        Ok(Packed {
            module: embedded.module,
            form: embedded.form,
            statistics: image.manifest.statistics,
            left_out: image.manifest.left_out,
            hidden_count: image.hidden_count,
            warnings,
        })
    }

    /// Writes the image alone, without a module.
    ///
    /// ```
    /// use wasi_vfs::{Contents, Packer};
    ///
    /// let image = Packer::without_module().map_dir("src", "/src").image()?;
    /// let contents = Contents::find(&image.bytes)?;
    /// assert!(contents.reader()?.resolve("/src/lib.rs", true).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Packer::pack`].
    pub fn image(&self) -> Result<PackedImage, PackError> {
        self.image_with_progress(&())
    }

    /// Writes the image alone, and tells `progress` how far it is.
    ///
    /// # Errors
    ///
    /// As [`Packer::pack`].
    pub fn image_with_progress(&self, progress: &dyn Progress) -> Result<PackedImage, PackError> {
        let Stored {
            index,
            payload,
            metadata,
            manifest,
            hidden_count,
            warnings,
        } = self.store(progress)?;
        // Around the payload, of which there is no copy.
        let mut bytes = payload;
        bytes.reserve_exact(index.len() + metadata.len());
        bytes.splice(..0, index);
        bytes.extend(metadata);
        Ok(PackedImage {
            bytes,
            statistics: manifest.statistics,
            left_out: manifest.left_out,
            hidden_count,
            warnings,
        })
    }

    fn store(&self, progress: &dyn Progress) -> Result<Stored, PackError> {
        let asked = self.asked()?;
        let mapped = self.inputs.mapped()?;
        let exclude = self.inputs.exclude()?;
        let mut images = Images::in_module(self.module.as_ref(), self.no_size_limit)?;
        if let Some(image) = self.as_it_is(&images.parts)? {
            return Ok(image);
        }
        images.add(&self.images)?;
        let InputTree {
            mut tree,
            origins,
            storage,
            hidden_count,
            is_compressed,
            mut warnings,
        } = self.inputs.read(images, &mapped, &exclude)?;
        let mut options = storage.unwrap_or_default().options(asked);
        if is_compressed && options.compression.is_none() && asked.compression.is_none() {
            warnings.push(Warning::Decompressed);
        }
        warnings.extend(self.select(&mut tree, &mut options)?);
        warnings.extend(lint::inspect(&tree, &origins));
        let image = writer::write(&tree, &options, progress)?;
        if self.only.is_some() && image.manifest.statistics.file_count == 0 {
            warnings.push(Warning::NoFileKept);
        }
        Ok(Stored {
            index: image.index,
            payload: image.payload,
            metadata: image.metadata,
            manifest: image.manifest,
            hidden_count,
            warnings,
        })
    }

    /// Removes from the tree everything that the lists do not keep, and puts it in
    /// order.
    fn select(&self, tree: &mut Tree, options: &mut Options) -> Result<Option<Warning>, PackError> {
        let mut missing = self.prune(tree, options)?;
        let order = Selection::new(tree, &self.order)?;
        missing.extend(order.missing);
        options.ranks = ranks(order.paths);
        Ok((!missing.is_empty()).then_some(Warning::Missing(missing)))
    }

    /// Takes out of the tree what is not to be kept. Gives the paths that
    /// nothing is kept for.
    fn prune(&self, tree: &mut Tree, options: &mut Options) -> Result<Vec<String>, PackError> {
        let Some(only) = &self.only else {
            return Ok(Vec::new());
        };
        let selection = Selection::new(tree, only)?;
        if selection.paths.is_empty() && !only.is_empty() {
            return Err(PackError::NothingKept {
                count: only.len(),
                example: only.first().cloned().unwrap_or_default(),
            });
        }
        options.left_out = Some(selection.apply(tree));
        Ok(selection.missing)
    }

    /// The one image that is all there is to pack, if nothing else is asked of
    /// it. An image that was stripped of its manifest is not taken as it is:
    /// nobody could say with which options it was stored.
    fn as_it_is(&self, earlier: &[MountedTree]) -> Result<Option<Stored>, PackError> {
        let is_all = earlier.is_empty() && self.inputs.mappings.is_empty();
        let as_stored = self.compression.is_none()
            && self.block_len.is_none()
            && self.order.is_empty()
            && self.only.is_none();
        match self.images.as_slice() {
            [image] if is_all && as_stored => {
                let unreadable = |source| PackError::Image { number: 1, source };
                let contents = contents_of(image).map_err(unreadable)?;
                Stored::find(&contents, self.no_size_limit)
            }
            _ => Ok(None),
        }
    }

    fn asked(&self) -> Result<Asked, PackError> {
        Asked::new(self.compression, self.block_len)
    }
}

/// Packs `mappings`, pairs of guest path and host directory, into a module,
/// uncompressed. [`Packer`] does the same and more.
///
/// ```
/// # let app = wat::parse_str(r#"(module
/// #     (import "wasi_snapshot_preview1" "path_open"
/// #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
/// #     (memory (export "memory") 1))"#)?;
/// let packed = wasi_vfs::pack(&app, vec![("/usr/src", "src")])?;
/// assert!(packed.len() > app.len());
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
