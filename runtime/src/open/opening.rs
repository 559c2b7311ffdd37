//! Opening a path.

use super::{Access, Expected, Handle, OpenDirectory, OpenFile, Place};
use crate::fs::{Filesystem, FsError, Intent, Kind, Result};

/// How to open a path, as the flags of POSIX's `open` say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// Follow a symbolic link at the end of the path.
    pub follow: bool,
    /// Open the file for reading.
    pub read: bool,
    /// Open the file for writing.
    pub write: bool,
    /// Make a file if there is none.
    pub create: bool,
    /// With [`create`](Self::create): fail if the name is taken.
    pub exclusive: bool,
    /// Cut the file off at length 0.
    pub truncate: bool,
    /// Fail unless the path leads to a directory.
    pub directory: bool,
    /// Flags that the front end keeps with a file, see [`OpenFile::flags`].
    pub flags: u16,
}

/// Opens a path from a directory. The caller [retains](Filesystem::retain) the node.
///
/// # Errors
///
/// Those of [`OpenOptions::check`], of [`OpenDirectory::resolve`] and of POSIX's `open`.
pub fn open<F: Filesystem>(
    fs: &mut F,
    start: &OpenDirectory<F::Id>,
    path: &[u8],
    options: OpenOptions,
) -> Result<Handle<F::Id>> {
    options.check()?;
    // As O_CREAT|O_EXCL does in POSIX: a link in the way is not followed.
    let follow = options.follow && !options.is_exclusive();
    let resolution = start.resolve(fs, path, follow)?;
    let Some(node) = resolution.node else {
        options.check_create()?;
        let place = Place::new(fs, &resolution, Expected::Free)?;
        if place.names_directory {
            return Err(FsError::IsADirectory);
        }
        let file = fs.create_file(place.directory, &place.name)?;
        fs.open_file(F::id(&file), options.intent())?;
        return Ok(options.file::<F>(F::id(&file)));
    };
    if options.is_exclusive() {
        return Err(FsError::Exists);
    }
    let id = F::id(&node);
    match F::kind(&node) {
        Kind::Symlink => Err(FsError::Loop),
        Kind::Directory => {
            options.check_directory()?;
            Ok(Handle::Directory(OpenDirectory {
                id,
                root: match F::CLIMBS {
                    true => resolution.root,
                    false => id,
                },
                mount: None,
            }))
        }
        Kind::File => options.open_file(fs, id),
    }
}

impl OpenOptions {
    /// Checks that the options go together.
    ///
    /// # Errors
    ///
    /// [`FsError::Invalid`]: a directory can be neither made nor cut off.
    pub fn check(&self) -> Result {
        match self.directory && (self.create || self.exclusive || self.truncate) {
            true => Err(FsError::Invalid),
            false => Ok(()),
        }
    }

    /// Whether opening may change the file system.
    pub fn changes(&self) -> bool {
        self.create || self.truncate
    }

    fn is_exclusive(&self) -> bool {
        self.create && self.exclusive
    }

    fn check_directory(&self) -> Result {
        match self.truncate || self.create || self.write {
            true => Err(FsError::IsADirectory),
            false => Ok(()),
        }
    }

    fn open_file<F: Filesystem>(&self, fs: &mut F, id: F::Id) -> Result<Handle<F::Id>> {
        if self.directory {
            return Err(FsError::NotADirectory);
        }
        if self.write || self.truncate {
            fs.check_writable(id)?;
        }
        fs.open_file(id, self.intent())?;
        if self.truncate {
            fs.set_len(id, 0)?;
        }
        Ok(self.file::<F>(id))
    }

    /// A handle that may not write may read.
    fn intent(&self) -> Intent {
        Intent {
            read: self.read || !self.write,
            write: self.write || self.truncate,
        }
    }

    fn check_create(&self) -> Result {
        match self.create {
            true => Ok(()),
            false => Err(FsError::NotFound),
        }
    }

    fn file<F: Filesystem>(&self, id: F::Id) -> Handle<F::Id> {
        let access = match self.write {
            true => Access::Write,
            false => Access::Read,
        };
        Handle::File(OpenFile {
            id,
            position: 0,
            access,
            flags: self.flags,
        })
    }
}
