//! Errors of packing.

use crate::component::ComponentError;
use crate::init::InitError;
use crate::inspect::contents::OpenError;
use crate::inspect::resolve::ResolveError;
use crate::limits::size::SizeLimitError;
use crate::module::ModuleError;
use crate::path::{GuestPath, GuestPathError, Mapping, PatternError};
use crate::tree::source::SourceError;
use std::path::{Path, PathBuf};
use thiserror::Error;
use wasi_vfs_format::limits::{MAX_BLOCK_SHIFT, MAX_MOUNT_COUNT, MIN_BLOCK_SHIFT};
use wasi_vfs_format::writer::WriteError;

/// An error of packing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackError {
    /// A guest path is invalid.
    #[error(transparent)]
    Guest(#[from] GuestPathError),
    /// Two directories are mapped to one guest path.
    #[error(
        "guest path {} is mapped twice: map `{}` and `{}` to different guest paths",
        first.guest,
        first.host.display(),
        second.host.display()
    )]
    MappedTwice {
        /// The first of the two mappings.
        first: Box<Mapping>,
        /// The second one, which may spell the guest path in another way.
        second: Box<Mapping>,
    },
    /// A file is mapped to the guest path of a directory.
    #[error(
        "`{}` is a file, and guest path {guest} is a directory; map it to a path such as {}",
        host.display(),
        example_in(guest, host)
    )]
    FileAtDirectory {
        /// The file.
        host: PathBuf,
        /// The guest path.
        guest: GuestPath,
    },
    /// A pattern is invalid.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// A host file or archive entry cannot be packed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no input, and the module has no image.
    #[error(
        "nothing to pack: no directory is mapped, no image is added, and the module holds none"
    )]
    Nothing,
    /// Patterns apply to mapped directories, and no directory is mapped.
    #[error("nothing to exclude: patterns apply to mapped directories, and no directory is mapped")]
    ExcludesNothing,
    /// [`Packer::without_module`](crate::Packer::without_module) has no module to pack into.
    #[error("there is no module to pack into; start with a module, or write an image instead")]
    NoModule,
    /// An image of [`Packer::add_image`](crate::Packer::add_image) cannot be read.
    #[error("cannot read added image number {number}")]
    Image {
        /// The position of the image, from 1.
        number: usize,
        /// The reason.
        source: OpenError,
    },
    /// An image of changes is the first image, and the module has none.
    #[error(
        "added image number {number} has only the changes of a program; pack it into the packed module of that program"
    )]
    NothingToChange {
        /// The position of the image, from 1.
        number: usize,
    },
    /// An image of another writer has files or directories outside all mounts.
    #[error(
        "the image holds files or directories under none of its mounts, and packing would lose them; extract it and map the directory"
    )]
    OutsideMounts,
    /// The files of an image exceed the size limit.
    #[error("cannot take the files out of an image")]
    SizeLimit(#[source] SizeLimitError),
    /// The block length is not a power of two in the supported range.
    #[error(
        "a block cannot have {len} bytes; expected a power of two from {} to {}",
        1_u32 << MIN_BLOCK_SHIFT,
        1_u32 << MAX_BLOCK_SHIFT
    )]
    BlockLen {
        /// The chosen length.
        len: u32,
    },
    /// The image that an earlier pack put into the module cannot be read.
    #[error("cannot read the image that is already in the module; pack the original module again")]
    Earlier(#[source] wasi_vfs_format::Error),
    /// No path of [`Packer::only`](crate::Packer::only) is in the tree.
    #[error(
        "none of the {count} paths to keep is in the tree, such as `{example}`; \
         list guest paths or patterns of guest paths"
    )]
    NothingKept {
        /// How many paths there are.
        count: usize,
        /// The first of them.
        example: String,
    },
    /// The image cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// [`Packer::no_host_files`](crate::Packer::no_host_files) needs a component.
    #[error(
        "--no-host-files removes the import of `wasi:filesystem` from a component, and this is a core module of preview 1, which imports single calls; pack it without the option, or make it a component first with `wasm-tools component new --adapt`"
    )]
    NotComponent,
    /// A directory of [`Packer::writable`](crate::Packer::writable) is a file.
    #[error("guest path {guest} cannot be writable, because `{path}` is a file; name a directory")]
    WritableFile {
        /// The guest path.
        guest: GuestPath,
        /// The path of the file, the same or above it.
        path: String,
    },
    /// A directory of [`Packer::writable`](crate::Packer::writable) is a broken link.
    #[error(
        "guest path {guest} cannot be writable, because the target of the symbolic link `{path}` \
         is missing, or not below its packed directory; name the target or another directory"
    )]
    WritableLink {
        /// The guest path.
        guest: GuestPath,
        /// The path of the link, the same or above it.
        path: String,
    },
    /// A directory of [`Packer::writable`](crate::Packer::writable) is not below a mapped one,
    /// and no further mount is possible.
    #[error(
        "guest path {guest} cannot be writable, because no packed directory holds it, and the \
         image has {MAX_MOUNT_COUNT} mounts, the most that are possible; name a directory \
         below a packed one, or map a common parent of others"
    )]
    WritableMount {
        /// The guest path.
        guest: GuestPath,
    },
    /// The path of a writable directory without links cannot be resolved.
    #[error("`{path}` cannot be writable")]
    WritablePath {
        /// The path.
        path: String,
        /// The reason.
        source: ResolveError,
    },
    /// The limit of [`Packer::writable_limit`](crate::Packer::writable_limit) is none of
    /// [`WRITABLE_LIMITS`](crate::WRITABLE_LIMITS).
    #[error(
        "changes cannot have a limit of {len} bytes; expected 64 KiB to 4 GiB, because a \
         memory with 32-bit addresses keeps them and their records"
    )]
    WritableLimit {
        /// The chosen limit.
        len: u64,
    },
    /// [`Packer::writable_limit`](crate::Packer::writable_limit) without any writable
    /// directory.
    #[error("there are no changes to limit, because no directory is writable")]
    LimitsNothing,
    /// [`Packer::writable`](crate::Packer::writable) without a module.
    #[error(
        "an image cannot have writable directories, because the runtime in a module keeps the \
         changes; choose them when you pack the image into a module"
    )]
    WritableImage,
    /// The image cannot be embedded in the module.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The program does not start.
    #[error("cannot start the program")]
    Init(#[from] InitError),
    /// The image cannot be embedded in the component.
    #[error(transparent)]
    Component(#[from] ComponentError),
}

/// The path of the file `host` in the directory `guest`.
fn example_in(guest: &GuestPath, host: &Path) -> String {
    let name = host.file_name().unwrap_or_default().display();
    format!("{}/{name}", guest.spelling().trim_end_matches('/'))
}
