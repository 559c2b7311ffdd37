//! The packed nodes that changed where they are packed, and the directories above them.

use super::error::SaveError;
use crate::fs::{Filesystem, FsError};
use crate::overlay::clock::Clock;
use crate::overlay::id::Id;
use crate::overlay::layer::Overlay;
use crate::overlay::order::Order;
use crate::overlay::space::Space;

/// Pairs of a packed directory and an entry of it that changed, or has a changed node below.
/// An entry that was moved away is among them, too.
#[derive(Debug)]
pub(super) struct InPlace {
    pairs: Order,
    space: Space,
}

impl InPlace {
    /// The entries of a directory.
    pub(super) fn below<I: Into<u32> + From<u32>>(&self, directory: I) -> impl Iterator<Item = I> {
        let directory = directory.into();
        let mut next = pair(directory, 0);
        core::iter::from_fn(move || {
            let (found, entry) = self.pairs.next(next)?;
            next = found + 1;
            (found == pair(directory, entry)).then(|| I::from(entry))
        })
    }

    /// Returns whether the pair is new.
    fn add(&mut self, directory: u32, entry: u32) -> Result<bool, FsError> {
        let pair = pair(directory, entry);
        let is_new = self.pairs.find(pair).is_none();
        self.pairs.insert(&mut self.space, pair, entry)?;
        Ok(is_new)
    }
}

fn pair(directory: u32, entry: u32) -> u64 {
    u64::from(directory) << 32 | u64::from(entry)
}

impl<L: Filesystem, C: Clock> Overlay<L, C>
where
    L::Id: Into<u32>,
{
    /// Climbs from each changed packed node, up to a directory that is known.
    pub(super) fn in_place(&self) -> Result<InPlace, SaveError> {
        let root = self.lower.root();
        let mut found = InPlace {
            pairs: Order::default(),
            space: Space::unlimited(),
        };
        for node in self.nodes.iter().filter(|node| node.link_count > 0) {
            let Id::Packed(mut here) = node.id else {
                continue;
            };
            while here != root {
                let parent = L::id(&self.lower.parent(&self.lower.node(here)?)?);
                if !found.add(parent.into(), here.into())? {
                    break;
                }
                here = parent;
            }
        }
        Ok(found)
    }
}
