//! Waiting for standard streams and clocks.
//!
//! The machine waits for the streams until the first clock runs out. A program that waits
//! for input and for a clock of one second, for example, gets the event of the input, or
//! after one second that of the clock. A subscription that makes no sense is an event with
//! an error at once.
//!
//! If a stream is ready, an expired clock has no event, as under wasmtime. The program gets
//! the event of the clock from a later call.

use super::machine::{Clock, Machine};
use super::memory::GuestMemory;
use super::result::Result;
use super::streams::{Stream, Streams};
use std::time::Duration;
use wasi_vfs_runtime::{Errno, Memory};

const SUBSCRIPTION_LEN: usize = 48;
const EVENT_LEN: usize = 32;

/// `eventtype`.
const CLOCK: u8 = 0;
const READ: u8 = 1;
const WRITE: u8 = 2;

/// A subscription.
#[derive(Clone, Copy)]
struct Subscription {
    userdata: u64,
    eventtype: u8,
    waits_for: Event,
}

/// What a subscription waits for.
#[derive(Clone, Copy)]
enum Event {
    /// A clock, for this long.
    Clock(Duration),
    Stream(Stream),
    /// Nothing: an error.
    Failed(Errno),
}

/// `poll_oneoff`: waits for the first of the subscriptions.
pub(super) fn poll(
    (streams, machine): (&Streams, &mut impl Machine),
    memory: &mut GuestMemory<'_, '_>,
    (subscriptions, count): (u32, u32),
    (events, found): (u32, u32),
) -> Result {
    if count == 0 {
        return Err(Errno::INVAL);
    }
    memory.check(subscriptions, u64::from(count) * SUBSCRIPTION_LEN as u64)?;
    memory.check(events, u64::from(count) * EVENT_LEN as u64)?;
    memory.check(found, 4)?;
    let now = Now::of(machine);
    let read = |position: u32| {
        let mut bytes = [0; SUBSCRIPTION_LEN];
        // Fits, since the end of the array was checked.
        memory.copy_out(
            subscriptions + position * SUBSCRIPTION_LEN as u32,
            &mut bytes,
        );
        Subscription::parse(&bytes, streams, &now)
    };
    let subscriptions: Vec<_> = (0..count).map(read).collect();
    let answers = wait(&subscriptions, machine)?;
    for (position, answer) in answers.iter().enumerate() {
        memory.copy_in(events + (position * EVENT_LEN) as u32, answer);
    }
    Ok(memory.write_u32(found, answers.len() as u32)?)
}

/// Both clocks at the start of a call.
struct Now {
    real: Duration,
    monotonic: Duration,
}

impl Now {
    fn of(machine: &mut impl Machine) -> Self {
        Self {
            real: machine.time(Clock::Real),
            monotonic: machine.time(Clock::Monotonic),
        }
    }

    /// How long a clock takes to reach a time. `None` for a clock that is not there.
    fn until(&self, clock: u32, timeout: Duration, is_absolute: bool) -> Option<Duration> {
        let now = match Clock::of_id(clock)? {
            Clock::Real => self.real,
            Clock::Monotonic => self.monotonic,
        };
        Some(match is_absolute {
            true => timeout.saturating_sub(now),
            false => timeout,
        })
    }
}

impl Subscription {
    fn parse(bytes: &[u8; SUBSCRIPTION_LEN], streams: &Streams, now: &Now) -> Self {
        let number = |at: usize| {
            let mut field = [0; 8];
            field.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(field)
        };
        let eventtype = bytes[8];
        // The low half of the field; its high half is padding.
        let id = number(16) as u32;
        let waits_for = match eventtype {
            CLOCK => {
                let (timeout, is_absolute) = (Duration::from_nanos(number(24)), bytes[40] & 1 != 0);
                let until = now.until(id, timeout, is_absolute);
                until.map_or(Event::Failed(Errno::INVAL), Event::Clock)
            }
            READ | WRITE => match streams.get(id) {
                Ok(stream) if (stream == Stream::In) == (eventtype == READ) => {
                    Event::Stream(stream)
                }
                _ => Event::Failed(Errno::BADF),
            },
            _ => Event::Failed(Errno::INVAL),
        };
        Self {
            userdata: number(0),
            eventtype,
            waits_for,
        }
    }

    fn event(&self, error: u16, byte_count: u64) -> [u8; EVENT_LEN] {
        let mut bytes = [0; EVENT_LEN];
        bytes[0..8].copy_from_slice(&self.userdata.to_le_bytes());
        bytes[8..10].copy_from_slice(&error.to_le_bytes());
        bytes[10] = self.eventtype;
        bytes[16..24].copy_from_slice(&byte_count.to_le_bytes());
        bytes
    }
}

/// Waits, and returns the events.
fn wait(
    subscriptions: &[Subscription],
    machine: &mut impl Machine,
) -> Result<Vec<[u8; EVENT_LEN]>> {
    let timeouts = subscriptions.iter().filter_map(|one| match one.waits_for {
        Event::Clock(timeout) => Some(timeout),
        Event::Failed(_) => Some(Duration::ZERO),
        Event::Stream(_) => None,
    });
    let timeout = timeouts.min();
    let streams = subscriptions.iter().filter_map(|one| match one.waits_for {
        Event::Stream(stream) => Some(stream),
        _ => None,
    });
    let ready = machine.wait(&streams.collect::<Vec<_>>(), timeout)?;
    let mut ready = ready.into_iter();
    let waited = timeout.unwrap_or_default();
    let mut events = Vec::new();
    let mut is_any_ready = false;
    for one in subscriptions {
        match one.waits_for {
            Event::Failed(errno) => events.push(one.event(errno.0, 0)),
            Event::Stream(_) => {
                if let Some(byte_count) = ready.next().flatten() {
                    is_any_ready = true;
                    events.push(one.event(0, byte_count));
                }
            }
            Event::Clock(_) => {}
        }
    }
    if !is_any_ready {
        let run_out = subscriptions
            .iter()
            .filter(|one| matches!(one.waits_for, Event::Clock(timeout) if timeout <= waited));
        events.extend(run_out.map(|one| one.event(0, 0)));
    }
    Ok(events)
}
