//! The uncompressed bytes of an archive, and its sections as contents of files.

use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use wasi_vfs_format::tree::FileContent;

/// An uncompressed archive, or expanded sparse files. Only one reader of entries or one
/// writer uses the position of the file.
#[derive(Debug)]
pub(super) struct Archive {
    file: File,
    len: u64,
}

impl Archive {
    /// Opens the archive at `path`, plain or compressed with gzip or zstd. Copies compressed
    /// bytes and bytes of a pipe to a temporary file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        if file.metadata()?.is_dir() {
            let text = "it is a directory, so map it with --dir";
            return Err(io::Error::new(io::ErrorKind::IsADirectory, text));
        }
        let mut start = Vec::new();
        (&file).take(6).read_to_end(&mut start)?;
        let is_plain_file = file.metadata()?.is_file();
        let rest = (&file).take(u64::MAX);
        let whole = Cursor::new(start.clone()).chain(rest);
        match *start {
            [0x1f, 0x8b, ..] => Self::spool(MultiGzDecoder::new(whole)),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::spool(zstd::stream::read::Decoder::new(whole)?),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => Err(unsupported("xz")),
            [b'B', b'Z', b'h', ..] => Err(unsupported("bzip2")),
            _ if !is_plain_file => Self::spool(whole),
            _ => {
                file.rewind()?;
                Ok(Self {
                    len: file.metadata()?.len(),
                    file,
                })
            }
        }
    }

    /// An empty temporary file, which the system removes when it is closed.
    pub(super) fn temporary() -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile()?,
            len: 0,
        })
    }

    fn spool(mut bytes: impl Read) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let len = io::copy(&mut bytes, &mut file)?;
        file.rewind()?;
        Ok(Self { file, len })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

fn unsupported(compression: &str) -> io::Error {
    let text = format!("it is compressed with {compression}, so decompress it first");
    io::Error::new(io::ErrorKind::Unsupported, text)
}

/// A section of an archive, the content of a file.
#[derive(Debug)]
pub(super) struct Section {
    archive: Arc<Archive>,
    offset: u64,
    len: u64,
    name: String,
}

impl Section {
    pub(super) fn new(archive: Arc<Archive>, offset: u64, len: u64) -> Self {
        Self {
            archive,
            offset,
            len,
            name: String::new(),
        }
    }

    /// Appends `bytes` to `archive`. Runs of zeros become holes.
    pub(super) fn append(archive: Arc<Archive>, bytes: &mut impl Read) -> io::Result<Self> {
        let mut file = archive.file();
        let offset = file.seek(SeekFrom::End(0))?;
        let mut len = 0;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = match bytes.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let part = buffer.get(..read).unwrap_or_default();
            len += read as u64;
            match part.iter().all(|&byte| byte == 0) {
                true => {
                    file.seek(SeekFrom::Current(read as i64))?;
                }
                false => file.write_all(part)?,
            }
        }
        file.set_len(offset + len)?;
        Ok(Self::new(archive, offset, len))
    }

    /// Appends a file of `len` bytes to `archive`. Its `extents`, all below `len`, are
    /// back to back in `stored`, and the rest are holes.
    pub(super) fn scatter(
        archive: Arc<Archive>,
        stored: &mut impl Read,
        extents: &[Range<u64>],
        len: u64,
    ) -> io::Result<Self> {
        let mut file = archive.file();
        let offset = file.seek(SeekFrom::End(0))?;
        for extent in extents {
            file.seek(SeekFrom::Start(offset + extent.start))?;
            let extent_len = extent.end - extent.start;
            let copied = io::copy(&mut stored.take(extent_len), &mut file)?;
            if copied < extent_len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        file.set_len(offset + len)?;
        Ok(Self::new(archive, offset, len))
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn named(self, name: String) -> Self {
        Self { name, ..self }
    }
}

impl FileContent for Section {
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(SectionReader {
            file: &self.archive.file,
            at: self.offset + offset.min(self.len),
            end: self.offset + self.len,
        }))
    }

    fn describe(&self) -> String {
        self.name.clone()
    }
}

struct SectionReader<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl Read for SectionReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let len = rest.min(buffer.len());
        let read = read_at(
            self.file,
            buffer.get_mut(..len).unwrap_or_default(),
            self.at,
        )?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
