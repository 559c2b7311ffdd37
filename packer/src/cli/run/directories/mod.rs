//! Host directories as a file system, for the runtime.
//!
//! The runtime walks a path component by component and names nodes by ids, as it does in
//! an image. Here an id stands for an open directory, an open file, or a name in an open
//! directory ([`nodes`]). Each step passes one name to `cap-std`, which never follows a
//! link in it, so a link that another process puts there leads nowhere.
//!
//! `path_open(3, "a/b")`, for example, looks up `a` in the mapped directory and opens the
//! directory `a`. It looks up `b` in `a`, which finds a file's name, and opens the file.
//! The handle keeps the file. After the call, [`HostDirectories::end_call`] drops `a`.
//!
//! Three rules follow from the confinement: a path from an open directory stays below
//! that directory, an absolute link leads nowhere, and a name that is not UTF-8 is
//! `ILSEQ`. Devices are files. Named pipes and sockets cannot be opened, since a program
//! would wait in them.

mod error;
mod file;
mod listing;
mod nodes;
mod stat;

use bumpalo::Bump;
use cap_fs_ext::{DirExt, MetadataExt};
use cap_std::fs::Dir;
use error::{from_io, real_name, text};
use file::OpenFile;
use nodes::{Node, Nodes};
use std::rc::Rc;
use wasi_vfs_runtime::Filesystem;
use wasi_vfs_runtime::blocks::Sink;
use wasi_vfs_runtime::fs::{
    Appended, Entry, Flush, FsError, Intent, Kind, Mount, Result, Stat, Times, Tree,
};

pub(super) use nodes::Id;

/// The mapped directories.
#[derive(Default)]
pub(super) struct HostDirectories {
    mounts: Vec<(String, Id)>,
    nodes: Nodes,
    /// The names and link targets that the current call got.
    texts: Bump,
}

/// A node that was looked up.
#[derive(Clone, Copy)]
pub(super) struct Found {
    id: Id,
    kind: Kind,
}

impl HostDirectories {
    /// Serves `dir` at the guest path `path`.
    pub(super) fn add(&mut self, path: &str, dir: Dir) {
        let id = self.nodes.hold(Node::directory(dir, None));
        self.mounts.push((path.to_owned(), id));
    }

    /// Drops the nodes and texts of a call, except the nodes with a handle.
    pub(super) fn end_call(&mut self) {
        self.nodes.end_call();
        self.texts.reset();
    }

    fn directory(&self, id: Id) -> Result<Rc<nodes::Directory>> {
        match self.nodes.get(id)? {
            Node::Directory(directory) => Ok(directory),
            _ => Err(FsError::NotADirectory),
        }
    }

    fn file(&self, id: Id) -> Result<Rc<OpenFile>> {
        match self.nodes.get(id)? {
            Node::File(file) => Ok(file),
            Node::Directory(_) => Err(FsError::IsADirectory),
            // The runtime opens each file before it reads or writes.
            Node::Name(_) => Err(FsError::Io),
        }
    }

    fn keep(&self, text: &str) -> &str {
        self.texts.alloc_str(text)
    }
}

impl Tree for HostDirectories {
    type Id = Id;
    type Node = Found;

    /// Nothing is above the mapped directories, so this is no node.
    fn root(&self) -> Id {
        Id::NONE
    }

    fn node(&self, id: Id) -> Result<Found> {
        let kind = self.nodes.get(id)?.kind();
        Ok(Found { id, kind })
    }

    fn id(node: &Found) -> Id {
        node.id
    }

    fn kind(node: &Found) -> Kind {
        node.kind
    }

    /// The directory by which the walk came, even if another process moved it meanwhile.
    fn parent(&self, node: &Found) -> Result<Found> {
        let parent = self.directory(node.id)?.parent;
        self.node(parent.ok_or(FsError::NotPermitted)?)
    }

    fn lookup(&self, directory: &Found, name: &[u8]) -> Result<Option<Found>> {
        let parent = self.directory(directory.id)?;
        let name = text(name)?;
        let (kind, waits) = match parent.dir.symlink_metadata(name) {
            Ok(metadata) => (stat::kind(metadata.file_type()), stat::waits(&metadata)),
            Err(error) => match from_io(error) {
                FsError::NotFound => return Ok(None),
                error => return Err(error),
            },
        };
        let node = match kind {
            Kind::Directory => {
                let dir = parent.dir.open_dir_nofollow(name).map_err(from_io)?;
                Node::directory(dir, Some(directory.id))
            }
            _ => Node::name(parent, name, kind, waits),
        };
        let id = self.nodes.add(node);
        Ok(Some(Found { id, kind }))
    }

    fn read_link(&self, link: &Found) -> Result<&[u8]> {
        let Node::Name(link) = self.nodes.get(link.id)? else {
            return Err(FsError::Invalid);
        };
        if link.kind != Kind::Symlink {
            return Err(FsError::Invalid);
        }
        let target = link.directory.dir.read_link_contents(&*link.name);
        let target = target.map_err(from_io)?;
        if target.is_absolute() {
            return Err(FsError::NotPermitted);
        }
        let target = target.to_str().ok_or(FsError::IllegalName)?;
        Ok(self.keep(target).as_bytes())
    }
}

impl Filesystem for HostDirectories {
    const CLIMBS: bool = false;

    fn mount_count(&self) -> u32 {
        self.mounts.len() as u32
    }

    fn mount(&self, position: u32) -> Result<Mount<'_, Id>> {
        let (path, id) = self.mounts.get(position as usize).ok_or(FsError::Io)?;
        let path = path.as_bytes();
        Ok(Mount { path, id: *id })
    }

    fn stat(&self, node: &Found) -> Result<Stat> {
        Ok(stat::stat(&self.nodes.get(node.id)?.metadata()?))
    }

    fn device(&self, node: &Found) -> Result<u64> {
        Ok(self.nodes.get(node.id)?.metadata()?.dev())
    }

    fn entry(&self, directory: &Found, cookie: u64) -> Result<Option<Entry<'_>>> {
        let directory = self.directory(directory.id)?;
        let Some(listed) = directory.listing.entry(&directory.dir, cookie)? else {
            return Ok(None);
        };
        Ok(Some(Entry {
            next: cookie + 1,
            serial: listed.serial,
            kind: listed.kind,
            name: self.keep(listed.name()?).as_bytes(),
        }))
    }

    fn read_at(&mut self, file: &Found, offset: u64, sink: &mut impl Sink) -> Result {
        self.file(file.id)?.read_at(offset, sink)
    }

    fn open_file(&mut self, file: Id, intent: Intent) -> Result {
        match self.nodes.get(file)? {
            // Opening a pipe would wake the process that waits at its other end.
            Node::Name(name) if name.waits => Err(FsError::Unsupported),
            Node::Name(name) => {
                let opened = OpenFile::open(&name.directory.dir, &name.name, intent)?;
                self.nodes.replace(file, Node::file(opened))
            }
            Node::File(_) => Ok(()),
            Node::Directory(_) => Err(FsError::IsADirectory),
        }
    }

    fn retain(&mut self, id: Id) -> Result {
        self.nodes.retain(id)
    }

    fn release(&mut self, id: Id) {
        self.nodes.release(id);
    }

    /// The host decides at the change itself.
    fn check_writable(&self, _: Id) -> Result {
        Ok(())
    }

    fn create_file(
        &mut self,
        directory: Id,
        name: &[u8],
        intent: Intent,
        exclusive: bool,
    ) -> Result<Found> {
        let directory = self.directory(directory)?;
        let file = OpenFile::create(&directory.dir, real_name(name)?, intent, exclusive)?;
        let id = self.nodes.add(Node::file(file));
        let kind = Kind::File;
        Ok(Found { id, kind })
    }

    fn create_directory(&mut self, directory: Id, name: &[u8]) -> Result {
        let directory = self.directory(directory)?;
        directory.dir.create_dir(real_name(name)?).map_err(from_io)
    }

    fn symlink(&mut self, target: &[u8], directory: Id, name: &[u8]) -> Result {
        let directory = self.directory(directory)?;
        let made = DirExt::symlink(&directory.dir, text(target)?, real_name(name)?);
        made.map_err(from_io)
    }

    fn link(&mut self, file: Id, directory: Id, name: &[u8]) -> Result {
        let Node::Name(old) = self.nodes.get(file)? else {
            return Err(FsError::NotPermitted);
        };
        let new = self.directory(directory)?;
        let linked = old
            .directory
            .dir
            .hard_link(&*old.name, &new.dir, real_name(name)?);
        linked.map_err(from_io)
    }

    fn rename(&mut self, old: (Id, &[u8]), new: (Id, &[u8])) -> Result {
        let (from, to) = (self.directory(old.0)?, self.directory(new.0)?);
        // `EBUSY`, as on Linux.
        let name = |name| real_name(name).map_err(|_| FsError::Busy);
        let renamed = from.dir.rename(name(old.1)?, &to.dir, name(new.1)?);
        renamed.map_err(from_io)
    }

    fn remove_directory(&mut self, directory: Id, name: &[u8]) -> Result {
        let directory = self.directory(directory)?;
        directory.dir.remove_dir(real_name(name)?).map_err(from_io)
    }

    fn unlink(&mut self, directory: Id, name: &[u8]) -> Result {
        let directory = self.directory(directory)?;
        // `EISDIR`, as on Linux.
        let name = real_name(name).map_err(|_| FsError::IsADirectory)?;
        let removed = directory.dir.remove_file_or_symlink(name);
        removed.map_err(from_io)
    }

    fn set_len(&mut self, file: Id, len: u64) -> Result {
        self.file(file)?.set_len(len)
    }

    fn set_times(&mut self, id: Id, times: Times) -> Result {
        self.nodes.get(id)?.set_times(times)
    }

    fn write_at(&mut self, file: Id, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.file(file)?.write_at(offset, bytes)
    }

    fn append(&mut self, file: Id, bytes: &[u8]) -> Result<Appended> {
        self.file(file)?.append(bytes)
    }

    fn sync(&mut self, id: Id, flush: Flush) -> Result {
        match self.nodes.get(id)? {
            Node::File(file) => file.sync(flush),
            Node::Directory(directory) => file::sync_directory(&directory.dir),
            Node::Name(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
