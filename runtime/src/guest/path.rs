//! A path of a call, copied out of the program's memory.

use super::{Fault, Memory};
use alloc::vec::Vec;
use wasi_vfs_format::limits::MAX_PATH_LEN;

/// Why a path cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// It is not in the program's memory.
    Fault,
    /// It is longer than [`MAX_PATH_LEN`].
    TooLong,
    /// It is not UTF-8.
    NotText,
    /// Memory ran out.
    NoMemory,
}

impl From<Fault> for PathError {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

/// A path that was read out of the program's memory. Keeps its memory for the next one.
#[derive(Default)]
pub(crate) struct PathBuffer(Vec<u8>);

impl PathBuffer {
    /// Reads a path, which must be text and not too long.
    pub(crate) fn read(
        &mut self,
        memory: &impl Memory,
        (path, len): (u32, u32),
    ) -> Result<(), PathError> {
        memory.check(path, len.into())?;
        if len as usize > MAX_PATH_LEN {
            return Err(PathError::TooLong);
        }
        self.0.clear();
        let reserved = self.0.try_reserve(MAX_PATH_LEN);
        reserved.map_err(|_| PathError::NoMemory)?;
        self.0.resize(len as usize, 0);
        memory.read(path, &mut self.0)?;
        match is_text(&self.0) {
            true => Ok(()),
            false => Err(PathError::NotText),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The bit of each of eight bytes that no ASCII letter has.
const NOT_ASCII: u64 = 0x8080_8080_8080_8080;

/// Whether `bytes` are UTF-8. `core::str::from_utf8` takes three times the code, and a
/// table.
fn is_text(mut bytes: &[u8]) -> bool {
    loop {
        while let Some((eight, rest)) = bytes.split_first_chunk() {
            if u64::from_le_bytes(*eight) & NOT_ASCII != 0 {
                break;
            }
            bytes = rest;
        }
        let Some((&first, rest)) = bytes.split_first() else {
            return true;
        };
        // The range of the second byte, and the number of bytes behind it.
        let (second, more) = match first {
            0..=0x7f => {
                bytes = rest;
                continue;
            }
            0xc2..=0xdf => (0x80..=0xbf, 0),
            0xe0 => (0xa0..=0xbf, 1),
            0xed => (0x80..=0x9f, 1),
            0xe1..=0xef => (0x80..=0xbf, 1),
            0xf0 => (0x90..=0xbf, 2),
            0xf1..=0xf3 => (0x80..=0xbf, 2),
            0xf4 => (0x80..=0x8f, 2),
            _ => return false,
        };
        let Some((byte, rest)) = rest.split_first() else {
            return false;
        };
        if !second.contains(byte) {
            return false;
        }
        let Some((last, rest)) = rest.split_at_checked(more) else {
            return false;
        };
        if !last.iter().all(|byte| byte & 0xc0 == 0x80) {
            return false;
        }
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn text_is_what_the_standard_library_takes_for_text() {
        // The ends of each range of first and second bytes, and their neighbours.
        let firsts = [
            0, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
            0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
        ];
        let others = [0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
        for first in firsts {
            for second in others {
                for third in others {
                    for fourth in others {
                        let bytes = [b'a', b'b', first, second, third, fourth, b'c', b'd', b'e'];
                        for range in [0..9, 1..9, 2..9, 2..6, 2..5, 2..4, 2..3, 0..8, 0..4] {
                            let bytes = &bytes[range];
                            let expected = core::str::from_utf8(bytes).is_ok();
                            assert_eq!(is_text(bytes), expected, "{bytes:x?}");
                        }
                    }
                }
            }
        }
    }
}
