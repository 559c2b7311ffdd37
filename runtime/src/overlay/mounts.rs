//! The preopened directories, which programs know by fixed paths.
//!
//! Neither they nor the directories above them ever move. So one walk finds all of them: up from
//! each mount to a directory that is known. For example, the mounts `/usr/lib` and `/usr/share`
//! are four directories. The walk is made when a directory is moved or removed for the first
//! time.

use super::order::Order;
use super::space::Space;
use crate::fs::{Filesystem, Result};

/// A directory is above a mount.
const ABOVE: u32 = 0;
/// A directory is a mount.
const MOUNT: u32 = 1;

/// The preopened directories and those above them, by number.
#[derive(Debug)]
pub(super) struct Mounts {
    places: Order,
    /// Not the space of the changes: the image bounds it.
    space: Space,
}

impl Mounts {
    pub(super) fn of<L: Filesystem>(lower: &L) -> Result<Self>
    where
        L::Id: Into<u32>,
    {
        let mut mounts = Self {
            places: Order::default(),
            space: Space::unlimited(),
        };
        let root = lower.root();
        for position in 0..lower.mount_count() {
            let mut here = lower.mount(position)?.id;
            mounts.add(here.into(), MOUNT)?;
            while here != root {
                here = L::id(&lower.parent(&lower.node(here)?)?);
                let number: u32 = here.into();
                if mounts.places.find(number.into()).is_some() {
                    break;
                }
                mounts.add(number, ABOVE)?;
            }
        }
        Ok(mounts)
    }

    fn add(&mut self, directory: u32, place: u32) -> Result {
        let (key, space) = (directory.into(), &mut self.space);
        self.places.insert(space, key, place)?;
        self.places.set(key, place);
        Ok(())
    }

    /// Whether a directory is preopened.
    pub(super) fn has(&self, directory: u64) -> bool {
        self.places.find(directory) == Some(MOUNT)
    }

    /// Whether a directory is preopened, or one below it.
    pub(super) fn has_below(&self, directory: u64) -> bool {
        self.places.find(directory).is_some()
    }
}
