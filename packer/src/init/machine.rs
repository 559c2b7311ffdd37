//! The closed machine around a program that starts at pack time.
//!
//! The same program reads the same times and random bytes in each pack, whatever the machine
//! of the packer. All streams are character devices: programs that find a file or a pipe
//! there buffer their output until its end, also in the later instances.

use crate::interpreter::{Clock, Machine, Result, Stream};
use std::time::Duration;

/// The start of the year 2000. Some programs treat times near 0 as errors.
const REAL_TIME: Duration = Duration::from_secs(946_684_800);

/// A monotonic clock at 0 makes programs believe that a timer has never run.
const MONOTONIC_TIME: Duration = Duration::from_secs(1);

/// Bytes of refused output that an error shows.
const MAX_OUTPUT_LEN: usize = 2000;

/// Fixed clocks, counted random bytes, and refused output.
pub(super) struct Closed {
    /// The time that the program has waited.
    waited: Duration,
    random: blake3::OutputReader,
    /// Draws of random bytes. A call of `random_get` is one, or one for each 64 KiB.
    pub(super) random_count: u64,
    /// The output of the program.
    output: Vec<u8>,
}

impl Default for Closed {
    fn default() -> Self {
        let seed = b"wasi-vfs: random bytes of a start at pack time";
        Self {
            waited: Duration::ZERO,
            random: blake3::Hasher::new().update(seed).finalize_xof(),
            random_count: 0,
            output: Vec::new(),
        }
    }
}

impl Closed {
    /// The output, `None` if the program wrote nothing.
    pub(super) fn output(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.output);
        (!text.is_empty()).then(|| text.trim_end().escape_debug().to_string())
    }

    /// Whether the program has written more than an error shows.
    pub(super) fn has_long_output(&self) -> bool {
        self.output.len() >= MAX_OUTPUT_LEN
    }
}

impl Machine for Closed {
    fn filetype(&self, _: Stream) -> u8 {
        Stream::CHARACTER_DEVICE
    }

    fn read(&mut self, _: &mut [u8]) -> Result<usize> {
        Ok(0)
    }

    /// Takes all bytes, so that the error has the whole message of the program.
    fn write(&mut self, _: Stream, bytes: &[u8]) -> Result<usize> {
        let room = MAX_OUTPUT_LEN - self.output.len().min(MAX_OUTPUT_LEN);
        self.output
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(bytes.len())
    }

    fn time(&mut self, clock: Clock) -> Duration {
        let start = match clock {
            Clock::Real => REAL_TIME,
            Clock::Monotonic => MONOTONIC_TIME,
        };
        start.saturating_add(self.waited)
    }

    fn fill_random(&mut self, buffer: &mut [u8]) -> Result {
        self.random_count += 1;
        self.random.fill(buffer);
        Ok(())
    }

    /// Streams are ready at once, and input is at its end. Clocks jump.
    fn wait(&mut self, streams: &[Stream], timeout: Option<Duration>) -> Result<Vec<Option<u64>>> {
        if streams.is_empty() {
            let timeout = timeout.unwrap_or_default();
            self.waited = self.waited.saturating_add(timeout);
        }
        Ok(vec![Some(0); streams.len()])
    }
}
