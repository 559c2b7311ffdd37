//! A stored image in its parts, after it was written or read and before it is embedded.

use super::error::PackError;
use super::outcome::{Packed, PackedImage};
use super::target::Target;
use super::writable::{WritableDirectories, WritablePaths};
use crate::inspect::contents::Contents;
use crate::limits::size;
use crate::module::{self, Embedded, Writable};
use crate::runtime;
use crate::warning::Warning;
use wasi_vfs_format::Error;
use wasi_vfs_format::check::{check, check_blocks};
use wasi_vfs_format::manifest::Manifest;

/// The longest module that the WebAssembly JavaScript interface allows, in bytes.
const MAX_LEN_IN_BROWSERS: usize = 1 << 30;

/// An image in its parts.
pub(super) struct Stored {
    pub(super) index: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) metadata: Vec<u8>,
    pub(super) manifest: Manifest,
    pub(super) hidden_count: u64,
    pub(super) warnings: Vec<Warning>,
    /// The writable directories in the index.
    pub(super) writable: Option<Writable>,
}

impl Stored {
    /// The image in `contents`, to embed it unchanged. `None` if it has no manifest, or not
    /// all `writable` directories. Decodes all blocks, so a damaged image is an error.
    pub(super) fn find(
        contents: &Contents<'_>,
        writable: &WritablePaths,
        no_size_limit: bool,
    ) -> Result<Option<Self>, PackError> {
        let damaged = |error: Error| PackError::Image {
            number: 1,
            source: error.into(),
        };
        let image = contents.reader().map_err(damaged)?;
        let Some(metadata) = image.metadata() else {
            return Ok(None);
        };
        let manifest = metadata.manifest().map_err(Error::from).map_err(damaged)?;
        if !no_size_limit {
            let len = image.index().superblock().raw_len.get();
            size::check(&image, len).map_err(PackError::SizeLimit)?;
        }
        let mut broken = check(image.index());
        if broken.is_empty() {
            broken = check_blocks(&image);
        }
        if let Some(&broken) = broken.first() {
            return Err(damaged(broken.into()));
        }
        let directories = match writable.is_empty() {
            true => WritableDirectories::default(),
            false => {
                let mut tree = image.to_tree().map_err(damaged)?;
                writable.make(&mut tree, &mut Vec::new())?
            }
        };
        if directories.is_new {
            return Ok(None);
        }
        let statistics = manifest.statistics;
        let is_empty = (statistics.file_count, statistics.symlink_count) == (0, 0);
        let warnings = is_empty.then(|| Warning::EmptyImages(vec![1]));
        let payload = image.payload_bytes();
        let payload = payload.map_err(|error| PackError::Image {
            number: 1,
            source: error.into(),
        })?;
        Ok(Some(Self {
            index: contents.index.to_vec(),
            payload: payload.into_owned(),
            metadata: contents.metadata.as_deref().unwrap_or_default().to_vec(),
            manifest,
            hidden_count: 0,
            warnings: warnings.into_iter().collect(),
            writable: directories.of_image(&image)?,
        }))
    }

    /// The image without a module.
    pub(super) fn into_image(self) -> PackedImage {
        // The payload may be large, so it is not copied.
        let mut bytes = self.payload;
        bytes.reserve_exact(self.index.len() + self.metadata.len());
        bytes.splice(..0, self.index);
        bytes.extend(self.metadata);
        PackedImage {
            bytes,
            statistics: self.manifest.statistics,
            left_out: self.manifest.left_out,
            hidden_count: self.hidden_count,
            warnings: self.warnings,
        }
    }

    /// The packed module that `embedded` is.
    pub(super) fn into_packed(mut self, embedded: Embedded) -> Packed {
        let mut warnings = embedded.warnings;
        warnings.append(&mut self.warnings);
        if embedded.module.len() > MAX_LEN_IN_BROWSERS {
            warnings.push(Warning::TooLongForBrowsers);
        }
        Packed {
            module: embedded.module,
            form: embedded.form,
            statistics: self.manifest.statistics,
            left_out: self.manifest.left_out,
            hidden_count: self.hidden_count,
            state_len: None,
            warnings,
        }
    }

    /// Embeds the image in `target`. Leaves no payload.
    pub(super) fn embed(&mut self, target: Target<'_>) -> Result<Embedded, PackError> {
        let parts = module::Parts {
            index: &self.index,
            index_level: self.manifest.compression,
            payload: std::mem::take(&mut self.payload).into(),
            metadata: &self.metadata,
            writable: self.writable.take(),
        };
        let is_writable = parts.writable.is_some();
        let (merged, wired) = (runtime::merged(is_writable), runtime::wired(is_writable));
        target.embed(parts, merged, wired, runtime::VERSION)
    }
}
