//! A host file of which the holes are not read.
//!
//! A hole of a sparse file is zeros without a place on the disk. The system says where
//! holes are, so a disk image of a terabyte costs what its data cost. Owns the walk from
//! hole to data; what a file is and where it lies is [`super::file`]'s.

use std::io::{self, Read};

/// A file that knows its holes.
pub(super) trait Extents {
    /// Where the first data at or behind `offset` start; `None` if only a hole or
    /// nothing follows.
    fn next_data(&self, offset: u64) -> io::Result<Option<u64>>;

    /// Where the first hole at or behind `offset` starts. The end of the file is one.
    fn next_hole(&self, offset: u64) -> io::Result<u64>;

    fn len(&self) -> io::Result<u64>;

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// Reads a file from `offset` on.
#[derive(Debug)]
pub(super) struct Sparse<F> {
    file: F,
    offset: u64,
    /// The hole or data around the offset end here.
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

    /// Finds out what lies at the offset.
    fn look(&mut self) -> io::Result<()> {
        let offset = self.offset;
        (self.is_hole, self.end) = match self.file.next_data(offset) {
            Ok(Some(data)) if data > offset => (true, data),
            Ok(Some(_)) => (false, self.file.next_hole(offset).unwrap_or(u64::MAX)),
            Ok(None) => (true, self.file.len()?),
            // A file system that knows nothing of holes.
            Err(_) => (false, u64::MAX),
        };
        Ok(())
    }
}

impl<F: Extents> Read for Sparse<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.offset >= self.end {
            self.look()?;
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

    /// A file with some data, which notes where it is read.
    struct Noting {
        len: u64,
        data: Vec<Range<u64>>,
        knows_holes: bool,
        read: RefCell<u64>,
    }

    impl Noting {
        fn byte(&self, at: u64) -> u8 {
            let is_data = self.data.iter().any(|data| data.contains(&at));
            u8::from(is_data) * (at % 251 + 1) as u8
        }
    }

    impl Extents for &Noting {
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

    fn noting(len: u64, data: &[Range<u64>]) -> Noting {
        Noting {
            len,
            data: data.to_vec(),
            knows_holes: true,
            read: RefCell::default(),
        }
    }

    fn read_all(file: &Noting, offset: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        Sparse::new(file, offset).read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn holes_are_zeros_that_nobody_reads() {
        for (len, data) in [
            (0, vec![]),
            (10_000, vec![]),
            (10_000, vec![0..4_000, 4_000..10_000]),
            (100_000, vec![0..10, 70_000..70_100]),
            (100_000, vec![50_000..60_000, 60_001..100_000]),
        ] {
            let file = noting(len, &data);
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
    fn a_file_system_without_holes_is_read_through() {
        let file = Noting {
            knows_holes: false,
            ..noting(10_000, &[100..150, 150..200])
        };
        let expected: Vec<_> = (0..10_000).map(|at| file.byte(at)).collect();
        assert!(read_all(&file, 0) == expected);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_sparse_file_reads_as_any_other() {
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
