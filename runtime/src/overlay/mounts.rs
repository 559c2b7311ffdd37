//! The preopened directories, which programs know by fixed paths.
//!
//! Neither they nor the directories above them ever move. So one walk finds all of them: up from
//! each mount to a directory that is known. For example, the mounts `/usr/lib` and `/usr/share`
//! are four directories. The walk is made when a directory is moved or removed for the first
//! time.

use super::clock::Clock;
use super::id::Id;
use super::layer::Overlay;
use super::order::Order;
use super::space::Space;
use crate::fs::{Filesystem, FsError, Result};

/// A directory is above a mount.
const ABOVE: u32 = 0;
/// A directory is a mount.
const MOUNT: u32 = 1;

/// The preopened directories and those above them.
#[derive(Debug)]
pub(super) struct Mounts {
    places: Order,
    /// Not the space of the changes: the image bounds it.
    space: Space,
}

impl<L: Filesystem, C: Clock> Overlay<L, C>
where
    L::Id: Into<u32>,
{
    /// Checks that a directory is not preopened.
    pub(super) fn check_not_mounted(&mut self, directory: Id<L::Id>) -> Result {
        match self.place(directory)? {
            Some(MOUNT) => Err(FsError::Busy),
            _ => Ok(()),
        }
    }

    /// Checks that neither a directory nor anything below it is preopened.
    pub(super) fn check_no_mount_below(&mut self, directory: Id<L::Id>) -> Result {
        match self.place(directory)? {
            Some(_) => Err(FsError::Busy),
            None => Ok(()),
        }
    }

    fn place(&mut self, directory: Id<L::Id>) -> Result<Option<u32>> {
        let mounts = match self.mounts.take() {
            Some(mounts) => mounts,
            None => self.find_mounts()?,
        };
        let found = mounts.places.find(directory.number());
        self.mounts = Some(mounts);
        Ok(found)
    }

    fn find_mounts(&self) -> Result<Mounts> {
        let mut mounts = Mounts {
            places: Order::default(),
            space: Space::unlimited(),
        };
        let (lower, root) = (&self.lower, self.lower.root());
        for position in 0..lower.mount_count() {
            let mut here = lower.mount(position)?.id;
            mounts.add(here.into(), MOUNT)?;
            while here != root {
                here = L::id(&lower.parent(&lower.node(here)?)?);
                if mounts.places.find(here.into().into()).is_some() {
                    break;
                }
                mounts.add(here.into(), ABOVE)?;
            }
        }
        Ok(mounts)
    }
}

impl Mounts {
    fn add(&mut self, directory: u32, place: u32) -> Result {
        self.places
            .insert(&mut self.space, directory.into(), place)?;
        self.places.set(directory.into(), place);
        Ok(())
    }
}
