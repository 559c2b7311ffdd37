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
}

/// Numbers below this can be kept for descriptors that the table did not give out. The
/// bound is for hosts that have every number open.
const KEPT_COUNT_MAX: usize = 1024;

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
        if number >= self.slots.len().max(KEPT_COUNT_MAX) {
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

    /// Keeps a number of the host that the program got from another import, so that no
    /// other descriptor gets it. If memory runs out, another one may.
    pub(crate) fn keep(&mut self, number: u32) {
        if self.put(number, Descriptor::Host(number)).is_ok() {
            // The program may close it through another import, too.
            self.is_doubtful = true;
        }
    }

    /// A close of the host failed: some hosts close the descriptor nevertheless, others
    /// leave it open. Its slot stays until the host hands the number out again.
    pub(crate) fn doubt(&mut self) {
        self.is_doubtful = true;
    }

    /// Adds a number that the host has just handed out. Slots with the same number are
    /// stale, since the host has closed what they denoted.
    pub(crate) fn insert_host(&mut self, number: u32) -> Result<u32> {
        let ours = self.insert(Descriptor::Host(number))?;
        if self.is_doubtful {
            self.remove_stale(number, ours);
        }
        Ok(ours)
    }

    fn remove_stale(&mut self, host_number: u32, fresh: u32) {
        for number in 0..self.slots.len() as u32 {
            let is_it = self.get(number) == Ok(Descriptor::Host(host_number));
            if number != fresh && is_it {
                let _ = self.remove(number);
            }
        }
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
    fn a_kept_number_is_not_given_out() {
        let mut table = DescriptorTable::default();
        for number in 0..3 {
            assert_eq!(table.insert(Descriptor::Host(number)), Ok(number));
        }
        for number in [4, 70, 1023] {
            table.keep(number);
        }
        let given: Vec<_> = (0..1030)
            .map(|_| table.insert(FILE).expect("memory"))
            .collect();
        let expected = (3..1036).filter(|number| ![4, 70, 1023].contains(number));
        assert_eq!(given, expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_number_that_no_table_can_hold_is_not_kept() {
        let mut table = DescriptorTable::default();
        for number in [1024, u32::MAX] {
            table.keep(number);
            assert_eq!(table.put(number, FILE), Err(Errno::BADF));
        }
        assert_eq!(table.slots.len(), 0);
    }

    #[test]
    fn a_number_handed_out_again_is_stale() {
        let mut table = DescriptorTable::default();
        assert_eq!(table.insert_host(7), Ok(0));
        assert_eq!(table.insert_host(8), Ok(1));
        table.doubt();
        assert_eq!(table.insert_host(7), Ok(2));
        assert_eq!(table.get(0), Err(Errno::BADF));
        assert_eq!(table.get(1), Ok(Descriptor::Host(8)));
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
