//! Waiting for events.
//!
//! Files of the image are always ready. What concerns the host goes to the
//! host: where numbers differ or subscriptions must be left out, the array of
//! subscriptions is rewritten in the guest's memory for the time of the call
//! and put back afterwards.

use crate::abi::{Event, eventtype, subscription};
use crate::descriptor::Descriptor;
use crate::errno::{Errno, Result, from_host};
use crate::{Memory, Payload, Preview1, Vfs};
use alloc::vec::Vec;

/// The arguments of the call that stay the same throughout.
#[derive(Clone, Copy)]
struct Buffers {
    subscriptions: u32,
    events: u32,
    event_count: u32,
}

/// What the subscriptions come down to.
#[derive(Default)]
struct Sorted {
    /// Subscriptions for the host, with its numbers.
    for_host: Vec<u8>,
    /// Where each of those was among the guest's.
    positions: Vec<u32>,
    /// Events that have happened already.
    ready: Vec<Event>,
}

impl<M: Memory, H: Preview1, P: Payload> Vfs<M, H, P> {
    pub(crate) fn poll_oneoff(
        &mut self,
        subscriptions: u32,
        events: u32,
        count: u32,
        event_count: u32,
    ) -> Result {
        let buffers = Buffers {
            subscriptions,
            events,
            event_count,
        };
        self.memory
            .check(events, u64::from(count) * Event::LEN as u64)?;
        self.memory.check(event_count, 4)?;
        let asked = self.read_subscriptions(subscriptions, count)?;
        let mut sorted = self.sort(&asked)?;
        if sorted.for_host == asked {
            return from_host(
                self.host
                    .poll_oneoff(subscriptions, events, count, event_count),
            );
        }
        let from_host = if sorted.ready.is_empty() {
            self.poll_host(buffers, &asked, &sorted.for_host)?
        } else {
            self.glance_at_host(buffers, &asked, &mut sorted)?
        };
        self.append_ready(buffers, from_host, &sorted.ready)
    }

    fn read_subscriptions(&self, address: u32, count: u32) -> Result<Vec<u8>> {
        let len = u64::from(count) * subscription::LEN as u64;
        self.memory.check(address, len)?;
        let mut bytes = zeros(len as usize)?;
        self.memory.read(address, &mut bytes)?;
        Ok(bytes)
    }

    fn sort(&mut self, asked: &[u8]) -> Result<Sorted> {
        let mut sorted = Sorted::default();
        // One more for the clock that `glance_at_host` adds.
        let room = asked.len() + subscription::LEN;
        sorted
            .for_host
            .try_reserve(room)
            .map_err(|_| Errno::NOMEM)?;
        let count = asked.len() / subscription::LEN;
        sorted
            .positions
            .try_reserve(count)
            .map_err(|_| Errno::NOMEM)?;
        sorted.ready.try_reserve(count).map_err(|_| Errno::NOMEM)?;
        for (position, bytes) in asked.chunks_exact(subscription::LEN).enumerate() {
            match self.ready_event(bytes) {
                Ok(event) => sorted.ready.push(event),
                Err(number) => {
                    sorted.positions.push(position as u32);
                    sorted.for_host.extend_from_slice(bytes);
                    if let Some(number) = number {
                        let start = sorted.for_host.len() - subscription::LEN;
                        let field = start + subscription::DESCRIPTOR;
                        sorted.for_host[field..field + 4].copy_from_slice(&number.to_le_bytes());
                    }
                }
            }
        }
        Ok(sorted)
    }

    /// The event of a subscription that the host has nothing to do with, else
    /// the host's number for its descriptor, if it has one.
    fn ready_event(&self, subscription: &[u8]) -> core::result::Result<Event, Option<u32>> {
        let tag = subscription[subscription::TAG];
        if !matches!(tag, eventtype::FD_READ | eventtype::FD_WRITE) {
            return Err(None);
        }
        let (error, byte_count) = match self.table.get(field_u32(subscription)) {
            Ok(Descriptor::Host(number)) => return Err(Some(number)),
            Ok(Descriptor::File(file)) => match self.image.file(file.inode) {
                Ok(content) => (0, content.len.saturating_sub(file.position)),
                Err(errno) => (errno.0, 0),
            },
            Ok(Descriptor::Directory(_)) => (Errno::BADF.0, 0),
            // One that the host cannot know either: hosts differ in whether
            // that fails the call or is an event.
            Err(_) => return Err(Some(u32::MAX)),
        };
        Ok(Event {
            userdata: userdata(subscription),
            error,
            eventtype: tag,
            byte_count,
        })
    }

    /// Asks the host with `changed` in the place of what the guest `asked`.
    /// Gives the number of events.
    fn poll_host(&mut self, buffers: Buffers, asked: &[u8], changed: &[u8]) -> Result<u32> {
        self.memory.write(buffers.subscriptions, changed)?;
        let count = (changed.len() / subscription::LEN) as u32;
        let code = self.host.poll_oneoff(
            buffers.subscriptions,
            buffers.events,
            count,
            buffers.event_count,
        );
        self.memory.write(buffers.subscriptions, asked)?;
        from_host(code)?;
        Ok(self.memory.read_u32(buffers.event_count)?.min(count))
    }

    /// Asks the host what has happened on its side, without waiting, since on
    /// ours something has. A clock that has run out takes the place of a
    /// subscription of ours, so there is room for it; user data are positions
    /// while the host is asked, to tell its event from the guest's.
    fn glance_at_host(
        &mut self,
        buffers: Buffers,
        asked: &[u8],
        sorted: &mut Sorted,
    ) -> Result<u32> {
        if sorted.positions.is_empty() {
            return Ok(0);
        }
        let numbered = sorted
            .for_host
            .chunks_exact_mut(subscription::LEN)
            .enumerate();
        for (number, bytes) in numbered {
            let number = (number as u64).to_le_bytes();
            bytes[subscription::USERDATA..][..8].copy_from_slice(&number);
        }
        sorted.for_host.extend_from_slice(&expired_clock());
        match self.poll_host(buffers, asked, &sorted.for_host) {
            Ok(count) => Ok(self.keep_guest_events(buffers, asked, sorted, count)),
            Err(Errno::BADF) => Err(Errno::BADF),
            // Ours are ready whatever else the host says.
            Err(_) => Ok(0),
        }
    }

    /// Drops the event of our clock and gives the others their user data back. A
    /// host that has more than it was asked for is not heard any longer: the
    /// guest has no room for that.
    fn keep_guest_events(
        &mut self,
        buffers: Buffers,
        asked: &[u8],
        sorted: &Sorted,
        count: u32,
    ) -> u32 {
        let mut kept = 0;
        for number in 0..count {
            if kept as usize == sorted.positions.len() {
                break;
            }
            let mut event = [0; Event::LEN];
            let from = buffers.events + number * Event::LEN as u32;
            self.memory.copy_out(from, &mut event);
            let [a, b, c, d, ..] = event;
            let number = u32::from_le_bytes([a, b, c, d]);
            let Some(&position) = sorted.positions.get(number as usize) else {
                continue;
            };
            let subscription = &asked[position as usize * subscription::LEN..];
            event[..8].copy_from_slice(&userdata(subscription).to_le_bytes());
            let to = buffers.events + kept * Event::LEN as u32;
            self.memory.copy_in(to, &event);
            kept += 1;
        }
        kept
    }

    fn append_ready(&mut self, buffers: Buffers, mut count: u32, ready: &[Event]) -> Result {
        for event in ready {
            let address = buffers.events + count * Event::LEN as u32;
            self.memory.write(address, &event.to_bytes())?;
            count += 1;
        }
        self.memory.write_u32(buffers.event_count, count)
    }
}

/// A subscription to the monotonic clock, zero nanoseconds from now, with user
/// data that are no position.
fn expired_clock() -> [u8; subscription::LEN] {
    const MONOTONIC: u8 = 1;
    let mut bytes = [0; subscription::LEN];
    bytes[subscription::USERDATA..][..8].copy_from_slice(&u64::MAX.to_le_bytes());
    bytes[subscription::TAG] = eventtype::CLOCK;
    bytes[16] = MONOTONIC;
    bytes
}

fn userdata(subscription: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&subscription[subscription::USERDATA..][..8]);
    u64::from_le_bytes(bytes)
}

fn field_u32(subscription: &[u8]) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&subscription[subscription::DESCRIPTOR..][..4]);
    u32::from_le_bytes(bytes)
}

fn zeros(len: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| Errno::NOMEM)?;
    bytes.resize(len, 0);
    Ok(bytes)
}
