//! The entries of a directory to save, sorted by name.

use super::error::SaveError;
use crate::overlay::id::Id;
use crate::overlay::order::Order;
use crate::overlay::space::Space;
use alloc::vec::Vec;

/// An entry to add.
#[derive(Clone, Copy)]
pub(super) struct Entry<'o, I> {
    pub(super) name: &'o [u8],
    /// `None` if the name was removed.
    pub(super) id: Option<Id<I>>,
}

/// The entries to add, each name once.
pub(super) struct Entries<'o, I> {
    /// In no order.
    entries: Vec<Entry<'o, I>>,
    /// Positions by the first bytes of the name, and then by the whole name.
    by_name: Order,
    space: Space,
}

impl<'o, I: Copy> Entries<'o, I> {
    pub(super) fn new() -> Self {
        Self {
            entries: Vec::new(),
            by_name: Order::default(),
            space: Space::unlimited(),
        }
    }

    /// Adds an entry. A packed name that was removed and made again comes twice: the node
    /// counts. A packed node that was moved away and back comes twice, too.
    pub(super) fn add(&mut self, name: &'o [u8], id: Option<Id<I>>) -> Result<(), SaveError> {
        let entries = &mut self.entries;
        let compare = |position: u32| entries[position as usize].name.cmp(name);
        if let Some(position) = self.by_name.find_by(start(name), &compare) {
            let entry = &mut entries[position as usize];
            entry.id = entry.id.or(id);
            return Ok(());
        }
        // A directory has less than 2^32 names.
        let position = entries.len() as u32;
        self.by_name
            .insert_by(&mut self.space, start(name), &compare, position)?;
        self.space.reserve_one(entries)?;
        entries.push(Entry { name, id });
        Ok(())
    }

    /// The entries by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = Entry<'o, I>> {
        let positions = self.by_name.values();
        positions.map(|position| self.entries[position as usize])
    }
}

/// The first bytes of a name as a number. Names have the same order as these numbers.
fn start(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = name.len().min(bytes.len());
    bytes[..len].copy_from_slice(&name[..len]);
    u64::from_be_bytes(bytes)
}
