//! Waiting for events. Files are always ready, so a poll with a pollable of ours returns
//! at once.

use super::calls::Host;
use crate::component::errors::{ErrorCode, Result};
use crate::component::handles::is_ours;
use crate::component::layout::list;
use crate::component::memory::List;
use crate::component::server::Server;
use crate::fs::Filesystem;
use crate::guest::Memory;
use alloc::vec::Vec;

impl<M: Memory, H: Host, F: Filesystem> Server<M, H, F> {
    /// Writes the positions of the ready pollables to `ret`. A list without one of ours is
    /// the host's, whatever its range: a host traps if it is empty or outside memory.
    pub(super) fn poll_all(&self, pollables: (u32, u32), ret: u32, lowering: u32) {
        match self.first_of_ours(pollables) {
            None => {
                let (address, count) = pollables;
                self.program.host.host_poll(address, count, ret, lowering);
            }
            Some(first) => self.answer_value::<(), _>(ret, || {
                let ready = self.ready(pollables, lowering);
                let ready = ready.and_then(|ready| self.words(lowering, &ready));
                // One ready pollable is an answer, too.
                let ready = ready.or_else(|_| self.words(lowering, &[first]));
                ready.unwrap_or(List::empty(4))
            }),
        }
    }

    /// The position of a pollable of ours, if the list is in memory and has one.
    fn first_of_ours(&self, (address, count): (u32, u32)) -> Option<u32> {
        let len = count.checked_mul(4)?;
        if !self.program.has(address, len) {
            return None;
        }
        (0..count).find(|&position| self.pollable(address, position).is_ok_and(is_ours))
    }

    /// The pollable at a position of a list in memory.
    fn pollable(&self, address: u32, position: u32) -> Result<u32> {
        self.program.read_u32(address + position * 4)
    }

    /// The positions of ours, and of the host's that are ready now.
    fn ready(&self, (address, count): (u32, u32), lowering: u32) -> Result<Vec<u32>> {
        let mut ready = Vec::new();
        for position in 0..count {
            let handle = self.pollable(address, position)?;
            let host = &self.program.host;
            if is_ours(handle) || host.host_pollable_ready(handle, lowering) != 0 {
                let reserved = ready.try_reserve(1);
                reserved.map_err(|_| ErrorCode::INSUFFICIENT_MEMORY)?;
                ready.push(position);
            }
        }
        Ok(ready)
    }

    fn words(&self, lowering: u32, words: &[u32]) -> Result<List> {
        let count = words.len() as u32;
        let address = self.program.allocate(lowering, list::COUNT, count * 4)?;
        for (word, at) in words.iter().zip((address..).step_by(4)) {
            self.program.write_u32(at, *word)?;
        }
        Ok(List { address, count })
    }
}
