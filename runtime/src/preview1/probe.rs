//! Finds the descriptors that the host opened before the program started.
//!
//! Preview 1 has no call that lists them, so the runtime tries one number after the
//! other. Many hosts are stubs that return success for any number and write nothing.
//! Therefore a success counts only if the host also wrote a valid record: before each
//! call the record holds bytes that no host writes.

use super::abi::{Fdstat, Prestat, filetype};
use super::calls::Preview1;
use super::errno::{Errno, Result, from_host};
use crate::guest::{Memory, SCRATCH_LEN, UNWRITTEN};

/// Number of the first descriptor that is not standard input or output.
const FIRST: u32 = 3;

/// No host opens more descriptors before the program starts. The bound ends the search
/// on a host that has a preopen under every number.
pub(crate) const COUNT_MAX: u32 = 1024;

/// Standard output is open on almost every host, and no host preopens it.
const STDOUT: u32 = 1;

/// No host has this number open. It is positive for hosts that count in `i32`.
const UNUSED: u32 = i32::MAX as u32;

/// Asks the host for one descriptor after the other.
pub(crate) struct Probe<'a, M, H> {
    memory: &'a mut M,
    host: &'a mut H,
    /// Where the host writes its records.
    record: u32,
}

impl<'a, M: Memory, H: Preview1> Probe<'a, M, H> {
    /// `record` is the address of [`SCRATCH_LEN`] bytes.
    pub(crate) fn new(memory: &'a mut M, host: &'a mut H, record: u32) -> Self {
        Self {
            memory,
            host,
            record,
        }
    }

    /// The first number that the host does not have open.
    pub(crate) fn first_free(&mut self) -> u32 {
        let mut number = FIRST;
        while number < COUNT_MAX && self.has_preopen_or_other(number) {
            number += 1;
        }
        number
    }

    /// Asks for a preopen first: programs make this call themselves, so every host has
    /// an answer to it. `@tybys/wasm-util` prints an error for each other call with a
    /// number that is not open.
    fn has_preopen_or_other(&mut self, number: u32) -> bool {
        match self.prestat(number) {
            Ok(()) => true,
            Err(Errno::BADF) if self.badf_means_closed() => false,
            Err(_) => self.has_other(number),
        }
    }

    /// Some hosts answer `BADF` to each number without a preopen, others only to numbers
    /// that are not open. Standard output tells which.
    fn badf_means_closed(&mut self) -> bool {
        self.prestat(STDOUT) != Err(Errno::BADF)
    }

    /// Whether the host has an open descriptor that is no preopen, as an inherited
    /// socket. A host that says so of [`UNUSED`] says so of every number.
    fn has_other(&mut self, number: u32) -> bool {
        self.fdstat(number).is_ok() && self.fdstat(UNUSED).is_err()
    }

    /// Whether the host describes a preopened directory.
    fn prestat(&mut self, number: u32) -> Result {
        self.clear()?;
        from_host(self.host.fd_prestat_get(number, self.record))?;
        let mut bytes = [0; Prestat::LEN];
        self.memory.read(self.record, &mut bytes)?;
        let [tag, _, _, _, name_len @ ..] = bytes;
        // Hosts need not write the padding between the two.
        proven(tag == Prestat::DIRECTORY && name_len != [UNWRITTEN; 4])
    }

    /// Whether the host describes a descriptor of any kind.
    pub(crate) fn fdstat(&mut self, number: u32) -> Result {
        self.clear()?;
        from_host(self.host.fd_fdstat_get(number, self.record))?;
        let mut bytes = [0; Fdstat::LEN];
        self.memory.read(self.record, &mut bytes)?;
        proven(bytes[0] <= filetype::MAX)
    }

    fn clear(&mut self) -> Result {
        Ok(self.memory.write(self.record, &[UNWRITTEN; SCRATCH_LEN])?)
    }
}

/// A success without a valid record counts as a call that the host does not have.
fn proven(is_valid: bool) -> Result {
    match is_valid {
        true => Ok(()),
        false => Err(Errno::NOSYS),
    }
}
