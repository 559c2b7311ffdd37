//! How many handles each node has.

use super::id::Id;
use super::order::Order;
use super::space::Space;
use crate::fs::{FsError, Result};

/// The nodes with a handle.
#[derive(Debug)]
pub(super) struct Handles {
    counts: Order,
    /// A space of its own without a limit, since a full layer must still open files for
    /// reading. The table of descriptors bounds it.
    space: Space,
    /// A node that may have no handle: one is about to be opened, or the last was closed. It
    /// keeps its place, so that opening and closing files one after the other allocates nothing.
    idle: Option<u64>,
}

impl Default for Handles {
    fn default() -> Self {
        Self {
            counts: Order::default(),
            space: Space::unlimited(),
            idle: None,
        }
    }
}

impl Handles {
    pub(super) fn is_open<I: Copy + Into<u32>>(&self, id: Id<I>) -> bool {
        let count = self.counts.find(id.number());
        count.is_some_and(|count| count > 0)
    }

    /// Makes room for the next [`retain`](Self::retain) of this node.
    pub(super) fn prepare<I: Copy + Into<u32>>(&mut self, id: Id<I>) -> Result {
        let number = id.number();
        let prepared = self.counts.insert(&mut self.space, number, 0);
        prepared.map_err(|_| FsError::NoMemory)?;
        if let Some(idle) = self.idle.replace(number)
            && idle != number
            && self.counts.find(idle) == Some(0)
        {
            self.counts.remove(&mut self.space, idle);
        }
        Ok(())
    }

    /// Counts a handle of a node that was [prepared](Self::prepare).
    pub(super) fn retain<I: Copy + Into<u32>>(&mut self, id: Id<I>) {
        let count = self.counts.find(id.number()).unwrap_or(0);
        self.counts.set(id.number(), count.saturating_add(1));
    }

    /// Returns whether that was the last handle.
    pub(super) fn release<I: Copy + Into<u32>>(&mut self, id: Id<I>) -> bool {
        let number = id.number();
        let Some(count) = self
            .counts
            .find(number)
            .and_then(|count| count.checked_sub(1))
        else {
            return false;
        };
        let idle = self.idle.filter(|&idle| idle != number);
        let has_idle = idle.is_some_and(|idle| self.counts.find(idle) == Some(0));
        if count == 0 && has_idle {
            self.counts.remove(&mut self.space, number);
            return true;
        }
        self.counts.set(number, count);
        if count == 0 {
            self.idle = Some(number);
        }
        count == 0
    }
}
