//! The program's linear memory. Every access by an address of the program goes through
//! this trait, which checks the range and returns [`Fault`] instead of trapping.

use super::scratch::{Lent, SCRATCH_LEN};

/// A range that is not in the program's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// The result of an access.
pub type Access<T = ()> = core::result::Result<T, Fault>;

/// The memory that the program's pointers refer to.
pub trait Memory {
    /// Its length in bytes.
    fn byte_len(&self) -> u64;

    /// Copies `into.len()` bytes from `address`, which the caller has checked.
    fn copy_out(&self, address: u32, into: &mut [u8]);

    /// Copies `from` to `address`, which the caller has checked.
    fn copy_in(&mut self, address: u32, from: &[u8]);

    /// Lends 24 bytes of the program's memory to the host, and restores them.
    /// If the host throws meanwhile, the bytes stay in `lent`, and the next loan restores
    /// them. Returns `None` if the memory is shorter.
    fn with_scratch<R, const ADDRESS: u32>(
        &mut self,
        lent: &mut Lent<ADDRESS>,
        use_it: impl FnOnce(&mut Self, u32) -> R,
    ) -> Option<R> {
        let mut bytes = [0; SCRATCH_LEN];
        self.read(ADDRESS, &mut bytes).ok()?;
        let bytes = lent.begin(bytes);
        let result = use_it(self, ADDRESS);
        self.copy_in(ADDRESS, &bytes);
        lent.end();
        Some(result)
    }

    /// Checks that `len` bytes at `address` exist.
    fn check(&self, address: u32, len: u64) -> Access {
        match u64::from(address).checked_add(len) {
            Some(end) if end <= self.byte_len() => Ok(()),
            _ => Err(Fault),
        }
    }

    /// Copies `into.len()` bytes from `address`.
    fn read(&self, address: u32, into: &mut [u8]) -> Access {
        self.check(address, into.len() as u64)?;
        self.copy_out(address, into);
        Ok(())
    }

    /// Copies `from` to `address`.
    fn write(&mut self, address: u32, from: &[u8]) -> Access {
        self.check(address, from.len() as u64)?;
        self.copy_in(address, from);
        Ok(())
    }

    /// Reads a little-endian 32-bit number.
    fn read_u32(&self, address: u32) -> Access<u32> {
        let mut bytes = [0; 4];
        self.read(address, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// Writes a little-endian 32-bit number.
    fn write_u32(&mut self, address: u32, value: u32) -> Access {
        self.write(address, &value.to_le_bytes())
    }

    /// Writes a little-endian 64-bit number.
    fn write_u64(&mut self, address: u32, value: u64) -> Access {
        self.write(address, &value.to_le_bytes())
    }
}

/// Whether two ranges, each an address and a length, have a byte in common.
pub(crate) fn overlap((one, one_len): (u32, u32), (other, other_len): (u32, u32)) -> bool {
    let end = |start: u32, len: u32| u64::from(start) + u64::from(len);
    u64::from(one) < end(other, other_len) && u64::from(other) < end(one, one_len)
}
