//! The images among the inputs of a pack, split into their mounted directories.
//!
//! An image of changes changes the image before it in the list, and the first one that of the
//! module. For example, `pack packed.wasm --from a.wvfs --from changes.wvfs` changes the tree
//! of `a.wvfs`.

use super::error::PackError;
use super::storage::Storage;
use super::writable::WritablePaths;
use crate::inspect::contents::{Contents, OpenError};
use crate::limits::size;
use crate::module::ModuleError;
use crate::tree::mounted::{MountedTree, Origin};
use crate::tree::split::{Split, split};
use std::sync::Arc;
use wasi_vfs_format::tree::Tree;
use wasi_vfs_format::{Error, ImageReader, ReadAt};

/// The parts of images.
#[derive(Default)]
pub(super) struct Images {
    pub(super) parts: Vec<MountedTree>,
    /// Paths of mounts that are not among the parts.
    pub(super) hidden: Vec<String>,
    pub(super) storages: Vec<Storage>,
    /// The images without any file or link, counted from 1.
    pub(super) empty: Vec<usize>,
    /// The paths of removed names that the changed trees do not have.
    pub(super) not_removed: Vec<String>,
    /// The last image, which the next image may change.
    last: Option<LastImage>,
    /// The writable directories of the module. Those of added images are not among them,
    /// because an added image is only its files.
    pub(super) writable: Option<WritablePaths>,
    no_size_limit: bool,
}

/// An image that is not split yet.
struct LastImage {
    tree: Tree,
    /// Its position among the added images, counted from 1. `None` for that of the module.
    number: Option<usize>,
}

impl Images {
    /// The parts of the image that an earlier pack put into `module`, if any.
    pub(super) fn in_module(
        module: Option<&Arc<Vec<u8>>>,
        no_size_limit: bool,
    ) -> Result<Self, PackError> {
        let mut images = Self {
            no_size_limit,
            ..Self::default()
        };
        let Some(module) = module else {
            return Ok(images);
        };
        match contents_of(module) {
            Ok(contents) => {
                let tree = images.tree(&contents, PackError::Earlier)?;
                images.last = Some(LastImage { tree, number: None });
                images.writable = WritablePaths::of(&contents)?;
                Ok(images)
            }
            Err(OpenError::NotPacked) => Ok(images),
            Err(OpenError::Module(error)) => Err(error.into()),
            Err(OpenError::Component(error)) => Err(error.into()),
            Err(OpenError::Neither { found }) => Err(ModuleError::NotWasm { found }.into()),
            Err(OpenError::Image(error)) => Err(PackError::Earlier(error)),
            Err(OpenError::Read(error)) => Err(ModuleError::Read(error).into()),
        }
    }

    /// Adds the parts of `added`.
    pub(super) fn add(&mut self, added: &[Arc<Vec<u8>>]) -> Result<(), PackError> {
        for (number, image) in (1..).zip(added) {
            let unreadable = |source| PackError::Image { number, source };
            let contents = contents_of(image).map_err(unreadable)?;
            let damaged = |error: Error| unreadable(error.into());
            let reader = contents.reader().map_err(damaged)?;
            if reader.index().superblock().is_changes() {
                self.change(number, &reader)?;
                continue;
            }
            let tree = self.tree(&contents, damaged)?;
            self.split_last()?;
            let number = Some(number);
            self.last = Some(LastImage { tree, number });
        }
        self.split_last()
    }

    /// Whether there is no image yet.
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_none() && self.parts.is_empty()
    }

    fn tree(
        &mut self,
        contents: &Contents<'_>,
        damaged: impl Fn(Error) -> PackError,
    ) -> Result<Tree, PackError> {
        let image = contents.reader().map_err(&damaged)?;
        self.check_size(&image, &damaged)?;
        let storage = Storage::of(&image).map_err(|corrupt| damaged(corrupt.into()))?;
        self.storages.push(storage);
        image.to_tree().map_err(damaged)
    }

    /// Applies the changes in an image to the image before it.
    fn change(&mut self, number: usize, changes: &ImageReader<'_>) -> Result<(), PackError> {
        let damaged = |error: Error| PackError::Image {
            number,
            source: error.into(),
        };
        self.check_size(changes, damaged)?;
        let last = self.last.as_mut();
        let last = last.ok_or(PackError::NothingToChange { number })?;
        let not_removed = changes.apply_to(&mut last.tree).map_err(damaged)?;
        self.not_removed.extend(not_removed);
        Ok(())
    }

    fn check_size(
        &self,
        image: &ImageReader<'_>,
        damaged: impl Fn(Error) -> PackError,
    ) -> Result<(), PackError> {
        if self.no_size_limit {
            return Ok(());
        }
        let len = image.file_len();
        let len = len.map_err(|corrupt| damaged(corrupt.into()))?;
        size::check(image, len).map_err(PackError::SizeLimit)
    }

    /// Splits the last image, which no image can change any more.
    fn split_last(&mut self) -> Result<(), PackError> {
        let Some(LastImage { tree, number }) = self.last.take() else {
            return Ok(());
        };
        let Split { mut parts, hidden } = split(tree).ok_or(PackError::OutsideMounts)?;
        self.hidden.extend(hidden);
        if let Some(number) = number {
            if parts.iter().all(MountedTree::is_empty) {
                self.empty.push(number);
            }
            let added = parts.into_iter();
            parts = added.map(|part| part.with_origin(Origin::Image)).collect();
        }
        self.parts.extend(parts);
        Ok(())
    }
}

/// The image in `bytes`, whose payload the tree of its files shares.
pub(super) fn contents_of(bytes: &Arc<Vec<u8>>) -> Result<Contents<'static>, OpenError> {
    let source: Arc<dyn ReadAt> = bytes.clone();
    Contents::read(&source)
}
