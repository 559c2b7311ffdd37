//! What the guest's numbers denote.

use crate::errno::{Errno, Result};
use alloc::vec::Vec;
use wasi_vfs_format::InodeNumber;

/// An open descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Descriptor {
    /// A descriptor of the host, under the host's number.
    Host(u32),
    /// A directory of the image.
    Directory(OpenDirectory),
    /// A file of the image.
    File(OpenFile),
}

/// An open directory of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenDirectory {
    pub(crate) inode: InodeNumber,
    /// The directory above which no path from here leads.
    pub(crate) root: InodeNumber,
    /// The mount, if this is a preopen.
    pub(crate) mount: Option<u32>,
}

/// An open file of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenFile {
    pub(crate) inode: InodeNumber,
    pub(crate) position: u64,
    pub(crate) flags: u16,
}

/// The open descriptors by number. A new one gets the lowest free number.
#[derive(Debug, Default)]
pub(crate) struct DescriptorTable {
    slots: Vec<Option<Descriptor>>,
    /// One bit a slot, set where it is free. Finding the lowest is a scan of
    /// words, from the first that may have a bit set.
    free: Vec<u64>,
    first_free_word: usize,
    /// Whether a host may hand out a number that a slot still denotes.
    is_doubtful: bool,
    /// The numbers that went to the host and are not in the table, one bit each.
    foreign: [u64; FOREIGN_COUNT / 64],
}

/// Numbers below this are noted when they go to the host. Above it the program would need
/// as many open files to meet one of them.
const FOREIGN_COUNT: usize = 1024;

impl DescriptorTable {
    pub(crate) fn get(&self, number: u32) -> Result<Descriptor> {
        match self.slots.get(number as usize) {
            Some(Some(descriptor)) => Ok(*descriptor),
            _ => Err(Errno::BADF),
        }
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Result<&mut Descriptor> {
        match self.slots.get_mut(number as usize) {
            Some(Some(descriptor)) => Ok(descriptor),
            _ => Err(Errno::BADF),
        }
    }

    /// Whether a number of the guest denotes this number of the host.
    pub(crate) fn has_host(&self, number: u32) -> bool {
        self.slots.contains(&Some(Descriptor::Host(number)))
    }

    /// Adds a descriptor under the lowest free number.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32> {
        let number = match self.lowest_free() {
            Some(number) => number,
            None => self.grow()?,
        };
        self.set(number, descriptor);
        Ok(number as u32)
    }

    /// Makes room for [`put`](Self::put). `BADF` if the number is too high.
    pub(crate) fn reserve(&mut self, number: u32) -> Result {
        let number = number as usize;
        if number >= self.slots.len().max(FOREIGN_COUNT) {
            return Err(Errno::BADF);
        }
        while number >= self.slots.len() {
            self.grow()?;
        }
        Ok(())
    }

    /// Puts a descriptor in the place of another one, or where none was.
    pub(crate) fn put(&mut self, number: u32, descriptor: Descriptor) -> Result {
        self.reserve(number)?;
        self.set(number as usize, descriptor);
        Ok(())
    }

    /// Makes an open number stand for the host's descriptor of the same number, which the
    /// program got from another import.
    pub(crate) fn keep(&mut self, number: u32) {
        self.set(number as usize, Descriptor::Host(number));
        // The program may close it through that import.
        self.is_doubtful = true;
    }

    /// A close of the host failed: some hosts close the descriptor nevertheless, others
    /// leave it open. Its slot stays until the host hands the number out again.
    pub(crate) fn doubt(&mut self) {
        self.is_doubtful = true;
    }

    /// Removes the other numbers that denote a number which the host has just handed out:
    /// it closed what they denoted.
    pub(crate) fn remove_stale(&mut self, host_number: u32, fresh: u32) {
        if !self.is_doubtful {
            return;
        }
        for number in 0..self.slots.len() as u32 {
            let is_it = self.get(number) == Ok(Descriptor::Host(host_number));
            if number != fresh && is_it {
                let _ = self.remove(number);
            }
        }
    }

    /// Notes a number that is not in the table and goes to the host.
    pub(crate) fn note_foreign(&mut self, number: u32) {
        if let Some(word) = self.foreign.get_mut(number as usize / 64) {
            *word |= 1 << (number % 64);
        }
    }

    /// Whether the number was noted.
    pub(crate) fn is_foreign(&self, number: u32) -> bool {
        let word = self.foreign.get(number as usize / 64);
        word.is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// Whether the number was noted, which is forgotten.
    pub(crate) fn take_foreign(&mut self, number: u32) -> bool {
        let is_foreign = self.is_foreign(number);
        if let Some(word) = self.foreign.get_mut(number as usize / 64) {
            *word &= !(1 << (number % 64));
        }
        is_foreign
    }

    fn set(&mut self, number: usize, descriptor: Descriptor) {
        self.slots[number] = Some(descriptor);
        self.free[number / 64] &= !(1 << (number % 64));
    }

    /// Closes a number and gives what it denoted.
    pub(crate) fn remove(&mut self, number: u32) -> Result<Descriptor> {
        let slot = self.slots.get_mut(number as usize).ok_or(Errno::BADF)?;
        let descriptor = slot.take().ok_or(Errno::BADF)?;
        let word = number as usize / 64;
        self.free[word] |= 1 << (number % 64);
        self.first_free_word = self.first_free_word.min(word);
        Ok(descriptor)
    }

    fn lowest_free(&mut self) -> Option<usize> {
        let words = self.free.get(self.first_free_word..)?;
        let skipped = words.iter().position(|&word| word != 0)?;
        self.first_free_word += skipped;
        let bit = self.free[self.first_free_word].trailing_zeros();
        Some(self.first_free_word * 64 + bit as usize)
    }

    /// Adds 64 free slots and gives the first of them.
    fn grow(&mut self) -> Result<usize> {
        let number = self.slots.len();
        self.slots.try_reserve(64).map_err(|_| Errno::NOMEM)?;
        self.free.try_reserve(1).map_err(|_| Errno::NOMEM)?;
        self.slots.resize(number + 64, None);
        self.free.push(u64::MAX);
        self.first_free_word = self.first_free_word.min(number / 64);
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_lowest_free_number() {
        let mut table = DescriptorTable::default();
        for number in 0..200 {
            assert_eq!(table.insert(Descriptor::Host(number)), Ok(number));
        }
        for number in [150, 3, 70] {
            assert_eq!(table.remove(number), Ok(Descriptor::Host(number)));
        }
        for number in [3, 70, 150, 200] {
            assert_eq!(table.insert(Descriptor::Host(0)), Ok(number));
        }
    }

    #[test]
    fn does_not_grow_when_numbers_are_reused() {
        let mut table = DescriptorTable::default();
        for _ in 0..10_000 {
            let number = table.insert(Descriptor::Host(7)).expect("memory");
            table.remove(number).expect("open");
        }
        assert_eq!(table.slots.len(), 64);
    }

    #[test]
    fn a_foreign_number_is_noted_once() {
        let mut table = DescriptorTable::default();
        for number in [0, 70, 1023, 1024, u32::MAX] {
            table.note_foreign(number);
            assert_eq!(table.take_foreign(number), number < 1024);
            assert!(!table.take_foreign(number));
        }
    }

    #[test]
    fn a_number_that_is_too_high_has_no_room() {
        let mut table = DescriptorTable::default();
        for number in [1024, u32::MAX] {
            assert_eq!(table.put(number, FILE), Err(Errno::BADF));
        }
        assert_eq!(table.slots.len(), 0);
        assert_eq!(table.put(1023, FILE), Ok(()));
        assert_eq!(table.insert(FILE), Ok(0));
    }

    #[test]
    fn a_number_handed_out_again_is_stale() {
        let mut table = DescriptorTable::default();
        for host_number in [7, 8, 7] {
            table.insert(Descriptor::Host(host_number)).expect("memory");
        }
        table.remove_stale(7, 2);
        assert_eq!(table.get(0), Ok(Descriptor::Host(7)), "no close has failed");
        table.doubt();
        table.remove_stale(7, 2);
        assert_eq!(table.get(0), Err(Errno::BADF));
        assert_eq!(table.get(1), Ok(Descriptor::Host(8)));
        assert_eq!(table.get(2), Ok(Descriptor::Host(7)));
    }

    const FILE: Descriptor = Descriptor::File(OpenFile {
        inode: InodeNumber::ROOT,
        position: 0,
        flags: 0,
    });

    #[test]
    fn a_closed_number_is_bad() {
        let mut table = DescriptorTable::default();
        table.insert(Descriptor::Host(0)).expect("memory");
        table.remove(0).expect("open");
        assert_eq!(table.get(0), Err(Errno::BADF));
        assert_eq!(table.remove(0), Err(Errno::BADF));
        assert_eq!(table.get(u32::MAX), Err(Errno::BADF));
    }
}
