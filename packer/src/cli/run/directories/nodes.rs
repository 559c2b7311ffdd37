//! The nodes by id.
//!
//! A call finds nodes by looking up names. At the end of the call they are dropped, unless
//! a handle was opened for them. An id is never used twice, so an old id finds nothing.

use super::error::from_io;
use super::file::OpenFile;
use super::listing::Listing;
use super::stat;
use cap_std::fs::{Dir, Metadata};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasi_vfs_runtime::fs::{FsError, Kind, Result, Times};

/// Names a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Id(u64);

impl Id {
    /// Of no node.
    pub(super) const NONE: Self = Self(u64::MAX);
}

/// A node. Clones are the same node.
#[derive(Clone)]
pub(super) enum Node {
    Directory(Rc<Directory>),
    /// A file or link that is not open.
    Name(Rc<Name>),
    File(Rc<OpenFile>),
}

/// An open directory.
pub(super) struct Directory {
    pub(super) dir: Dir,
    /// The directory that it was found in.
    pub(super) parent: Option<Id>,
    pub(super) listing: Listing,
}

/// A name in a directory.
pub(super) struct Name {
    pub(super) directory: Rc<Directory>,
    pub(super) name: Box<str>,
    pub(super) kind: Kind,
    /// Whether this is a named pipe or a socket.
    pub(super) waits: bool,
}

impl Node {
    pub(super) fn directory(dir: Dir, parent: Option<Id>) -> Self {
        let listing = Listing::default();
        Self::Directory(Rc::new(Directory {
            dir,
            parent,
            listing,
        }))
    }

    pub(super) fn name(directory: Rc<Directory>, name: &str, kind: Kind, waits: bool) -> Self {
        let name = name.into();
        Self::Name(Rc::new(Name {
            directory,
            name,
            kind,
            waits,
        }))
    }

    pub(super) fn file(file: OpenFile) -> Self {
        Self::File(Rc::new(file))
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Directory(_) => Kind::Directory,
            Self::Name(name) => name.kind,
            Self::File(_) => Kind::File,
        }
    }

    pub(super) fn metadata(&self) -> Result<Metadata> {
        let metadata = match self {
            Self::Directory(directory) => directory.dir.dir_metadata(),
            Self::Name(name) => name.directory.dir.symlink_metadata(&*name.name),
            Self::File(file) => file.metadata(),
        };
        metadata.map_err(from_io)
    }

    pub(super) fn set_times(&self, times: Times) -> Result {
        let set = match self {
            Self::Directory(directory) => stat::set_times(&directory.dir, ".", times),
            Self::Name(name) => stat::set_times(&name.directory.dir, &name.name, times),
            Self::File(file) => file.set_times(times),
        };
        set.map_err(from_io)
    }
}

/// All nodes.
#[derive(Default)]
pub(super) struct Nodes {
    next: Cell<u64>,
    /// Found in the current call.
    found: RefCell<HashMap<Id, Node>>,
    /// With their numbers of handles.
    held: HashMap<Id, (Node, u64)>,
}

impl Nodes {
    pub(super) fn get(&self, id: Id) -> Result<Node> {
        if let Some((node, _)) = self.held.get(&id) {
            return Ok(node.clone());
        }
        // The root of all mapped directories is no node. Only absolute links lead there.
        self.found
            .borrow()
            .get(&id)
            .cloned()
            .ok_or(FsError::NotPermitted)
    }

    /// Adds a node of the current call.
    pub(super) fn add(&self, node: Node) -> Id {
        let id = self.next_id();
        self.found.borrow_mut().insert(id, node);
        id
    }

    /// Adds a node that stays.
    pub(super) fn hold(&mut self, node: Node) -> Id {
        let id = self.next_id();
        self.held.insert(id, (node, 1));
        id
    }

    /// Puts another node under an id of the current call.
    pub(super) fn replace(&mut self, id: Id, node: Node) -> Result {
        self.found.get_mut().insert(id, node);
        Ok(())
    }

    pub(super) fn retain(&mut self, id: Id) -> Result {
        if let Some((_, handle_count)) = self.held.get_mut(&id) {
            *handle_count += 1;
            return Ok(());
        }
        let node = self.found.get_mut().remove(&id).ok_or(FsError::Io)?;
        self.held.insert(id, (node, 1));
        Ok(())
    }

    pub(super) fn release(&mut self, id: Id) {
        let Some((_, handle_count)) = self.held.get_mut(&id) else {
            return;
        };
        *handle_count -= 1;
        if *handle_count == 0 {
            self.held.remove(&id);
        }
    }

    pub(super) fn end_call(&mut self) {
        self.found.get_mut().clear();
    }

    fn next_id(&self) -> Id {
        let next = self.next.get();
        // A program cannot make 2^64 look-ups.
        self.next.set(next.wrapping_add(1));
        Id(next)
    }
}
