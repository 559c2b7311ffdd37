//! Extracts files of an image into a directory of the host.
//!
//! The image is untrusted. Three measures keep all writes inside the target:
//!
//! - `plan` checks every name before the first write,
//! - `target` opens each directory relative to its parent and follows no link,
//! - links are created last.
//!
//! For example, a damaged image may have a link `lib` to `/etc` and a file `lib/passwd`.
//! Both names are valid, but `lib` is created as a directory for the file first, and the
//! link then fails as a collision.

mod case;
mod error;
mod occupied;
mod open_directories;
mod plan;
mod target;

pub use error::ExtractError;
pub use plan::Extracted;

use crate::limits::size;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use plan::Plan;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use target::{Copy, Target};

use wasi_vfs_format::InodeNumber;
use wasi_vfs_format::reader::ImageReader;

/// The selection and the options of an extraction.
#[derive(Clone, Debug, Default)]
pub struct Extract {
    paths: Vec<String>,
    inodes: Vec<InodeNumber>,
    force: bool,
    no_size_limit: bool,
}

impl Extract {
    /// Extracts all files and overwrites none.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Extracts only `path` and everything below it. Repeatable. A symbolic link at the end
    /// of the path is extracted as a link.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.paths.push(path.into());
        self
    }

    /// Extracts only an inode and everything below it, as [`Extract::path`] does.
    #[must_use]
    pub fn inode(mut self, number: InodeNumber) -> Self {
        self.inodes.push(number);
        self
    }

    /// Replaces existing files and links. An existing directory at the path of a file is
    /// always an error.
    #[must_use]
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Disables the size limit. By default, the files may have 1 GiB or 1000 times the bytes
    /// of the image, whichever is larger.
    #[must_use]
    pub fn no_size_limit(mut self, no_size_limit: bool) -> Self {
        self.no_size_limit = no_size_limit;
        self
    }

    /// Extracts into the directory `target`, to the same paths as in the image. Calls
    /// `progress` with the length of each extracted file.
    ///
    /// A missing target is created, complete or not at all. An existing target keeps its
    /// other files. If an object in it prevents the extraction, nothing is written. Each file
    /// appears as a whole.
    ///
    /// ```
    /// use wasi_vfs::{Contents, Extract};
    ///
    /// # let app = wat::parse_str(r#"(module
    /// #     (import "wasi_snapshot_preview1" "path_open"
    /// #         (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    /// #     (memory (export "memory") 1))"#)?;
    /// # let packed = wasi_vfs::Packer::new(app).map_dir("src", "/usr/lib").pack()?.module;
    /// # let scratch = tempfile::tempdir()?;
    /// # let out = scratch.path().join("out");
    /// let contents = Contents::find(&packed)?;
    /// let image = contents.reader()?;
    /// Extract::new().path("/usr/lib/extract").to(&image, &out, &|_| ())?;
    /// assert!(out.join("usr/lib/extract/mod.rs").is_file());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`ExtractError`].
    pub fn to(
        &self,
        image: &ImageReader<'_>,
        target: &Path,
        progress: &dyn Fn(u64),
    ) -> Result<Extracted, ExtractError> {
        let plan = Plan::new(image, &self.paths, &self.inodes)?;
        if !self.no_size_limit {
            size::check(image, plan.extracted().file_len)?;
        }
        let copy = |number: InodeNumber, out: &mut dyn Write| {
            let inode = image.index().inode(number);
            let inode = inode.map_err(|corrupt| io::Error::new(ErrorKind::InvalidData, corrupt))?;
            let len = image.copy_to(&inode, out)?;
            progress(len);
            Ok(len)
        };
        match fs::symlink_metadata(target) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create_complete(target, &plan, &copy)?
            }
            _ => {
                let directory = Dir::open_ambient_dir(target, ambient_authority());
                let directory = directory.map_err(|error| ExtractError::target(target, error))?;
                Target::new(directory, self.force, &copy).write(&plan)?;
            }
        }
        Ok(plan.extracted())
    }
}

/// Creates the directory `target` with the whole plan, or nothing.
fn create_complete(target: &Path, plan: &Plan, copy: &Copy<'_>) -> Result<(), ExtractError> {
    let cannot = |error| ExtractError::target(target, error);
    let parent = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wasi-vfs-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The permissions of a new directory. The system applies the umask.
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    // The error of `tempfile` names the temporary directory, which means nothing to users.
    let no_directory = |error: io::Error| {
        let (parent, kind) = (parent.display(), error.kind());
        cannot(io::Error::new(
            kind,
            format!("cannot create a directory in `{parent}`: {kind}"),
        ))
    };
    let temporary = builder.tempdir_in(parent).map_err(no_directory)?;
    let directory = Dir::open_ambient_dir(temporary.path(), ambient_authority());
    let mut inside = Target::created(directory.map_err(cannot)?, copy);
    let written = inside.write(plan);
    let placed = written.and_then(|()| fs::rename(temporary.path(), target).map_err(cannot));
    if let Err(error) = placed {
        // `temporary` removes the empty directory.
        inside.remove(plan);
        return Err(error);
    }
    // The directory has another name now.
    let _ = temporary.keep();
    Ok(())
}

#[cfg(all(test, unix))]
mod tests;
