//! Changes of content and of metadata.

use super::clock::Clock;
use super::content::{Below, Content, check_file_len};
use super::id::{Found, Id};
use super::layer::Overlay;
use super::node::Body;
use super::slice::Part;
use super::space::Space;
use crate::blocks::{Sink, Source};
use crate::fs::{Filesystem, FsError, Result, Time, Times, Tree};

impl<L: Filesystem, C: Clock> Overlay<L, C>
where
    L::Id: Into<u32>,
{
    /// Reads a file, whether it changed or not.
    pub(super) fn read(
        &mut self,
        found: &Found<L::Node>,
        offset: u64,
        sink: &mut dyn Sink,
    ) -> Result {
        let (id, file) = (Self::id(found), packed(found));
        let lower = &mut self.lower;
        match (self.nodes.get(id).map(|node| &node.body), file) {
            (Some(Body::File(content)), file) => content.read(Below { lower, file }, offset, sink),
            (None, Some(file)) => {
                let room = sink.room();
                lower.read_at(&file, offset, &mut Part::new(sink, room))
            }
            _ => Err(FsError::Io),
        }
    }

    /// Writes the first bytes of a source, as many as there is space for.
    pub(super) fn write(
        &mut self,
        id: Id<L::Id>,
        offset: u64,
        source: &mut dyn Source,
    ) -> Result<usize> {
        if source.left() > 0 {
            check_file_len(offset.saturating_add(source.left() as u64))?;
        }
        self.edit(id, |space, content, mut below| {
            content.write(space, &mut below, offset, source)
        })
    }

    /// Cuts a file off or extends it. Setting the length that a file has changes its
    /// times, too.
    pub(super) fn cut(&mut self, id: Id<L::Id>, len: u64) -> Result {
        check_file_len(len)?;
        self.edit(id, |space, content, _| {
            content.set_len(space, len);
            Ok(())
        })
    }

    /// Makes room for a range of a file.
    pub(super) fn make_room(&mut self, id: Id<L::Id>, offset: u64, len: u64) -> Result {
        if len == 0 {
            return Err(FsError::Invalid);
        }
        self.edit(id, |space, content, mut below| {
            content.allocate(space, &mut below, (offset, len))
        })
    }

    /// Changes the content of a file and then its times.
    fn edit<R>(
        &mut self,
        id: Id<L::Id>,
        change: impl FnOnce(&mut Space, &mut Content, Below<'_, L>) -> Result<R>,
    ) -> Result<R> {
        self.changed(id)?;
        let file = match id {
            Id::Packed(file) => Some(self.lower.node(file)?),
            Id::Made(_) => None,
        };
        // The host may throw when it is asked.
        let now_ns = self.clock.now_ns();
        let node = self.nodes.get_mut(id).ok_or(FsError::NotFound)?;
        let Body::File(content) = &mut node.body else {
            return Err(FsError::Invalid);
        };
        let lower = &mut self.lower;
        let result = change(&mut self.space, content, Below { lower, file })?;
        (node.times.modified_ns, node.times.changed_ns) = (now_ns, now_ns);
        Ok(result)
    }

    /// Sets the times of a node.
    pub(super) fn stamp(&mut self, id: Id<L::Id>, times: Times) -> Result {
        let now_ns = self.clock.now_ns();
        let of = |time| match time {
            Time::Now => now_ns,
            Time::At(time_ns) => time_ns,
        };
        let node = self.changed(id)?;
        let old = node.times;
        node.times.accessed_ns = times.accessed.map_or(old.accessed_ns, of);
        node.times.modified_ns = times.modified.map_or(old.modified_ns, of);
        node.times.changed_ns = now_ns;
        Ok(())
    }
}

fn packed<N: Copy>(found: &Found<N>) -> Option<N> {
    match found {
        Found::Packed(file) => Some(*file),
        Found::Made(..) => None,
    }
}
