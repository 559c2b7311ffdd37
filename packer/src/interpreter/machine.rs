//! The machine around an interpreted program.

use super::result::Result;
use super::streams::Stream;
use std::time::Duration;

/// A clock of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The time since 1970.
    Real,
    /// The time since some start.
    Monotonic,
}

impl Clock {
    /// The clock with this `clockid`. The clocks of processes and threads are not supported,
    /// as in other engines.
    pub(super) fn of_id(id: u32) -> Option<Self> {
        match id {
            0 => Some(Self::Real),
            1 => Some(Self::Monotonic),
            _ => None,
        }
    }
}

/// Streams, clocks and random numbers.
pub trait Machine {
    /// The `filetype` of a standard stream.
    fn filetype(&self, stream: Stream) -> u8;

    /// Reads standard input. Returns the number of bytes, 0 at the end.
    ///
    /// # Errors
    ///
    /// The machine has no input for the program.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize>;

    /// Writes to an output, as many bytes as it takes at once. Returns their number.
    ///
    /// # Errors
    ///
    /// The output takes no bytes.
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<usize>;

    /// The time of a clock.
    fn time(&mut self, clock: Clock) -> Duration;

    /// Fills a buffer with random bytes.
    ///
    /// # Errors
    ///
    /// The machine has no source of random bytes.
    fn fill_random(&mut self, buffer: &mut [u8]) -> Result;

    /// Waits until a stream is ready, or the time is over. Returns the bytes to read for each
    /// stream that is ready, 0 for output.
    ///
    /// # Errors
    ///
    /// The machine cannot wait.
    fn wait(&mut self, streams: &[Stream], timeout: Option<Duration>) -> Result<Vec<Option<u64>>>;

    /// Lets other threads run.
    fn yield_now(&mut self) {}
}
