//! A file system in memory that can change: the second implementation of the trait. The
//! front end serves it with no line of its own for it.

use crate::blocks::Sink;
use crate::fs::{
    Entry, Filesystem, Flush, FsError, Intent, Kind, Mount, Result, Stat, Time, Times, Tree,
};
use std::collections::BTreeMap;

/// A node by its position in [`MemoryFs::nodes`].
type Id = usize;

#[derive(Debug)]
enum Content {
    Directory(BTreeMap<Vec<u8>, Id>),
    File(Vec<u8>),
    Symlink(Vec<u8>),
}

#[derive(Debug)]
struct Node {
    parent: Id,
    content: Content,
    mtime_ns: i64,
    link_count: u64,
    handle_count: u64,
}

/// The nodes; the root is the first.
pub(crate) struct MemoryFs {
    nodes: Vec<Option<Node>>,
    /// The nodes that were flushed, and how.
    pub(crate) flushes: Vec<(Id, Flush)>,
    /// What another process does between the look-up of a name and its use, in each turn
    /// the last of these.
    pub(crate) rivals: Vec<Rival>,
    /// How many more bytes the storage accepts.
    pub(crate) space: usize,
}

/// A change by another process.
pub(crate) type Rival = fn(&mut MemoryFs) -> Result;

impl MemoryFs {
    pub(crate) fn new() -> Self {
        let mut fs = Self {
            nodes: Vec::new(),
            flushes: Vec::new(),
            rivals: Vec::new(),
            space: usize::MAX,
        };
        fs.add(0, Content::Directory(BTreeMap::new()));
        fs
    }

    /// How many nodes have a name or a handle.
    pub(crate) fn node_count(&self) -> usize {
        self.nodes.iter().flatten().count()
    }

    fn let_rival_change(&mut self) -> Result {
        match self.rivals.pop() {
            Some(rival) => rival(self),
            None => Ok(()),
        }
    }

    fn add(&mut self, parent: Id, content: Content) -> Id {
        self.nodes.push(Some(Node {
            parent,
            content,
            mtime_ns: 0,
            link_count: 1,
            handle_count: 0,
        }));
        self.nodes.len() - 1
    }

    fn get(&self, id: Id) -> Result<&Node> {
        self.nodes[id].as_ref().ok_or(FsError::NotFound)
    }

    fn get_mut(&mut self, id: Id) -> Result<&mut Node> {
        self.nodes[id].as_mut().ok_or(FsError::NotFound)
    }

    fn children(&mut self, id: Id) -> Result<&mut BTreeMap<Vec<u8>, Id>> {
        match &mut self.get_mut(id)?.content {
            Content::Directory(children) => Ok(children),
            _ => Err(FsError::NotADirectory),
        }
    }

    fn bytes(&mut self, id: Id) -> Result<&mut Vec<u8>> {
        match &mut self.get_mut(id)?.content {
            Content::File(bytes) => Ok(bytes),
            _ => Err(FsError::IsADirectory),
        }
    }

    fn insert(&mut self, directory: Id, name: &[u8], content: Content) -> Result<Id> {
        if matches!(name, b"." | b"..") {
            return Err(FsError::Invalid);
        }
        let id = self.add(directory, content);
        self.children(directory)?.insert(name.into(), id);
        Ok(id)
    }

    fn check_rename(&mut self, id: Id, old: Id, new: Id, replaced: Option<Id>) -> Result {
        let is_directory = self.children(id).is_ok();
        if is_directory && self.is_below(new, id)? {
            return Err(FsError::Invalid);
        }
        let Some(replaced) = replaced else {
            return Ok(());
        };
        if self.is_below(old, replaced)? {
            return Err(FsError::NotEmpty);
        }
        match (is_directory, self.children(replaced)) {
            (true, Err(_)) => Err(FsError::NotADirectory),
            (false, Ok(_)) => Err(FsError::IsADirectory),
            (true, Ok(children)) if !children.is_empty() => Err(FsError::NotEmpty),
            _ => Ok(()),
        }
    }

    /// Whether a directory is `above` or below it.
    fn is_below(&self, directory: Id, above: Id) -> Result<bool> {
        let mut here = directory;
        while here != above && here != 0 {
            here = self.get(here)?.parent;
        }
        Ok(here == above)
    }

    fn remove(&mut self, directory: Id, name: &[u8]) -> Result {
        let id = self.children(directory)?.remove(name);
        let id = id.ok_or(FsError::Invalid)?;
        self.get_mut(id)?.link_count -= 1;
        self.drop_unused(id);
        Ok(())
    }

    /// Removes a node that has neither a name nor a handle.
    fn drop_unused(&mut self, id: Id) {
        if self
            .get(id)
            .is_ok_and(|node| node.link_count + node.handle_count == 0)
        {
            self.nodes[id] = None;
        }
    }
}

impl Tree for MemoryFs {
    type Id = Id;
    type Node = (Id, Kind);

    fn root(&self) -> Id {
        0
    }

    fn node(&self, id: Id) -> Result<(Id, Kind)> {
        let kind = match self.get(id)?.content {
            Content::Directory(_) => Kind::Directory,
            Content::File(_) => Kind::File,
            Content::Symlink(_) => Kind::Symlink,
        };
        Ok((id, kind))
    }

    fn id(node: &(Id, Kind)) -> Id {
        node.0
    }

    fn kind(node: &(Id, Kind)) -> Kind {
        node.1
    }

    fn parent(&self, node: &(Id, Kind)) -> Result<(Id, Kind)> {
        self.node(self.get(node.0)?.parent)
    }

    fn lookup(&self, directory: &(Id, Kind), name: &[u8]) -> Result<Option<(Id, Kind)>> {
        match &self.get(directory.0)?.content {
            Content::Directory(children) => children.get(name).map(|&id| self.node(id)).transpose(),
            _ => Err(FsError::NotADirectory),
        }
    }

    fn read_link(&self, link: &(Id, Kind)) -> Result<&[u8]> {
        match &self.get(link.0)?.content {
            Content::Symlink(target) => Ok(target),
            _ => Err(FsError::Invalid),
        }
    }
}

impl Filesystem for MemoryFs {
    fn mount_count(&self) -> u32 {
        1
    }

    fn mount(&self, _: u32) -> Result<Mount<'_, Id>> {
        Ok(Mount { path: b"/", id: 0 })
    }

    fn stat(&self, node: &(Id, Kind)) -> Result<Stat> {
        let found = self.get(node.0)?;
        Ok(Stat {
            serial: node.0 as u64 + 1,
            kind: node.1,
            link_count: found.link_count,
            len: match &found.content {
                Content::Directory(_) => 0,
                Content::File(bytes) | Content::Symlink(bytes) => bytes.len() as u64,
            },
            accessed_ns: found.mtime_ns,
            modified_ns: found.mtime_ns,
            changed_ns: found.mtime_ns,
        })
    }

    fn entry(&self, directory: &(Id, Kind), cookie: u64) -> Result<Option<Entry<'_>>> {
        let Content::Directory(children) = &self.get(directory.0)?.content else {
            return Err(FsError::NotADirectory);
        };
        let Some((name, &id)) = children.iter().nth(cookie as usize) else {
            return Ok(None);
        };
        Ok(Some(Entry {
            next: cookie + 1,
            serial: id as u64 + 1,
            kind: self.node(id)?.1,
            name,
        }))
    }

    fn read_at(&mut self, file: &(Id, Kind), offset: u64, sink: &mut impl Sink) -> Result {
        let bytes = self.bytes(file.0)?;
        let rest = bytes.get(offset as usize..).unwrap_or_default();
        sink.put(&rest[..rest.len().min(sink.room() as usize)]);
        Ok(())
    }

    fn retain(&mut self, id: Id) -> Result {
        self.get_mut(id)?.handle_count += 1;
        Ok(())
    }

    fn release(&mut self, id: Id) {
        self.get_mut(id).expect("a retained node").handle_count -= 1;
        self.drop_unused(id);
    }

    fn check_writable(&self, _: Id) -> Result {
        Ok(())
    }

    fn open_file(&mut self, file: Id, _: Intent) -> Result {
        self.let_rival_change()?;
        match self.get(file)?.link_count {
            0 => Err(FsError::NotFound),
            _ => Ok(()),
        }
    }

    fn create_file(
        &mut self,
        directory: Id,
        name: &[u8],
        _: Intent,
        _: bool,
    ) -> Result<(Id, Kind)> {
        self.let_rival_change()?;
        if self.children(directory)?.contains_key(name) {
            return Err(FsError::Exists);
        }
        let id = self.insert(directory, name, Content::File(Vec::new()))?;
        self.node(id)
    }

    fn create_directory(&mut self, directory: Id, name: &[u8]) -> Result {
        let content = Content::Directory(BTreeMap::new());
        self.insert(directory, name, content).map(|_| ())
    }

    fn symlink(&mut self, target: &[u8], directory: Id, name: &[u8]) -> Result {
        let content = Content::Symlink(target.into());
        self.insert(directory, name, content).map(|_| ())
    }

    fn link(&mut self, file: Id, directory: Id, name: &[u8]) -> Result {
        if self.children(file).is_ok() {
            return Err(FsError::NotPermitted);
        }
        self.children(directory)?.insert(name.into(), file);
        self.get_mut(file)?.link_count += 1;
        Ok(())
    }

    fn rename(&mut self, old: (Id, &[u8]), new: (Id, &[u8])) -> Result {
        let is_dot = |name: &[u8]| matches!(name, b"." | b"..");
        if is_dot(old.1) || is_dot(new.1) {
            return Err(FsError::Busy);
        }
        let id = *self.children(old.0)?.get(old.1).ok_or(FsError::NotFound)?;
        let replaced = self.children(new.0)?.get(new.1).copied();
        if replaced == Some(id) {
            return Ok(());
        }
        self.check_rename(id, old.0, new.0, replaced)?;
        self.children(old.0)?.remove(old.1);
        self.children(new.0)?.insert(new.1.into(), id);
        if let Some(replaced) = replaced {
            self.get_mut(replaced)?.link_count -= 1;
            self.drop_unused(replaced);
        }
        self.get_mut(id)?.parent = new.0;
        Ok(())
    }

    fn remove_directory(&mut self, directory: Id, name: &[u8]) -> Result {
        if matches!(name, b"." | b"..") {
            return Err(FsError::Invalid);
        }
        let found = self.lookup(&self.node(directory)?, name)?;
        let (id, _) = found.ok_or(FsError::Invalid)?;
        match self.children(id)?.is_empty() {
            true => self.remove(directory, name),
            false => Err(FsError::NotEmpty),
        }
    }

    fn unlink(&mut self, directory: Id, name: &[u8]) -> Result {
        if matches!(name, b"." | b"..") {
            return Err(FsError::IsADirectory);
        }
        match self.lookup(&self.node(directory)?, name)? {
            Some((_, Kind::Directory)) => Err(FsError::IsADirectory),
            _ => self.remove(directory, name),
        }
    }

    fn set_len(&mut self, file: Id, len: u64) -> Result {
        self.bytes(file)?.resize(len as usize, 0);
        Ok(())
    }

    fn set_times(&mut self, id: Id, times: Times) -> Result {
        if let Some(Time::At(time_ns)) = times.modified {
            self.get_mut(id)?.mtime_ns = time_ns;
        }
        Ok(())
    }

    fn sync(&mut self, id: Id, flush: Flush) -> Result {
        self.flushes.push((id, flush));
        Ok(())
    }

    fn write_at(&mut self, file: Id, offset: u64, new: &[u8]) -> Result<usize> {
        let new = &new[..new.len().min(self.space)];
        if new.is_empty() {
            return Err(FsError::NoSpace);
        }
        self.space -= new.len();
        let bytes = self.bytes(file)?;
        let (start, end) = (offset as usize, offset as usize + new.len());
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[start..end].copy_from_slice(new);
        Ok(new.len())
    }
}
