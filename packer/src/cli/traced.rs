//! The tree of an image as directories of the interpreter, which note what is
//! opened and looked at.
//!
//! Within a packed module no file call reaches the host, so nothing could be
//! noted there. For a trace the module runs without its image, and the host
//! serves the same tree, read-only.

use async_trait::async_trait;
use std::any::Any;
use std::io::{IoSliceMut, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use wasi_vfs::{ImageReader, Trace};
use wasi_vfs_format::reader::{FileReader, ResolveError};
use wasi_vfs_format::{Content, Corrupt, Inode, InodeNumber, Kind};
use wasmi_wasi::wasi_common::dir::{OpenResult, ReaddirCursor, ReaddirEntity};
use wasmi_wasi::wasi_common::file::{Advice, FdFlags, FileType, Filestat, OFlags};
use wasmi_wasi::wasi_common::snapshots::preview_1::types::Errno;
use wasmi_wasi::{Error, WasiDir, WasiFile};

/// An image for as long as the process lives, which is as long as the program
/// runs.
type Image = ImageReader<'static>;

/// What was noted so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(Arc<Mutex<Trace>>);

impl Notes {
    fn note(&self, note: impl FnOnce(&mut Trace)) {
        // A thread that panicked cannot have left half a note.
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn to_text(&self) -> String {
        let trace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trace.to_text()
    }
}

/// A directory of an image.
pub(super) struct Directory {
    image: Image,
    number: InodeNumber,
    notes: Notes,
}

impl Directory {
    pub(super) fn new(image: Image, number: InodeNumber, notes: Notes) -> Self {
        Self {
            image,
            number,
            notes,
        }
    }

    /// What `path` leads to, and the path as the program would name it from
    /// the root.
    fn resolve(&self, path: &str, follow: bool) -> Result<(String, Inode), Error> {
        if path.starts_with('/') {
            return Err(Errno::Perm.into());
        }
        let directory = self.image.path(self.number).map_err(damaged)?;
        let whole = format!("{}/{path}", directory.trim_end_matches('/'));
        let inode = self.image.resolve(&whole, follow).map_err(errno)?;
        Ok((whole, inode))
    }

    /// `path` as a list of paths has it. The dot at the end of a directory keeps it
    /// without its content, which the program names where it uses it.
    fn noted(&self, path: String) -> String {
        let leads_to = self.image.resolve(&path, true);
        let is_directory = leads_to.is_ok_and(|inode| inode.kind() == Kind::Directory);
        match is_directory && !path.ends_with("/.") {
            true => format!("{}/.", path.trim_end_matches('/')),
            false => path,
        }
    }
}

#[async_trait]
impl WasiDir for Directory {
    fn as_any(&self) -> &dyn Any {
        self
    }

    async fn open_file(
        &self,
        symlink_follow: bool,
        path: &str,
        oflags: OFlags,
        _read: bool,
        write: bool,
        _fdflags: FdFlags,
    ) -> Result<OpenResult, Error> {
        let found = self.resolve(path, symlink_follow);
        let changes = oflags.intersects(OFlags::CREATE | OFlags::TRUNCATE) || write;
        let (whole, inode) = match found {
            Ok(_) if oflags.contains(OFlags::CREATE | OFlags::EXCLUSIVE) => {
                return Err(Errno::Exist.into());
            }
            Ok((_, inode)) if changes && inode.kind() == Kind::File => {
                return Err(Errno::Rofs.into());
            }
            Err(_) if oflags.contains(OFlags::CREATE) => return Err(Errno::Rofs.into()),
            found => found?,
        };
        let opened = match inode.kind() {
            Kind::Symlink => return Err(Errno::Loop.into()),
            Kind::File if oflags.contains(OFlags::DIRECTORY) => return Err(Errno::Notdir.into()),
            Kind::Directory => OpenResult::Dir(Box::new(Self::new(
                self.image.clone(),
                inode.number,
                self.notes.clone(),
            ))),
            Kind::File => OpenResult::File(Box::new(File::new(&self.image, inode)?)),
        };
        let noted = self.noted(whole);
        self.notes.note(|trace| trace.opened(&noted));
        Ok(opened)
    }

    async fn readdir(
        &self,
        cursor: ReaddirCursor,
    ) -> Result<Box<dyn Iterator<Item = Result<ReaddirEntity, Error>> + Send>, Error> {
        let index = self.image.index();
        let inode = index.inode(self.number).map_err(damaged)?;
        let Content::Directory(directory) = inode.content else {
            return Err(Errno::Notdir.into());
        };
        let mut entries = vec![
            entity(&inode, "."),
            entity(&index.inode(inode.parent).map_err(damaged)?, ".."),
        ];
        for number in directory.children() {
            let name = String::from_utf8_lossy(index.name(number).map_err(damaged)?);
            entries.push(entity(&index.inode(number).map_err(damaged)?, &name));
        }
        let numbered = (1..).zip(entries).map(|(next, entry)| {
            Ok(ReaddirEntity {
                next: ReaddirCursor::from(next),
                ..entry
            })
        });
        let skipped = usize::try_from(u64::from(cursor)).unwrap_or(usize::MAX);
        Ok(Box::new(numbered.skip(skipped)))
    }

    async fn read_link(&self, path: &str) -> Result<PathBuf, Error> {
        let (whole, inode) = self.resolve(path, false)?;
        let Content::Symlink(link) = &inode.content else {
            return Err(Errno::Inval.into());
        };
        let target = self.image.index().target(link).map_err(damaged)?;
        let noted = self.noted(whole);
        self.notes.note(|trace| trace.inspected(&noted));
        Ok(String::from_utf8_lossy(target).into_owned().into())
    }

    async fn get_filestat(&self) -> Result<Filestat, Error> {
        let inode = self.image.index().inode(self.number).map_err(damaged)?;
        Ok(filestat(&inode))
    }

    async fn get_path_filestat(
        &self,
        path: &str,
        follow_symlinks: bool,
    ) -> Result<Filestat, Error> {
        let (whole, inode) = self.resolve(path, follow_symlinks)?;
        let noted = self.noted(whole);
        self.notes.note(|trace| trace.inspected(&noted));
        Ok(filestat(&inode))
    }

    async fn create_dir(&self, path: &str) -> Result<(), Error> {
        match self.resolve(path, false) {
            Ok(_) => Err(Errno::Exist.into()),
            Err(_) => Err(Errno::Rofs.into()),
        }
    }

    async fn symlink(&self, _old_path: &str, _new_path: &str) -> Result<(), Error> {
        Err(Errno::Rofs.into())
    }

    async fn remove_dir(&self, _path: &str) -> Result<(), Error> {
        Err(Errno::Rofs.into())
    }

    async fn unlink_file(&self, _path: &str) -> Result<(), Error> {
        Err(Errno::Rofs.into())
    }

    async fn rename(&self, _: &str, _: &dyn WasiDir, _: &str) -> Result<(), Error> {
        Err(Errno::Rofs.into())
    }

    async fn hard_link(&self, _: &str, _: &dyn WasiDir, _: &str) -> Result<(), Error> {
        Err(Errno::Rofs.into())
    }
}

/// A file of an image.
struct File {
    inode: Inode,
    reader: Mutex<FileReader<'static>>,
}

impl File {
    fn new(image: &Image, inode: Inode) -> Result<Self, Error> {
        let reader = image.open(&inode).ok_or(Error::from(Errno::Inval))?;
        Ok(Self {
            inode,
            reader: Mutex::new(reader),
        })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut FileReader<'static>) -> std::io::Result<T>,
    ) -> Result<T, Error> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut reader).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidInput => Errno::Inval.into(),
            _ => Errno::Io.into(),
        })
    }
}

/// Fills the buffers until the file ends.
fn fill(reader: &mut impl Read, buffers: &mut [IoSliceMut<'_>]) -> std::io::Result<u64> {
    let mut total = 0;
    for buffer in buffers {
        let mut rest = &mut **buffer;
        while !rest.is_empty() {
            let len = reader.read(rest)?;
            if len == 0 {
                return Ok(total);
            }
            total += len as u64;
            rest = rest.get_mut(len..).unwrap_or_default();
        }
    }
    Ok(total)
}

#[async_trait]
impl WasiFile for File {
    fn as_any(&self) -> &dyn Any {
        self
    }

    async fn get_filetype(&self) -> Result<FileType, Error> {
        Ok(FileType::RegularFile)
    }

    async fn get_filestat(&self) -> Result<Filestat, Error> {
        Ok(filestat(&self.inode))
    }

    async fn advise(&self, _offset: u64, _len: u64, _advice: Advice) -> Result<(), Error> {
        Ok(())
    }

    async fn read_vectored<'a>(&self, buffers: &mut [IoSliceMut<'a>]) -> Result<u64, Error> {
        self.with(|reader| fill(reader, buffers))
    }

    async fn read_vectored_at<'a>(
        &self,
        buffers: &mut [IoSliceMut<'a>],
        offset: u64,
    ) -> Result<u64, Error> {
        self.with(|reader| {
            let mut reader = reader.clone();
            reader.seek(SeekFrom::Start(offset))?;
            fill(&mut reader, buffers)
        })
    }

    async fn seek(&self, position: SeekFrom) -> Result<u64, Error> {
        self.with(|reader| reader.seek(position))
    }

    async fn readable(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn entity(inode: &Inode, name: &str) -> ReaddirEntity {
    ReaddirEntity {
        next: ReaddirCursor::from(0),
        inode: number(inode),
        name: name.to_owned(),
        filetype: filetype(inode),
    }
}

/// Programs take an inode number of 0 for none.
fn number(inode: &Inode) -> u64 {
    u64::from(inode.number.0) + 1
}

fn filetype(inode: &Inode) -> FileType {
    match inode.kind() {
        Kind::Directory => FileType::Directory,
        Kind::File => FileType::RegularFile,
        Kind::Symlink => FileType::SymbolicLink,
    }
}

fn filestat(inode: &Inode) -> Filestat {
    let distance = Duration::from_nanos(inode.mtime_ns.unsigned_abs());
    let time = match inode.mtime_ns {
        0.. => SystemTime::UNIX_EPOCH.checked_add(distance),
        // The interpreter has no times before 1970.
        _ => Some(SystemTime::UNIX_EPOCH),
    };
    Filestat {
        device_id: 1,
        inode: number(inode),
        filetype: filetype(inode),
        nlink: 1,
        size: match &inode.content {
            Content::File(file) => file.len,
            Content::Symlink(link) => link.target_len.into(),
            Content::Directory(_) => 0,
        },
        atim: time,
        mtim: time,
        ctim: time,
    }
}

fn errno(error: ResolveError) -> Error {
    match error {
        ResolveError::NotFound => Errno::Noent.into(),
        ResolveError::NotADirectory => Errno::Notdir.into(),
        ResolveError::Loop => Errno::Loop.into(),
        ResolveError::TooLong => Errno::Nametoolong.into(),
        ResolveError::Corrupt(corrupt) => damaged(corrupt),
    }
}

fn damaged(_: Corrupt) -> Error {
    Errno::Io.into()
}
