//! A file of an image as a stream of bytes.

use super::image_reader::ImageReader;
use crate::error::Corrupt;
use crate::inode::{Content, File, Inode, InodeNumber};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

impl<'a> ImageReader<'a> {
    /// Opens a regular file at its start; `None` for other inodes. The inode must belong to
    /// this image. Otherwise reading returns the bytes of another file, or an error.
    pub fn open(&self, inode: &Inode) -> Option<FileReader<'a>> {
        match inode.content {
            Content::File(file) => Some(FileReader::new(self.clone(), inode.number, file)),
            _ => None,
        }
    }

    /// Copies the bytes of a regular file to `out`, and returns their number.
    ///
    /// # Errors
    ///
    /// `inode` is no regular file ([`ErrorKind::InvalidInput`]), a block is
    /// damaged ([`ErrorKind::InvalidData`], with a [`Corrupt`] inside), or
    /// `out` fails.
    pub fn copy_to(&self, inode: &Inode, out: &mut dyn Write) -> io::Result<u64> {
        let Some(mut file) = self.open(inode) else {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "not a regular file",
            ));
        };
        io::copy(&mut file, out)
    }
}

/// A regular file of an image, read a block at a time.
///
/// A damaged block fails the reads that touch it, with [`ErrorKind::InvalidData`] and a
/// [`Corrupt`] inside. Other blocks of the file stay readable after a seek.
#[derive(Clone, Debug)]
pub struct FileReader<'a> {
    image: ImageReader<'a>,
    inode: InodeNumber,
    file: File,
    offset: u64,
}

impl<'a> FileReader<'a> {
    fn new(image: ImageReader<'a>, inode: InodeNumber, file: File) -> Self {
        Self {
            image,
            inode,
            file,
            offset: 0,
        }
    }

    /// Copies the bytes of the file at its offset, up to the end of their block.
    fn read_some(&self, buffer: &mut [u8]) -> Result<usize, Corrupt> {
        let run = self
            .image
            .index()
            .run(self.inode, &self.file, self.offset)?;
        let Some(run) = run else {
            return Ok(0);
        };
        let block = self.image.index().block_at(run.raw_offset)?;
        let bytes = self.image.block_bytes(&block)?;
        // A run starts within the block that holds its first byte.
        let start = (run.raw_offset - block.raw_offset) as usize;
        let bytes = bytes.get(start..).unwrap_or_default();
        let len = usize::try_from(run.len).unwrap_or(usize::MAX);
        let len = len.min(bytes.len()).min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(bytes.iter().take(len)) {
            *to = *from;
        }
        Ok(len)
    }
}

impl Read for FileReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self
            .read_some(buffer)
            .map_err(|corrupt| io::Error::new(ErrorKind::InvalidData, corrupt))?;
        self.offset += len as u64;
        Ok(len)
    }
}

impl Seek for FileReader<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let target = match position {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(distance) => self.file.len.checked_add_signed(distance),
            SeekFrom::Current(distance) => self.offset.checked_add_signed(distance),
        };
        self.offset = target.ok_or_else(|| {
            io::Error::new(
                ErrorKind::InvalidInput,
                "seek to before the start of the file",
            )
        })?;
        Ok(self.offset)
    }
}
