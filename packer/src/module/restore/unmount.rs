//! Puts the image of a linked module out of reach: the runtime finds it by the
//! anchor, and an anchor without one means that the module is not packed.

use crate::module::locate::placed::Located;
use crate::module::parse::shape::{Shape, active_offset};

use core::mem::offset_of;
use core::ops::Range;
use wasi_vfs_embedding::Anchor;

/// The module with zeros for the fields of the anchor that describe an image.
pub(crate) fn unmount(shape: &Shape<'_>, located: &Located) -> Vec<u8> {
    let mut wasm = shape.wasm.to_vec();
    let anchor = u64::from(located.anchor.address.get());
    let start = anchor + offset_of!(Anchor, address) as u64;
    let end = anchor + offset_of!(Anchor, application) as u64;
    for data in &shape.data {
        let Some((memory, offset)) = active_offset(data) else {
            continue;
        };
        if memory != located.memory {
            continue;
        }
        // The bytes of a segment are the last of its encoding.
        let bytes = data.range.end.saturating_sub(data.data.len())..data.range.end;
        if let Some(range) = overlap(offset, data.data.len(), start..end)
            && let Some(bytes) = wasm.get_mut(bytes)
            && let Some(bytes) = bytes.get_mut(range)
        {
            bytes.fill(0);
        }
    }
    wasm
}

/// The bytes within `wanted` of a segment of `len` bytes at `offset`.
fn overlap(offset: u64, len: usize, wanted: Range<u64>) -> Option<Range<usize>> {
    let start = wanted.start.saturating_sub(offset);
    let end = wanted.end.saturating_sub(offset).min(len as u64);
    let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
    (range.start < range.end).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_common_part_is_changed() {
        assert_eq!(overlap(100, 50, 120..130), Some(20..30));
        assert_eq!(overlap(100, 50, 90..110), Some(0..10));
        assert_eq!(overlap(100, 50, 140..200), Some(40..50));
        assert_eq!(overlap(100, 50, 150..160), None);
        assert_eq!(overlap(100, 50, 10..100), None);
    }
}
