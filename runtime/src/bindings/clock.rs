//! The clock of the layer: the host's, if the program has one.

use super::form::GuestMemory;
use super::host;
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
        let mut bytes = [UNWRITTEN; 8];
        let answer = GuestMemory.with_scratch(&mut self.lent, |memory, record| {
            // All of them, so that the next loan notices a throw.
            memory.write(record, &[UNWRITTEN; SCRATCH_LEN]).ok()?;
            let is_told = host::realtime(record) == 0;
            memory.read(record, &mut bytes).ok()?;
            is_told.then_some(bytes)
        });
        let told = answer?.filter(|bytes| *bytes != [UNWRITTEN; 8])?;
        let time_ns = i64::try_from(u64::from_le_bytes(told)).ok();
        time_ns.filter(|&time_ns| time_ns != 0)
    }
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
