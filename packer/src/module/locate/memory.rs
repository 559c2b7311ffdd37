//! The content of a linear memory after instantiation, from the active data segments.
//!
//! It is sparse, because bytes without a segment are zero. Segments may be in memory or in a
//! file, and are copied only when read. So hostile offsets cannot allocate more than the
//! length of the module. For example, `(data (i32.const 0) "abab")` and
//! `(data (i32.const 1) "Z")` become three pieces: `a` at 0, `Z` at 1 and `ab` at 2.

use crate::module::error::ModuleError;
use crate::module::locate::claimed::{Claimed, FIRST_SEGMENT};
use crate::module::parse::shape::{PAGE_SHIFT, Shape, active_offset};
use memchr::memmem;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use wasi_vfs_format::ReadAt;

/// How many bytes of a range may be without a segment. Segments that cover half of the
/// range are always enough.
#[derive(Clone, Copy)]
pub(crate) enum Holes {
    /// Records and stored content may have long runs of zeros. A hostile anchor could name
    /// a range of 4 GiB.
    Plain = 64 << 20,
    /// A frame has no such runs. Each of its bytes may decode to 256, so a hole would turn
    /// a small module into a gigabyte.
    Frame = 4 << 10,
}

impl Holes {
    /// Whether a range of `len` bytes, of which segments cover `covered`, may be read.
    pub(crate) fn allow(self, len: u64, covered: u64) -> bool {
        len - covered <= covered.max(self as u64)
    }
}

/// One linear memory.
pub(crate) struct Memory<'a> {
    /// Initial length in bytes.
    size: u64,
    /// Disjoint, sorted by address.
    pieces: Vec<Piece<'a>>,
    /// The file, for pieces that are not in memory.
    source: Option<&'a Arc<dyn ReadAt>>,
}

/// Bytes of one segment.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    address: u64,
    len: u64,
    /// `None` if only the file has the bytes.
    bytes: Option<&'a [u8]>,
    /// Offset in the file, if there is one.
    offset: u64,
}

impl<'a> Piece<'a> {
    fn end(&self) -> u64 {
        self.address + self.len
    }

    /// The part within `range`. Both overlap.
    fn part(&self, range: &Range<u64>) -> Self {
        let address = self.address.max(range.start);
        let len = self.end().min(range.end).saturating_sub(address);
        let skipped = address - self.address;
        // Both are at most its length.
        let part = skipped as usize..(skipped + len) as usize;
        Self {
            address,
            len,
            bytes: self.bytes.map(|bytes| bytes.get(part).unwrap_or_default()),
            offset: self.offset + skipped,
        }
    }
}

impl<'a> Memory<'a> {
    /// Rebuilds memory `index` of `shape`.
    pub(crate) fn build(shape: &Shape<'a>, index: u32) -> Result<Self, ModuleError> {
        let places = shape.data.iter().enumerate().filter_map(|(number, data)| {
            let (memory, offset) = active_offset(data)?;
            (memory == index).then_some((number, offset))
        });
        Self::of(shape, index, initial_size(shape, index), places)
    }

    /// Rebuilds the region that the start function of `shape` fills.
    pub(crate) fn of_claimed(shape: &Shape<'a>, claimed: Claimed) -> Result<Self, ModuleError> {
        let size = u64::from(claimed.pages) << PAGE_SHIFT;
        let numbers = FIRST_SEGMENT..;
        let places = numbers.zip(claimed.addresses.map(u64::from));
        Self::of(shape, 0, size, places)
    }

    /// The memory of `size` bytes with these segments, each at its offset.
    fn of(
        shape: &Shape<'a>,
        memory: u32,
        size: u64,
        places: impl Iterator<Item = (usize, u64)>,
    ) -> Result<Self, ModuleError> {
        let mut segments = Vec::new();
        for (number, offset) in places {
            let (data, len) = (shape.data.get(number), shape.segment_len(number));
            let Some(data) = data.filter(|_| len > 0) else {
                continue;
            };
            if offset.checked_add(len).is_none_or(|end| end > size) {
                return Err(ModuleError::Segment {
                    memory,
                    offset,
                    len,
                    size,
                });
            }
            segments.push(Piece {
                address: offset,
                len,
                bytes: (data.data.len() as u64 == len).then_some(data.data),
                offset: shape.segment_offset(number),
            });
        }
        Ok(Self {
            size,
            pieces: overlay(&segments),
            source: shape.elsewhere.map(|elsewhere| &elsewhere.source),
        })
    }

    /// The addresses of all copies of `needle`.
    pub(crate) fn find(&self, needle: &[u8]) -> Result<Vec<u64>, ModuleError> {
        let mut search = Search {
            needle,
            end: 0,
            tail: Vec::new(),
            found: Vec::new(),
        };
        for piece in &self.pieces {
            match piece.bytes {
                Some(bytes) => search.go_on(piece.address, bytes),
                None => self.find_in_file(piece, &mut search)?,
            }
        }
        Ok(search.found)
    }

    fn find_in_file(&self, piece: &Piece<'_>, search: &mut Search<'_>) -> Result<(), ModuleError> {
        // Read at once: little beside a module that has as much.
        const WINDOW_LEN: u64 = 1 << 20;
        let mut window = Vec::new();
        let mut address = piece.address;
        while address < piece.end() {
            let part = piece.part(&(address..address.saturating_add(WINDOW_LEN)));
            // At most the length of a window.
            window.resize(part.len as usize, 0);
            self.copy(&part, &mut window).map_err(ModuleError::Read)?;
            search.go_on(address, &window);
            address += part.len;
        }
        Ok(())
    }

    /// The `len` bytes at `address`, borrowed if one segment in memory holds them all. The
    /// error describes the found content.
    pub(crate) fn read(
        &self,
        address: u32,
        len: u32,
        holes: Holes,
    ) -> Result<Cow<'a, [u8]>, String> {
        let range = self.range(address, len, holes)?;
        if let [piece] = self.pieces_in(&range)
            && let Some(bytes) = piece.part(&range).bytes
            && bytes.len() as u64 == u64::from(len)
        {
            return Ok(bytes.into());
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(|error| error.to_string())?];
        for piece in self.pieces_in(&range) {
            let part = piece.part(&range);
            // Both are at most the length.
            let (start, part_len) = ((part.address - range.start) as usize, part.len as usize);
            let room = bytes
                .get_mut(start..)
                .and_then(|room| room.get_mut(..part_len));
            let copied = self.copy(&part, room.unwrap_or_default());
            copied.map_err(|error| error.to_string())?;
        }
        Ok(bytes.into())
    }

    /// The `len` bytes at `address` of a memory whose segments lie in a file, to be read
    /// from there. `None` if they lie in memory.
    pub(crate) fn source(
        &self,
        address: u32,
        len: u32,
        holes: Holes,
    ) -> Result<Option<Window>, String> {
        let range = self.range(address, len, holes)?;
        let stretches = self.pieces_in(&range).iter().map(|piece| {
            let part = piece.part(&range);
            Stretch {
                start: part.address - range.start,
                bytes: part.offset..part.offset + part.len,
            }
        });
        let Some(source) = self.source else {
            return Ok(None);
        };
        Ok(Some(Window {
            source: source.clone(),
            len: len.into(),
            stretches: stretches.collect(),
        }))
    }

    /// A range that may be read.
    fn range(&self, address: u32, len: u32, holes: Holes) -> Result<Range<u64>, String> {
        let (start, len) = (u64::from(address), u64::from(len));
        let range = start..start + len;
        if range.end > self.size {
            return Err(format!("the memory has only {} bytes", self.size));
        }
        let pieces = self.pieces_in(&range).iter();
        let covered: u64 = pieces.map(|piece| piece.part(&range).len).sum();
        match holes.allow(len, covered) {
            true => Ok(range),
            false => Err(format!("data segments cover only {covered} bytes of it")),
        }
    }

    fn pieces_in(&self, range: &Range<u64>) -> &[Piece<'a>] {
        let first = self
            .pieces
            .partition_point(|piece| piece.end() <= range.start);
        let rest = self.pieces.get(first..).unwrap_or_default();
        let count = rest.partition_point(|piece| piece.address < range.end);
        rest.get(..count).unwrap_or_default()
    }

    fn copy(&self, part: &Piece<'_>, to: &mut [u8]) -> io::Result<()> {
        match (part.bytes, self.source) {
            (Some(bytes), _) => bytes.read_exact_at(to, 0),
            (None, Some(source)) => source.read_exact_at(to, part.offset),
            (None, None) => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// A search through pieces one after the other.
struct Search<'n> {
    needle: &'n [u8],
    /// Address at which the last piece ended.
    end: u64,
    /// Its last bytes, fewer than the needle has.
    tail: Vec<u8>,
    found: Vec<u64>,
}

impl Search<'_> {
    fn go_on(&mut self, address: u64, bytes: &[u8]) {
        if self.end != address {
            self.tail.clear();
        }
        let kept = self.needle.len().saturating_sub(1);
        let tail_len = self.tail.len() as u64;
        let head = bytes.get(..kept.min(bytes.len())).unwrap_or_default();
        self.tail.extend_from_slice(head);
        for at in memmem::find_iter(&self.tail, self.needle) {
            self.found.push(address - tail_len + at as u64);
        }
        for at in memmem::find_iter(bytes, self.needle) {
            self.found.push(address + at as u64);
        }
        let rest = bytes.get(head.len()..).unwrap_or_default();
        let rest = rest.get(rest.len().saturating_sub(kept)..);
        self.tail.extend_from_slice(rest.unwrap_or_default());
        self.tail.drain(..self.tail.len().saturating_sub(kept));
        self.end = address + bytes.len() as u64;
    }
}

/// A range of a memory whose segments lie in a file.
#[derive(Debug)]
pub(crate) struct Window {
    source: Arc<dyn ReadAt>,
    len: u64,
    /// Disjoint, in the order of their starts. All else is zero.
    stretches: Vec<Stretch>,
}

/// Bytes of a window.
#[derive(Debug)]
struct Stretch {
    /// Where they start in the window.
    start: u64,
    /// Where they are in the file.
    bytes: Range<u64>,
}

impl Stretch {
    fn end(&self) -> u64 {
        self.start + (self.bytes.end - self.bytes.start)
    }
}

impl ReadAt for Window {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        let end = end.filter(|end| *end <= self.len);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.fill(0);
        let first = self
            .stretches
            .partition_point(|stretch| stretch.end() <= offset);
        let inside = self.stretches.iter().skip(first);
        for stretch in inside.take_while(|stretch| stretch.start < end) {
            let from = stretch.start.max(offset);
            let to = stretch.end().min(end);
            // Both lie within the buffer.
            let room = (from - offset) as usize..(to - offset) as usize;
            let room = buffer.get_mut(room).unwrap_or_default();
            let at = stretch.bytes.start + (from - stretch.start);
            self.source.read_exact_at(room, at)?;
        }
        Ok(())
    }
}

/// Initial length of a memory. The host chooses that of an imported one, so no offset is
/// out of bounds there.
fn initial_size(shape: &Shape<'_>, index: u32) -> u64 {
    let memory = usize::try_from(index)
        .ok()
        .and_then(|i| shape.memories.get(i));
    if index < shape.imported.memories {
        let is_64 = memory.is_some_and(|memory| memory.memory64);
        return if is_64 { u64::MAX } else { 1 << 32 };
    }
    memory.map_or(0, |memory| {
        let page = memory.page_size_log2.unwrap_or(16).min(16);
        memory.initial.saturating_mul(1 << page)
    })
}

/// The visible parts of segments by address. Later segments hide earlier ones.
fn overlay<'a>(segments: &[Piece<'a>]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::with_capacity(segments.len());
    // Disjoint ranges that later segments cover: start and end.
    let mut covered: BTreeMap<u64, u64> = BTreeMap::new();
    for segment in segments.iter().rev() {
        let (mut start, mut end) = (segment.address, segment.end());
        let mut free_from = start;
        let mut under: Vec<_> = covered.range(..start).next_back().into_iter().collect();
        under.extend(covered.range(start..=end));
        let under: Vec<_> = under.into_iter().map(|(&from, &to)| (from, to)).collect();
        for (from, to) in under.into_iter().filter(|(_, to)| *to >= segment.address) {
            if free_from < from {
                pieces.push(segment.part(&(free_from..from)));
            }
            free_from = free_from.max(to);
            (start, end) = (start.min(from), end.max(to));
            covered.remove(&from);
        }
        if free_from < segment.end() {
            pieces.push(segment.part(&(free_from..segment.end())));
        }
        covered.insert(start, end);
    }
    pieces.sort_unstable_by_key(|piece| piece.address);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_vfs_format::testing::Random;

    fn memory_of(wat: &str) -> Result<Vec<u8>, ModuleError> {
        let wasm = wat::parse_str(wat).expect("valid text");
        let shape = Shape::parse(&wasm)?;
        let memory = Memory::build(&shape, 0)?;
        let bytes = memory.read(0, 32, Holes::Plain).expect("covered");
        Ok(bytes.into_owned())
    }

    #[test]
    fn later_segments_win() {
        let bytes = memory_of(
            r#"(module (memory 1)
                (data (i32.const 20) "xx") (data (i32.const 4) "cd")
                (data (i32.const 0) "abab") (data (i32.const 1) "Z"))"#,
        );
        let expected = b"aZabcd\0\0\0\0\0\0\0\0\0\0\0\0\0\0xx\0\0\0\0\0\0\0\0\0\0";
        assert_eq!(bytes.expect("in bounds"), expected);
    }

    /// Segments at random places, written one after the other.
    #[test]
    fn segments_overlap_in_the_order_of_writing() {
        let mut random = Random::new(7);
        for _ in 0..300 {
            let mut expected = vec![0; 64];
            let contents: Vec<_> = (0..random.below(8))
                .map(|number| {
                    let address = random.below(40);
                    (address, vec![number as u8 + 1; random.below(24)])
                })
                .collect();
            let mut segments = Vec::new();
            for (address, content) in &contents {
                expected[*address..*address + content.len()].copy_from_slice(content);
                segments.push(Piece {
                    address: *address as u64,
                    len: content.len() as u64,
                    bytes: Some(content),
                    offset: 0,
                });
            }
            segments.retain(|segment| segment.len > 0);
            let pieces = overlay(&segments);
            let is_disjoint = |pair: &[Piece<'_>]| pair[0].end() <= pair[1].address;
            assert!(pieces.windows(2).all(is_disjoint), "{segments:?}");
            let memory = Memory {
                size: 64,
                pieces,
                source: None,
            };
            let read = memory.read(0, 64, Holes::Plain).expect("small");
            assert_eq!(*read, *expected, "{segments:?}");
        }
    }

    #[test]
    fn a_needle_is_found_across_segments() {
        let wasm = wat::parse_str(
            r#"(module (memory 1) (data (i32.const 8) "need") (data (i32.const 12) "l")
                (data (i32.const 13) "e needle") (data (i32.const 40) "need")
                (data (i32.const 45) "le"))"#,
        );
        let wasm = wasm.expect("valid text");
        let shape = Shape::parse(&wasm).expect("a module");
        let memory = Memory::build(&shape, 0).expect("in bounds");
        assert_eq!(memory.find(b"needle").expect("in memory"), [8, 15]);
    }

    #[test]
    fn segments_out_of_bounds_are_errors_with_offset() {
        let error = memory_of(r#"(module (memory 1) (data (i32.const -1) "ab"))"#);
        let text = error.expect_err("out of bounds").to_string();
        assert!(text.contains("2 bytes at 0xffffffff"), "{text}");
    }

    #[test]
    fn uncovered_ranges_are_rejected_unallocated() {
        let wasm = wat::parse_str(r#"(module (memory 65536) (data (i32.const 8) "a"))"#);
        let wasm = wasm.expect("valid text");
        let shape = Shape::parse(&wasm).expect("a module");
        let memory = Memory::build(&shape, 0).expect("in bounds");
        let around = memory.read(7, 3, Holes::Plain).expect("small");
        assert_eq!(*around, [0, b'a', 0]);
        assert!(memory.read(0, 4097, Holes::Frame).is_ok());
        assert!(memory.read(0, 4098, Holes::Frame).is_err());
        assert!(memory.read(0, u32::MAX, Holes::Plain).is_err());
        assert!(memory.read(u32::MAX, 2, Holes::Plain).is_err());
    }

    #[test]
    fn bytes_of_one_segment_are_borrowed() {
        let wasm = wat::parse_str(
            r#"(module (memory 1) (data (i32.const 8) "abcd") (data (i32.const 12) "ef")
                (data (i32.const 20) "gh"))"#,
        );
        let wasm = wasm.expect("valid text");
        let shape = Shape::parse(&wasm).expect("a module");
        let memory = Memory::build(&shape, 0).expect("in bounds");
        let read = |address, len| memory.read(address, len, Holes::Plain).expect("covered");
        assert!(matches!(read(20, 2), Cow::Borrowed(b"gh")));
        assert!(matches!(read(21, 1), Cow::Borrowed(b"h")));
        assert_eq!(*read(10, 4), *b"cdef");
        assert_eq!(*read(20, 3), *b"gh\0");
    }
}
