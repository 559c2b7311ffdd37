//! The standard streams of a program, which are those of this process.
//!
//! Bytes bypass the buffers of the standard library: `poll_oneoff` asks the system for bytes
//! that nobody has read, and a write reports the bytes that the system took.

use std::io::{self, ErrorKind, IsTerminal};
use wasi_vfs_runtime::Errno;

/// The errors that only streams have.
const AGAIN: Errno = Errno(6);
const PIPE: Errno = Errno(64);

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    In,
    Out,
    Err,
}

/// The streams under the numbers 0 to 2.
pub(super) struct Streams([Option<Stream>; 3]);

type Result<T = (), E = Errno> = std::result::Result<T, E>;

impl Streams {
    pub(super) fn new() -> Self {
        Self([Stream::In, Stream::Out, Stream::Err].map(Some))
    }

    /// The stream under a number.
    pub(super) fn get(&self, number: u32) -> Result<Stream> {
        let slot = self.0.get(number as usize);
        slot.copied().flatten().ok_or(Errno::BADF)
    }

    /// Puts a stream under one of the three numbers.
    pub(super) fn set(&mut self, number: u32, stream: Option<Stream>) {
        if let Some(slot) = self.0.get_mut(number as usize) {
            *slot = stream;
        }
    }

    /// The slot of a number that is open.
    pub(super) fn slot(&mut self, number: u32) -> Result<&mut Option<Stream>> {
        let slot = self.0.get_mut(number as usize);
        slot.filter(|slot| slot.is_some()).ok_or(Errno::BADF)
    }
}

impl Stream {
    fn is_terminal(self) -> bool {
        match self {
            Self::In => io::stdin().is_terminal(),
            Self::Out => io::stdout().is_terminal(),
            Self::Err => io::stderr().is_terminal(),
        }
    }

    /// The `filetype`: a character device or unknown. Libraries treat a terminal in
    /// another way than a file.
    fn filetype(self) -> u8 {
        const CHARACTER_DEVICE: u8 = 2;
        match self.is_terminal() {
            true => CHARACTER_DEVICE,
            false => 0,
        }
    }

    /// The `fdstat` of the stream.
    pub(super) fn fdstat(self) -> [u8; 24] {
        const READ: u64 = 1 << 1;
        const WRITE: u64 = 1 << 6;
        const FILESTAT_GET_AND_POLL: u64 = 1 << 21 | 1 << 27;
        const APPEND: u8 = 1;
        let (flags, rights) = match self {
            Self::In => (0, READ),
            Self::Out | Self::Err => (APPEND, WRITE),
        };
        let mut bytes = [0; 24];
        bytes[0] = self.filetype();
        bytes[2] = flags;
        bytes[8..16].copy_from_slice(&(rights | FILESTAT_GET_AND_POLL).to_le_bytes());
        bytes
    }

    /// The `filestat` of the stream. Everything except the type is 0, since a stream has no
    /// name, length or time.
    pub(super) fn filestat(self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[16] = self.filetype();
        bytes
    }

    /// Writes as many bytes as the system takes at once. Returns their number.
    pub(super) fn write(self, bytes: &[u8]) -> Result<usize> {
        let written = match self {
            Self::In => Err(ErrorKind::Unsupported.into()),
            Self::Out => write_output(io::stdout(), bytes),
            Self::Err => write_output(io::stderr(), bytes),
        };
        written.map_err(|error| errno(&error))
    }
}

/// Reads standard input. Returns the number of bytes, 0 at the end.
pub(super) fn read(buffer: &mut [u8]) -> Result<usize> {
    read_input(buffer).map_err(|error| errno(&error))
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

/// The code to return for a result.
pub(super) fn code(result: Result) -> i32 {
    match result {
        Ok(()) => 0,
        Err(Errno(code)) => code.into(),
    }
}
