//! One file, read from its start in pieces. The caller chooses the lengths.

use crate::encode::error::WriteError;
use crate::writer::layout::{FileEntry, Layout};
use std::boxed::Box;
use std::io::{self, ErrorKind, Read};

/// A file that is being read. Reading fails if the length of the file changed after the
/// tree was made.
pub(crate) struct Reading<'a> {
    layout: &'a Layout<'a>,
    file: &'a FileEntry<'a>,
    bytes: Box<dyn Read + Send + 'a>,
    /// Number of bytes that must follow.
    left: u64,
}

impl<'a> Reading<'a> {
    pub(crate) fn open(
        layout: &'a Layout<'a>,
        file: &'a FileEntry<'a>,
    ) -> Result<Self, WriteError> {
        let bytes = file.node.content.open(0);
        let bytes = bytes.map_err(|error| read_error(layout, file, error))?;
        let left = file.node.len;
        Ok(Self {
            layout,
            file,
            bytes,
            left,
        })
    }

    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// Fills `piece`, which is at most as long as the remaining bytes.
    pub(crate) fn fill(&mut self, piece: &mut [u8]) -> Result<(), WriteError> {
        let len = self.read(piece)?;
        self.left = self.left.saturating_sub(len as u64);
        if len < piece.len() {
            return Err(self.wrong_len("only", self.file.node.len - self.left));
        }
        // A further byte shows that the file grew.
        if self.left == 0 && self.read(&mut [0])? > 0 {
            return Err(self.wrong_len("at least", self.file.node.len.saturating_add(1)));
        }
        Ok(())
    }

    /// Reads until `piece` is full or the file ends, and returns the number of bytes.
    fn read(&mut self, piece: &mut [u8]) -> Result<usize, WriteError> {
        let mut len = 0;
        while let Some(room) = piece.get_mut(len..).filter(|room| !room.is_empty()) {
            match self.bytes.read(room) {
                Ok(0) => break,
                Ok(more) => len += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(read_error(self.layout, self.file, error)),
            }
        }
        Ok(len)
    }

    fn wrong_len(&self, comparison: &'static str, found: u64) -> WriteError {
        WriteError::Length {
            path: self.layout.path(self.file.inode),
            content: self.file.node.content.describe(),
            expected: self.file.node.len,
            comparison,
            found,
        }
    }
}

pub(crate) fn read_error(
    layout: &Layout<'_>,
    file: &FileEntry<'_>,
    source: io::Error,
) -> WriteError {
    WriteError::Read {
        path: layout.path(file.inode),
        content: file.node.content.describe(),
        source,
    }
}
