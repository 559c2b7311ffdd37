//! The memory of all changes, and its limit.
//!
//! Each structure of the layer counts its memory here before it allocates, and gives it
//! back here. So a program gets [`FsError::NoSpace`] before the engine refuses memory.

use crate::fs::{FsError, Result};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Bytes that an allocator adds to each allocation: a header, and rounding.
const ALLOCATION_LEN: usize = 16;

/// A box that [`Space::boxed`] made. An array, since the standard library can make no other
/// box without a panic if memory runs out.
pub(super) type Boxed<T> = Box<[T; 1]>;

/// The longest reserve: at least 500 short packed names.
const RESERVE_LEN_MAX: u64 = 64 << 10;

/// A vector grows by so many items if there is no space for more.
const STEP: usize = 16;

/// Bytes in use, and how many there may be.
///
/// The removal of a packed name needs memory, too. A reserve lets a program remove some files
/// when the layer is full. All structures grow in small steps if the space ends.
#[derive(Debug)]
pub(super) struct Space {
    limit_len: u64,
    used_len: u64,
    is_reserve_open: bool,
}

impl Space {
    pub(super) fn new(limit_len: u64) -> Self {
        Self {
            limit_len,
            used_len: 0,
            is_reserve_open: false,
        }
    }

    /// For structures that something else bounds.
    pub(super) fn unlimited() -> Self {
        Self::new(u64::MAX)
    }

    /// Lets allocations use the reserve until [`close_reserve`](Self::close_reserve).
    pub(super) fn open_reserve(&mut self) {
        self.is_reserve_open = true;
    }

    pub(super) fn close_reserve(&mut self) {
        self.is_reserve_open = false;
    }

    fn reserve_len(&self) -> u64 {
        RESERVE_LEN_MAX.min(self.limit_len / 16)
    }

    pub(super) fn used_len(&self) -> u64 {
        self.used_len
    }

    /// Checks that `len` more bytes fit.
    pub(super) fn check(&self, len: u64) -> Result {
        match len > self.free_len(self.is_reserve_open) {
            true => Err(FsError::NoSpace),
            false => Ok(()),
        }
    }

    fn free_len(&self, with_reserve: bool) -> u64 {
        let reserve_len = match with_reserve {
            true => 0,
            false => self.reserve_len(),
        };
        let taken_len = self.used_len.saturating_add(reserve_len);
        self.limit_len.saturating_sub(taken_len)
    }

    /// Checks that `count` more allocations of `len` bytes fit.
    pub(super) fn check_all(&self, count: u64, len: usize) -> Result {
        self.check(count.saturating_mul(cost(len)))
    }

    /// Counts an allocation of this length.
    pub(super) fn add(&mut self, len: usize) {
        self.used_len += cost(len);
    }

    /// Counts an allocation of this length as freed.
    pub(super) fn subtract(&mut self, len: usize) {
        self.used_len -= cost(len);
    }

    /// Makes room for `additional` items in a vector.
    pub(super) fn reserve<T>(&mut self, items: &mut Vec<T>, additional: usize) -> Result {
        let wanted = items.len().saturating_add(additional);
        if wanted <= items.capacity() {
            return Ok(());
        }
        let before = len_of(items);
        self.check(growth_len::<T>(wanted, before))?;
        let reserved = items.try_reserve_exact(additional);
        reserved.map_err(|_| FsError::NoSpace)?;
        self.subtract(before);
        self.add(len_of(items));
        Ok(())
    }

    /// Makes room for one item. A full vector doubles, so that many items cost few copies. If
    /// there is no space for that, it grows less. The reserve is only for small steps.
    pub(super) fn reserve_one<T>(&mut self, items: &mut Vec<T>) -> Result {
        if items.len() < items.capacity() {
            return Ok(());
        }
        let free_len = self.free_len(false);
        let mut additional = items.len().max(1);
        while additional > STEP
            && growth_len::<T>(items.len() + additional, len_of(items)) > free_len
        {
            additional = (additional / 2).max(STEP);
        }
        self.reserve(items, additional)
    }

    /// Whether [`shrink`](Self::shrink) moves a vector.
    fn is_oversized(len: usize, capacity: usize) -> bool {
        (capacity >= 16 && len <= capacity / 4) || (len == 0 && capacity > 0)
    }

    /// Moves a vector that needs less than a quarter of its memory to a smaller one. An empty one
    /// keeps no memory. If
    /// memory runs out, the vector keeps its memory.
    pub(super) fn shrink<T>(&mut self, items: &mut Vec<T>) {
        if !Self::is_oversized(items.len(), items.capacity()) {
            return;
        }
        let mut smaller = Vec::new();
        if smaller.try_reserve_exact(items.len() * 2).is_err() {
            return;
        }
        self.subtract(len_of(items));
        smaller.append(items);
        self.add(len_of(&smaller));
        *items = smaller;
    }

    /// A copy of these bytes.
    pub(super) fn copy(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut copy = Vec::new();
        self.reserve(&mut copy, bytes.len())?;
        copy.extend_from_slice(bytes);
        Ok(copy)
    }

    /// Frees a vector whose items own no memory.
    pub(super) fn free<T>(&mut self, items: Vec<T>) {
        self.subtract(len_of(&items));
    }

    /// A box. Without space for it, the item comes back.
    pub(super) fn boxed<T>(&mut self, item: T) -> core::result::Result<Boxed<T>, T> {
        let mut items = Vec::new();
        let has_space = self.check(cost(size_of::<T>())).is_ok();
        if !has_space || items.try_reserve_exact(1).is_err() {
            return Err(item);
        }
        items.push(item);
        self.add(size_of::<T>());
        // There is one item, so the conversion succeeds.
        Boxed::try_from(items).map_err(|mut items| items.swap_remove(0))
    }

    /// The item out of a box, whose memory is freed.
    pub(super) fn unbox<T>(&mut self, [item]: [T; 1]) -> T {
        self.subtract(size_of::<T>());
        item
    }
}

/// Bytes that a vector of `before` bytes needs in addition for `wanted` items. An allocator
/// that moves the vector needs all of them for a moment. The engine may refuse that, too.
fn growth_len<T>(wanted: usize, before: usize) -> u64 {
    cost(wanted.saturating_mul(size_of::<T>())) - cost(before)
}

/// The memory of an allocation of `len` bytes. A length of 0 needs none.
fn cost(len: usize) -> u64 {
    match len {
        0 => 0,
        len => (len as u64).saturating_add(ALLOCATION_LEN as u64),
    }
}

fn len_of<T>(items: &Vec<T>) -> usize {
    items.capacity().saturating_mul(size_of::<T>())
}
