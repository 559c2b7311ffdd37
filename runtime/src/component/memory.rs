//! The program's memory, and new memory in it.
//!
//! An answer of variable length lies in memory that the program's own allocator provides.
//! That allocator is code of the program and may call the runtime again. So nothing is
//! borrowed while it runs.

use super::allocator::Allocator;
use super::errors::{ErrorCode, Result};
use crate::guest::{GuestSink, Memory, PathBuffer, PathError, overlap};
use alloc::vec::Vec;
use core::cell::RefCell;

/// The most bytes that [`Program::with_loan`] lends.
pub(crate) const LOAN_LEN: u32 = 16 << 10;

/// Where a loan may begin: far from 0, which hosts may take for a null pointer, and within
/// the first page. An answer is shorter than the gap between the two, so it overlaps one at
/// most.
const LOANS: [u32; 2] = [1 << 10, 32 << 10];

/// A range of the program's memory: a list of `count` items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) address: u32,
    pub(crate) count: u32,
}

impl List {
    /// The empty list. Its address counts for nothing, but must not be null: programs make
    /// a vector of it.
    pub(crate) fn empty(align: u32) -> Self {
        Self {
            address: align,
            count: 0,
        }
    }
}

/// The memory of the program, and the host that allocates in it.
pub(crate) struct Program<M, H> {
    memory: RefCell<M>,
    /// The program's bytes in a lent range.
    lent: RefCell<Vec<u8>>,
    pub(crate) host: H,
}

impl<M: Memory, H: Allocator> Program<M, H> {
    pub(crate) fn new(memory: M, host: H) -> Self {
        Self {
            memory: RefCell::new(memory),
            lent: RefCell::default(),
            host,
        }
    }

    pub(crate) fn has(&self, address: u32, len: u32) -> bool {
        self.memory.borrow().check(address, len.into()).is_ok()
    }

    pub(crate) fn read(&self, address: u32, into: &mut [u8]) -> Result {
        Ok(self.memory.borrow().read(address, into)?)
    }

    pub(crate) fn read_u8(&self, address: u32) -> Result<u8> {
        let mut bytes = [0];
        self.read(address, &mut bytes)?;
        Ok(bytes[0])
    }

    pub(crate) fn read_u32(&self, address: u32) -> Result<u32> {
        Ok(self.memory.borrow().read_u32(address)?)
    }

    pub(crate) fn read_u64(&self, address: u32) -> Result<u64> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    pub(crate) fn write(&self, address: u32, bytes: &[u8]) -> Result {
        Ok(self.memory.borrow_mut().write(address, bytes)?)
    }

    pub(crate) fn write_u32(&self, address: u32, value: u32) -> Result {
        self.write(address, &value.to_le_bytes())
    }

    pub(crate) fn read_path(
        &self,
        into: &mut PathBuffer,
        path: (u32, u32),
    ) -> Result<(), PathError> {
        into.read(&*self.memory.borrow(), path)
    }

    /// Lends a sink over `len` bytes at `address`, which the caller has checked.
    pub(crate) fn with_sink<R>(
        &self,
        (address, len): (u32, u32),
        use_it: impl FnOnce(&mut GuestSink<'_, M>) -> R,
    ) -> R {
        let memory = &mut *self.memory.borrow_mut();
        use_it(&mut GuestSink::checked(memory, address, len))
    }

    /// Lends `len` bytes of the program's memory, at most [`LOAN_LEN`], and restores them.
    /// The range does not overlap `answer`, which the host may write meanwhile.
    ///
    /// No code of the program runs during a synchronous call of the host, so nothing sees
    /// the changed bytes. If the host traps, the program never runs again.
    pub(crate) fn with_loan<R>(
        &self,
        len: u32,
        answer: (u32, u32),
        use_it: impl FnOnce(u32) -> R,
    ) -> Result<R> {
        let no_memory = ErrorCode::INSUFFICIENT_MEMORY;
        let mut places = LOANS.into_iter();
        let place = places.find(|place| !overlap((*place, len), answer));
        let place = place
            .filter(|place| self.has(*place, len))
            .ok_or(no_memory)?;
        let mut lent = self.lent.take();
        lent.clear();
        let reserved = lent.try_reserve_exact(LOAN_LEN as usize);
        reserved.map_err(|_| no_memory)?;
        lent.resize(len as usize, 0);
        self.read(place, &mut lent)?;
        let result = use_it(place);
        self.write(place, &lent)?;
        self.lent.replace(lent);
        Ok(result)
    }

    /// Allocates memory of the program, more than nothing.
    pub(crate) fn allocate(&self, lowering: u32, align: u32, len: u32) -> Result<u32> {
        let address = self.host.realloc(lowering, align, len);
        match address != 0 && self.has(address, len) {
            true => Ok(address),
            false => Err(ErrorCode::INSUFFICIENT_MEMORY),
        }
    }

    /// Copies bytes to new memory of the program.
    pub(crate) fn list(&self, lowering: u32, bytes: &[u8]) -> Result<List> {
        let count = bytes.len() as u32;
        if count == 0 {
            return Ok(List::empty(1));
        }
        let address = self.allocate(lowering, 1, count)?;
        self.write(address, bytes)?;
        Ok(List { address, count })
    }
}
