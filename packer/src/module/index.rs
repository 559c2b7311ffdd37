//! The stored form of an index: uncompressed, or one zstd frame.
//!
//! A frame has a third of the length of its index, so the module is smaller and starts
//! faster. The runtime decompresses it at its first call, 100 KB in less than a
//! millisecond.

use super::{ModuleError, Parts};
use std::borrow::Cow;
use std::io::Read;
use wasi_vfs_embedding::Anchor;
use wasi_vfs_format::frame;
use wasi_vfs_format::limits::{MAX_INDEX_LEN, MAX_INDEX_RATIO};

/// The bytes to store. A frame must be shorter than the index, but not by a factor that
/// readers reject as a decompression bomb.
pub(super) fn store<'a>(parts: &Parts<'a>) -> Result<Cow<'a, [u8]>, ModuleError> {
    let Some(level) = parts.index_level else {
        return Ok(parts.index.into());
    };
    let frame = zstd::bulk::compress(parts.index, level)
        .map_err(|error| ModuleError::bake("compressing the index", error))?;
    let (len, frame_len) = (parts.index.len() as u64, frame.len() as u64);
    Ok(if frame_len < len && may_hold(frame_len, len) {
        frame.into()
    } else {
        parts.index.into()
    })
}

fn may_hold(frame_len: u64, len: u64) -> bool {
    len <= frame_len.saturating_mul(MAX_INDEX_RATIO)
}

/// Records in the anchor where the index is.
pub(super) fn fill(anchor: &mut Anchor, address: u32, index: &[u8], stored: &[u8]) {
    // Both lengths fit: the stored bytes are in a 32-bit memory, and the format limits the
    // length of an index.
    anchor.index_address = address.into();
    anchor.index_len = (index.len() as u32).into();
    anchor.index_stored_len = (stored.len() as u32).into();
}

/// Decodes the index of `len` bytes. A false `len` allocates no memory, because the limits
/// bound it by the length of `stored`.
pub(super) fn load(stored: Cow<'_, [u8]>, len: u32) -> Result<Cow<'_, [u8]>, ModuleError> {
    if stored.len() as u64 == u64::from(len) {
        return Ok(stored);
    }
    if u64::from(len) > MAX_INDEX_LEN {
        let found = format!("no index is longer than {MAX_INDEX_LEN}");
        return Err(ModuleError::StoredIndex { len, found });
    }
    if !may_hold(stored.len() as u64, u64::from(len)) {
        let found = format!("no index is more than {MAX_INDEX_RATIO} times as long as its frame");
        return Err(ModuleError::StoredIndex { len, found });
    }
    let unreadable = |found: String| ModuleError::StoredIndex { len, found };
    if stored.len() as u64 > len.into() || !frame::is_one(&stored, len.into()) {
        let found = "what lies there is not one frame that says so";
        return Err(unreadable(found.into()));
    }
    let mut index = Vec::new();
    zstd::stream::read::Decoder::with_buffer(&*stored)
        .and_then(|decoder| decoder.take(u64::from(len) + 1).read_to_end(&mut index))
        .map_err(|error| unreadable(error.to_string()))?;
    match index.len() as u64 == u64::from(len) {
        true => Ok(index.into()),
        false => Err(unreadable(format!("it has {} bytes or more", index.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of it has some 20 bytes.
    const INDEX: &[u8] = &[7; 4000];

    fn frame(level: i32) -> Vec<u8> {
        let parts = Parts {
            index: INDEX,
            index_level: Some(level),
            payload: Cow::Borrowed(&[]),
            metadata: &[],
            writable: None,
        };
        store(&parts).expect("compresses").into_owned()
    }

    #[test]
    fn a_compressed_index_is_read_as_it_was() {
        assert!(frame(19).len() < 100);
        assert_eq!(load(frame(19).into(), 4000).expect("readable"), INDEX);
    }

    #[test]
    fn an_index_shorter_than_its_frame_is_stored() {
        let parts = Parts {
            index: b"short",
            index_level: Some(3),
            payload: Cow::Borrowed(&[]),
            metadata: &[],
            writable: None,
        };
        assert_eq!(store(&parts).expect("compresses"), b"short".as_slice());
    }

    #[test]
    fn the_ratio_of_an_index_to_its_frame_is_bounded() {
        let index = vec![7; 1 << 20];
        let parts = Parts {
            index: &index,
            index_level: Some(3),
            payload: Cow::Borrowed(&[]),
            metadata: &[],
            writable: None,
        };
        assert_eq!(store(&parts).expect("compresses").len(), index.len());
        let frame = frame(3);
        let most = u32::try_from(frame.len() as u64 * MAX_INDEX_RATIO).expect("small");
        let error = |len| load((&frame).into(), len).expect_err("refused").to_string();
        let said = error(most);
        assert!(said.contains("not one frame that says so"), "{said}");
        let above = error(most + 1);
        assert!(
            above.contains("more than 256 times as long as its frame"),
            "{above}"
        );
    }

    #[test]
    fn a_frame_of_another_length_is_rejected() {
        for (stored, len, expected) in [
            (frame(3), 4001, "not one frame that says so"),
            (frame(3), 3999, "not one frame that says so"),
            (
                frame(3)[1..].to_vec(),
                4000,
                "a zstd frame of 4000 bytes, but",
            ),
            (frame(3), u32::MAX, "no index is longer than"),
        ] {
            let error = load(stored.into(), len).expect_err("refused").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
