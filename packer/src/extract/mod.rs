//! Takes files out of an image and puts them into a directory of the host.
//!
//! The image is not trusted: whatever it says, nothing is written outside the
//! target. Three things see to that, each enough by itself where it applies:
//! every name is held against the rules of the format before anything is
//! written (`plan`); directories are opened relative to their parents and never
//! through a link (`target`); links are made after everything else.

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

/// What to extract, and how.
#[derive(Clone, Debug, Default)]
pub struct Extract {
    paths: Vec<String>,
    inodes: Vec<InodeNumber>,
    force: bool,
    no_size_limit: bool,
}

impl Extract {
    /// Everything, and nothing that exists is overwritten.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Extracts `path` and what is below it, and not everything; may be called
    /// again for more. A symbolic link at its end is extracted as a link.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.paths.push(path.into());
        self
    }

    /// Extracts an inode and what is below it, as [`Extract::path`] does.
    #[must_use]
    pub fn inode(mut self, number: InodeNumber) -> Self {
        self.inodes.push(number);
        self
    }

    /// Replaces files and links that are in the way. Directories never are: one
    /// in the place of a file is an error.
    #[must_use]
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Extracts files however many bytes they have. Otherwise they may have 1 GiB,
    /// or a thousand bytes for each of the image: of a few bytes an image can
    /// make terabytes.
    #[must_use]
    pub fn no_size_limit(mut self, no_size_limit: bool) -> Self {
        self.no_size_limit = no_size_limit;
        self
    }

    /// Extracts into the directory `target`, each object at its path in the
    /// image, and tells `progress` of every file how long it is.
    ///
    /// A target that does not exist is made, complete or not at all. One that
    /// exists keeps what else it holds; if something in it is in the way,
    /// nothing is written, and no file is ever there in part.
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
            Err(error) if error.kind() == ErrorKind::NotFound => make(target, &plan, &copy)?,
            _ => {
                let directory = Dir::open_ambient_dir(target, ambient_authority());
                let directory = directory.map_err(|error| ExtractError::target(target, error))?;
                Target::new(directory, self.force, &copy).write(&plan)?;
            }
        }
        Ok(plan.extracted())
    }
}

/// Makes the directory `target` with all that is planned, or nothing.
fn make(target: &Path, plan: &Plan, copy: &Copy<'_>) -> Result<(), ExtractError> {
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
        // Those of a new directory: the umask is applied to this.
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    // Its own error names the temporary directory, which nobody knows.
    let no_directory = |error: io::Error| {
        let (parent, kind) = (parent.display(), error.kind());
        cannot(io::Error::new(
            kind,
            format!("cannot create a directory in `{parent}`: {kind}"),
        ))
    };
    let temporary = builder.tempdir_in(parent).map_err(no_directory)?;
    let directory = Dir::open_ambient_dir(temporary.path(), ambient_authority());
    let mut inside = Target::made(directory.map_err(cannot)?, copy);
    let written = inside.write(plan);
    let placed = written.and_then(|()| fs::rename(temporary.path(), target).map_err(cannot));
    if let Err(error) = placed {
        // What is left is the directory itself, which removes itself.
        inside.remove(plan);
        return Err(error);
    }
    // What it would remove is no longer there.
    let _ = temporary.keep();
    Ok(())
}

#[cfg(all(test, unix))]
mod tests;
