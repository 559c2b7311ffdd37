//! An image in its parts, from when it was written or found until it is
//! embedded. Does not know what was asked for.

use crate::contents::{Contents, OpenError};
use crate::module::{self, Embedded, ModuleError, Target};
use crate::runtime;
use wasi_vfs_format::Error;
use wasi_vfs_format::check::{check, check_blocks};
use wasi_vfs_format::manifest::Manifest;

/// An image in its parts.
pub(super) struct Stored {
    pub(super) index: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) cold: Vec<u8>,
    pub(super) manifest: Manifest,
    /// Paths that were asked for and are not there.
    pub(super) missing: Vec<String>,
    /// Paths of what something else hides.
    pub(super) hidden: Vec<String>,
    /// Whether something in it was compressed, and is no longer.
    pub(super) is_decompressed: bool,
}

impl Stored {
    /// That in `bytes`, to be embedded as it is; `None` if it has no manifest.
    pub(super) fn find(bytes: &[u8]) -> Result<Option<Self>, OpenError> {
        let contents = Contents::find(bytes)?;
        let image = contents.reader()?;
        let Some(cold) = image.cold() else {
            return Ok(None);
        };
        let manifest = cold.manifest().map_err(Error::from)?;
        let mut broken = check(image.index());
        if broken.is_empty() {
            broken = check_blocks(&image);
        }
        if let Some(&broken) = broken.first() {
            return Err(Error::from(broken).into());
        }
        Ok(Some(Self {
            index: contents.index.to_vec(),
            payload: image.payload().to_vec(),
            cold: contents.cold.as_deref().unwrap_or_default().to_vec(),
            manifest,
            missing: Vec::new(),
            hidden: Vec::new(),
            is_decompressed: false,
        }))
    }

    /// Takes the payload.
    pub(super) fn embed(&mut self, target: Target<'_>) -> Result<Embedded, ModuleError> {
        let parts = module::Parts {
            index: &self.index,
            index_level: self.manifest.compression,
            payload: std::mem::take(&mut self.payload).into(),
            cold: &self.cold,
        };
        target.embed(parts, runtime::MERGED, runtime::VERSION)
    }
}
