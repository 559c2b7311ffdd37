//! Listing a directory while it changes.
//!
//! The packed names come first, at their packed cookies, then the own names, at their numbers
//! from [`FIRST_OWN`] on. Each name keeps its cookie until it is removed. A packed name that
//! now belongs to another node keeps the cookie, too. A packed name that is removed and made
//! again becomes an own name.
//!
//! A listing that skips removed packed names notes at the first one where it arrived. For
//! example, a program removes all names except the first, and lists the directory after each
//! removal. The second name then leads to the next visible one in one step.

use super::clock::Clock;
use super::directory::{Cover, Directory};
use super::id::{Found, Id};
use super::layer::Overlay;
use crate::fs::{Entry, Filesystem, FsError, Result, Tree};

/// The cookie of the first own name. Below it, all packed names find a place: an index
/// has at most 2^30 bytes. Above it, 2^30 names find a place for programs whose `telldir`
/// has 31 bits.
const FIRST_OWN: u64 = 1 << 30;

impl<L: Filesystem, C: Clock> Overlay<L, C>
where
    L::Id: Into<u32>,
{
    /// The entry of a directory at `cookie`.
    pub(super) fn list(&self, found: &Found<L::Node>, cookie: u64) -> Result<Option<Entry<'_>>> {
        let Some(node) = self.nodes.get(Self::id(found)) else {
            return match found {
                Found::Packed(directory) => self.lower.entry(directory, cookie),
                Found::Made(..) => Err(FsError::NotFound),
            };
        };
        if node.link_count == 0 {
            return Err(FsError::NotFound);
        }
        let directory = node.directory().ok_or(FsError::NotADirectory)?;
        if let (Found::Packed(packed), true) = (found, cookie < FIRST_OWN) {
            let entry = self.packed_entry(packed, directory, cookie)?;
            if entry.is_some() {
                return Ok(entry);
            }
        }
        self.own_entry(directory, cookie.saturating_sub(FIRST_OWN))
    }

    /// The first packed name from `cookie` on that was not removed.
    fn packed_entry<'f>(
        &'f self,
        packed: &L::Node,
        directory: &'f Directory<Id<L::Id>>,
        cookie: u64,
    ) -> Result<Option<Entry<'f>>> {
        if directory.shows_packed() {
            return self.lower.entry(packed, cookie);
        }
        let (mut at, mut first) = (cookie, None);
        while let Some(entry) = self.lower.entry(packed, at)? {
            match directory.cover(entry.name) {
                None => return Ok(Some(entry)),
                Some(&Cover::Node(id)) => {
                    return self.entry_of(id, entry.name, entry.next).map(Some);
                }
                Some(Cover::Removed(next)) => {
                    at = next.get().max(entry.next);
                    first.get_or_insert(next).set(at);
                }
            }
        }
        Ok(None)
    }

    fn own_entry<'f>(
        &'f self,
        directory: &'f Directory<Id<L::Id>>,
        number: u64,
    ) -> Result<Option<Entry<'f>>> {
        let Some((number, name, id)) = directory.own_at(number) else {
            return Ok(None);
        };
        let next = FIRST_OWN.saturating_add(number).saturating_add(1);
        self.entry_of(id, name, next).map(Some)
    }

    fn entry_of<'f>(&'f self, id: Id<L::Id>, name: &'f [u8], next: u64) -> Result<Entry<'f>> {
        let stat = self.stat(&self.node(id)?)?;
        Ok(Entry {
            next,
            serial: stat.serial,
            kind: stat.kind,
            name,
        })
    }
}
