//! The walk through the changed tree, which adds the inodes of the image.
//!
//! The walk goes breadth first, as inodes are numbered, and compares each directory with the
//! packed directory at the same path. If they are one, only changed names and nodes are
//! added. If they are two, for example since the program moved a directory there, all names are
//! added, and the names that only the packed one has are removed names. A packed node at its
//! packed path is added only if it, or a node below it, changed.

use super::content::Content;
use super::entries::{Entries, Entry};
use super::error::SaveError;
use super::in_place::InPlace;
use crate::fs::Filesystem;
use crate::fs::{Kind, Origin, Result as FsResult, Stat, Tree};
use crate::overlay::clock::Clock;
use crate::overlay::directory::{Cover, Directory};
use crate::overlay::id::{Found, Id};
use crate::overlay::layer::Overlay;
use crate::overlay::order::Order;
use crate::overlay::space::Space;
use alloc::collections::VecDeque;
use wasi_vfs_format::InodeNumber;
use wasi_vfs_format::changes::{Described, Writer};

/// A directory whose entries are still to add.
struct Pending<L: Origin> {
    number: InodeNumber,
    id: Id<L::Id>,
    /// The packed directory at the same path.
    below: Option<L::Node>,
}

/// The finished index, except its blocks, and where their bytes are.
pub(super) type Walked<I> = (Writer, Content<I>);

/// The state of the walk.
pub(super) struct Walk<'o, L: Origin, C> {
    overlay: &'o Overlay<L, C>,
    in_place: &'o InPlace,
    writer: Writer,
    content: Content<L::Id>,
    pending: VecDeque<Pending<L>>,
    /// The first inode of each node with several names.
    linked: Order,
    space: Space,
}

impl<'o, L: Origin, C: Clock> Walk<'o, L, C>
where
    L::Id: From<u32> + Into<u32>,
{
    pub(super) fn new(
        overlay: &'o Overlay<L, C>,
        in_place: &'o InPlace,
    ) -> Result<Self, SaveError> {
        let root = overlay.lower.root();
        let below = overlay.lower.node(root)?;
        let stat = overlay.stat(&Found::Packed(below))?;
        let mut walk = Self {
            overlay,
            in_place,
            writer: Writer::new(stat.modified_ns)?,
            content: Content::new(),
            pending: VecDeque::new(),
            linked: Order::default(),
            space: Space::unlimited(),
        };
        walk.push(Pending {
            number: InodeNumber::ROOT,
            id: Id::Packed(root),
            below: Some(below),
        })?;
        Ok(walk)
    }

    pub(super) fn run(mut self) -> Result<Walked<L::Id>, SaveError> {
        while let Some(directory) = self.pending.pop_front() {
            let entries = self.collect(&directory)?;
            for Entry { name, id } in entries.iter() {
                match id {
                    Some(id) => self.add_node(&directory, name, id)?,
                    None => {
                        self.writer
                            .add(directory.number, name, 0, Described::Removed)?;
                    }
                }
            }
        }
        Ok((self.writer, self.content))
    }

    /// Collects the entries of a directory that differ from the packed one.
    fn collect(&self, directory: &Pending<L>) -> Result<Entries<'o, L::Id>, SaveError> {
        let found = self.overlay.node(directory.id)?;
        let mut entries = Entries::new();
        match &directory.below {
            Some(below) if Id::Packed(L::id(below)) == directory.id => {
                let changed = self.overlay.nodes.get(directory.id);
                if let Some(changed) = changed.and_then(|changed| changed.directory()) {
                    add_changed(&mut entries, changed)?;
                }
                self.collect_in_place(&found, L::id(below), &mut entries)?;
            }
            below => {
                self.collect_all(&found, &mut entries)?;
                if let Some(below) = below {
                    self.collect_missing(&found, below, &mut entries)?;
                }
            }
        }
        Ok(entries)
    }

    /// Collects the packed entries that changed where they are.
    fn collect_in_place(
        &self,
        found: &Found<L::Node>,
        directory: L::Id,
        entries: &mut Entries<'o, L::Id>,
    ) -> Result<(), SaveError> {
        for entry in self.in_place.below(directory) {
            let lower = &self.overlay.lower;
            let node = lower.node(entry)?;
            let (name, id) = (lower.name(&node)?, Id::Packed(entry));
            let here = self.overlay.lookup(found, name)?;
            // The entry may have moved, and another node may have the name.
            if here.is_some_and(|here| Overlay::<L, C>::id(&here) == id) {
                entries.add(name, Some(id))?;
            }
        }
        Ok(())
    }

    fn collect_all(
        &self,
        found: &Found<L::Node>,
        entries: &mut Entries<'o, L::Id>,
    ) -> Result<(), SaveError> {
        let mut cookie = 0;
        while let Some(entry) = self.overlay.entry(found, cookie)? {
            if let Some(node) = self.overlay.lookup(found, entry.name)? {
                entries.add(entry.name, Some(Overlay::<L, C>::id(&node)))?;
            }
            cookie = entry.next;
        }
        Ok(())
    }

    /// Collects the names of the packed directory `below` that this directory does not have.
    fn collect_missing(
        &self,
        found: &Found<L::Node>,
        below: &L::Node,
        entries: &mut Entries<'o, L::Id>,
    ) -> Result<(), SaveError> {
        let mut cookie = 0;
        while let Some(entry) = self.overlay.lower.entry(below, cookie)? {
            if self.overlay.lookup(found, entry.name)?.is_none() {
                entries.add(entry.name, None)?;
            }
            cookie = entry.next;
        }
        Ok(())
    }

    fn add_node(
        &mut self,
        directory: &Pending<L>,
        name: &[u8],
        id: Id<L::Id>,
    ) -> Result<(), SaveError> {
        let below = match &directory.below {
            Some(below) => self.overlay.lower.lookup(below, name)?,
            None => None,
        };
        let is_home = below.is_some_and(|below| Id::Packed(L::id(&below)) == id);
        if is_home && !self.is_changed(id) {
            return Ok(());
        }
        let node = self.overlay.node(id)?;
        let stat = self.overlay.stat(&node)?;
        let add = |writer: &mut Writer, described| {
            writer.add(directory.number, name, stat.modified_ns, described)
        };
        if let Some(first) = self.first_name(id) {
            add(&mut self.writer, Described::Link(first))?;
            return Ok(());
        }
        let described = self.describe(&node, &stat)?;
        let number = add(&mut self.writer, described)?;
        match stat.kind {
            Kind::Directory => {
                let below = below.filter(|below| L::kind(below) == Kind::Directory);
                return self.push(Pending { number, id, below });
            }
            Kind::File => self.content.push(id, stat.len)?,
            Kind::Symlink => {}
        }
        match stat.link_count {
            ..=1 => Ok(()),
            _ => self.remember(id, number),
        }
    }

    /// Whether a packed node changed, or one below it.
    fn is_changed(&self, id: Id<L::Id>) -> bool {
        let has_changed_below = match id {
            Id::Packed(packed) => self.in_place.below(packed).next().is_some(),
            Id::Made(_) => false,
        };
        has_changed_below || self.overlay.nodes.get(id).is_some()
    }

    fn describe(&self, node: &Found<L::Node>, stat: &Stat) -> FsResult<Described<'o>> {
        Ok(match stat.kind {
            Kind::Directory => Described::Directory,
            Kind::Symlink => Described::Symlink {
                target: self.overlay.read_link(node)?,
            },
            Kind::File => Described::File {
                len: stat.len,
                executable: self.overlay.is_executable(node),
            },
        })
    }

    /// The inode of the first name of a node with several names.
    fn first_name(&self, id: Id<L::Id>) -> Option<InodeNumber> {
        self.linked.find(id.number()).map(InodeNumber)
    }

    fn remember(&mut self, id: Id<L::Id>, number: InodeNumber) -> Result<(), SaveError> {
        let space = &mut self.space;
        Ok(self.linked.insert(space, id.number(), number.0)?)
    }

    fn push(&mut self, directory: Pending<L>) -> Result<(), SaveError> {
        let reserved = self.pending.try_reserve(1);
        reserved.map_err(|_| SaveError::NoMemory)?;
        self.pending.push_back(directory);
        Ok(())
    }
}

/// Adds the changed names of a packed directory.
fn add_changed<'o, I: Copy>(
    entries: &mut Entries<'o, I>,
    directory: &'o Directory<Id<I>>,
) -> Result<(), SaveError> {
    let mut number = 0;
    while let Some((at, name, cover)) = directory.cover_at(number) {
        let id = match cover {
            Cover::Removed(_) => None,
            Cover::Node(id) => Some(*id),
        };
        entries.add(name, id)?;
        number = at + 1;
    }
    number = 0;
    while let Some((at, name, id)) = directory.own_at(number) {
        entries.add(name, Some(id))?;
        number = at + 1;
    }
    Ok(())
}
