//! Waiting for events.
//!
//! Our files are always ready. All other subscriptions go to the host. If their numbers
//! differ, or some are ours, the host's subscriptions replace the program's array in
//! memory during the call. Afterwards the array is restored.
//!
//! A program that waits for one of our files and for a clock of one second, for example,
//! gets the event of the file at once: the host is asked about the clock without waiting.

use super::abi::{Event, eventtype, subscription};
use super::numbers::Descriptor;
use super::{Errno, Memory, Preview1, Result, Server, from_host};
use crate::fs::Filesystem;
use crate::guest::overlap;
use crate::open::Handle;
use alloc::vec::Vec;

/// The addresses that the program passed.
#[derive(Clone, Copy)]
struct Buffers {
    subscriptions: u32,
    events: u32,
    event_count: u32,
}

/// The subscriptions by side.
struct Sorted {
    /// Subscriptions for the host, with its numbers.
    for_host: Vec<u8>,
    /// The position of each of those among the program's.
    positions: Vec<u32>,
    /// The events of our files, as they are stored.
    ready: Vec<u8>,
    /// The host's events, copied out of the program's memory, where the restored array
    /// of subscriptions may overwrite them.
    events: Vec<u8>,
}

/// The answer to one subscription.
enum Answer {
    /// It concerns one of our files or a bad number: this is its event.
    Ready(Event),
    /// It is the host's, with this number in place of the program's.
    Renumbered(u32),
    /// It is the host's, and names no descriptor.
    Unchanged,
}

impl Sorted {
    /// Room for `count` subscriptions of either side, and for a clock.
    fn with_room(count: usize) -> Result<Self> {
        Ok(Self {
            for_host: with_room((count + 1) * subscription::LEN)?,
            positions: with_room(count)?,
            ready: with_room(count * Event::LEN)?,
            events: with_room(count * Event::LEN)?,
        })
    }
}

impl<M: Memory, H: Preview1, F: Filesystem> Server<M, H, F> {
    pub(super) fn poll_oneoff(
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
        Ok(self.memory.write_u32(event_count, count)?)
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
            let answer = self.answer(bytes);
            if let Answer::Ready(event) = answer {
                sorted.ready.extend_from_slice(&event.to_bytes());
                continue;
            }
            let field = sorted.for_host.len() + subscription::DESCRIPTOR;
            sorted.positions.push(position as u32);
            sorted.for_host.extend_from_slice(bytes);
            if let Answer::Renumbered(number) = answer {
                sorted.for_host[field..field + 4].copy_from_slice(&number.to_le_bytes());
            }
        }
        Ok(sorted)
    }

    fn answer(&self, subscription: &[u8]) -> Answer {
        let tag = subscription[subscription::TAG];
        if !matches!(tag, eventtype::FD_READ | eventtype::FD_WRITE) {
            return Answer::Unchanged;
        }
        let fd = field_u32(subscription, subscription::DESCRIPTOR);
        let (error, byte_count) = match self.numbers.get(fd) {
            Ok(Descriptor::Host(number)) => return Answer::Renumbered(*number),
            Ok(Descriptor::Ours(Handle::File(file))) => match self.file_len(file.id) {
                Ok(len) => (0, len.saturating_sub(file.position)),
                Err(errno) => (errno.0, 0),
            },
            Ok(Descriptor::Ours(Handle::Directory(_))) => (Errno::BADF.0, 0),
            // The host's descriptor of this number has another number here. Hosts differ
            // in whether a bad number fails the call or is an event.
            Err(_) if self.numbers.has_host(fd) => return Answer::Renumbered(u32::MAX),
            Err(_) => return Answer::Unchanged,
        };
        Answer::Ready(Event {
            userdata: userdata(subscription),
            error,
            eventtype: tag,
            byte_count,
        })
    }

    /// Calls the host with its subscriptions in place of those that the program `asked`.
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
        // Ignores events beyond the number of subscriptions.
        let found = self.memory.read_u32(buffers.event_count)?.min(count);
        sorted.events.resize(found as usize * Event::LEN, 0);
        self.memory.read(buffers.events, &mut sorted.events)?;
        self.memory.write(buffers.subscriptions, asked)?;
        from_host(code)
    }

    /// Asks the host for its events without waiting, since one of ours has happened. An
    /// expired clock makes the host return at once. It takes the room of a subscription
    /// of ours. Positions replace the user data, so that the clock's event is recognised.
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
            // Our events have happened whatever the host says.
            Err(_) => sorted.events.clear(),
        }
        Ok(())
    }
}

/// Drops the event of our clock and restores the user data of the others. Keeps at most
/// one event a subscription, since the program has no room for more.
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

/// A subscription to the monotonic clock, zero nanoseconds from now. Its user data are no
/// position.
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
