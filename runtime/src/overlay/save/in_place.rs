//! The packed nodes that changed where they are packed, and the directories above them.

use super::error::SaveError;
use crate::fs::Origin;
use crate::overlay::clock::Clock;
use crate::overlay::id::Id;
use crate::overlay::layer::Overlay;
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::hash::Hash;

/// Pairs of a packed directory and an entry of it that changed, or has a changed node below.
/// Ascending. An entry that was moved away is among them, too.
#[derive(Debug)]
pub(super) struct InPlace<I>(Vec<(I, I)>);

impl<I: Copy + Ord> InPlace<I> {
    /// The entries of a directory.
    pub(super) fn below(&self, directory: I) -> impl Iterator<Item = I> {
        let start = self.0.partition_point(|&(parent, _)| parent < directory);
        let rest = self.0.get(start..).unwrap_or_default().iter();
        let entries = rest.take_while(move |&&(parent, _)| parent == directory);
        entries.map(|&(_, entry)| entry)
    }
}

impl<L: Origin, C: Clock> Overlay<L, C>
where
    L::Id: Hash + Ord,
{
    /// Climbs from all changed packed nodes at once, directory by directory.
    pub(super) fn in_place(&self) -> Result<InPlace<L::Id>, SaveError> {
        let mut level = self.changed_packed()?;
        let (mut pairs, root) = (Vec::new(), self.lower.root());
        while !level.is_empty() {
            let mut found = Vec::new();
            for &id in level.iter().filter(|&&id| id != root) {
                let parent = L::id(&self.lower.parent(&self.lower.node(id)?)?);
                push(&mut found, (parent, id))?;
            }
            let found = sorted(found);
            // The pairs of a directory are neighbours.
            level.clear();
            for &pair in &found {
                if level.last() != Some(&pair.0) {
                    push(&mut level, pair.0)?;
                }
                push(&mut pairs, pair)?;
            }
        }
        let mut pairs = sorted(pairs);
        pairs.dedup();
        Ok(InPlace(pairs))
    }

    fn changed_packed(&self) -> Result<Vec<L::Id>, SaveError> {
        let mut changed = Vec::new();
        for node in self.nodes.iter().filter(|node| node.link_count > 0) {
            if let Id::Packed(id) = node.id {
                push(&mut changed, id)?;
            }
        }
        Ok(changed)
    }
}

/// Sorts without more memory. A heap takes a quarter of the code of a slice's sort.
pub(super) fn sorted<T: Ord>(items: Vec<T>) -> Vec<T> {
    BinaryHeap::from(items).into_sorted_vec()
}

fn push<T>(items: &mut Vec<T>, item: T) -> Result<(), SaveError> {
    let reserved = items.try_reserve(1);
    reserved.map_err(|_| SaveError::NoMemory)?;
    items.push(item);
    Ok(())
}
