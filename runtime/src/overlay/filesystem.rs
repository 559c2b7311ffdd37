//! The layer as a file system.

use super::clock::Clock;
use super::content::Content;
use super::id::{Found, Id};
use super::layer::Overlay;
use super::naming::check_name;
use super::node::Body;
use crate::blocks::{Sink, Source};
use crate::fs::{
    Appended, Entry, Filesystem, FsError, Intent, Mount, Origin, Resolution, Result, Stat, Times,
    Tree,
};

impl<L: Filesystem, C: Clock> Filesystem for Overlay<L, C>
where
    L::Id: Into<u32>,
{
    const CLIMBS: bool = L::CLIMBS;

    fn mount_count(&self) -> u32 {
        self.lower.mount_count()
    }

    fn mount(&self, position: u32) -> Result<Mount<'_, Self::Id>> {
        let Mount { path, id } = self.lower.mount(position)?;
        let id = Id::Packed(id);
        Ok(Mount { path, id })
    }

    fn walk<'p>(
        &'p self,
        start_and_root: (Self::Id, Self::Id),
        path: &'p [u8],
        follow_last: bool,
    ) -> Result<Resolution<'p, Self>> {
        self.walk_path(start_and_root, path, follow_last)
    }

    fn stat(&self, found: &Self::Node) -> Result<Stat> {
        let node = match (self.nodes.get(Self::id(found)), found) {
            (Some(node), _) => node,
            (None, Found::Packed(below)) => return self.lower.stat(below),
            (None, Found::Made(..)) => return Err(FsError::NotFound),
        };
        let below = match found {
            Found::Packed(below) => Some(self.lower.stat(below)?),
            Found::Made(..) => None,
        };
        Ok(Stat {
            serial: match (found, below) {
                (Found::Made(..), _) => node.id.number(),
                (_, below) => below.map_or(0, |below| below.serial),
            },
            kind: node.body.kind(),
            link_count: node.link_count.into(),
            len: match &node.body {
                Body::File(content) => content.len(),
                Body::Directory(_) => 0,
                Body::Symlink(Some(target)) => target.len() as u64,
                Body::Symlink(None) => below.map_or(0, |below| below.len),
            },
            accessed_ns: node.times.accessed_ns,
            modified_ns: node.times.modified_ns,
            changed_ns: node.times.changed_ns,
        })
    }

    fn entry(&self, directory: &Self::Node, cookie: u64) -> Result<Option<Entry<'_>>> {
        match directory {
            Found::Packed(packed) if self.nodes.get(Self::id(directory)).is_none() => {
                self.lower.entry(packed, cookie)
            }
            _ => self.list(directory, cookie),
        }
    }

    fn read_at(&mut self, file: &Self::Node, offset: u64, sink: &mut impl Sink) -> Result {
        match file {
            // As fast as without a layer.
            Found::Packed(packed) if self.nodes.get(Self::id(file)).is_none() => {
                self.lower.read_at(packed, offset, sink)
            }
            _ => self.read(file, offset, sink),
        }
    }

    fn open_file(&mut self, file: Self::Id, intent: Intent) -> Result {
        self.handles.prepare(file)?;
        match file {
            Id::Packed(file) => self.lower.open_file(file, intent),
            Id::Made(_) => Ok(()),
        }
    }

    fn retain(&mut self, id: Self::Id) -> Result {
        self.handles.prepare(id)?;
        if let Id::Packed(packed) = id {
            self.lower.retain(packed)?;
        }
        self.handles.retain(id);
        Ok(())
    }

    fn release(&mut self, id: Self::Id) {
        if let Id::Packed(packed) = id {
            self.lower.release(packed);
        }
        if self.handles.release(id) {
            self.free_unused(id);
        }
    }

    fn check_writable(&self, id: Self::Id) -> Result {
        match id {
            // A changed node was checked at its first change.
            Id::Packed(packed) if self.nodes.get(id).is_none() => self.check_packed(packed),
            _ => Ok(()),
        }
    }

    fn create_file(
        &mut self,
        directory: Self::Id,
        name: &[u8],
        _: Intent,
        _: bool,
    ) -> Result<Self::Node> {
        self.check_free(directory, name)?;
        self.handles.prepare(Id::<L::Id>::Made(self.next_made))?;
        self.make(directory, name, Body::File(Content::default()))
    }

    fn create_directory(&mut self, directory: Self::Id, name: &[u8]) -> Result {
        self.check_free(directory, name)?;
        let body = self.directory_body(Some(directory))?;
        self.make(directory, name, body).map(|_| ())
    }

    fn symlink(&mut self, target: &[u8], directory: Self::Id, name: &[u8]) -> Result {
        self.check_free(directory, name)?;
        match target {
            [] => return Err(FsError::NotFound),
            _ if target.contains(&0) => return Err(FsError::Invalid),
            _ => {}
        }
        let body = Body::Symlink(Some(self.space.copy(target)?));
        self.make(directory, name, body).map(|_| ())
    }

    fn link(&mut self, file: Self::Id, directory: Self::Id, name: &[u8]) -> Result {
        self.add_name(file, directory, name)
    }

    fn rename(&mut self, old: (Self::Id, &[u8]), new: (Self::Id, &[u8])) -> Result {
        self.move_name(old, new)
    }

    fn remove_directory(&mut self, directory: Self::Id, name: &[u8]) -> Result {
        check_name(name, FsError::Invalid)?;
        self.remove_name(directory, name, true)
    }

    fn unlink(&mut self, directory: Self::Id, name: &[u8]) -> Result {
        check_name(name, FsError::IsADirectory)?;
        self.remove_name(directory, name, false)
    }

    fn set_len(&mut self, file: Self::Id, len: u64) -> Result {
        self.cut(file, len)
    }

    fn set_times(&mut self, id: Self::Id, times: Times) -> Result {
        self.stamp(id, times)
    }

    /// Changes nothing before it fails, so the order of checks does not matter.
    fn allocate(&mut self, file: Self::Id, offset: u64, len: u64) -> Result {
        match self.check_writable(file) {
            Ok(()) => self.make_room(file, offset, len),
            // As a read-only file system says it.
            Err(FsError::ReadOnly) => Err(FsError::Unsupported),
            Err(error) => Err(error),
        }
    }

    fn write_at(&mut self, file: Self::Id, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.write(file, offset, &mut &*bytes)
    }

    fn write_from(
        &mut self,
        file: Self::Id,
        start: Option<u64>,
        source: &mut impl Source,
    ) -> Result<Appended> {
        let start = match start {
            Some(start) => start,
            None => self.stat(&self.node(file)?)?.len,
        };
        let len = self.write(file, start, source)?;
        let end = start.saturating_add(len as u64);
        Ok(Appended { len, end })
    }
}

impl<L: Origin, C: Clock> Overlay<L, C>
where
    L::Id: Into<u32>,
{
    /// Whether a file may be executed.
    pub(super) fn is_executable(&self, found: &Found<L::Node>) -> bool {
        match found {
            Found::Packed(node) => self.lower.is_executable(node),
            Found::Made(..) => {
                let node = self.nodes.get(Self::id(found));
                node.is_some_and(|node| node.is_executable)
            }
        }
    }
}
