//! Packs directories into a module, or writes them as an image.
//!
//! [`Packer`] holds the choices of the caller. A pack reads the inputs into one tree
//! (`inputs`, `images`), selects files, warns about the tree, writes the image, and embeds
//! it (`stored`). For example, `Packer::new(app).map_dir("lib", "/usr/lib").pack()` reads
//! `lib`, combines it with the directories of an earlier pack in `app`, and embeds the
//! new image. A single added image without other choices is embedded unchanged.

mod error;
mod images;
mod inputs;
mod lists;
mod outcome;
mod outer;
mod storage;
mod stored;
mod target;
#[cfg(test)]
mod tests;
mod writable;

pub use error::PackError;
pub use outcome::{Packed, PackedImage};
pub use storage::DEFAULT_LEVEL;
pub use writable::{DEFAULT_WRITABLE_LIMIT, WRITABLE_LIMITS};

use crate::init::{Init, InitError};
use crate::module::{Embedded, MemoryKind};
use crate::state::{self, Limits};
use crate::tree::combine::Overlap;
use crate::tree::lint;
use crate::tree::source::Mtime;
use crate::warning::Warning;
use images::{Images, contents_of};
use inputs::{InputKind, InputTree, Inputs};
use lists::Lists;
use outer::Outer;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{Compression, StorageChoice};
use stored::Stored;
pub(crate) use target::Target;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::writer::{self, Progress};
use writable::{WritableChoice, WritablePaths};

/// Packs directories into a module.
///
/// ```
/// use wasi_vfs::Packer;
///
/// // Usually `std::fs::read("app.wasm")?`.
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
/// All mappings form one tree: a program that lists `/usr` also sees `/usr/local`, if both
/// are mapped. If guest directories are nested, the inner one wins, whatever the order. A
/// mapping replaces the directory with the same guest path in a packed module. Two
/// mappings of one guest path are an error.
///
/// The output depends only on the module, the directories and the options: packing twice
/// writes the same bytes.
#[derive(Clone, Debug)]
#[must_use = "nothing happens until `pack` is called"]
pub struct Packer {
    module: Option<Arc<Vec<u8>>>,
    images: Vec<Arc<Vec<u8>>>,
    inputs: Inputs,
    compression: Option<Compression>,
    block_len: Option<u32>,
    lists: Lists,
    memory: Option<MemoryKind>,
    writable: WritableChoice,
    no_size_limit: bool,
    allow_escape: bool,
    no_host_files: bool,
    init: Option<Init>,
    init_limit: Limits,
}

impl Packer {
    /// Starts with a finished preview 1 module, or with a component that the adapter from
    /// preview 1 made. A packed module keeps its directories, compression level, block size,
    /// kind of memory, writable directories and their limit, unless methods of this packer
    /// replace them.
    pub fn new(module: impl Into<Vec<u8>>) -> Self {
        Self {
            module: Some(Arc::new(module.into())),
            ..Self::without_module()
        }
    }

    /// Starts without a module, to write an [image](Packer::image).
    pub fn without_module() -> Self {
        Self {
            module: None,
            images: Vec::new(),
            inputs: Inputs::default(),
            compression: None,
            block_len: None,
            lists: Lists::default(),
            memory: None,
            writable: WritableChoice::default(),
            no_size_limit: false,
            allow_escape: false,
            no_host_files: false,
            init: None,
            init_limit: Limits::default(),
        }
    }

    /// Adds the files of `image`, an image or a packed module, at the same guest paths.
    ///
    /// An image of changes, which a writable module saves, changes the files of the image
    /// before it. That is the last added image, or else the image in the module.
    ///
    /// A single image is embedded unchanged if nothing else is packed and no method chose
    /// compression, block size, order or selection. Otherwise its files are stored again
    /// with the chosen options.
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

    /// Maps the host directory or file `host` to the guest path `guest`.
    ///
    /// A file goes into the mounted directory that contains its guest path. If no mounted
    /// directory contains it, its parent directory becomes a mount with this file only.
    pub fn map_dir(mut self, host: impl Into<PathBuf>, guest: impl AsRef<Path>) -> Self {
        let guest = guest.as_ref().to_owned();
        self.inputs
            .mappings
            .push((InputKind::Host, host.into(), guest));
        self
    }

    /// Maps the content of the tar archive `archive` to the guest path `guest`. The archive
    /// may be compressed with gzip or zstd.
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

    /// Unites inputs with the same or nested guest paths. At one path, the file of the
    /// later input hides the earlier file. Of nested inputs, the inner one is the later.
    /// [`Packed::hidden_count`] counts the hidden files. A union includes added images and
    /// the directories of a packed module.
    ///
    /// By default, equal guest paths are an error, and an inner directory hides the whole
    /// content of the outer one.
    pub fn union(mut self, union: bool) -> Self {
        self.inputs.overlap = match union {
            true => Overlap::Union,
            false => Overlap::Hide,
        };
        self
    }

    /// Replaces links that leave their mapped directory by their targets. Absolute links
    /// leave it, because their targets are guest paths. By default, all links are kept.
    pub fn dereference(mut self, dereference: bool) -> Self {
        self.inputs.dereference = dereference;
        self
    }

    /// Chooses the modification times of mapped directories, files and archives.
    pub fn mtime(mut self, mtime: Mtime) -> Self {
        self.inputs.mtime = mtime;
        self
    }

    /// Excludes matching guest paths from the mapped directories.
    /// [`Exclude`](crate::Exclude) describes the patterns. Patterns without a mapped
    /// directory are an error.
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        self.inputs.patterns.push(pattern.into());
        self
    }

    /// Excludes `.git`, and files by the `.gitignore` files in mapped directories. By
    /// default, these files exclude nothing. Patterns of [`Packer::exclude`] come first,
    /// so `!name` includes a path that such a file excludes.
    pub fn gitignore(mut self, gitignore: bool) -> Self {
        self.inputs.gitignore = gitignore;
        self
    }

    /// Names a file that this pack reads or writes, such as the module or an earlier
    /// output. If a mapped directory contains the file under any name,
    /// [`Warning::OwnFiles`] reports it.
    pub fn own_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs.own_files.push(path.into());
        self
    }

    /// Compresses with zstd at `level`, from 1 to 22. By default, the level is that of the
    /// image in the module, else that of the first added image. Without images, files are
    /// stored uncompressed.
    pub fn compress(mut self, level: i32) -> Self {
        self.compression = Some(Compression::Level(level));
        self
    }

    /// Stores all files uncompressed, also those of compressed images.
    pub fn no_compression(mut self) -> Self {
        self.compression = Some(Compression::None);
        self
    }

    /// Sets the length of a block in bytes, a power of two. Larger blocks compress better
    /// and make the first read of a byte slower. By default, the length is that of the
    /// image in the module, else that of the first added image. Without images, it is
    /// 128 KiB.
    pub fn block_len(mut self, len: u32) -> Self {
        self.block_len = Some(len);
        self
    }

    /// Chooses the memory of a merged runtime. By default, a packed module keeps its kind,
    /// and any other module gets [`MemoryKind::Separate`].
    pub fn memory(mut self, memory: MemoryKind) -> Self {
        self.memory = Some(memory);
        self
    }

    /// Lets the program change everything at and below the directory `guest`, in memory. The
    /// changes end with the instance. All other packed directories stay read-only.
    ///
    /// Creates missing directories. If no mapped directory holds `guest`, it becomes a
    /// preopened directory. A link is followed, and its target becomes writable.
    ///
    /// By default, a packed module keeps its writable directories. The first call replaces
    /// them, and each further call adds one.
    ///
    /// A file at `guest` is an error, and so is an image without a module.
    pub fn writable(mut self, guest: impl AsRef<Path>) -> Self {
        let directories = self.writable.directories.get_or_insert_default();
        directories.push(guest.as_ref().to_owned());
        self
    }

    /// Makes all packed directories read-only, also those that a packed module lets its
    /// program change.
    pub fn no_writable(mut self) -> Self {
        self.writable.directories = Some(Vec::new());
        self
    }

    /// Sets the bytes that all changes together may take in memory, one of
    /// [`WRITABLE_LIMITS`]. If they would take more, a call fails with `NOSPC`. By default, the limit is that of the
    /// packed module, else [`DEFAULT_WRITABLE_LIMIT`].
    ///
    /// A limit without any [writable](Self::writable) directory is an error.
    pub fn writable_limit(mut self, len: u64) -> Self {
        self.writable.limit_len = Some(len);
        self
    }

    /// Disables the size limit against decompression bombs. By default, an image may
    /// expand to 1 GiB or 1000 times its length, whichever is larger.
    pub fn no_size_limit(mut self, no_size_limit: bool) -> Self {
        self.no_size_limit = no_size_limit;
        self
    }

    /// Packs a component even if one of its functions could pass a descriptor or stream of
    /// a packed file to the host or to a caller. Only functions of `wasi:filesystem` and
    /// `wasi:io` accept these handles, and any other function traps on them. By default,
    /// such a component is an error. With this, it is a [`Warning::Escapes`].
    pub fn allow_escape(mut self, allow_escape: bool) -> Self {
        self.allow_escape = allow_escape;
        self
    }

    /// Removes the import of `wasi:filesystem` from a packed component, for hosts without a
    /// file system. The program then has no host directories. The other imports and the
    /// exports stay. A component that was packed so keeps this choice, also with `false`.
    ///
    /// A core module is an error. So is a component with another import or an export that
    /// uses a resource of `wasi:filesystem`.
    pub fn no_host_files(mut self, no_host_files: bool) -> Self {
        self.no_host_files = no_host_files;
        self
    }

    /// Starts the program with these calls after packing. The packed module keeps the memory
    /// and the globals that the calls leave, so that later instances continue there.
    ///
    /// The program runs in an interpreter with its packed files, a fixed time and an empty
    /// environment, so packing twice still writes the same bytes. A component and a command,
    /// which exports `_start`, are errors. So are calls that fail or that do something which
    /// later instances would miss, such as writing output.
    ///
    /// ```
    /// use wasi_vfs::Packer;
    /// use wasi_vfs::init::Init;
    ///
    /// # let app = wat::parse_str(r#"(module
    /// #     (import "wasi_snapshot_preview1" "path_open"
    /// #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    /// #     (memory (export "memory") 1)
    /// #     (func (export "wizer.initialize") (i32.store (i32.const 16) (i32.const 1))))"#)?;
    /// let init = Init::export("wizer.initialize");
    /// let packed = Packer::new(app).map_dir("src", "/usr/src").init(init).pack()?;
    /// assert!(packed.state_len.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn init(mut self, init: Init) -> Self {
        self.init = Some(init);
        self
    }

    /// Sets the most bytes that [`Packer::init`] may add to the module. By default, this is
    /// [`DEFAULT_ADDED_LIMIT`](state::DEFAULT_ADDED_LIMIT).
    pub fn init_limit(mut self, len: u64) -> Self {
        self.init_limit = Limits::added(len);
        self
    }

    /// Stores the files at `paths` first and in this order, and all others after them. If
    /// these are the files that a program reads when it starts, the start reads few
    /// blocks. Paths and patterns are those of [`Packer::only`].
    pub fn order_by<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.lists.order.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Selects the files, links and directories at `paths`, and drops all others. Links on
    /// the way, parent directories and mapped directories stay.
    ///
    /// Each path is a guest path or a [`Pattern`](crate::Pattern). Links are followed. A
    /// directory is kept with its content, unless its path ends with `/.`.
    /// [`Warning::Missing`] reports paths that are not in the tree.
    pub fn only<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        let only = self.lists.only.get_or_insert_default();
        only.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Packs the inputs into the module.
    ///
    /// # Errors
    ///
    /// A file that cannot be packed is an error that names its path: `pack` leaves out
    /// excluded files only. See [`PackError`].
    pub fn pack(&self) -> Result<Packed, PackError> {
        self.pack_with_progress(&())
    }

    /// Packs and reports to `progress`.
    ///
    /// # Errors
    ///
    /// As [`Packer::pack`].
    pub fn pack_with_progress(&self, progress: &dyn Progress) -> Result<Packed, PackError> {
        let module = self.module.as_ref().ok_or(PackError::NoModule)?;
        // Wrong choices fail before the work of a minute.
        self.storage()?;
        self.inputs.mapped()?;
        self.writable.check()?;
        let outer = Outer::open(module, self.no_host_files)?;
        let mut target = Target::new(outer.inner(), self.memory, self.allow_escape)?;
        if self.writable.is_some() {
            target = target.keeping_changes()?;
        }
        let mut image = self.store(progress)?;
        let mut embedded = image.embed(target)?;
        embedded.module = outer.close(embedded.module)?;
        embedded.warnings.splice(..0, outer.warnings().to_vec());
        let state_len = match &self.init {
            Some(init) => Some(self.start(init, &mut embedded)?),
            None => None,
        };
        let mut packed = image.into_packed(embedded);
        packed.state_len = state_len;
        Ok(packed)
    }

    /// Starts the program, and gives the module its state. Returns the added bytes.
    fn start(&self, init: &Init, embedded: &mut Embedded) -> Result<u64, PackError> {
        let started = init.start(&embedded.module)?;
        let packed = std::mem::take(&mut embedded.module);
        let finished = state::finish(packed, &started.state, &started.done, self.init_limit)
            .map_err(InitError::State)?;
        embedded.module = finished.module;
        embedded.warnings.extend(finished.warnings);
        Ok(finished.added_len)
    }

    /// Writes the image without a module.
    ///
    /// ```
    /// use wasi_vfs::{Contents, Packer};
    ///
    /// let image = Packer::without_module().map_dir("src", "/src").image()?;
    /// let contents = Contents::find(&image.bytes)?;
    /// assert!(wasi_vfs::resolve(&contents.reader()?, "/src/lib.rs", true).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Packer::pack`].
    pub fn image(&self) -> Result<PackedImage, PackError> {
        self.image_with_progress(&())
    }

    /// Writes the image without a module and reports to `progress`.
    ///
    /// # Errors
    ///
    /// As [`Packer::pack`].
    pub fn image_with_progress(&self, progress: &dyn Progress) -> Result<PackedImage, PackError> {
        if self.writable.is_some() {
            return Err(PackError::WritableImage);
        }
        Ok(self.store(progress)?.into_image())
    }

    fn store(&self, progress: &dyn Progress) -> Result<Stored, PackError> {
        let choice = self.storage()?;
        let mapped = self.inputs.mapped()?;
        let exclude = self.inputs.exclude()?;
        let mut images = Images::in_module(self.module.as_ref(), self.no_size_limit)?;
        let writable = self.writable.or_of_module(images.writable.take())?;
        if let Some(image) = self.unchanged_image(&images, &writable)? {
            return Ok(image);
        }
        images.add(&self.images)?;
        let InputTree {
            mut tree,
            mut origins,
            storage,
            hidden_count,
            is_compressed,
            mut warnings,
        } = self.inputs.read(images, &mapped, &exclude)?;
        if tree.mounts.is_empty() && writable.is_empty() {
            return Err(PackError::Nothing);
        }
        let mut options = storage.unwrap_or_default().options(choice);
        if is_compressed && options.compression.is_none() && choice.compression.is_none() {
            warnings.push(Warning::Decompressed);
        }
        // The lists may name new directories, and a selection may drop others.
        let new_patterns = writable.make(&mut tree, &mut origins)?.new_patterns;
        if !new_patterns.is_empty() {
            warnings.push(Warning::WritablePatterns(new_patterns));
        }
        warnings.extend(self.lists.select(&mut tree, &mut options)?);
        let writable = writable.make(&mut tree, &mut origins)?;
        warnings.extend(lint::warnings(&tree, &origins));
        let image = writer::write(&tree, &options, progress)?;
        if self.lists.only.is_some() && image.manifest.statistics.file_count == 0 {
            warnings.push(Warning::NoFileKept);
        }
        let written = ImageReader::new_unverified(&image.index, &*image.payload);
        let writable = writable.of_image(&written.map_err(PackError::Earlier)?)?;
        Ok(Stored {
            writable,
            index: image.index,
            payload: image.payload,
            metadata: image.metadata,
            manifest: image.manifest,
            hidden_count,
            warnings,
        })
    }

    /// The added image, if it is the only input, no choice changes it, and it has all
    /// `writable` directories. Without a manifest, which tools strip, its options are
    /// unknown, so it is stored again.
    fn unchanged_image(
        &self,
        earlier: &Images,
        writable: &WritablePaths,
    ) -> Result<Option<Stored>, PackError> {
        let is_all = earlier.is_empty() && self.inputs.mappings.is_empty();
        let as_stored =
            self.compression.is_none() && self.block_len.is_none() && self.lists.are_empty();
        match self.images.as_slice() {
            [image] if is_all && as_stored => {
                let unreadable = |source| PackError::Image { number: 1, source };
                let contents = contents_of(image).map_err(unreadable)?;
                Stored::find(&contents, writable, self.no_size_limit)
            }
            _ => Ok(None),
        }
    }

    fn storage(&self) -> Result<StorageChoice, PackError> {
        StorageChoice::new(self.compression, self.block_len)
    }
}

/// Packs `mappings`, pairs of host directory and guest path, uncompressed into a module.
/// [`Packer`] has more options.
///
/// ```
/// # let app = wat::parse_str(r#"(module
/// #     (import "wasi_snapshot_preview1" "path_open"
/// #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
/// #     (memory (export "memory") 1))"#)?;
/// let packed = wasi_vfs::pack(&app, vec![("src", "/usr/src")])?;
/// assert!(packed.len() > app.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As [`Packer::pack`].
pub fn pack<H, G>(module: &[u8], mappings: Vec<(H, G)>) -> Result<Vec<u8>, PackError>
where
    H: AsRef<Path>,
    G: AsRef<Path>,
{
    let packer = mappings
        .into_iter()
        .fold(Packer::new(module), |packer, (host, guest)| {
            packer.map_dir(host.as_ref(), guest)
        });
    Ok(packer.pack()?.module)
}
