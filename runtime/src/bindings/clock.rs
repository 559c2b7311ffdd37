//! The clock of the layer: the host's, if the program has one.

use super::form::GuestMemory;
#[cfg(not(feature = "wired"))]
use super::host::realtime;
#[cfg(feature = "wired")]
use super::wired_host::now;
use crate::guest::{FOR_CLOCK, Lent, Memory, SCRATCH_LEN, UNWRITTEN};
use crate::overlay::{Clock, Steady};
use wasi_vfs_format::{Index, InodeNumber};

/// The host's clock. If the program does not import it, times start behind the newest
/// time in the image, and each question is one nanosecond later.
pub(super) struct HostClock {
    /// `None` if the image is damaged. Then nothing changes.
    index: Option<Index<'static>>,
    steady: Steady,
    lent: Lent<FOR_CLOCK>,
}

impl HostClock {
    pub(super) fn new(index: Option<Index<'static>>) -> Self {
        Self {
            index,
            steady: Steady::default(),
            lent: Lent::default(),
        }
    }

    /// The host's time, if it told one. Some hosts return success and write nothing, or
    /// write 0.
    fn host_ns(&mut self) -> Option<i64> {
        let mut bytes = [UNWRITTEN; SCRATCH_LEN];
        let told = GuestMemory.with_scratch(&mut self.lent, |memory, record| {
            // All of them, so that the next loan notices a throw.
            memory.write(record, &bytes).ok()?;
            let is_told = ask(record);
            memory.read(record, &mut bytes).ok()?;
            is_told.then_some(bytes)
        });
        let told = told??;
        let is_written = told[..8] != [UNWRITTEN; 8];
        told_ns(told).filter(|&time_ns| is_written && time_ns != 0)
    }
}

/// The time that a host has written, in nanoseconds since 1970.
#[cfg(not(feature = "wired"))]
fn told_ns(told: [u8; SCRATCH_LEN]) -> Option<i64> {
    let [time, ..] = told.as_chunks().0 else {
        return None;
    };
    i64::try_from(u64::from_le_bytes(*time)).ok()
}

/// The time that a host has written as a `datetime` or an `instant`.
#[cfg(feature = "wired")]
fn told_ns(told: [u8; SCRATCH_LEN]) -> Option<i64> {
    const SECOND: i64 = 1_000_000_000;
    let [low, high, nanoseconds, ..] = told.as_chunks().0 else {
        return None;
    };
    let [low, high, nanoseconds] = [low, high, nanoseconds].map(|word| u32::from_le_bytes(*word));
    let seconds = i64::from(high.cast_signed()) << 32 | i64::from(low);
    seconds.checked_mul(SECOND)?.checked_add(nanoseconds.into())
}

/// Asks the host for its time, which it writes to `record`. Returns whether that succeeded.
#[cfg(not(feature = "wired"))]
fn ask(record: u32) -> bool {
    realtime(record) == 0
}

/// Asks the host for its time, which it writes to `record`.
#[cfg(feature = "wired")]
fn ask(record: u32) -> bool {
    now(record);
    true
}

impl Clock for HostClock {
    fn now_ns(&mut self) -> i64 {
        let host_ns = self.host_ns();
        let index = self.index;
        self.steady.next_ns(host_ns, || newest_ns(index))
    }
}

/// The newest time of a file or directory.
fn newest_ns(index: Option<Index<'_>>) -> i64 {
    let Some(index) = index else {
        return 0;
    };
    let inodes = (0..index.inode_count()).map(|number| index.inode(InodeNumber(number)));
    let times = inodes.flatten().map(|inode| inode.mtime_ns);
    times.max().unwrap_or(0)
}
