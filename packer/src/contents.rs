//! Opens what a user calls packed: a module with an image in it, or an image
//! in a file of its own.

use crate::module::{self, Form, ModuleError};
use std::borrow::Cow;
use thiserror::Error;
use wasi_vfs_format::reader::ImageReader;
use wasi_vfs_format::{Parts, superblock};

/// The parts of an image, wherever they were found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Contents<'a> {
    /// How the image is bound to the application; `None` if there is none,
    /// because the image is a file of its own.
    pub form: Option<Form>,
    /// Version of the runtime in the module, such as `0.1.0`; `None` if there
    /// is none.
    pub runtime_version: Option<String>,
    /// Superblock and tables.
    pub index: Cow<'a, [u8]>,
    /// How many bytes the index takes where it was found: fewer than it has in
    /// a module that stores it compressed.
    pub index_stored_len: u32,
    /// The stored blocks.
    pub payload: Cow<'a, [u8]>,
    /// Where chunks end, and the manifest, unless they were stripped.
    pub cold: Option<Cow<'a, [u8]>>,
}

/// Why nothing could be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The module holds no image.
    #[error("the module holds no image; put one in with `wasi-vfs pack`")]
    NotPacked,
    /// The bytes are no module and no image.
    #[error(
        "neither a WebAssembly module nor an image: found {found}; \
         give a packed .wasm file, or an image that `wasi-vfs pack --image` wrote"
    )]
    Neither {
        /// What the file starts with.
        found: String,
    },
    /// The bytes are no module that can hold an image.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The image is damaged or newer than this reader.
    #[error(transparent)]
    Image(#[from] wasi_vfs_format::Error),
}

impl<'a> Contents<'a> {
    /// Finds the image in `bytes`: a packed module or a bare image.
    ///
    /// ```
    /// use wasi_vfs::Contents;
    ///
    /// # let app = wat::parse_str(r#"(module
    /// #     (import "wasi_snapshot_preview1" "path_open"
    /// #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    /// #     (memory (export "memory") 1))"#)?;
    /// # let packed = wasi_vfs::Packer::new(app).map_dir("src", "/usr/lib").pack()?.module;
    /// let contents = Contents::find(&packed)?;
    /// let image = contents.reader()?;
    /// let file = image.resolve("/usr/lib/main.rs", true)?;
    /// image.copy_to(&file, &mut std::io::stdout())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find(bytes: &'a [u8]) -> Result<Self, OpenError> {
        if bytes.starts_with(&superblock::MAGIC) {
            return Ok(Self::of_bare_image(Parts::split(bytes)?));
        }
        let found = match module::find(bytes) {
            Err(ModuleError::NotWasm { found }) => return Err(OpenError::Neither { found }),
            found => found?.ok_or(OpenError::NotPacked)?,
        };
        Ok(Self {
            form: Some(found.form),
            runtime_version: Some(found.runtime_version),
            index: found.index.into(),
            index_stored_len: found.index_stored_len,
            payload: found.payload.into(),
            cold: found.cold.map(Into::into),
        })
    }

    fn of_bare_image(parts: Parts<'a>) -> Self {
        Self {
            form: None,
            runtime_version: None,
            index: parts.index.into(),
            // No index is longer than 32 bits count.
            index_stored_len: parts.index.len() as u32,
            payload: parts.payload.into(),
            cold: parts.cold.map(Into::into),
        }
    }

    /// The same parts, copied if they are borrowed.
    #[must_use]
    pub fn into_owned(self) -> Contents<'static> {
        Contents {
            form: self.form,
            runtime_version: self.runtime_version,
            index_stored_len: self.index_stored_len,
            index: Cow::Owned(self.index.into_owned()),
            payload: Cow::Owned(self.payload.into_owned()),
            cold: self.cold.map(|cold| Cow::Owned(cold.into_owned())),
        }
    }

    /// Opens the image for reading.
    pub fn reader(&self) -> Result<ImageReader<'_>, wasi_vfs_format::Error> {
        let cold = self.cold.as_deref();
        ImageReader::new(&self.index, &self.payload, cold)
    }
}
