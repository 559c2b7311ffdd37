//! The map of a sparse file: where its data lie, before the data themselves.
//!
//! A map is decimal numbers, one a line, and zeros up to the next 512 bytes. The first
//! number counts the extents, then each extent has its offset and its length. A file of
//! 100 bytes with `ab` at offset 10 has the map `1\n10\n2\n`. Its 512 bytes precede `ab`.

use super::pax::number;
use std::io::{self, Read};
use std::ops::Range;

/// Length of a record, the unit of an archive.
pub(super) const RECORD_LEN: u64 = 512;

/// The extents of a file of `len` bytes, in order and apart from each other. Reads the
/// map with its padding from `stored`, which ends a forged map of many extents.
pub(super) fn read(stored: &mut impl Read, len: u64) -> io::Result<Vec<Range<u64>>> {
    let mut numbers = Numbers {
        stored,
        record: [0; RECORD_LEN as usize],
        at: RECORD_LEN as usize,
    };
    let count = numbers.next()?;
    let mut extents = Vec::new();
    let mut end = 0;
    for _ in 0..count {
        let start = numbers.next()?;
        let extent_end = start.checked_add(numbers.next()?);
        let extent = extent_end.map(|end| start..end);
        let extent = extent.filter(|extent| extent.start >= end && extent.end <= len);
        let extent = extent.ok_or_else(damaged)?;
        end = extent.end;
        extents.push(extent);
    }
    Ok(extents)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "damaged map")
}

struct Numbers<'a, R> {
    stored: &'a mut R,
    record: [u8; RECORD_LEN as usize],
    at: usize,
}

impl<R: Read> Numbers<'_, R> {
    fn next(&mut self) -> io::Result<u64> {
        // As many digits as the largest number has, and one more is an error.
        const DIGITS_MAX: usize = 20;
        let mut digits = Vec::new();
        loop {
            match self.byte()? {
                b'\n' if !digits.is_empty() => break,
                digit if digits.len() < DIGITS_MAX => digits.push(digit),
                _ => return Err(damaged()),
            }
        }
        number(&digits).ok_or_else(damaged)
    }

    fn byte(&mut self) -> io::Result<u8> {
        if self.at == self.record.len() {
            self.stored.read_exact(&mut self.record)?;
            self.at = 0;
        }
        let byte = self.record.get(self.at).copied();
        self.at += 1;
        byte.ok_or_else(damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_continue_in_the_next_record() {
        let mut map = String::from("100\n");
        let expected: Vec<_> = (0..100).map(|n| n * 1000..n * 1000 + 7).collect();
        for extent in &expected {
            map += &format!("{}\n7\n", extent.start);
        }
        let mut stored = map.into_bytes();
        stored.resize(stored.len().next_multiple_of(512), 0);
        stored.extend(b"data");
        let mut stored = &stored[..];
        assert_eq!(read(&mut stored, 99_007).unwrap(), expected);
        assert_eq!(stored, b"data");
    }
}
