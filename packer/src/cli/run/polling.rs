//! Waiting for standard streams and clocks.
//!
//! The system waits for the streams until the first clock runs out. A program that waits
//! for input and for a clock of one second, for example, gets the event of the input, or
//! after one second that of the clock. A subscription that makes no sense is an event with
//! an error at once.
//!
//! If a stream is ready, an expired clock has no event, as under wasmtime. The program gets
//! the event of the clock from a later call.

use super::memory::GuestMemory;
use super::streams::{Stream, Streams};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wasi_vfs_runtime::{Errno, Memory};

type Result<T = (), E = Errno> = std::result::Result<T, E>;

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
    streams: &Streams,
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
    let now = Now::new();
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
    let answers = wait(&subscriptions)?;
    for (position, answer) in answers.iter().enumerate() {
        memory.copy_in(events + (position * EVENT_LEN) as u32, answer);
    }
    Ok(memory.write_u32(found, answers.len() as u32)?)
}

/// Both clocks at the start of a call.
struct Now {
    system: Duration,
    monotonic: Duration,
}

impl Now {
    fn new() -> Self {
        Self {
            system: system_time(),
            monotonic: monotonic_time(),
        }
    }

    /// How long a clock takes to reach a time. `None` for a clock that is not there.
    fn until(&self, clock: u32, timeout: Duration, is_absolute: bool) -> Option<Duration> {
        let now = match clock {
            0 => self.system,
            1 => self.monotonic,
            _ => return None,
        };
        Some(match is_absolute {
            true => timeout.saturating_sub(now),
            false => timeout,
        })
    }
}

/// The time since 1970, 0 before.
pub(super) fn system_time() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// The time since the first call of this function.
pub(super) fn monotonic_time() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
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
fn wait(subscriptions: &[Subscription]) -> Result<Vec<[u8; EVENT_LEN]>> {
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
    let ready = ready(&streams.collect::<Vec<_>>(), timeout)?;
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

/// Waits until a stream is ready, or the time is over. Returns the bytes to read for each
/// stream that is ready, 0 for output.
#[cfg(unix)]
fn ready(streams: &[Stream], timeout: Option<Duration>) -> Result<Vec<Option<u64>>> {
    use rustix::event::{PollFd, PollFlags, Timespec};
    use std::io;
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let poll_fd = |stream: &Stream| match stream {
        Stream::In => PollFd::new(&stdin, PollFlags::IN),
        Stream::Out => PollFd::new(&stdout, PollFlags::OUT),
        Stream::Err => PollFd::new(&stderr, PollFlags::OUT),
    };
    let mut fds: Vec<_> = streams.iter().map(poll_fd).collect();
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        match rustix::event::poll(&mut fds, left.as_ref()) {
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(Errno::IO),
        }
    }
    let answers = fds.iter().zip(streams).map(|(fd, stream)| {
        let byte_count = match stream {
            Stream::In => rustix::io::ioctl_fionread(&stdin).unwrap_or(0),
            Stream::Out | Stream::Err => 0,
        };
        (!fd.revents().is_empty()).then_some(byte_count)
    });
    Ok(answers.collect())
}

/// Other systems do not tell, so each stream counts as ready.
#[cfg(not(unix))]
fn ready(streams: &[Stream], timeout: Option<Duration>) -> Result<Vec<Option<u64>>> {
    if streams.is_empty() {
        std::thread::sleep(timeout.unwrap_or_default());
    }
    Ok(vec![Some(0); streams.len()])
}
