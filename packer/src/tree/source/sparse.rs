//! Reads a host file without reading its holes.
//!
//! A hole of a sparse file is a run of zeros without blocks on disk. The system reports
//! where holes are, so the time for a disk image depends on its data, not on its length.
//! For a file with data at 0..10 and 70,000..70,100, [`Sparse`] reads 110 bytes and returns
//! zeros for the rest.

use std::io::{self, Read};

/// A file with holes.
pub(super) trait Extents {
    /// The start of the first data at or after `offset`. `None` if only a hole or nothing
    /// follows.
    fn next_data(&self, offset: u64) -> io::Result<Option<u64>>;

    /// The start of the first hole at or after `offset`. The end of the file is a hole.
    fn next_hole(&self, offset: u64) -> io::Result<u64>;

    fn len(&self) -> io::Result<u64>;

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// Reads a file from `offset` on.
#[derive(Debug)]
pub(super) struct Sparse<F> {
    file: F,
    offset: u64,
    /// The end of the hole or data at the offset.
    end: u64,
    is_hole: bool,
}

impl<F: Extents> Sparse<F> {
    pub(super) fn new(file: F, offset: u64) -> Self {
        Self {
            file,
            offset,
            end: offset,
            is_hole: false,
        }
    }

    /// Finds the hole or data at the offset.
    fn locate(&mut self) -> io::Result<()> {
        let offset = self.offset;
        (self.is_hole, self.end) = match self.file.next_data(offset) {
            Ok(Some(data)) if data > offset => (true, data),
            Ok(Some(_)) => (false, self.file.next_hole(offset).unwrap_or(u64::MAX)),
            Ok(None) => (true, self.file.len()?),
            // The file system does not report holes.
            Err(_) => (false, u64::MAX),
        };
        Ok(())
    }
}

impl<F: Extents> Read for Sparse<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.offset >= self.end {
            self.locate()?;
        }
        let left = usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let len = left.min(buffer.len());
        let buffer = buffer.get_mut(..len).unwrap_or_default();
        let len = match self.is_hole {
            true => {
                buffer.fill(0);
                len
            }
            false => self.file.read_at(buffer, self.offset)?,
        };
        self.offset += len as u64;
        Ok(len)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Extents for std::fs::File {
    fn next_data(&self, offset: u64) -> io::Result<Option<u64>> {
        use rustix::fs::{SeekFrom, seek};
        match seek(self, SeekFrom::Data(offset)) {
            Ok(data) => Ok(Some(data)),
            Err(rustix::io::Errno::NXIO) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn next_hole(&self, offset: u64) -> io::Result<u64> {
        use rustix::fs::{SeekFrom, seek};
        Ok(seek(self, SeekFrom::Hole(offset))?)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::ops::Range;

    /// A file with some data that counts the read bytes.
    struct Counting {
        len: u64,
        data: Vec<Range<u64>>,
        knows_holes: bool,
        read: RefCell<u64>,
    }

    impl Counting {
        fn byte(&self, at: u64) -> u8 {
            let is_data = self.data.iter().any(|data| data.contains(&at));
            u8::from(is_data) * (at % 251 + 1) as u8
        }
    }

    impl Extents for &Counting {
        fn next_data(&self, offset: u64) -> io::Result<Option<u64>> {
            if !self.knows_holes {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            let following = self.data.iter().find(|data| data.end > offset);
            Ok(following.map(|data| data.start.max(offset)))
        }

        fn next_hole(&self, offset: u64) -> io::Result<u64> {
            let around = self.data.iter().find(|data| data.contains(&offset));
            Ok(around.map_or(offset, |data| data.end))
        }

        fn len(&self) -> io::Result<u64> {
            Ok(self.len)
        }

        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let left = self.len.saturating_sub(offset).min(buffer.len() as u64) as usize;
            for (at, byte) in (offset..).zip(&mut buffer[..left]) {
                *byte = self.byte(at);
            }
            *self.read.borrow_mut() += left as u64;
            Ok(left)
        }
    }

    fn counting(len: u64, data: &[Range<u64>]) -> Counting {
        Counting {
            len,
            data: data.to_vec(),
            knows_holes: true,
            read: RefCell::default(),
        }
    }

    fn read_all(file: &Counting, offset: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        Sparse::new(file, offset).read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn holes_are_zeros_that_are_not_read() {
        for (len, data) in [
            (0, vec![]),
            (10_000, vec![]),
            (10_000, vec![0..4_000, 4_000..10_000]),
            (100_000, vec![0..10, 70_000..70_100]),
            (100_000, vec![50_000..60_000, 60_001..100_000]),
        ] {
            let file = counting(len, &data);
            for offset in [0, 5, 55_000, 99_999, 100_000, 200_000] {
                *file.read.borrow_mut() = 0;
                let expected: Vec<_> = (offset..len).map(|at| file.byte(at)).collect();
                assert!(
                    read_all(&file, offset) == expected,
                    "{len} {data:?} {offset}"
                );
                let data_len: u64 = data.iter().map(|data| data.end - data.start).sum();
                assert!(*file.read.borrow() <= data_len, "{len} {data:?} {offset}");
            }
        }
    }

    #[test]
    fn files_without_reported_holes_are_read() {
        let file = Counting {
            knows_holes: false,
            ..counting(10_000, &[100..150, 150..200])
        };
        let expected: Vec<_> = (0..10_000).map(|at| file.byte(at)).collect();
        assert!(read_all(&file, 0) == expected);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn sparse_files_have_the_bytes_of_plain_ones() {
        use std::io::{Seek, SeekFrom, Write};
        let mut file = tempfile::tempfile().unwrap();
        for (at, bytes) in [(0, &b"start"[..]), (3 << 20, b"middle"), (5 << 20, b"end")] {
            file.seek(SeekFrom::Start(at)).unwrap();
            file.write_all(bytes).unwrap();
        }
        file.set_len(8 << 20).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        let mut expected = Vec::new();
        file.read_to_end(&mut expected).unwrap();
        let mut bytes = Vec::new();
        Sparse::new(file, 0).read_to_end(&mut bytes).unwrap();
        assert!(bytes == expected);
    }
}
