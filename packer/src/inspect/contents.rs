//! Opens a packed module, a packed component or an image.
//!
//! A module has the image in its data, in one of several forms. A component has it in one
//! of its core modules, and an image is the whole file. All have three parts: index, payload and metadata section. [`Contents::open`]
//! reads the index and leaves the payload in the file: `ls` on a module of 200 MB reads
//! some hundred KB.

use crate::component::{self, ComponentError, CoreModulePlace};
use crate::module::{self, Filed, Form, Found, ModuleError, Writable};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;
use wasi_vfs_format::superblock::{self, SUPERBLOCK_LEN};
use wasi_vfs_format::{
    ImageReader, Index, InodeNumber, Kind, Part, Parts, Payload, Places, ReadAt,
};

/// The parts of an image in a module or in a file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Contents<'a> {
    /// The form of the packed module. `None` for an image without a module.
    pub form: Option<Form>,
    /// The place of the packed core module. `None` if the file is not a component.
    pub core_module: Option<CoreModulePlace>,
    /// The version of the runtime in the module, such as `0.1.0`. `None` without a module.
    pub runtime_version: Option<String>,
    /// Superblock and tables.
    pub index: Cow<'a, [u8]>,
    /// The stored bytes of the index. A module may store it compressed.
    pub index_stored_len: u32,
    /// The stored blocks.
    pub payload: Payload<'a>,
    /// The data segment of the payload, in a module that is read from a file.
    pub(crate) payload_segment: Option<u32>,
    /// The metadata section with chunk lengths and the manifest, unless a tool stripped it.
    pub metadata: Option<Cow<'a, [u8]>>,
    /// The directories that the program may change. `None` if all files are read-only.
    pub writable: Option<Writable>,
    /// The exports that ran before the module got the [state](crate::state) of a start.
    /// `None` if it keeps none.
    pub started: Option<Vec<String>>,
}

/// An error of opening a packed module or image.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The module has no image.
    #[error("the file holds no image; put one in with `wasi-vfs pack`")]
    NotPacked,
    /// The file is neither a module nor an image.
    #[error(
        "neither a WebAssembly module nor an image: found {found}; \
         give a packed .wasm file, or an image that `wasi-vfs image` wrote"
    )]
    Neither {
        /// A description of the first bytes.
        found: String,
    },
    /// The module is invalid or unsupported.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The component is invalid or unsupported.
    #[error(transparent)]
    Component(#[from] ComponentError),
    /// The image is damaged or newer than this reader.
    #[error(transparent)]
    Image(#[from] wasi_vfs_format::Error),
    /// The file cannot be read.
    #[error("cannot read the file")]
    Read(#[from] io::Error),
}

impl<'a> Contents<'a> {
    /// Finds the image in `bytes`, a packed module or an image.
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
    /// let file = wasi_vfs::resolve(&image, "/usr/lib/main.rs", true)?;
    /// image.copy_to(&file, &mut std::io::stdout())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find(bytes: &'a [u8]) -> Result<Self, OpenError> {
        if bytes.starts_with(&superblock::MAGIC) {
            return Ok(Self::of_bare_image(Parts::split(bytes)?));
        }
        if component::is_component(bytes) {
            let (place, found) = component::find(bytes)?.ok_or(OpenError::NotPacked)?;
            return Self::of_found(found, Some(place)).checked();
        }
        let found = match module::find(bytes) {
            Err(ModuleError::NotWasm { found }) => return Err(OpenError::Neither { found }),
            found => found?.ok_or(OpenError::NotPacked)?,
        };
        Self::of_found(found, None).checked()
    }

    fn of_found(found: Found<'a>, core_module: Option<CoreModulePlace>) -> Self {
        Self {
            form: Some(found.form),
            core_module,
            runtime_version: Some(found.runtime_version),
            index: found.index,
            index_stored_len: found.index_stored_len,
            payload: match found.payload {
                Cow::Borrowed(bytes) => bytes.into(),
                Cow::Owned(bytes) => Payload::Source(Arc::new(bytes)),
            },
            payload_segment: None,
            metadata: found.metadata.map(Into::into),
            writable: found.writable,
            started: found.started,
        }
    }

    /// Finds the image in the file at `path`, a packed module or an image. Stored blocks stay
    /// in the file until they are read.
    ///
    /// ```
    /// use wasi_vfs::{Contents, Packer};
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("src.wvfs");
    /// let image = Packer::without_module().map_dir("src", "/src").image()?;
    /// std::fs::write(&path, image.bytes)?;
    ///
    /// let contents = Contents::open(&path)?;
    /// let image = contents.reader()?;
    /// let file = wasi_vfs::resolve(&image, "/src/lib.rs", true)?;
    /// image.copy_to(&file, &mut std::io::stdout())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Contents::find`], and errors of reading the file.
    pub fn open(path: &Path) -> Result<Contents<'static>, OpenError> {
        Contents::read(&open_source(path)?)
    }

    /// The same as [`Contents::open`] for any source.
    ///
    /// # Errors
    ///
    /// Those of [`Contents::open`].
    pub fn read(source: &Arc<dyn ReadAt>) -> Result<Contents<'static>, OpenError> {
        let head = read_range(source, 0..source.len().min(SUPERBLOCK_LEN as u64))?;
        if head.starts_with(&superblock::MAGIC) {
            return Self::read_bare_image(source, &head);
        }
        if component::is_component(&**source) {
            let (place, found) = component::find_in(source)?.ok_or(OpenError::NotPacked)?;
            return Self::of_filed(found, Some(place)).checked();
        }
        let found = match module::find_in(source) {
            Err(ModuleError::NotWasm { found }) => return Err(OpenError::Neither { found }),
            found => found?.ok_or(OpenError::NotPacked)?,
        };
        Self::of_filed(found, None).checked()
    }

    fn of_filed(found: Filed, core_module: Option<CoreModulePlace>) -> Contents<'static> {
        Contents {
            form: Some(found.form),
            core_module,
            runtime_version: Some(found.runtime_version),
            index: found.index.into(),
            index_stored_len: found.index_stored_len,
            payload: found.payload,
            payload_segment: found.payload_segment,
            metadata: found.metadata.map(Into::into),
            writable: found.writable,
            started: found.started,
        }
    }

    fn read_bare_image(
        source: &Arc<dyn ReadAt>,
        head: &[u8],
    ) -> Result<Contents<'static>, OpenError> {
        let places = Places::of(head, source.len())?;
        let index = read_range(source, places.index)?;
        let metadata = places.metadata.map(|place| read_range(source, place));
        Ok(Contents {
            form: None,
            core_module: None,
            runtime_version: None,
            // The superblock has 32 bits for this length.
            index_stored_len: index.len() as u32,
            index: index.into(),
            payload: Payload::Source(Arc::new(Part::new(source.clone(), places.payload))),
            payload_segment: None,
            metadata: metadata.transpose()?.map(Into::into),
            writable: None,
            started: None,
        })
    }

    fn of_bare_image(parts: Parts<'a>) -> Self {
        Self {
            form: None,
            core_module: None,
            runtime_version: None,
            index: parts.index.into(),
            // The superblock has 32 bits for this length.
            index_stored_len: parts.index.len() as u32,
            payload: parts.payload.into(),
            payload_segment: None,
            metadata: parts.metadata.map(Into::into),
            writable: None,
            started: None,
        }
    }

    /// Checks that the writable directories are directories of the image. A damaged index is
    /// an error of [`reader`](Self::reader).
    fn checked(self) -> Result<Self, OpenError> {
        let Some(writable) = &self.writable else {
            return Ok(self);
        };
        let Ok(index) = Index::parse(&self.index) else {
            return Ok(self);
        };
        for &number in &writable.directories {
            let inode = index.inode(InodeNumber(number));
            if !inode.is_ok_and(|inode| inode.kind() == Kind::Directory) {
                return Err(ModuleError::WritableInode { number }.into());
            }
        }
        Ok(self)
    }

    /// Copies borrowed parts.
    #[must_use]
    pub fn into_owned(self) -> Contents<'static> {
        Contents {
            form: self.form,
            core_module: self.core_module,
            runtime_version: self.runtime_version,
            index_stored_len: self.index_stored_len,
            index: Cow::Owned(self.index.into_owned()),
            payload: self.payload.into_owned(),
            payload_segment: self.payload_segment,
            metadata: self
                .metadata
                .map(|metadata| Cow::Owned(metadata.into_owned())),
            writable: self.writable,
            started: self.started,
        }
    }

    /// Opens the image for reading.
    pub fn reader(&self) -> Result<ImageReader<'_>, wasi_vfs_format::Error> {
        let metadata = self.metadata.as_deref();
        ImageReader::new(&self.index, &self.payload, metadata)
    }

    /// A module or component that runs as the one in `source` did before packing: its calls
    /// reach the host. `self` must be the contents of `source`. A linked module keeps its
    /// image and its runtime, and the runtime does not find the image. The program of a
    /// merged module has no custom sections, and calls the host through short functions.
    /// This reads no stored blocks of a merged module or a component, and decodes no
    /// instructions.
    ///
    /// # Errors
    ///
    /// The file cannot be read, its sections are invalid, or another tool changed it after
    /// packing.
    pub fn application(&self, source: &Arc<dyn ReadAt>) -> Result<Vec<u8>, OpenError> {
        if let (Some(Form::Wired(_)), Some(place)) = (self.form, &self.core_module) {
            return Ok(component::unwired_in(source, place)?);
        }
        let module = self.module_in(source);
        let module = module::unmounted_in(&module, self.payload_segment)?;
        let Some(place) = &self.core_module else {
            return Ok(module);
        };
        let component = component::with_module(source, place.number, module)?;
        Ok(match component::opened_place(&*component) {
            None => component,
            Some(_) => component::opened(&component).to_vec(),
        })
    }

    /// The length in bytes of the module or component in `source` without its image. `None`
    /// if they cannot be separated. `self` must be the contents of `source`.
    pub fn application_len(&self, source: &Arc<dyn ReadAt>) -> Option<u64> {
        match (self.form?, &self.core_module) {
            (Form::Linked, _) => return None,
            (Form::Wired(_), Some(place)) => {
                return Some(component::unwired_in(source, place).ok()?.len() as u64);
            }
            (Form::Merged(_) | Form::Wired(_), _) => {}
        }
        let module = self.module_in(source);
        // Another tool may have changed the packed module.
        let len = module::len_without_image(&module, self.payload_segment).ok()?;
        match &self.core_module {
            Some(place) => component::len_with_module(source, place.number, len).ok(),
            None => Some(len),
        }
    }

    /// The packed module, which may be a part of `source`.
    fn module_in(&self, source: &Arc<dyn ReadAt>) -> Arc<dyn ReadAt> {
        match &self.core_module {
            Some(place) => component::part(source, place.range.clone()),
            None => source.clone(),
        }
    }
}

/// Opens the file at `path` to read parts of it. A pipe is read as a whole.
pub fn open_source(path: &Path) -> io::Result<Arc<dyn ReadAt>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        let len = metadata.len();
        return Ok(Arc::new(OpenFile { file, len }));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Arc::new(bytes))
}

fn read_range(source: &Arc<dyn ReadAt>, range: Range<u64>) -> io::Result<Vec<u8>> {
    let len = usize::try_from(range.end.saturating_sub(range.start));
    let mut bytes = vec![0; len.map_err(|_| io::ErrorKind::OutOfMemory)?];
    source.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes)
}

/// An open file with its length at that time.
#[derive(Debug)]
struct OpenFile {
    file: File,
    len: u64,
}

impl ReadAt for OpenFile {
    fn len(&self) -> u64 {
        self.len
    }

    #[cfg(unix)]
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let read = std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset);
            match read {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(len) => {
                    buffer = buffer.get_mut(len..).unwrap_or_default();
                    offset += len as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Packer;

    #[test]
    fn writable_directories_are_directories_of_the_image() {
        let image = Packer::without_module().map_dir("src", "/src").image();
        let image = image.unwrap().bytes;
        let with = |directories: &[u32]| {
            let contents = Contents {
                writable: Some(Writable {
                    directories: directories.to_vec(),
                    limit_len: 1,
                }),
                ..Contents::find(&image).unwrap()
            };
            contents.checked().map(|_| ())
        };
        let contents = Contents::find(&image).unwrap();
        let image = contents.reader().unwrap();
        let number = |path| crate::resolve(&image, path, true).unwrap().number.0;
        assert!(with(&[0, number("/src/cli")]).is_ok());
        for wrong in [number("/src/lib.rs"), image.index().inode_count(), u32::MAX] {
            let error = with(&[0, wrong]).unwrap_err().to_string();
            assert!(error.contains(&format!("inode {wrong} ")), "{error}");
        }
    }

    #[test]
    fn truncated_files_fail_later_reads() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("image");
        let image = Packer::without_module().map_dir("src", "/src").image();
        std::fs::write(&path, image.unwrap().bytes).unwrap();
        let contents = Contents::open(&path).unwrap();
        let image = contents.reader().unwrap();
        let file = crate::resolve(&image, "/src/inspect/contents.rs", true).unwrap();
        let index_len = contents.index.len() as u64;
        let opened = File::options().write(true).open(&path).unwrap();
        opened.set_len(index_len + 10).unwrap();
        let error = image
            .copy_to(&file, &mut io::sink())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("cannot read block "), "{error}");
        assert!(error.contains("unexpected end of file"), "{error}");
        assert!(matches!(Contents::open(&path), Err(OpenError::Image(_))));
    }
}
