//! Waiting for events.
//!
//! Files of the image are always ready. What concerns the host goes to the
//! host: where numbers differ or subscriptions must be left out, the array of
//! subscriptions is rewritten in the guest's memory for the time of the call
//! and put back afterwards.

use crate::abi::{Event, eventtype, subscription};
use crate::descriptor::Descriptor;
use crate::errno::{Errno, Result, from_host};
use crate::memory::overlap;
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
struct Sorted {
    /// Subscriptions for the host, with its numbers.
    for_host: Vec<u8>,
    /// Where each of those was among the guest's.
    positions: Vec<u32>,
    /// Events that have happened already, as they are stored.
    ready: Vec<u8>,
    /// The host's, taken out of the guest's memory: what is put back into it
    /// afterwards may lie over them.
    events: Vec<u8>,
}

impl Sorted {
    /// Room for all that `count` subscriptions can come down to, and for a clock.
    fn with_room(count: usize) -> Result<Self> {
        Ok(Self {
            for_host: with_room((count + 1) * subscription::LEN)?,
            positions: with_room(count)?,
            ready: with_room(count * Event::LEN)?,
            events: with_room(count * Event::LEN)?,
        })
    }
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
        if sorted.ready.is_empty() {
            self.poll_host(buffers, &asked, &mut sorted)?;
        } else {
            self.glance_at_host(buffers, &asked, &mut sorted)?;
        }
        let Sorted {
            mut events, ready, ..
        } = sorted;
        events.extend_from_slice(&ready);
        self.memory.write(buffers.events, &events)?;
        let count = (events.len() / Event::LEN) as u32;
        self.memory.write_u32(event_count, count)
    }

    fn read_subscriptions(&self, address: u32, count: u32) -> Result<Vec<u8>> {
        let len = u64::from(count) * subscription::LEN as u64;
        self.memory.check(address, len)?;
        let mut bytes = with_room(len as usize)?;
        bytes.resize(len as usize, 0);
        self.memory.read(address, &mut bytes)?;
        Ok(bytes)
    }

    fn sort(&mut self, asked: &[u8]) -> Result<Sorted> {
        let mut sorted = Sorted::with_room(asked.len() / subscription::LEN)?;
        for (position, bytes) in asked.chunks_exact(subscription::LEN).enumerate() {
            match self.ready_event(bytes) {
                Ok(event) => sorted.ready.extend_from_slice(&event.to_bytes()),
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
        let fd = field_u32(subscription, subscription::DESCRIPTOR);
        let (error, byte_count) = match self.table.get(fd) {
            Ok(Descriptor::Host(number)) => return Err(Some(number)),
            Ok(Descriptor::File(file)) => match self.image.file(file.inode) {
                Ok(content) => (0, content.len.saturating_sub(file.position)),
                Err(errno) => (errno.0, 0),
            },
            Ok(Descriptor::Directory(_)) => (Errno::BADF.0, 0),
            // The guest means another descriptor than the host's of this number. Hosts
            // differ in whether a bad one fails the call or is an event.
            Err(_) if self.table.has_host(fd) => return Err(Some(u32::MAX)),
            Err(_) => return Err(Some(fd)),
        };
        Ok(Event {
            userdata: userdata(subscription),
            error,
            eventtype: tag,
            byte_count,
        })
    }

    /// Asks the host with what is for it in the place of what the guest `asked`.
    fn poll_host(&mut self, buffers: Buffers, asked: &[u8], sorted: &mut Sorted) -> Result {
        self.memory.write(buffers.subscriptions, &sorted.for_host)?;
        let count = (sorted.for_host.len() / subscription::LEN) as u32;
        let inputs = (buffers.subscriptions, sorted.for_host.len() as u32);
        if !overlap((buffers.event_count, 4), inputs) {
            // A host that returns success and writes nothing has no event.
            self.memory.write_u32(buffers.event_count, 0)?;
        }
        let code = self.host.poll_oneoff(
            buffers.subscriptions,
            buffers.events,
            count,
            buffers.event_count,
        );
        // A host that has more than it was asked for is not heard any longer.
        let found = self.memory.read_u32(buffers.event_count)?.min(count);
        sorted.events.resize(found as usize * Event::LEN, 0);
        self.memory.read(buffers.events, &mut sorted.events)?;
        self.memory.write(buffers.subscriptions, asked)?;
        from_host(code)
    }

    /// Asks the host what has happened on its side, without waiting, since on
    /// ours something has. A clock that has run out takes the place of a
    /// subscription of ours, so there is room for it; user data are positions
    /// while the host is asked, to tell its event from the guest's.
    fn glance_at_host(&mut self, buffers: Buffers, asked: &[u8], sorted: &mut Sorted) -> Result {
        if sorted.positions.is_empty() {
            return Ok(());
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
        match self.poll_host(buffers, asked, sorted) {
            Ok(()) => keep_guest_events(asked, sorted),
            Err(Errno::BADF) => return Err(Errno::BADF),
            // Ours are ready whatever else the host says.
            Err(_) => sorted.events.clear(),
        }
        Ok(())
    }
}

/// Drops the event of our clock and gives the others their user data back. There
/// are no more of them than subscriptions: the guest has no room for that.
fn keep_guest_events(asked: &[u8], sorted: &mut Sorted) {
    let mut kept = 0;
    let end = sorted.positions.len() * Event::LEN;
    for start in (0..sorted.events.len()).step_by(Event::LEN) {
        let event = start..start + Event::LEN;
        let number = field_u32(&sorted.events[event.clone()], 0);
        let Some(&position) = sorted.positions.get(number as usize) else {
            continue;
        };
        if kept == end {
            break;
        }
        sorted.events.copy_within(event, kept);
        let subscription = &asked[position as usize * subscription::LEN..];
        sorted.events[kept..kept + 8].copy_from_slice(&subscription[subscription::USERDATA..][..8]);
        kept += Event::LEN;
    }
    sorted.events.truncate(kept);
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

fn field_u32(bytes: &[u8], offset: usize) -> u32 {
    let mut field = [0; 4];
    field.copy_from_slice(&bytes[offset..][..4]);
    u32::from_le_bytes(field)
}

fn with_room<T>(count: usize) -> Result<Vec<T>> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|_| Errno::NOMEM)?;
    Ok(items)
}
