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
}

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

    /// Adds a descriptor under the lowest free number.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32> {
        let number = match self.lowest_free() {
            Some(number) => number,
            None => self.grow()?,
        };
        self.slots[number] = Some(descriptor);
        self.free[number / 64] &= !(1 << (number % 64));
        Ok(number as u32)
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
        self.first_free_word = number / 64;
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
    fn a_closed_number_is_bad() {
        let mut table = DescriptorTable::default();
        table.insert(Descriptor::Host(0)).expect("memory");
        table.remove(0).expect("open");
        assert_eq!(table.get(0), Err(Errno::BADF));
        assert_eq!(table.remove(0), Err(Errno::BADF));
        assert_eq!(table.get(u32::MAX), Err(Errno::BADF));
    }
}
