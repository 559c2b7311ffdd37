//! The standard streams of a program, and the numbers under which it has them.

use super::result::Result;
use wasi_vfs_runtime::Errno;

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard input.
    In,
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// The streams under the numbers 0 to 2.
#[derive(Debug)]
pub struct Streams([Option<Stream>; 3]);

impl Default for Streams {
    fn default() -> Self {
        Self([Stream::In, Stream::Out, Stream::Err].map(Some))
    }
}

impl Streams {
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
    /// The `filetype` of a terminal.
    pub const CHARACTER_DEVICE: u8 = 2;

    /// The `fdstat` of the stream with this `filetype`.
    pub(super) fn fdstat(self, filetype: u8) -> [u8; 24] {
        const READ: u64 = 1 << 1;
        const WRITE: u64 = 1 << 6;
        const FILESTAT_GET_AND_POLL: u64 = 1 << 21 | 1 << 27;
        const APPEND: u8 = 1;
        let (flags, rights) = match self {
            Self::In => (0, READ),
            Self::Out | Self::Err => (APPEND, WRITE),
        };
        let mut bytes = [0; 24];
        bytes[0] = filetype;
        bytes[2] = flags;
        bytes[8..16].copy_from_slice(&(rights | FILESTAT_GET_AND_POLL).to_le_bytes());
        bytes
    }
}

/// The `filestat` of a stream with this `filetype`. Everything except the type is 0, since a
/// stream has no name, length or time.
pub(super) fn filestat(filetype: u8) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[16] = filetype;
    bytes
}
