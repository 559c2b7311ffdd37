//! Opening a path.
//!
//! [`open`] looks the path up, then opens or makes the file. Another process may change
//! the name between the two steps. With `create`, [`open`] then starts again. For example,
//! it finds no `log`, another process makes `log`, and the second look-up finds `log`.

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

/// How often [`open`] starts again. Each time, another process must change the name between
/// two adjacent calls of the host, so more than a few times need a hostile process.
const RESTART_COUNT_MAX: u32 = 16;

/// Where a path leads.
#[allow(
    clippy::large_enum_variant,
    reason = "there is one, on the stack of one call"
)]
enum Target<I> {
    Free(Place<I>),
    File(I),
    Directory(OpenDirectory<I>),
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
    let mut restart_count = 0;
    loop {
        let opened = match locate(fs, start, path, options)? {
            Target::Directory(directory) => return Ok(Handle::Directory(directory)),
            Target::File(id) => options.open_file(fs, id),
            Target::Free(place) => options.create_file(fs, &place),
        };
        match opened {
            Err(error) if options.restarts(error) && restart_count < RESTART_COUNT_MAX => {
                restart_count += 1;
            }
            opened => return opened,
        }
    }
}

/// Resolves the path, and checks that the options fit the found node.
fn locate<F: Filesystem>(
    fs: &F,
    start: &OpenDirectory<F::Id>,
    path: &[u8],
    options: OpenOptions,
) -> Result<Target<F::Id>> {
    // As O_CREAT|O_EXCL does in POSIX: a link in the way is not followed.
    let follow = options.follow && !options.is_exclusive();
    let resolution = start.resolve(fs, path, follow)?;
    let Some(node) = resolution.node else {
        options.check_create()?;
        let place = Place::new(fs, &resolution, Expected::Free)?;
        return match place.names_directory {
            true => Err(FsError::IsADirectory),
            false => Ok(Target::Free(place)),
        };
    };
    if options.is_exclusive() {
        return Err(FsError::Exists);
    }
    let id = F::id(&node);
    match F::kind(&node) {
        Kind::Symlink => Err(FsError::Loop),
        Kind::Directory => {
            options.check_directory()?;
            Ok(Target::Directory(OpenDirectory {
                id,
                root: match F::CLIMBS {
                    true => resolution.root,
                    false => id,
                },
                mount: None,
            }))
        }
        Kind::File => Ok(Target::File(id)),
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

    /// Whether an error means that the name changed after its look-up: another process
    /// made it, removed it, or put a link there.
    fn restarts(&self, error: FsError) -> bool {
        let changed = matches!(error, FsError::Exists | FsError::NotFound | FsError::Loop);
        self.create && !self.exclusive && changed
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

    fn create_file<F: Filesystem>(
        &self,
        fs: &mut F,
        place: &Place<F::Id>,
    ) -> Result<Handle<F::Id>> {
        let (intent, exclusive) = (self.intent(), self.exclusive);
        let file = fs.create_file(place.directory, &place.name, intent, exclusive)?;
        let id = F::id(&file);
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
        let access = match (self.read, self.write) {
            (_, false) => Access::Read,
            (false, true) => Access::Write,
            (true, true) => Access::ReadWrite,
        };
        Handle::File(OpenFile {
            id,
            position: 0,
            access,
            flags: self.flags,
        })
    }
}
