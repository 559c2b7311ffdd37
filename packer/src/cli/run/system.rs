//! This machine, as a program under `run` sees it.
//!
//! Bytes bypass the buffers of the standard library: `poll_oneoff` asks the system for bytes
//! that nobody has read, and a write reports the bytes that the system took.

use std::io::{self, ErrorKind, IsTerminal};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wasi_vfs::interpreter::{Clock, Machine, Result, Stream};
use wasi_vfs_runtime::Errno;

/// The errors that only streams have.
const AGAIN: Errno = Errno(6);
const PIPE: Errno = Errno(64);

/// This machine.
pub(super) struct System;

impl Machine for System {
    /// A character device or unknown. Libraries treat a terminal in another way than a file.
    fn filetype(&self, stream: Stream) -> u8 {
        let is_terminal = match stream {
            Stream::In => io::stdin().is_terminal(),
            Stream::Out => io::stdout().is_terminal(),
            Stream::Err => io::stderr().is_terminal(),
        };
        match is_terminal {
            true => Stream::CHARACTER_DEVICE,
            false => 0,
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        read_input(buffer).map_err(|error| errno(&error))
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<usize> {
        let written = match stream {
            Stream::In => Err(ErrorKind::Unsupported.into()),
            Stream::Out => write_output(io::stdout(), bytes),
            Stream::Err => write_output(io::stderr(), bytes),
        };
        written.map_err(|error| errno(&error))
    }

    fn time(&mut self, clock: Clock) -> Duration {
        match clock {
            Clock::Real => system_time(),
            Clock::Monotonic => monotonic_time(),
        }
    }

    fn fill_random(&mut self, buffer: &mut [u8]) -> Result {
        getrandom::fill(buffer).map_err(|_| Errno::IO)
    }

    fn wait(&mut self, streams: &[Stream], timeout: Option<Duration>) -> Result<Vec<Option<u64>>> {
        ready(streams, timeout)
    }

    fn yield_now(&mut self) {
        std::thread::yield_now();
    }
}

/// The time since 1970, 0 before.
pub(super) fn system_time() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// The time since the first call of this function.
fn monotonic_time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

#[cfg(unix)]
fn read_input(buffer: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::retry_on_intr(|| {
        rustix::io::read(io::stdin(), &mut *buffer)
    })?)
}

#[cfg(not(unix))]
fn read_input(buffer: &mut [u8]) -> io::Result<usize> {
    io::Read::read(&mut io::stdin(), buffer)
}

/// Nothing is buffered, since the program buffers itself and needs to know how many bytes
/// a full pipe has taken.
#[cfg(unix)]
fn write_output(stream: impl std::os::fd::AsFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::retry_on_intr(|| {
        rustix::io::write(&stream, bytes)
    })?)
}

#[cfg(not(unix))]
fn write_output(mut stream: impl io::Write, bytes: &[u8]) -> io::Result<usize> {
    stream.write_all(bytes)?;
    stream.flush()?;
    Ok(bytes.len())
}

fn errno(error: &io::Error) -> Errno {
    match error.kind() {
        ErrorKind::BrokenPipe => PIPE,
        ErrorKind::WouldBlock => AGAIN,
        _ => Errno::IO,
    }
}

/// Waits until a stream is ready, or the time is over. Returns the bytes to read for each
/// stream that is ready, 0 for output.
#[cfg(unix)]
fn ready(streams: &[Stream], timeout: Option<Duration>) -> Result<Vec<Option<u64>>> {
    use rustix::event::{PollFd, PollFlags, Timespec};
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
