//! The content of a file: pages over the bytes of a packed file.
//!
//! A file that was never written shows the packed bytes. A write copies the touched page out
//! of the packed file, unless it covers the page, and changes the copy. Cutting the file
//! off lowers [`Content::packed_len`]: a longer file shows zeros there later.
//!
//! One byte at offset 5,000 of a packed file of 100 MB, for example, makes page 1 out of the
//! packed bytes 4,096 to 8,191. A read of the file takes page 0 from below, then page 1, then
//! the rest from below.

use super::pages::{PAGE_LEN, Pages, extend};
use super::slice::{Part, Slice};
use super::space::Space;
use crate::blocks::{Sink, Source};
use crate::fs::{Filesystem, FsError, Result};
use alloc::vec::Vec;
use core::ops::Range;
use wasi_vfs_format::limits::MAX_FILE_LEN;

/// What a hole shows.
static ZEROS: [u8; PAGE_LEN] = [0; PAGE_LEN];

/// Checks the length of a file after a change. A longer file could not be saved, because no
/// image holds it.
///
/// # Errors
///
/// [`FsError::FileTooLarge`].
pub(super) fn check_file_len(len: u64) -> Result {
    match len > MAX_FILE_LEN {
        true => Err(FsError::FileTooLarge),
        false => Ok(()),
    }
}

/// The packed file below a changed one, if there is one.
pub(super) struct Below<'l, L: Filesystem> {
    pub(super) lower: &'l mut L,
    pub(super) file: Option<L::Node>,
}

impl<L: Filesystem> Below<'_, L> {
    fn read(&mut self, offset: u64, mut part: Part<'_>) -> Result {
        let file = self.file.as_ref().ok_or(FsError::Io)?;
        self.lower.read_at(file, offset, &mut part)
    }

    /// Fills `bytes`, all of which exist below.
    fn fill(&mut self, offset: u64, bytes: &mut [u8]) -> Result {
        let mut slice = Slice::new(bytes);
        let room = slice.room();
        self.read(offset, Part::new(&mut slice, room))
            .map_err(|error| match error {
                // A program that writes gets one error for all memory that is missing.
                FsError::NoMemory => FsError::NoSpace,
                error => error,
            })?;
        match slice.is_full() {
            true => Ok(()),
            false => Err(FsError::Io),
        }
    }
}

/// The content of a file that changed.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// Length of the file.
    len: u64,
    /// The bytes before this offset are packed unless they are in a page, and zero behind.
    /// At most `len`.
    packed_len: u64,
    /// No page has bytes behind `len` that are not zero.
    pages: Pages,
}

impl Content {
    /// The content of a packed file of this length, before its first change.
    pub(super) fn packed(len: u64) -> Self {
        Self {
            len,
            packed_len: len,
            pages: Pages::default(),
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Copies bytes from `offset` on until the sink is full or the file ends.
    pub(super) fn read<L: Filesystem>(
        &self,
        mut below: Below<'_, L>,
        offset: u64,
        sink: &mut dyn Sink,
    ) -> Result {
        let room = sink.room();
        let mut gap_end = 0;
        while sink.room() > 0 {
            let done = room - sink.room();
            let at = offset.saturating_add(done.into());
            match self.read_part(&mut below, at, sink, &mut gap_end) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Copies bytes of one page, or of a run without pages. Returns false at the end.
    ///
    /// The pages before `gap_end` are missing. The next read of a run uses the known end, since
    /// a search at each page of a hole costs the square of its length.
    fn read_part<L: Filesystem>(
        &self,
        below: &mut Below<'_, L>,
        offset: u64,
        sink: &mut dyn Sink,
        gap_end: &mut u64,
    ) -> Result<bool> {
        let wanted = self.len.saturating_sub(offset).min(sink.room().into());
        if wanted == 0 {
            return Ok(false);
        }
        let number = offset / PAGE_LEN as u64;
        let start = (offset % PAGE_LEN as u64) as usize;
        if number >= *gap_end {
            if let Some(page) = self.pages.get(number) {
                // Within a page, so the casts lose nothing.
                let end = (start as u64 + wanted).min(PAGE_LEN as u64) as usize;
                put_page(page, start, end, sink);
                return Ok(true);
            }
            let page_count = (start as u64 + wanted).div_ceil(PAGE_LEN as u64);
            *gap_end = number + self.pages.gap(number, page_count);
        }
        let wanted = wanted.min(gap_end.saturating_mul(PAGE_LEN as u64) - offset);
        self.read_gap(below, (offset, wanted), sink)
    }

    /// Copies packed bytes of a run without pages, or zeros of one page. Returns false if no
    /// byte arrives.
    fn read_gap<L: Filesystem>(
        &self,
        below: &mut Below<'_, L>,
        (offset, wanted): (u64, u64),
        sink: &mut dyn Sink,
    ) -> Result<bool> {
        let packed = self.packed_len.saturating_sub(offset).min(wanted);
        if packed == 0 {
            let len = wanted.min(PAGE_LEN as u64) as usize;
            sink.put(&ZEROS[..len]);
            return Ok(true);
        }
        // At most the sink's room.
        let room = sink.room();
        below.read(offset, Part::new(sink, packed as u32))?;
        Ok(sink.room() < room)
    }

    /// Writes the first bytes of a source, as many as fit the space. Returns their number. A
    /// gap behind the old end is a hole.
    ///
    /// # Errors
    ///
    /// Only if not a single byte fits.
    pub(super) fn write<L: Filesystem>(
        &mut self,
        space: &mut Space,
        below: &mut Below<'_, L>,
        offset: u64,
        source: &mut dyn Source,
    ) -> Result<usize> {
        let mut done = 0;
        while source.left() > 0 {
            let at = offset.saturating_add(done as u64);
            match self.write_part(space, below, at, source) {
                Ok(len) => done += len,
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            }
            self.len = self.len.max(offset.saturating_add(done as u64));
        }
        Ok(done)
    }

    /// Writes the next bytes of one page: all of them or none. Returns their number.
    fn write_part<L: Filesystem>(
        &mut self,
        space: &mut Space,
        below: &mut Below<'_, L>,
        offset: u64,
        source: &mut dyn Source,
    ) -> Result<usize> {
        let number = offset / PAGE_LEN as u64;
        let start = (offset % PAGE_LEN as u64) as usize;
        let len = source.left().min(PAGE_LEN - start);
        let end = start + len;
        if self.pages.get(number).is_none() {
            let covers = start == 0 && end as u64 >= self.packed_in(number);
            self.add_page(space, below, (number, end), covers)?;
        }
        let page = self.pages.get_mut(space, number, end)?;
        source.take(&mut page.ok_or(FsError::Io)?[start..end]);
        Ok(len)
    }

    /// Packed bytes in a page.
    fn packed_in(&self, number: u64) -> u64 {
        let before = number.saturating_mul(PAGE_LEN as u64);
        self.packed_len.saturating_sub(before).min(PAGE_LEN as u64)
    }

    /// Adds a page with room for `len` bytes, which shows the same bytes as before. With
    /// `covers`, a write over all its bytes follows.
    fn add_page<L: Filesystem>(
        &mut self,
        space: &mut Space,
        below: &mut Below<'_, L>,
        (number, len): (u64, usize),
        covers: bool,
    ) -> Result {
        let mut bytes = Vec::new();
        // Within a page, so the cast loses nothing.
        let packed = self.packed_in(number) as usize;
        extend(space, &mut bytes, len.max(packed))?;
        if packed > 0 && !covers {
            let filled = below.fill(number * PAGE_LEN as u64, &mut bytes[..packed]);
            if let Err(error) = filled {
                space.free(bytes);
                return Err(error);
            }
        }
        self.pages.insert(space, number, bytes)
    }

    /// Cuts the file off, or extends it by a hole.
    pub(super) fn set_len(&mut self, space: &mut Space, len: u64) {
        if len < self.len {
            self.pages.truncate(space, len);
            self.packed_len = self.packed_len.min(len);
        }
        self.len = len;
    }

    /// Makes all pages of a range, so that writing there needs no more space, and extends a
    /// shorter file. An error frees all new pages.
    pub(super) fn allocate<L: Filesystem>(
        &mut self,
        space: &mut Space,
        below: &mut Below<'_, L>,
        (offset, len): (u64, u64),
    ) -> Result {
        let end = offset.saturating_add(len);
        check_file_len(end)?;
        let numbers = offset / PAGE_LEN as u64..end.div_ceil(PAGE_LEN as u64);
        self.pages.check(space, numbers.clone())?;
        let count = self.pages.len();
        let made = self.make_pages(space, below, numbers);
        if made.is_err() {
            self.pages.remove_newest(space, count);
        }
        made?;
        self.len = self.len.max(end);
        Ok(())
    }

    fn make_pages<L: Filesystem>(
        &mut self,
        space: &mut Space,
        below: &mut Below<'_, L>,
        numbers: Range<u64>,
    ) -> Result {
        for number in numbers.clone() {
            if self.pages.get(number).is_none() {
                self.add_page(space, below, (number, PAGE_LEN), false)?;
            }
        }
        for number in numbers {
            // Shorter pages only: the others have all their bytes.
            self.pages.get_mut(space, number, PAGE_LEN)?;
        }
        Ok(())
    }

    /// Frees all pages.
    pub(super) fn free(self, space: &mut Space) {
        self.pages.free(space);
    }
}

/// Copies a range of a page. Bytes behind those of the page are zero.
fn put_page(page: &[u8], start: usize, end: usize, sink: &mut dyn Sink) {
    let bytes = &page[start.min(page.len())..end.min(page.len())];
    sink.put(bytes);
    sink.put(&ZEROS[..end - start - bytes.len()]);
}
