//! The first reading: cuts every file into chunks and names them.

use super::Progress;
use super::WriteError;
use super::layout::{FileEntry, Layout};
use super::sketch::{Sampling, Sketch};
use crate::digest::Digest;
use fastcdc::v2020::{Normalization, StreamCDC};
use rayon::prelude::*;
use std::io::{self, ErrorKind, Read};
use std::vec::Vec;

/// Smallest chunk of a large file, in bytes, but for its last: a quarter of
/// the average, as the authors of FastCDC advise.
pub const MIN_CHUNK_LEN: u32 = 1 << 10;

/// Average chunk of a large file, in bytes. A chunk costs 2 bytes of cold part,
/// and one that breaks a run 16 of index. `docs/DESIGN.md` has what other
/// lengths give.
pub const AVERAGE_CHUNK_LEN: u32 = 4 << 10;

/// Largest chunk, in bytes, and therefore the largest file that is not cut.
/// Twice as much makes npm's node_modules 2 % larger, half as much adds chunks
/// and gains nothing.
pub const MAX_CHUNK_LEN: u32 = 32 << 10;

/// A chunk, its name and what it looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedChunk {
    pub(super) digest: Digest,
    /// At most [`MAX_CHUNK_LEN`], never zero.
    pub(super) len: u32,
    /// Empty if nobody wants it.
    pub(super) sketch: Sketch,
}

impl NamedChunk {
    fn of(bytes: &[u8], sampling: Option<Sampling>) -> Self {
        Self {
            digest: Digest::of(bytes),
            len: bytes.len() as u32,
            sketch: sampling.map_or_else(Sketch::default, |sampling| sampling.sketch(bytes)),
        }
    }
}

/// The chunks of every file of `order`, in that order, with sketches if there is a
/// `sampling`.
pub(super) fn survey(
    layout: &Layout<'_>,
    order: &[FileEntry<'_>],
    sampling: Option<Sampling>,
    progress: &dyn Progress,
) -> Result<Vec<Vec<NamedChunk>>, WriteError> {
    order
        .par_iter()
        .map_init(Vec::new, |buffer, file| {
            Cutter {
                layout,
                file,
                sampling,
                progress,
            }
            .chunks(buffer)
        })
        .collect()
}

/// One file and what is needed to cut it.
struct Cutter<'a> {
    layout: &'a Layout<'a>,
    file: &'a FileEntry<'a>,
    sampling: Option<Sampling>,
    progress: &'a dyn Progress,
}

impl Cutter<'_> {
    fn chunks(&self, buffer: &mut Vec<u8>) -> Result<Vec<NamedChunk>, WriteError> {
        let content = self.file.node.content.open(0);
        let content = content.map_err(|error| read_error(self.layout, self.file, error))?;
        // One byte more than there should be shows that a file grew.
        let content = content.take(self.file.node.len.saturating_add(1));
        if self.file.node.len <= MAX_CHUNK_LEN.into() {
            self.whole(content, buffer)
        } else {
            self.cut(content)
        }
    }

    fn whole(
        &self,
        mut content: impl Read,
        buffer: &mut Vec<u8>,
    ) -> Result<Vec<NamedChunk>, WriteError> {
        buffer.clear();
        content
            .read_to_end(buffer)
            .map_err(|error| read_error(self.layout, self.file, error))?;
        self.expect_len(buffer.len() as u64)?;
        self.progress.chunked(self.file.node.len);
        let chunk = (!buffer.is_empty()).then(|| NamedChunk::of(buffer, self.sampling));
        Ok(chunk.into_iter().collect())
    }

    fn cut(&self, content: impl Read) -> Result<Vec<NamedChunk>, WriteError> {
        let chunker = StreamCDC::with_level(
            Uninterrupted(content),
            MIN_CHUNK_LEN as usize,
            AVERAGE_CHUNK_LEN as usize,
            MAX_CHUNK_LEN as usize,
            Normalization::Level1,
        );
        let mut chunks = Vec::new();
        let mut len = 0;
        for chunk in chunker {
            let chunk = chunk.map_err(|error| read_error(self.layout, self.file, error.into()))?;
            len += chunk.data.len() as u64;
            chunks.push(NamedChunk::of(&chunk.data, self.sampling));
            self.progress.chunked(chunk.data.len() as u64);
        }
        self.expect_len(len)?;
        Ok(chunks)
    }

    fn expect_len(&self, found: u64) -> Result<(), WriteError> {
        let expected = self.file.node.len;
        if found == expected {
            return Ok(());
        }
        Err(WriteError::Length {
            path: self.layout.path(self.file.inode),
            content: self.file.node.content.describe(),
            expected,
            comparison: if found < expected { "only" } else { "at least" },
            found,
        })
    }
}

pub(super) fn read_error(
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

/// A reader that a signal does not stop: the chunker would take it for a
/// failure.
struct Uninterrupted<R>(R);

impl<R: Read> Read for Uninterrupted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}
