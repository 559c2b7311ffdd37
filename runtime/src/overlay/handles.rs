//! How many handles each node has.

use super::table::hash_of;
use crate::fs::{FsError, Result};
use core::hash::Hash;
use hashbrown::HashTable;

/// The nodes with a handle. The memory is not counted in the space of the changes, since a
/// full layer must still open files for reading. The table of descriptors bounds it.
#[derive(Debug)]
pub(super) struct Handles<I>(HashTable<(I, u32)>);

impl<I> Default for Handles<I> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

impl<I: Copy + Eq + Hash> Handles<I> {
    pub(super) fn is_open(&self, id: I) -> bool {
        self.0
            .find(hash_of(&id), |&(other, _)| other == id)
            .is_some()
    }

    /// Makes room for one [`retain`](Self::retain).
    pub(super) fn reserve_one(&mut self) -> Result {
        let reserved = self.0.try_reserve(1, hash);
        reserved.map_err(|_| FsError::NoMemory)
    }

    pub(super) fn retain(&mut self, id: I) -> Result {
        let found = self.0.find_mut(hash_of(&id), |&(other, _)| other == id);
        if let Some((_, count)) = found {
            *count += 1;
            return Ok(());
        }
        self.reserve_one()?;
        self.0.insert_unique(hash_of(&id), (id, 1), hash);
        Ok(())
    }

    /// Returns whether that was the last handle.
    pub(super) fn release(&mut self, id: I) -> bool {
        let found = self.0.find_entry(hash_of(&id), |&(other, _)| other == id);
        let Ok(mut entry) = found else {
            return false;
        };
        entry.get_mut().1 -= 1;
        let is_last = entry.get().1 == 0;
        if is_last {
            entry.remove();
        }
        is_last
    }
}

fn hash<I: Hash>((id, _): &(I, u32)) -> u64 {
    hash_of(id)
}
