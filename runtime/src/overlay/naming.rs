//! Changes of names.
//!
//! Each change checks, then makes room, then changes. `rename("a", "b")` over a packed `b`,
//! for example, first checks the kinds of both, makes nodes for the directories, notes in the
//! old directory that `a` is the node it is, and gives `b` to the node. All of that may
//! fail and changes nothing that a program sees until `b` changes. The rest cannot fail: `a`
//! is removed, and the node that had the name `b` loses a name. The time is read before the
//! first change, because the host may throw when it is asked.

use super::clock::Clock;
use super::directory::{Directory, Name};
use super::id::{Found, Id};
use super::layer::Overlay;
use super::mounts::Mounts;
use super::node::{Body, Node, NodeTimes};
use super::nodes::Nodes;
use crate::fs::{Filesystem, FsError, Kind, Result, Tree};

/// A name of a directory that can change.
struct Spot<'n, I> {
    directory: Id<I>,
    name: Name<'n>,
}

impl<L: Filesystem, C: Clock> Overlay<L, C>
where
    L::Id: Into<u32>,
{
    /// Gives a free name to a new node.
    pub(super) fn make(
        &mut self,
        directory: Id<L::Id>,
        name: &[u8],
        body: Body<L::Id>,
    ) -> Result<Found<L::Node>> {
        let kind = body.kind();
        let number = self.next_made;
        let id = Id::Made(number);
        let now_ns = self.clock.now_ns();
        let node = Node {
            id,
            link_count: 1,
            times: NodeTimes::all(now_ns),
            body,
            is_executable: false,
        };
        self.nodes.insert(&mut self.space, node)?;
        let set = self
            .spot(directory, name)
            .and_then(|spot| self.set(&spot, id));
        if let Err(error) = set {
            self.nodes.remove(&mut self.space, id);
            return Err(error);
        }
        self.next_made += 1;
        self.touch(directory, now_ns);
        Ok(Found::Made(number, kind))
    }

    /// Checks that a name can be given to a new node.
    pub(super) fn check_free(&self, directory: Id<L::Id>, name: &[u8]) -> Result {
        check_name(name, FsError::Invalid)?;
        match self.lookup(&self.node(directory)?, name)? {
            Some(_) => Err(FsError::Exists),
            None => Ok(()),
        }
    }

    /// Adds a name to a file or link.
    pub(super) fn add_name(&mut self, id: Id<L::Id>, directory: Id<L::Id>, name: &[u8]) -> Result {
        self.check_free(directory, name)?;
        if Self::kind(&self.node(id)?) == Kind::Directory {
            return Err(FsError::NotPermitted);
        }
        match self.changed(id)?.link_count {
            0 => return Err(FsError::NotFound),
            u32::MAX => return Err(FsError::TooManyLinks),
            _ => {}
        }
        let spot = self.spot(directory, name)?;
        let now_ns = self.clock.now_ns();
        self.set(&spot, id)?;
        self.change_link_count(id, 1, now_ns);
        self.touch(directory, now_ns);
        Ok(())
    }

    /// Removes a name whose node is a directory or not, as `directory_wanted` says.
    pub(super) fn remove_name(
        &mut self,
        directory: Id<L::Id>,
        name: &[u8],
        directory_wanted: bool,
    ) -> Result {
        let found = self.lookup(&self.node(directory)?, name)?;
        let found = found.ok_or(FsError::NotFound)?;
        match (Self::kind(&found) == Kind::Directory, directory_wanted) {
            (true, false) => return Err(FsError::IsADirectory),
            (false, true) => return Err(FsError::NotADirectory),
            (true, true) => self.check_removable(&found)?,
            (false, false) => {}
        }
        let id = Self::id(&found);
        self.space.open_reserve();
        let spot = self.prepare_removal(directory, name, &found);
        self.space.close_reserve();
        let spot = spot?;
        let now_ns = self.clock.now_ns();
        self.remove(&spot);
        self.lose_name(id, now_ns);
        self.touch(directory, now_ns);
        Ok(())
    }

    /// Removes a name with everything below it. No node below it has changed.
    pub(super) fn discard(&mut self, directory: Id<L::Id>, name: &[u8]) -> Result {
        let found = self.lookup(&self.node(directory)?, name)?;
        let found = found.ok_or(FsError::NotFound)?;
        let id = Self::id(&found);
        self.check_no_mount_below(id)?;
        let spot = self.prepare_removal(directory, name, &found)?;
        let now_ns = self.clock.now_ns();
        self.remove(&spot);
        self.lose_name(id, now_ns);
        Ok(())
    }

    /// Makes the room that the removal of a name needs.
    fn prepare_removal<'n>(
        &mut self,
        directory: Id<L::Id>,
        name: &'n [u8],
        found: &Found<L::Node>,
    ) -> Result<Spot<'n, L::Id>> {
        let spot = self.spot(directory, name)?;
        self.with_removal(&spot, Self::id(found), |overlay| {
            overlay.prepare_loss(found)
        })?;
        Ok(spot)
    }

    /// Moves a name, and replaces the node that has the new name.
    pub(super) fn move_name(&mut self, old: (Id<L::Id>, &[u8]), new: (Id<L::Id>, &[u8])) -> Result {
        check_name(old.1, FsError::Busy)?;
        check_name(new.1, FsError::Busy)?;
        let moved = self.lookup(&self.node(old.0)?, old.1)?;
        let moved = moved.ok_or(FsError::NotFound)?;
        let replaced = self.lookup(&self.node(new.0)?, new.1)?;
        let id = Self::id(&moved);
        if replaced.as_ref().map(Self::id) == Some(id) {
            // Two names of one file: POSIX asks for no change.
            return Ok(());
        }
        self.check_places(&moved, (old.0, new.0), replaced.as_ref())?;
        self.check_kinds(&moved, replaced.as_ref())?;
        let (from, to) = (self.spot(old.0, old.1)?, self.spot(new.0, new.1)?);
        let now_ns = self.clock.now_ns();
        self.with_removal(&from, id, |overlay| {
            overlay.prepare_move(&moved, (old.0, new.0))?;
            if let Some(replaced) = &replaced {
                overlay.prepare_loss(replaced)?;
            }
            overlay.set(&to, id)
        })?;
        self.remove(&from);
        self.settle(id, new.0, now_ns);
        if let Some(replaced) = &replaced {
            self.lose_name(Self::id(replaced), now_ns);
        }
        self.touch(old.0, now_ns);
        self.touch(new.0, now_ns);
        Ok(())
    }

    /// Checks that no directory moves below itself, or is replaced by a node below it.
    fn check_places(
        &mut self,
        moved: &Found<L::Node>,
        (old, new): (Id<L::Id>, Id<L::Id>),
        replaced: Option<&Found<L::Node>>,
    ) -> Result {
        if Self::kind(moved) == Kind::Directory {
            self.check_no_mount_below(Self::id(moved))?;
            self.check_not_below(new, Self::id(moved), FsError::Invalid)?;
        }
        match replaced {
            Some(replaced) if Self::kind(replaced) == Kind::Directory => {
                self.check_not_below(old, Self::id(replaced), FsError::NotEmpty)
            }
            _ => Ok(()),
        }
    }

    /// Checks that a node may replace another one.
    fn check_kinds(&mut self, moved: &Found<L::Node>, replaced: Option<&Found<L::Node>>) -> Result {
        let Some(replaced) = replaced else {
            return Ok(());
        };
        let is_directory = |found| Self::kind(found) == Kind::Directory;
        match (is_directory(moved), is_directory(replaced)) {
            (false, false) => Ok(()),
            (true, false) => Err(FsError::NotADirectory),
            (false, true) => Err(FsError::IsADirectory),
            (true, true) => self.check_removable(replaced),
        }
    }

    /// Checks that `directory` is neither `above` nor below it.
    fn check_not_below(&self, directory: Id<L::Id>, above: Id<L::Id>, error: FsError) -> Result {
        let mut here = directory;
        while here != above {
            if here == self.root() {
                return Ok(());
            }
            here = Self::id(&self.parent(&self.node(here)?)?);
        }
        Err(error)
    }

    /// Checks that a directory is empty and not preopened.
    fn check_removable(&mut self, directory: &Found<L::Node>) -> Result {
        self.check_not_mounted(Self::id(directory))?;
        match self.list(directory, 0)? {
            Some(_) => Err(FsError::NotEmpty),
            None => Ok(()),
        }
    }

    /// Checks that a directory is not preopened.
    fn check_not_mounted(&mut self, directory: Id<L::Id>) -> Result {
        match self.mounts()?.has(directory.number()) {
            true => Err(FsError::Busy),
            false => Ok(()),
        }
    }

    /// Checks that neither a directory nor anything below it is preopened.
    fn check_no_mount_below(&mut self, directory: Id<L::Id>) -> Result {
        match self.mounts()?.has_below(directory.number()) {
            true => Err(FsError::Busy),
            false => Ok(()),
        }
    }

    fn mounts(&mut self) -> Result<&Mounts> {
        let mounts = match self.mounts.take() {
            Some(mounts) => mounts,
            None => Mounts::of(&self.lower)?,
        };
        Ok(self.mounts.insert(mounts))
    }

    /// A name in a directory, which gets a node for its changes.
    fn spot<'n>(&mut self, directory: Id<L::Id>, bytes: &'n [u8]) -> Result<Spot<'n, L::Id>> {
        let found = self.node(directory)?;
        let is_packed = self.lookup_packed(&found, bytes)?.is_some();
        let node = self.changed(directory)?;
        // A removed directory accepts no names.
        match (node.link_count, node.directory()) {
            (0, _) => Err(FsError::NotFound),
            (_, None) => Err(FsError::NotADirectory),
            (_, Some(_)) => Ok(Spot {
                directory,
                name: Name { bytes, is_packed },
            }),
        }
    }

    fn set(&mut self, spot: &Spot<'_, L::Id>, id: Id<L::Id>) -> Result {
        let directory = Self::directory_at(&mut self.nodes, spot)?;
        directory.set(&mut self.space, spot.name, id)
    }

    /// Makes the removal of a name possible, and changes what else may fail. An error frees
    /// the space of the removal.
    fn with_removal(
        &mut self,
        spot: &Spot<'_, L::Id>,
        id: Id<L::Id>,
        change: impl FnOnce(&mut Self) -> Result,
    ) -> Result {
        let directory = Self::directory_at(&mut self.nodes, spot)?;
        let took_space = directory.reserve_removal(&mut self.space, spot.name, id)?;
        change(self).inspect_err(|_| {
            if let (true, Ok(directory)) = (took_space, Self::directory_at(&mut self.nodes, spot)) {
                directory.cancel_removal(&mut self.space, spot.name);
            }
        })
    }

    fn directory_at<'o>(
        nodes: &'o mut Nodes<L::Id>,
        spot: &Spot<'_, L::Id>,
    ) -> Result<&'o mut Directory<Id<L::Id>>> {
        let node = nodes.get_mut(spot.directory);
        let directory = node.and_then(|node| node.directory_mut());
        directory.ok_or(FsError::NotFound)
    }

    fn remove(&mut self, spot: &Spot<'_, L::Id>) {
        if let Ok(directory) = Self::directory_at(&mut self.nodes, spot) {
            directory.remove(&mut self.space, spot.name);
        }
    }

    /// Makes the node that a directory needs to note its new place.
    fn prepare_move(
        &mut self,
        moved: &Found<L::Node>,
        (old, new): (Id<L::Id>, Id<L::Id>),
    ) -> Result {
        match Self::kind(moved) == Kind::Directory && old != new {
            true => self.changed(Self::id(moved)).map(|_| ()),
            false => Ok(()),
        }
    }

    /// Notes the new place of a moved node.
    fn settle(&mut self, id: Id<L::Id>, parent: Id<L::Id>, now_ns: i64) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        node.times.changed_ns = now_ns;
        if let Some(directory) = node.directory_mut() {
            directory.parent = Some(parent);
        }
    }

    /// Makes the node that must say how many names are left: one that is open, or has
    /// several names.
    fn prepare_loss(&mut self, found: &Found<L::Node>) -> Result {
        let Found::Packed(packed) = found else {
            return Ok(());
        };
        let id = Self::id(found);
        let is_file = Self::kind(found) != Kind::Directory;
        let has_names = is_file && self.lower.stat(packed)?.link_count > 1;
        match has_names || self.handles.is_open(id) {
            true => self.changed(id).map(|_| ()),
            false => Ok(()),
        }
    }

    /// Takes a name from a node.
    fn lose_name(&mut self, id: Id<L::Id>, now_ns: i64) {
        self.change_link_count(id, -1, now_ns);
        self.free_unused(id);
    }

    fn change_link_count(&mut self, id: Id<L::Id>, change: i32, now_ns: i64) {
        if let Some(node) = self.nodes.get_mut(id) {
            node.link_count = node.link_count.saturating_add_signed(change);
            node.times.changed_ns = now_ns;
        }
    }

    /// Frees a node that has neither a name nor a handle.
    pub(super) fn free_unused(&mut self, id: Id<L::Id>) {
        let is_unnamed = self.nodes.get(id).is_some_and(|node| node.link_count == 0);
        if is_unnamed && !self.handles.is_open(id) {
            self.nodes.remove(&mut self.space, id);
        }
    }

    /// The names of a directory changed.
    fn touch(&mut self, directory: Id<L::Id>, now_ns: i64) {
        if let Some(node) = self.nodes.get_mut(directory) {
            (node.times.modified_ns, node.times.changed_ns) = (now_ns, now_ns);
        }
    }
}

/// Checks that a name is not `.` or `..`.
pub(super) fn check_name(name: &[u8], error: FsError) -> Result {
    match name {
        b"." | b".." => Err(error),
        _ => Ok(()),
    }
}
