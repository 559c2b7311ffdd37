//! A linear memory as it is after instantiation, rebuilt from the active data
//! segments alone.
//!
//! Sparse: what no segment covers is zero and takes no room. Memory used is
//! bounded by the length of the module, whatever offsets its segments name.

use super::ModuleError;
use super::shape::{Shape, active_offset};
use std::borrow::Cow;

/// How much of a range that is read segments may leave uncovered, unless they
/// cover as much of it.
#[derive(Clone, Copy)]
pub(super) enum Holes {
    /// Records and stored content may have long runs of zeros; a hostile anchor
    /// could ask for 4 GiB of them.
    Plain = 64 << 20,
    /// A frame has no such runs. Each of its bytes may stand for 256, so that a
    /// hole would make a gigabyte of a small module.
    Frame = 4 << 10,
}

impl Holes {
    /// Whether a range may be read of which segments cover so many bytes.
    pub(super) fn allow(self, len: u64, covered: u64) -> bool {
        len - covered <= covered.max(self as u64)
    }
}

/// One linear memory.
pub(super) struct Memory<'a> {
    /// Initial length in bytes.
    size: u64,
    /// Disjoint, not adjacent, sorted by address.
    runs: Vec<Run<'a>>,
}

/// Bytes that segments cover without a gap.
struct Run<'a> {
    address: u64,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Run<'a> {
    fn end(&self) -> u64 {
        self.address + self.bytes.len() as u64
    }

    /// The `len` bytes at `start`, if one segment holds them all.
    fn part(&self, start: u64, len: u64) -> Option<&'a [u8]> {
        let Cow::Borrowed(bytes) = self.bytes else {
            return None;
        };
        let at = usize::try_from(start.checked_sub(self.address)?).ok()?;
        bytes.get(at..)?.get(..usize::try_from(len).ok()?)
    }
}

impl<'a> Memory<'a> {
    /// Rebuilds memory `index` of `shape`.
    pub(super) fn build(shape: &Shape<'a>, index: u32) -> Result<Self, ModuleError> {
        let size = initial_size(shape, index);
        let mut segments = Vec::new();
        for data in &shape.data {
            let Some((memory, offset)) = active_offset(data) else {
                continue;
            };
            if memory != index || data.data.is_empty() {
                continue;
            }
            let len = data.data.len() as u64;
            if offset.checked_add(len).is_none_or(|end| end > size) {
                return Err(ModuleError::Segment {
                    memory,
                    offset,
                    len,
                    size,
                });
            }
            segments.push((offset, data.data));
        }
        let runs = coalesce(&segments);
        Ok(Self { size, runs })
    }

    /// The covered stretches, each with its address.
    pub(super) fn runs(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.runs.iter().map(|run| (run.address, &*run.bytes))
    }

    /// The `len` bytes at `address`, borrowed if one segment holds them all. The error
    /// says what is there instead.
    pub(super) fn read(
        &self,
        address: u32,
        len: u32,
        holes: Holes,
    ) -> Result<Cow<'a, [u8]>, String> {
        let (start, len) = (u64::from(address), u64::from(len));
        let end = start + len;
        if end > self.size {
            return Err(format!("the memory has only {} bytes", self.size));
        }
        let first = self.runs.partition_point(|run| run.end() <= start);
        let segment = self.runs.get(first).and_then(|run| run.part(start, len));
        if let Some(segment) = segment {
            return Ok(segment.into());
        }
        let inside = || {
            self.runs
                .iter()
                .skip(first)
                .take_while(|run| run.address < end)
        };
        let overlap = |run: &Run<'_>| run.end().min(end) - run.address.max(start);
        let covered: u64 = inside().map(overlap).sum();
        if !holes.allow(len, covered) {
            return Err(format!("data segments cover only {covered} bytes of it"));
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(|error| error.to_string())?];
        for run in inside() {
            copy_overlap(run.address, &run.bytes, start, &mut bytes);
        }
        Ok(bytes.into())
    }
}

/// Length of a memory before anything runs. For an imported one that is the
/// host's choice, so no offset is out of bounds.
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

/// Writes the part of `source` (at `source_address`) that falls into `target`
/// (at `target_address`).
fn copy_overlap(source_address: u64, source: &[u8], target_address: u64, target: &mut [u8]) {
    let skip_source = target_address.saturating_sub(source_address);
    let skip_target = source_address.saturating_sub(target_address);
    let (Ok(from), Ok(to)) = (usize::try_from(skip_source), usize::try_from(skip_target)) else {
        return;
    };
    let source = source.get(from..).unwrap_or_default();
    let target = target.get_mut(to..).unwrap_or_default();
    for (to, from) in target.iter_mut().zip(source) {
        *to = *from;
    }
}

/// Joins segments that touch; where they overlap, later ones win.
fn coalesce<'a>(segments: &[(u64, &'a [u8])]) -> Vec<Run<'a>> {
    let mut order: Vec<usize> = (0..segments.len()).collect();
    order.sort_by_key(|&at| segments.get(at).map(|segment| segment.0));
    let mut runs = Vec::new();
    let mut members: Vec<(usize, u64, &'a [u8])> = Vec::new();
    let mut end = 0;
    for at in order {
        let Some(&(address, bytes)) = segments.get(at) else {
            continue;
        };
        if address > end || members.is_empty() {
            runs.extend(join(&mut members, end));
        }
        end = end.max(address + bytes.len() as u64);
        members.push((at, address, bytes));
    }
    runs.extend(join(&mut members, end));
    runs
}

/// Makes one run of segments that touch, and empties the list.
fn join<'a>(members: &mut Vec<(usize, u64, &'a [u8])>, end: u64) -> Option<Run<'a>> {
    let address = members.first()?.1;
    if let [(_, _, bytes)] = members.as_slice() {
        let bytes = Cow::Borrowed(*bytes);
        members.clear();
        return Some(Run { address, bytes });
    }
    // Not more than the segments' lengths together, which are in the module.
    let mut bytes = vec![0; usize::try_from(end - address).ok()?];
    members.sort_by_key(|member| member.0);
    for (_, at, source) in members.drain(..) {
        copy_overlap(at, source, address, &mut bytes);
    }
    let bytes = Cow::Owned(bytes);
    Some(Run { address, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory_of(wat: &str) -> Result<Vec<(u64, Vec<u8>)>, ModuleError> {
        let wasm = wat::parse_str(wat).expect("valid text");
        let shape = Shape::parse(&wasm)?;
        let memory = Memory::build(&shape, 0)?;
        Ok(memory.runs().map(|run| (run.0, run.1.to_vec())).collect())
    }

    #[test]
    fn segments_that_touch_become_one_run_and_later_ones_win() {
        let runs = memory_of(
            r#"(module (memory 1)
                (data (i32.const 20) "xx") (data (i32.const 4) "cd")
                (data (i32.const 0) "abab") (data (i32.const 1) "Z"))"#,
        );
        let expected = vec![(0, b"aZabcd".to_vec()), (20, b"xx".to_vec())];
        assert_eq!(runs.expect("in bounds"), expected);
    }

    #[test]
    fn a_segment_outside_of_its_memory_is_an_error_with_its_offset() {
        let error = memory_of(r#"(module (memory 1) (data (i32.const -1) "ab"))"#);
        let text = error.expect_err("out of bounds").to_string();
        assert!(text.contains("2 bytes at 0xffffffff"), "{text}");
    }

    #[test]
    fn a_range_that_nothing_covers_is_refused_before_it_is_allocated() {
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
