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
    /// A node whose handle is about to be opened. It may have no handle.
    prepared: Option<u64>,
}

impl Default for Handles {
    fn default() -> Self {
        Self {
            counts: Order::default(),
            space: Space::unlimited(),
            prepared: None,
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
        // Two calls may prepare one handle.
        if let Some(prepared) = self.prepared.take_if(|prepared| *prepared != id.number())
            && self.counts.find(prepared) == Some(0)
        {
            self.counts.remove(&mut self.space, prepared);
        }
        let prepared = self.counts.insert(&mut self.space, id.number(), 0);
        prepared.map_err(|_| FsError::NoMemory)?;
        self.prepared = Some(id.number());
        Ok(())
    }

    pub(super) fn retain<I: Copy + Into<u32>>(&mut self, id: Id<I>) -> Result {
        let count = self.counts.find(id.number());
        let Some(count) = count else {
            let inserted = self.counts.insert(&mut self.space, id.number(), 1);
            return inserted.map_err(|_| FsError::NoMemory);
        };
        self.counts.set(id.number(), count.saturating_add(1));
        Ok(())
    }

    /// Returns whether that was the last handle.
    pub(super) fn release<I: Copy + Into<u32>>(&mut self, id: Id<I>) -> bool {
        match self.counts.find(id.number()) {
            None | Some(0) => false,
            Some(1) => {
                self.counts.remove(&mut self.space, id.number());
                true
            }
            Some(count) => {
                self.counts.set(id.number(), count - 1);
                false
            }
        }
    }
}
