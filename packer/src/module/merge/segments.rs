//! The memory of the baked runtime as data segments.
//!
//! Wizer starts a new segment after a few zeros, and the records of an index have many
//! zeros. That would be a segment or two for each file, each of which costs time at
//! instantiation. Joining neighbours leaves a few segments.

use crate::module::parse::shape::{Shape, active_offset};

/// Longest run of zeros between two joined segments. It is longer than all fields of an index
/// record that may be zero. A segment costs about ten bytes, and time at instantiation.
const JOINED_GAP_MAX: usize = 64;

/// Initial bytes of a memory.
pub(crate) struct Segment {
    pub(crate) offset: u32,
    pub(crate) bytes: Vec<u8>,
}

/// The active segments of memory 0, neighbours joined.
pub(crate) fn joined(snapshot: &Shape<'_>) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for data in &snapshot.data {
        let Some((0, offset)) = active_offset(data) else {
            continue;
        };
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let last = segments.last_mut();
        match last.and_then(|last| Some((last.gap(offset)?, last))) {
            Some((gap, last)) if gap <= JOINED_GAP_MAX => last.extend(gap, data.data),
            _ => segments.push(Segment {
                offset,
                bytes: data.data.to_vec(),
            }),
        }
    }
    segments
}

impl Segment {
    /// Bytes between the end of this segment and `offset`, if `offset` is behind it.
    pub(crate) fn gap(&self, offset: u32) -> Option<usize> {
        let start = offset.checked_sub(self.offset)? as usize;
        start.checked_sub(self.bytes.len())
    }

    pub(crate) fn extend(&mut self, gap: usize, bytes: &[u8]) {
        self.bytes.resize(self.bytes.len() + gap, 0);
        self.bytes.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined_of(data: &str) -> Vec<(u32, Vec<u8>)> {
        let wasm = wat::parse_str(format!("(module (memory 1) {data})")).unwrap();
        let segments = joined(&Shape::parse(&wasm).unwrap());
        segments
            .into_iter()
            .map(|segment| (segment.offset, segment.bytes))
            .collect()
    }

    #[test]
    fn neighbours_are_joined_with_the_zeros_between() {
        let data =
            r#"(data (i32.const 8) "ab") (data (i32.const 12) "c") (data (i32.const 13) "d")"#;
        assert_eq!(joined_of(data), [(8, b"ab\0\0cd".to_vec())]);
    }

    #[test]
    fn distant_segments_stay_separate() {
        let data =
            r#"(data (i32.const 0) "a") (data (i32.const 65) "b") (data (i32.const 131) "c")"#;
        let (first, second) = (joined_of(data).len(), joined_of(data)[0].1.len());
        assert_eq!((first, second), (2, 66));
    }

    #[test]
    fn passive_and_overlapping_segments_are_not_joined() {
        let data = r#"(data "passive") (data (i32.const 8) "abc") (data (i32.const 9) "x")"#;
        assert_eq!(joined_of(data), [(8, b"abc".to_vec()), (9, b"x".to_vec())]);
    }
}
