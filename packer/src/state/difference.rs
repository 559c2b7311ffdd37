//! The bytes by which a started memory differs from that of a new instance.
//!
//! The data segments of the packed module stay, and only the differing bytes are appended. For
//! example, a memory starts with `abcdefgh` and then holds `abXdefgY`. That is one segment at
//! address 2 with `XdefgY`, because two segments would take more bytes.

use crate::module::{Shape, active_offset};
use crate::state::error::StateError;
use std::ops::Range;
use wasmparser::DataKind;

/// Equal bytes that two joined segments may have between them. A segment costs about as many.
const GAP: usize = 8;

/// The most segments to append. V8 allows 100,000 in a module, and each takes time to start.
const SEGMENT_COUNT_MAX: usize = 10_000;

/// Bytes that are compared at once.
const PAGE_LEN: usize = 4096;

/// The differing ranges of one memory.
pub(super) struct Difference {
    pub(super) memory: u32,
    pub(super) ranges: Vec<Range<usize>>,
}

/// The differing ranges of all memories, few enough for a module.
pub(super) fn differences(
    shape: &Shape<'_>,
    memories: &[&[u8]],
) -> Result<Vec<Difference>, StateError> {
    check_segments(shape)?;
    let mut differences = Vec::new();
    for (memory, now) in (0..).zip(memories) {
        let initial = initial(shape, memory, now.len());
        let ranges = joined(differing(&initial, now), GAP);
        differences.push(Difference { memory, ranges });
    }
    let mut gap = GAP;
    while count(&differences) > SEGMENT_COUNT_MAX {
        gap *= 2;
        for difference in &mut differences {
            let ranges = std::mem::take(&mut difference.ranges);
            difference.ranges = joined(ranges, gap);
        }
    }
    Ok(differences)
}

fn count(differences: &[Difference]) -> usize {
    differences.iter().map(|one| one.ranges.len()).sum()
}

/// Rejects a segment whose address is unknown before the module runs.
fn check_segments(shape: &Shape<'_>) -> Result<(), StateError> {
    let mut data = shape.data.iter();
    let computed = data.position(|data| {
        matches!(data.kind, DataKind::Active { .. }) && active_offset(data).is_none()
    });
    computed.map_or(Ok(()), |number| Err(StateError::Segment { number }))
}

/// The content of a memory in a new instance, in `len` bytes.
fn initial(shape: &Shape<'_>, memory: u32, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    for data in &shape.data {
        let place = active_offset(data).filter(|(number, _)| *number == memory);
        let Some(start) = place.and_then(|(_, offset)| usize::try_from(offset).ok()) else {
            continue;
        };
        // A segment outside of the memory traps when the module starts.
        let room = bytes.get_mut(start..).unwrap_or_default();
        if let Some(room) = room.get_mut(..data.data.len()) {
            room.copy_from_slice(data.data);
        }
    }
    bytes
}

/// The ranges of differing bytes. Both have the same length.
fn differing(old: &[u8], new: &[u8]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let pages = old.chunks(PAGE_LEN).zip(new.chunks(PAGE_LEN));
    for (number, (old, new)) in pages.enumerate().filter(|(_, (old, new))| old != new) {
        let start = number * PAGE_LEN;
        for (at, (old, new)) in (start..).zip(old.iter().zip(new)) {
            if old == new {
                continue;
            }
            match ranges.last_mut() {
                Some(last) if last.end == at => last.end += 1,
                _ => ranges.push(at..at + 1),
            }
        }
    }
    ranges
}

/// The ranges, of which neighbours within `gap` bytes are one.
fn joined(ranges: Vec<Range<usize>>, gap: usize) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start - last.end <= gap => last.end = range.end,
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined() {
        assert_eq!(differing(b"abcdefgh", b"abXdefgY"), [2..3, 7..8]);
        assert_eq!(joined(vec![2..3, 7..8, 17..18], 8), [2..8, 17..18]);
    }

    #[test]
    fn segments_stay_below_the_limit() {
        let len = 4 << 20;
        let mut now = vec![0; len];
        for byte in now.iter_mut().step_by(64) {
            *byte = 1;
        }
        let wasm = wat::parse_str("(module (memory 64) (data (i32.const 64) \"\\01\"))");
        let wasm = wasm.unwrap();
        let shape = Shape::parse(&wasm).unwrap();
        let found = differences(&shape, &[&now]).unwrap();
        assert!(count(&found) <= SEGMENT_COUNT_MAX, "{}", count(&found));
        let ranges = found.iter().flat_map(|one| &one.ranges);
        let covered: Vec<_> = ranges.flat_map(Range::clone).collect();
        let is_covered = |at| at == 64 || covered.binary_search(&at).is_ok();
        assert!((0..len).step_by(64).all(is_covered));
    }
}
