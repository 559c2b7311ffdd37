//! Things by number, where a new thing gets the lowest free number.

use crate::fs::{FsError, Result};
use alloc::vec::Vec;

/// How many slots are added at once: the bits of a word.
const WORD: usize = u64::BITS as usize;

/// The slots by number.
#[derive(Debug)]
pub struct Slots<T> {
    slots: Vec<Option<T>>,
    /// One bit a slot, set if the slot is free. The lowest free one is found in a scan of
    /// words, from the first that may have a bit set.
    free: Vec<u64>,
    first_free_word: usize,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            first_free_word: 0,
        }
    }
}

impl<T: Copy> Slots<T> {
    /// Slots, free ones included.
    pub fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// The thing under a number.
    pub fn get(&self, number: u32) -> Option<&T> {
        self.slots.get(number as usize)?.as_ref()
    }

    /// The thing under a number.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.slots.get_mut(number as usize)?.as_mut()
    }

    /// All things.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().flatten()
    }

    /// Adds a thing under the lowest free number.
    ///
    /// # Errors
    ///
    /// [`FsError::NoMemory`].
    pub fn insert(&mut self, thing: T) -> Result<u32> {
        let number = match self.lowest_free() {
            Some(number) => number,
            None => self.grow()?,
        };
        self.set(number, thing);
        Ok(number as u32)
    }

    /// Makes room for one [`insert`](Self::insert), which then does not fail.
    ///
    /// # Errors
    ///
    /// [`FsError::NoMemory`].
    pub fn reserve_one(&mut self) -> Result {
        match self.lowest_free() {
            Some(_) => Ok(()),
            None => self.grow().map(|_| ()),
        }
    }

    /// Makes room for a [`put`](Self::put) at `number`.
    ///
    /// # Errors
    ///
    /// [`FsError::NoMemory`].
    pub fn reserve(&mut self, number: u32) -> Result {
        while number as usize >= self.slots.len() {
            self.grow()?;
        }
        Ok(())
    }

    /// Puts a thing under a number, whether or not the number is free.
    ///
    /// # Panics
    ///
    /// If there is no [room](Self::reserve).
    pub fn put(&mut self, number: u32, thing: T) {
        self.set(number as usize, thing);
    }

    /// Frees a number. Returns the thing that was there.
    pub fn remove(&mut self, number: u32) -> Option<T> {
        let thing = self.slots.get_mut(number as usize)?.take()?;
        let word = number as usize / WORD;
        self.free[word] |= 1 << (number as usize % WORD);
        self.first_free_word = self.first_free_word.min(word);
        Some(thing)
    }

    fn set(&mut self, number: usize, thing: T) {
        self.slots[number] = Some(thing);
        self.free[number / WORD] &= !(1 << (number % WORD));
    }

    fn lowest_free(&mut self) -> Option<usize> {
        let words = self.free.get(self.first_free_word..)?;
        let skipped = words.iter().position(|&word| word != 0)?;
        self.first_free_word += skipped;
        let bit = self.free[self.first_free_word].trailing_zeros();
        Some(self.first_free_word * WORD + bit as usize)
    }

    /// Adds a word of free slots. Returns the number of the first.
    fn grow(&mut self) -> Result<usize> {
        let number = self.slots.len();
        let reserved = self.slots.try_reserve(WORD);
        reserved.map_err(|_| FsError::NoMemory)?;
        self.free.try_reserve(1).map_err(|_| FsError::NoMemory)?;
        self.slots.resize(number + WORD, None);
        self.free.resize(number / WORD + 1, u64::MAX);
        self.first_free_word = self.first_free_word.min(number / WORD);
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_thing_gets_the_lowest_free_number() {
        let mut slots = Slots::default();
        for number in 0..200 {
            assert_eq!(slots.insert(number), Ok(number));
        }
        for number in [150, 3, 70] {
            assert_eq!(slots.remove(number), Some(number));
        }
        for number in [3, 70, 150, 200] {
            assert_eq!(slots.insert(0), Ok(number));
        }
    }

    #[test]
    fn reused_numbers_need_no_more_slots() {
        let mut slots = Slots::default();
        for _ in 0..10_000 {
            let number = slots.insert(7).expect("memory");
            slots.remove(number).expect("taken");
        }
        assert_eq!(slots.slot_count(), 64);
    }

    #[test]
    fn a_freed_number_has_nothing() {
        let mut slots = Slots::default();
        slots.insert(0).expect("memory");
        slots.remove(0).expect("taken");
        assert_eq!(slots.get(0), None);
        assert_eq!(slots.remove(0), None);
        assert_eq!(slots.get(u32::MAX), None);
    }
}
