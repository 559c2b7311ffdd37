//! The writable directories of a pack: the choice of the caller, else those of the module.
//!
//! A choice names guest paths, and a module has the numbers of inodes. [`WritablePaths`] is
//! between both: it makes the paths directories of the tree, and [`WritableDirectories`] finds
//! their numbers in the written index.

use super::error::PackError;
use crate::inspect::contents::Contents;
use crate::inspect::resolve::resolve;
use crate::module::Writable;
use crate::path::{GuestPath, Mapping, Pattern};
use crate::tree::mounted::{Origin, path_of};
use crate::tree::writable::{NotADirectory, make, outermost};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use wasi_vfs_format::InodeNumber;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::tree::Tree;

/// The default limit of changes, in bytes. It holds the byte code of an interpreter's
/// library and the output of a compiler. A program that fills its disk by mistake fails at
/// the limit, before phones and workers with 512 MiB or less end the whole host.
pub const DEFAULT_WRITABLE_LIMIT: u64 = 256 << 20;

/// The limits of changes that a module may have, in bytes. Below, the records of the layer
/// leave no room for a page. Above, a memory with 32-bit addresses ends.
pub const WRITABLE_LIMITS: RangeInclusive<u64> = 64 << 10..=1 << 32;

/// The choice of a caller. `None` keeps the value of the module.
#[derive(Clone, Debug, Default)]
pub(super) struct WritableChoice {
    pub(super) directories: Option<Vec<PathBuf>>,
    pub(super) limit_len: Option<u64>,
}

/// The guest paths of writable directories. All changes together have a limit.
#[derive(Clone, Debug, Default)]
pub(super) struct WritablePaths {
    guests: Vec<GuestPath>,
    limit_len: u64,
}

impl WritableChoice {
    /// Whether the caller chose a writable directory or a limit.
    pub(super) fn is_some(&self) -> bool {
        let directories = self.directories.as_deref().unwrap_or_default();
        !directories.is_empty() || self.limit_len.is_some()
    }

    /// Checks the choice without reading any input.
    pub(super) fn check(&self) -> Result<(), PackError> {
        self.guests()?;
        match self.limit_len {
            Some(len) if !WRITABLE_LIMITS.contains(&len) => Err(PackError::WritableLimit { len }),
            _ => Ok(()),
        }
    }

    fn guests(&self) -> Result<Option<Vec<GuestPath>>, PackError> {
        let Some(directories) = &self.directories else {
            return Ok(None);
        };
        let guests = directories.iter();
        let guests = guests.map(|guest| Ok(Mapping::new("", guest)?.guest));
        guests.collect::<Result<_, PackError>>().map(Some)
    }

    /// The chosen directories and limit, and those of `module` for the rest.
    pub(super) fn or_of_module(
        &self,
        module: Option<WritablePaths>,
    ) -> Result<WritablePaths, PackError> {
        self.check()?;
        let kept_len = module.as_ref().map(|kept| kept.limit_len);
        let kept = module.unwrap_or_default();
        let guests = self.guests()?.unwrap_or(kept.guests);
        if guests.is_empty() && self.limit_len.is_some() {
            return Err(PackError::LimitsNothing);
        }
        let limit_len = self.limit_len.or(kept_len);
        Ok(WritablePaths {
            guests,
            limit_len: limit_len.unwrap_or(DEFAULT_WRITABLE_LIMIT),
        })
    }
}

impl WritablePaths {
    /// Those of the module with `contents`.
    pub(super) fn of(contents: &Contents<'_>) -> Result<Option<Self>, PackError> {
        let Some(writable) = &contents.writable else {
            return Ok(None);
        };
        let image = contents.reader().map_err(PackError::Earlier)?;
        let numbers = writable.directories.iter();
        let guests = numbers.map(|&number| {
            let path = image.path(InodeNumber(number));
            let path = path.map_err(|corrupt| PackError::Earlier(corrupt.into()))?;
            Ok(GuestPath::parse(&path)?)
        });
        Ok(Some(Self {
            guests: guests.collect::<Result<_, PackError>>()?,
            limit_len: writable.limit_len,
        }))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.guests.is_empty()
    }

    /// Makes the paths directories of `tree`, and adds the origins of new mounts.
    pub(super) fn make(
        &self,
        tree: &mut Tree,
        origins: &mut Vec<Origin>,
    ) -> Result<WritableDirectories, PackError> {
        let mut is_new = false;
        let mut new_patterns = Vec::new();
        let mut directories = Vec::with_capacity(self.guests.len());
        for guest in &self.guests {
            let made = make(tree, guest).map_err(|found| error_at(guest, found))?;
            is_new |= made.is_new;
            if made.is_new && Pattern::is_pattern(guest.spelling()) {
                new_patterns.push(guest.spelling().to_owned());
            }
            directories.push(made.components);
            if made.is_mounted {
                origins.push(Origin::Mapped);
            }
        }
        Ok(WritableDirectories {
            directories: outermost(directories),
            limit_len: self.limit_len,
            is_new,
            new_patterns,
        })
    }
}

/// Writable directories of a tree.
#[derive(Debug, Default)]
pub(super) struct WritableDirectories {
    /// Their names from the root, without links. None is below another one.
    directories: Vec<Vec<String>>,
    limit_len: u64,
    /// Whether the tree had to change.
    pub(super) is_new: bool,
    /// The guest paths of new directories that read like patterns.
    pub(super) new_patterns: Vec<String>,
}

impl WritableDirectories {
    /// The directories in the image of the tree. `None` if there are none.
    pub(super) fn of_image(&self, image: &ImageReader<'_>) -> Result<Option<Writable>, PackError> {
        if self.directories.is_empty() {
            return Ok(None);
        }
        let numbers = self.directories.iter().map(|names| {
            let path = path_of(names);
            match resolve(image, &path, false) {
                Ok(inode) => Ok(inode.number.0),
                Err(source) => Err(PackError::WritablePath { path, source }),
            }
        });
        let mut directories = numbers.collect::<Result<Vec<_>, PackError>>()?;
        directories.sort_unstable();
        Ok(Some(Writable {
            directories,
            limit_len: self.limit_len,
        }))
    }
}

fn error_at(guest: &GuestPath, found: NotADirectory) -> PackError {
    let guest = guest.clone();
    match found {
        NotADirectory::File { path } => PackError::WritableFile { guest, path },
        NotADirectory::BrokenLink { path } => PackError::WritableLink { guest, path },
        NotADirectory::TooManyMounts => PackError::WritableMount { guest },
    }
}
