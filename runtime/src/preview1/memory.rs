//! The program's linear memory. Every access by an address of the program goes through
//! this trait, which checks the range and returns `FAULT` instead of trapping.

use super::abi::{SCRATCH_LEN, UNWRITTEN};
use super::errno::{Errno, Result};

/// The bytes of the program that [`Memory::with_scratch`] has to put back.
#[derive(Default)]
pub struct Lent(Option<[u8; SCRATCH_LEN]>);

/// The memory that the program's pointers refer to.
pub trait Memory {
    /// Its length in bytes.
    fn byte_len(&self) -> u64;

    /// Copies `into.len()` bytes from `address`, which the caller has checked.
    fn copy_out(&self, address: u32, into: &mut [u8]);

    /// Copies `from` to `address`, which the caller has checked.
    fn copy_in(&mut self, address: u32, from: &[u8]);

    /// Lends a piece of the program's memory, enough for an `fdstat`, to the host, and
    /// restores its bytes. If the host throws meanwhile, the bytes stay in `lent`, and the
    /// next loan restores them. Returns `None` if the memory is shorter.
    fn with_scratch<R>(
        &mut self,
        lent: &mut Lent,
        use_it: impl FnOnce(&mut Self, u32) -> R,
    ) -> Option<R> {
        // Far from 0, which hosts may take for a null pointer, and within the
        // first page, which every memory that can be passed to a call has.
        const SCRATCH: u32 = 1024;
        let mut bytes = [0; SCRATCH_LEN];
        self.read(SCRATCH, &mut bytes).ok()?;
        // If the program wrote there since the host threw, its new bytes count.
        if let Some(saved) = lent.0.take()
            && bytes == [UNWRITTEN; SCRATCH_LEN]
        {
            bytes = saved;
        }
        lent.0 = Some(bytes);
        let result = use_it(self, SCRATCH);
        self.copy_in(SCRATCH, &bytes);
        lent.0 = None;
        Some(result)
    }

    /// Checks that `len` bytes at `address` exist.
    fn check(&self, address: u32, len: u64) -> Result {
        match u64::from(address).checked_add(len) {
            Some(end) if end <= self.byte_len() => Ok(()),
            _ => Err(Errno::FAULT),
        }
    }

    /// Copies `into.len()` bytes from `address`.
    fn read(&self, address: u32, into: &mut [u8]) -> Result {
        self.check(address, into.len() as u64)?;
        self.copy_out(address, into);
        Ok(())
    }

    /// Copies `from` to `address`.
    fn write(&mut self, address: u32, from: &[u8]) -> Result {
        self.check(address, from.len() as u64)?;
        self.copy_in(address, from);
        Ok(())
    }

    /// Reads a little-endian 32-bit number.
    fn read_u32(&self, address: u32) -> Result<u32> {
        let mut bytes = [0; 4];
        self.read(address, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// Writes a little-endian 32-bit number.
    fn write_u32(&mut self, address: u32, value: u32) -> Result {
        self.write(address, &value.to_le_bytes())
    }

    /// Writes a little-endian 64-bit number.
    fn write_u64(&mut self, address: u32, value: u64) -> Result {
        self.write(address, &value.to_le_bytes())
    }
}

/// Whether two ranges, each an address and a length, have a byte in common.
pub(crate) fn overlap((one, one_len): (u32, u32), (other, other_len): (u32, u32)) -> bool {
    let end = |start: u32, len: u32| u64::from(start) + u64::from(len);
    u64::from(one) < end(other, other_len) && u64::from(other) < end(one, one_len)
}
