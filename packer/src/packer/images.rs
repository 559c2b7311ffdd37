//! The images among the inputs of a pack, split into their mounted directories.

use super::error::PackError;
use super::storage::Storage;
use super::writable::WritablePaths;
use crate::inspect::contents::{Contents, OpenError};
use crate::limits::size;
use crate::module::ModuleError;
use crate::tree::mounted::{MountedTree, Origin};
use crate::tree::split::{Split, split};
use std::sync::Arc;
use wasi_vfs_format::{Error, ReadAt};

/// The parts of images.
#[derive(Default)]
pub(super) struct Images {
    pub(super) parts: Vec<MountedTree>,
    /// Paths of mounts that are not among the parts.
    pub(super) hidden: Vec<String>,
    pub(super) storages: Vec<Storage>,
    /// The images without any file or link, counted from 1.
    pub(super) empty: Vec<usize>,
    /// The writable directories of the module. Those of added images are not among them,
    /// because an added image is only its files.
    pub(super) writable: Option<WritablePaths>,
    no_size_limit: bool,
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
                let parts = images.split(&contents, PackError::Earlier)?;
                images.parts.extend(parts);
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
            let parts = self.split(&contents, |error| unreadable(error.into()))?;
            if parts.iter().all(MountedTree::is_empty) {
                self.empty.push(number);
            }
            let parts = parts.into_iter();
            let parts = parts.map(|part| part.with_origin(Origin::Image));
            self.parts.extend(parts);
        }
        Ok(())
    }

    fn split(
        &mut self,
        contents: &Contents<'_>,
        damaged: impl Fn(Error) -> PackError,
    ) -> Result<Vec<MountedTree>, PackError> {
        let image = contents.reader().map_err(&damaged)?;
        if !self.no_size_limit {
            let len = image.file_len();
            let len = len.map_err(|corrupt| damaged(corrupt.into()))?;
            size::check(&image, len).map_err(PackError::SizeLimit)?;
        }
        let storage = Storage::of(&image).map_err(|corrupt| damaged(corrupt.into()))?;
        self.storages.push(storage);
        let tree = image.to_tree().map_err(damaged)?;
        let Split { parts, hidden } = split(tree).ok_or(PackError::OutsideMounts)?;
        self.hidden.extend(hidden);
        Ok(parts)
    }
}

/// The image in `bytes`, whose payload the tree of its files shares.
pub(super) fn contents_of(bytes: &Arc<Vec<u8>>) -> Result<Contents<'static>, OpenError> {
    let source: Arc<dyn ReadAt> = bytes.clone();
    Contents::read(&source)
}
