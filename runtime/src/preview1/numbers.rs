//! The program's numbers, and what each denotes.
//!
//! The table maps a number to a descriptor of the host, under the host's number, or to an
//! open file or directory of ours. Two complications come from outside:
//!
//! - Programs get numbers from other imports too, such as `sock_open`. A number that is
//!   not in the table is therefore *foreign* and goes to the host. It is noted, so that no
//!   file of ours gets a number that a foreign descriptor may have.
//! - Hosts differ in whether a failed close closes. After a failure the table *doubts*:
//!   if the host hands out a number again, older slots with that number are stale.

use super::errno::{Errno, Result};
use crate::open::{Handle, Slots};

/// An open descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Descriptor<I> {
    /// A descriptor of the host, under the host's number.
    Host(u32),
    /// One of ours. The flags of a file are its `fdflags`.
    Ours(Handle<I>),
}

/// Numbers below this are noted when they go to the host. To meet a higher one, a program
/// needs as many open files.
const FOREIGN_COUNT: usize = 1024;

/// The open descriptors by number. A new one gets the lowest free number.
#[derive(Debug)]
pub(super) struct Numbers<I> {
    slots: Slots<Descriptor<I>>,
    /// Whether a host may hand out a number that a slot still denotes.
    is_doubtful: bool,
    /// The foreign numbers that went to the host, one bit each.
    foreign: [u64; FOREIGN_COUNT / 64],
}

impl<I> Default for Numbers<I> {
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            is_doubtful: false,
            foreign: [0; FOREIGN_COUNT / 64],
        }
    }
}

impl<I: Copy + Eq> Numbers<I> {
    pub(super) fn get(&self, number: u32) -> Result<&Descriptor<I>> {
        self.slots.get(number).ok_or(Errno::BADF)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Result<&mut Descriptor<I>> {
        self.slots.get_mut(number).ok_or(Errno::BADF)
    }

    /// Whether a number of the program denotes this number of the host.
    pub(super) fn has_host(&self, number: u32) -> bool {
        let mut all = self.slots.iter();
        all.any(|descriptor| *descriptor == Descriptor::Host(number))
    }

    /// Adds a descriptor under the lowest free number.
    pub(super) fn insert(&mut self, descriptor: Descriptor<I>) -> Result<u32> {
        Ok(self.slots.insert(descriptor)?)
    }

    /// Makes room for one [`insert`](Self::insert).
    pub(super) fn reserve_one(&mut self) -> Result {
        Ok(self.slots.reserve_one()?)
    }

    /// All descriptors.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Descriptor<I>> {
        self.slots.iter()
    }

    /// Makes room for [`put`](Self::put). `BADF` if the number is too high.
    pub(super) fn reserve(&mut self, number: u32) -> Result {
        if number as usize >= self.slots.slot_count().max(FOREIGN_COUNT) {
            return Err(Errno::BADF);
        }
        Ok(self.slots.reserve(number)?)
    }

    /// Puts a descriptor under a number, whether or not the number is free.
    pub(super) fn put(&mut self, number: u32, descriptor: Descriptor<I>) -> Result {
        self.reserve(number)?;
        self.slots.put(number, descriptor);
        Ok(())
    }

    /// Frees a number. Returns the descriptor that it denoted.
    pub(super) fn remove(&mut self, number: u32) -> Result<Descriptor<I>> {
        self.slots.remove(number).ok_or(Errno::BADF)
    }

    /// Makes an open number denote the host's descriptor of the same number, which the
    /// program got from another import.
    pub(super) fn keep(&mut self, number: u32) {
        self.slots.put(number, Descriptor::Host(number));
        // The program may close it through that import.
        self.is_doubtful = true;
    }

    /// The host failed to close a descriptor. Its slot stays until the host hands the
    /// number out again.
    pub(super) fn doubt(&mut self) {
        self.is_doubtful = true;
    }

    /// Removes all numbers except `fresh` that denote a number which the host has just
    /// handed out: it closed their descriptor.
    pub(super) fn remove_stale(&mut self, host_number: u32, fresh: u32) {
        if !self.is_doubtful {
            return;
        }
        for number in 0..self.slots.slot_count() as u32 {
            let is_it = self.slots.get(number) == Some(&Descriptor::Host(host_number));
            if number != fresh && is_it {
                self.slots.remove(number);
            }
        }
    }

    /// Notes a number that is not in the table and goes to the host.
    pub(super) fn note_foreign(&mut self, number: u32) {
        if let Some(word) = self.foreign.get_mut(number as usize / 64) {
            *word |= 1 << (number % 64);
        }
    }

    /// Whether the number was noted.
    pub(super) fn is_foreign(&self, number: u32) -> bool {
        let word = self.foreign.get(number as usize / 64);
        word.is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// Whether the number was noted. Removes the note.
    pub(super) fn take_foreign(&mut self, number: u32) -> bool {
        let is_foreign = self.is_foreign(number);
        if let Some(word) = self.foreign.get_mut(number as usize / 64) {
            *word &= !(1 << (number % 64));
        }
        is_foreign
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::{Access, OpenFile};

    const FILE: Descriptor<u32> = Descriptor::Ours(Handle::File(OpenFile {
        id: 0,
        position: 0,
        access: Access::Read,
        flags: 0,
    }));

    #[test]
    fn a_foreign_number_is_noted_once() {
        let mut numbers = Numbers::<u32>::default();
        for number in [0, 70, 1023, 1024, u32::MAX] {
            numbers.note_foreign(number);
            assert_eq!(numbers.take_foreign(number), number < 1024);
            assert!(!numbers.take_foreign(number));
        }
    }

    #[test]
    fn a_number_that_is_too_high_has_no_room() {
        let mut numbers = Numbers::default();
        for number in [1024, u32::MAX] {
            assert_eq!(numbers.put(number, FILE), Err(Errno::BADF));
        }
        assert_eq!(numbers.slots.slot_count(), 0);
        assert_eq!(numbers.put(1023, FILE), Ok(()));
        assert_eq!(numbers.insert(FILE), Ok(0));
    }

    #[test]
    fn a_number_handed_out_again_is_stale() {
        let mut numbers = Numbers::<u32>::default();
        for host_number in [7, 8, 7] {
            numbers
                .insert(Descriptor::Host(host_number))
                .expect("memory");
        }
        numbers.remove_stale(7, 2);
        let first = numbers.get(0);
        assert_eq!(first, Ok(&Descriptor::Host(7)), "no close has failed");
        numbers.doubt();
        numbers.remove_stale(7, 2);
        assert_eq!(numbers.get(0), Err(Errno::BADF));
        assert_eq!(numbers.get(1), Ok(&Descriptor::Host(8)));
        assert_eq!(numbers.get(2), Ok(&Descriptor::Host(7)));
    }
}
